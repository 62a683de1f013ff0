#!/usr/bin/env python3
"""Prints texts with the tokens that PyPI tiktoken gives them, a JSON row a line,
for tests/counting. Exits 77 where tiktoken is not installed.

    tools/tokens/expected.py [--count N] [--seed S] [FOLDER...]

The texts are the corners of the patterns, invented ones, the sources of this
repository, and files below each FOLDER.
"""

import argparse
import json
import pathlib
import sys

import texts

ROOT = pathlib.Path(__file__).resolve().parents[2]


def chosen(count, seed, folders):
    found = texts.corners() + texts.invented(count // 2, seed)
    found += texts.found_in(ROOT / "src", count // 8, seed)
    for folder in folders:
        found += texts.found_in(folder, (count - len(found)) // len(folders) + 1, seed)
    return found + texts.invented(max(count - len(found), 0), seed + 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("folders", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    try:
        from reference import encodings
    except ImportError as missing:
        print(f"{missing}; tools/tokens/get_tiktoken installs it", file=sys.stderr)
        return 77
    known = encodings()
    for text in chosen(options.count, options.seed, options.folders):
        text = text.encode(errors="replace").decode()  # a lone surrogate is no text
        row = {"text": text}
        for name, encoding in known.items():
            row[name] = encoding.encode_ordinary(text)
        print(json.dumps(row, separators=(",", ":")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
