#!/usr/bin/env python3
"""Writes the texts and tokens that src/tokens/encoder_test.cc holds the encoder to.

    tools/tokens/make_fixture.py         needs `pip install tiktoken`
"""

import json
import pathlib

import texts
from reference import encodings

TARGET = pathlib.Path(__file__).resolve().parents[2] / "src/tokens/testdata/tiktoken.json"


def main():
    known = encodings()
    rows = []
    for text in texts.corners() + texts.invented(80, seed=3):
        row = {"text": text}
        for name, encoding in known.items():
            row[name] = encoding.encode_ordinary(text)
        rows.append(row)
    lines = ",\n".join(json.dumps(row, ensure_ascii=True, separators=(",", ":")) for row in rows)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(f'{{"texts":[\n{lines}\n]}}\n')
    print(f"{TARGET.name}: {len(rows)} texts, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
