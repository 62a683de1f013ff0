#!/usr/bin/env python3
"""Fails when a file includes what its room may not see.

The law is src/layers.txt:

    room : other rooms it may include      # one line of purpose
    app  : *                               # every room declared above it
    vendor prefix room...                  # a vendor header, and who may include it;
                                           # `*` is everybody, `tests` only tests
    siblings room room/shared              # files of one room that may not include
                                           # one another, except through a folder

Besides the table: a folder `internal` is seen by its own room only, a folder
`fakes` by tests and other fakes only, and an include of ours names a file that
exists, from the root src/. A header that only tests include counts as a test.

    tools/check_layers.py [src]
"""

import pathlib
import re
import sys
from dataclasses import dataclass, field

INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')
# What the compiler and the C library bring; no vendor line is needed for it.
SYSTEM = re.compile(
    r"^([a-z_0-9]+"  # <vector>
    r"|(sys|netinet|arpa|linux|net|bits)/.*\.h"
    r"|(assert|ctype|dirent|dlfcn|errno|fcntl|grp|immintrin|inttypes|limits|locale|malloc|math"
    r"|netdb|poll|pthread|pwd|sched|semaphore|setjmp|signal|spawn|stdarg|stddef|stdint|stdio"
    r"|stdlib|string|strings|syslog|termios|time|unistd|x86intrin|glob|cpuid)\.h)$")


@dataclass
class Law:
    rooms: dict = field(default_factory=dict)  # room -> rooms it may include
    purposes: dict = field(default_factory=dict)  # room -> its line of purpose
    vendors: dict = field(default_factory=dict)  # prefix -> rooms, or "*" or "tests"
    siblings: dict = field(default_factory=dict)  # room -> its shared folder
    problems: list = field(default_factory=list)
    test_headers: set = field(default_factory=set)  # paths that only tests include


def read_law(text):
    law = Law()
    for number, whole in enumerate(text.splitlines(), 1):
        line, _, purpose = (part.strip() for part in whole.partition("#"))
        words = line.split()
        if not words:
            continue
        if words[0] == "vendor":
            law.vendors.setdefault(words[1], set()).update(words[2:])
        elif words[0] == "siblings":
            law.siblings[words[1]] = words[2]
        elif ":" in line:
            declare_room(law, number, line, purpose)
        else:
            law.problems.append(f"layers.txt:{number}: not a room, vendor or siblings line: {line}")
    return law


def declare_room(law, number, line, purpose):
    room, _, may = (part.strip() for part in line.partition(":"))
    allowed = set(law.rooms) if may == "*" else set(may.split())
    unknown = sorted(allowed - set(law.rooms))
    if unknown:
        law.problems.append(f"layers.txt:{number}: {room} names {' '.join(unknown)} before they "
                            f"are declared; a room sees only rooms above it")
    if not purpose:
        law.problems.append(f"layers.txt:{number}: room {room} has no line of purpose")
    law.rooms[room] = allowed
    law.purposes[room] = purpose


def is_test(law, path):
    named = path.stem.endswith("_test") or "fakes" in path.parts
    return named or path.as_posix() in law.test_headers


def headers_of_tests(src, law, files):
    """The headers that somebody includes, and nobody but tests."""
    by_test, by_code = set(), set()
    for path in files:
        for line in path.read_text().splitlines():
            found = INCLUDE.match(line)
            if found:
                (by_test if is_test(law, path.relative_to(src)) else by_code).add(found[2])
    return by_test - by_code


def check_vendor(law, room, path, target):
    for prefix, owners in law.vendors.items():
        if not target.startswith(prefix):
            continue
        if "*" in owners or room in owners or ("tests" in owners and is_test(law, path)):
            return None
        return (f"<{target}> is confined to {' '.join(sorted(owners))}; "
                f"go through a type of ours")
    if SYSTEM.match(target):
        return None
    return f"<{target}> has no vendor line in layers.txt"


def check_room(law, room, path, target):
    other = target.split("/")[0]
    parts = target.split("/")[1:-1]
    if "fakes" in parts and not is_test(law, path):
        return f"{target} is a fake; only tests may include it"
    if "fakes" in parts:
        return None
    if other != room and "internal" in parts:
        return f"{target} is internal to {other}"
    if other != room and other not in law.rooms[room]:
        seen = " ".join(sorted(law.rooms[room])) or "nothing"
        return (f"{room} may not include {other} ({target}). It may see: {seen}. "
                f"Add a port, or move the code.")
    if other == room and room in law.siblings:
        own = str(path.with_suffix("")).removesuffix("_test") + ".h"
        if target != own and not target.startswith(law.siblings[room]):
            return f"{room} are siblings; {path.stem} may not include {target}"
    return None


def check_file(law, src, path):
    rel = path.relative_to(src)
    room = rel.parts[0]
    if len(rel.parts) < 2 or room not in law.rooms:
        yield f"{rel}: '{room}' is not a room of layers.txt"
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        quoted, target = found[1] == '"', found[2]
        ours = quoted and target.split("/")[0] in law.rooms
        if ours and not (src / target).is_file():
            yield f'{rel}:{number}: "{target}" does not exist under src/'
            continue
        problem = (check_room if ours else check_vendor)(law, room, rel, target)
        if problem:
            yield f"{rel}:{number}: {problem}"


def problems(src):
    law = read_law((src / "layers.txt").read_text())
    yield from law.problems
    files = sorted(p for p in src.rglob("*") if p.suffix in (".h", ".cc"))
    law.test_headers = headers_of_tests(src, law, files)
    for path in files:
        yield from check_file(law, src, path)


def main(arguments):
    default = pathlib.Path(__file__).resolve().parent.parent / "src"
    src = pathlib.Path(arguments[0]) if arguments else default
    found = list(problems(src))
    print("\n".join(found) or "layers: ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
