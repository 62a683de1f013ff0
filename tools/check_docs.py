#!/usr/bin/env python3
"""Fails when a page points at something that is not there: a relative link, or in
backticks the name of a test (`SuiteTest.says_something`), a file or a folder.

    tools/check_docs.py [root]
"""

import pathlib
import re
import sys

SKIPPED = {"node_modules", "build", ".git", "golden"}
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
TEST = re.compile(r"`((?:\w+/)?\w+Test\.\w+)`")
PLACE = re.compile(r"`((?:src|tools|scripts|tests|docs|bench|fuzz|cmake|examples|\.ci)/[\w./-]+)`")
ROOM_FILE = re.compile(r"`((?:[a-z_]+)/[a-z_/]+\.(?:h|cc))`")
DEFINED = re.compile(r"^\s*(?:TYPED_)?TEST(?:_[FP])?\(\s*(\w+)\s*,\s*(\w+)", re.M)


def defined_tests(root):
    found = set()
    for folder in ("src", "tests"):
        for path in (root / folder).rglob("*.cc"):
            found |= {f"{suite}.{name}" for suite, name in DEFINED.findall(path.read_text())}
    return found


def pages(root):
    for path in sorted(root.rglob("*.md")):
        if not SKIPPED & set(path.relative_to(root).parts):
            yield path


def problems(root):
    tests = defined_tests(root)
    for path in pages(root):
        text = re.sub(r"(?ms)^```.*?^```", "", path.read_text())
        where = path.relative_to(root)
        for link in LINK.findall(text):
            if "://" not in link and not link.startswith("mailto:"):
                if not (path.parent / link).exists():
                    yield f"{where}: the link {link} leads nowhere"
        for name in TEST.findall(text):
            if name.split("/")[-1] not in tests:
                yield f"{where}: there is no test {name}"
        for place in PLACE.findall(text):
            if not (root / place).exists():
                yield f"{where}: there is no {place}"
        for place in ROOM_FILE.findall(text):
            if not (root / "src" / place).exists() and not (root / place).exists():
                yield f"{where}: there is no src/{place}"


def main(arguments):
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parent.parent)
    found = list(problems(root.resolve()))
    print("\n".join(found) or "pages: ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
