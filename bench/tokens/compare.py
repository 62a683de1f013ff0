#!/usr/bin/env python3
"""Our token counts beside npm tiktoken and PyPI tiktoken, on one core.

    bench/tokens/compare.py [--program build/release/bench_tokens] [--npm FOLDER]

Texts: 100 kB of English (this repository's pages) and of code (its sources).
Needs `tools/tokens/get_tiktoken`, and `npm install tiktoken` in FOLDER; what is
absent is left out. Prints MB/s and how many times faster we are.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BYTES = 100_000
sys.path.insert(0, str(ROOT / "tools/tokens"))


def write_texts(folder):
    """english.txt and code.txt, ASCII at the cut so that it hits no character."""
    for name, pattern in (("english", "**/*.md"), ("code", "src/**/*.cc")):
        paths = sorted(path for path in ROOT.glob(pattern) if "build" not in path.parts)
        text = "".join(path.read_text() for path in paths)
        whole = text.encode()[:BYTES].decode(errors="ignore")
        yield folder / f"{name}.txt"
        (folder / f"{name}.txt").write_text(whole)


def read(lines):
    """(text, encoding) -> (MB/s, tokens), from lines as bench_tokens prints."""
    rows = {}
    for line in lines.splitlines():
        path, encoding, speed, _, tokens, _ = line.split()
        rows[pathlib.Path(path).stem, encoding] = (float(speed), int(tokens))
    return rows


def pypi(paths):
    try:
        from reference import encodings
    except ImportError:
        return {}
    rows = {}
    for path in paths:
        text = path.read_text()
        for name, encoding in encodings().items():
            seconds = []
            for _ in range(11):
                begin = time.perf_counter()
                tokens = len(encoding.encode_ordinary(text))
                seconds.append(time.perf_counter() - begin)
            speed = len(text.encode()) / statistics.median(seconds) / 1e6
            rows[path.stem, name] = (speed, tokens)
    return rows


def run(*command):
    return read(subprocess.run([str(word) for word in command], capture_output=True, text=True,
                               check=True).stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=ROOT / "build/release/bench_tokens")
    parser.add_argument("--npm", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = list(write_texts(pathlib.Path(folder)))
        ours = run(options.program, *paths)
        others = {"PyPI tiktoken": pypi(paths)}
        if options.npm:
            npm = pathlib.Path(__file__).with_name("npm.mjs")
            others["npm tiktoken"] = run("node", npm, options.npm.resolve(), *paths)
    for key, (speed, tokens) in ours.items():
        line = f"{key[0]:8} {key[1]:12} plimsoll {speed:7.1f} MB/s"
        for name, rows in others.items():
            if key in rows:
                line += f" | {name} {rows[key][0]:6.1f} MB/s, {speed / rows[key][0]:5.1f} x"
                if rows[key][1] != tokens:
                    sys.exit(f"{key}: {tokens} tokens here, {rows[key][1]} in {name}")
        print(line)


if __name__ == "__main__":
    main()
