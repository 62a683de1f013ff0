#!/usr/bin/env python3
"""Checks code without building it, with the flags of build/PRESET/compile_commands.json.

    tools/check_syntax.py headers    every header of src/ compiles alone
    tools/check_syntax.py gcc        g++ accepts every source (compile only: g++ 12
                                     miscompiles coroutines, see docs/adr)
    tools/check_syntax.py tidy       clang-tidy on the sources changed since --base,
                                     the product's before tests, newest first,
                                     for at most --minutes

Options: --build build/dev, --jobs N, --base COMMIT, --minutes M, --only REGEX.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLANG_ONLY = re.compile(r"-W(no-)?thread-safety|-Wno-missing-designated-field-initializers"
                        r"|-fsanitize.*|-fno-sanitize.*|-fcolor-diagnostics|-W.*|-g.*")


def commands(build):
    """source -> flags, of our own sources (no vendor's), without compiler and output."""
    flags = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        if source.suffix == ".cc" and source.is_relative_to(ROOT):
            words = shlex.split(entry["command"])
            at = next(i for i, word in enumerate(words) if re.search(r"(clang\+\+|g\+\+)", word))
            flags[source] = strip_output(words[at + 1:])
    return flags


def strip_output(words):
    kept, skip = [], False
    for word in words:
        if not skip and word not in ("-c", "-o") and not word.endswith(".cc"):
            kept.append(word)
        skip = word == "-o"
    return kept


def shared_flags(flags):
    """What a header needs: every include folder and definition, one language."""
    kept = []
    for words in flags.values():
        for i, word in enumerate(words):
            pair = word == "-isystem" and f"{word} {words[i + 1]}"
            if pair or re.match(r"-[ID]|-std|-march", word):
                kept.append(pair or word)
    return [word for pair in dict.fromkeys(kept) for word in pair.split(" ", 1)]


def check(command):
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    return done.returncode, done.stdout + done.stderr


def run_all(jobs, work, minutes=None):
    """work: [(name, command)]. Returns the number of failures and of those not begun."""
    began, failed, left = time.monotonic(), 0, 0
    def one(item):
        if minutes is not None and time.monotonic() - began > minutes * 60:
            return item[0], None, ""
        return item[0], *check(item[1])
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for name, code, output in pool.map(one, work):
            left += code is None
            if code:
                failed += 1
                print(f"--- {name}\n{output.rstrip()[-4000:]}", flush=True)
    return failed, left


def headers(flags, wanted):
    base = ["clang++-19", "-fsyntax-only", *shared_flags(flags), "-Wall", "-Wextra", "-Werror",
            "-Wno-missing-designated-field-initializers"]
    with tempfile.TemporaryDirectory() as folder:
        work = []
        for path in sorted((ROOT / "src").rglob("*.h")):
            name = str(path.relative_to(ROOT / "src"))
            source = pathlib.Path(folder) / (name.replace("/", "__") + ".cc")
            source.write_text(f'#include "{name}"\n#include "{name}"\n')
            if re.search(wanted.only, name):
                work.append((name, [*base, str(source)]))
        return len(work), *run_all(wanted.jobs, work)


def gcc(flags, wanted):
    work = []
    for source, words in sorted(flags.items()):
        kept = [word for word in words if not CLANG_ONLY.fullmatch(word)]
        name = str(source.relative_to(ROOT))
        if re.search(wanted.only, name):
            work.append((name, ["g++", "-fsyntax-only", "-w", *kept, str(source)]))
    return len(work), *run_all(wanted.jobs, work)


def changed_since(base):
    """Sources changed in the commits after `base`, or by every commit, newest first."""
    where = f"{base}..HEAD" if base else "HEAD"
    log = subprocess.run(["git", "log", "--format=", "--name-only", where, "--", "*.cc"],
                         capture_output=True, text=True, cwd=ROOT)
    dirty = subprocess.run(["git", "diff", "--name-only", "HEAD", "--", "*.cc"],
                           capture_output=True, text=True, cwd=ROOT)
    names = list(dict.fromkeys((dirty.stdout + log.stdout).split()))
    return sorted(names, key=lambda name: name.endswith("_test.cc"))


def is_product(name):
    """Tests drop results and capture in coroutine lambdas where their scope allows it."""
    return name.startswith("src/") and not name.endswith("_test.cc")


def tidy(flags, wanted):
    work = []
    for name in changed_since(wanted.base):
        if ROOT / name in flags and re.search(wanted.only, name) and is_product(name):
            work.append((name, ["clang-tidy-19", "--quiet", "-p", str(wanted.build), name]))
    failed, left = run_all(wanted.jobs, work, wanted.minutes)
    return len(work), failed, left


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("headers", "gcc", "tidy"))
    parser.add_argument("--build", default="build/dev")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--base", default="")
    parser.add_argument("--minutes", type=float, default=None)
    parser.add_argument("--only", default="")
    wanted = parser.parse_args()
    flags = commands(ROOT / wanted.build)
    count, failed, left = {"headers": headers, "gcc": gcc, "tidy": tidy}[wanted.what](flags, wanted)
    rest = f", {left} not looked at for want of time" if left else ""
    print(f"{wanted.what}: {count - failed - left} of {count} ok, {failed} failed{rest}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
