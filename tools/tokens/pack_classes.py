#!/usr/bin/env python3
"""Packs what the tokenizers' patterns ask of a code point, as tiktoken sees it.

    tools/tokens/pack_classes.py          needs `pip install tiktoken`

Writes src/tokens/data/classes.bin. The classes are taken from tiktoken's own
regex engine and not from a Unicode file, because the two may be of different
versions of Unicode, and then the counts would differ.

The layout is read by src/tokens/unicode_class.h: u8 page[0x110000 / 256], then
the distinct pages of 256 bytes. A byte is a set of the flags below.
"""

import pathlib

import tiktoken

FLAGS = {  # the flags of src/tokens/unicode_class.h
    1: r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]",
    2: r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]",
    4: r"\p{L}",
    8: r"\p{N}",
    16: r"\s",
    32: r"[\r\n]",
}
POINTS = 0x110000
TARGET = pathlib.Path(__file__).resolve().parents[2] / "src/tokens/data/classes.bin"


def points_of(pattern):
    """Every code point that `pattern` matches: only what matches is encoded."""
    single_bytes = {bytes([value]): value for value in range(256)}
    engine = tiktoken.Encoding("classes", pat_str=pattern, mergeable_ranks=single_bytes,
                               special_tokens={})
    text = "".join(chr(point) for point in range(POINTS) if not 0xD800 <= point < 0xE000)
    return {ord(letter) for letter in bytes(engine.encode_ordinary(text)).decode()}


def main():
    classes = bytearray(POINTS)
    for flag, pattern in FLAGS.items():
        for point in points_of(pattern):
            classes[point] |= flag
    pages, numbers = {}, bytearray()
    for begin in range(0, POINTS, 256):
        page = bytes(classes[begin:begin + 256])
        numbers.append(pages.setdefault(page, len(pages)))
    packed = bytes(numbers) + b"".join(pages)
    TARGET.write_bytes(packed)
    print(f"classes: {len(pages)} pages, {len(packed)} bytes")


if __name__ == "__main__":
    main()
