#!/usr/bin/env python3
"""Fails where the house style is broken (CONTRIBUTING.md, "Sizes" and "Names").

Soft limits are counted, hard ones fail, except what tools/debt.txt lists:

    RULE  WHERE  VALUE        # why, and what will end it

The list may only shrink: an entry that is no longer needed, is larger than the
truth, or was not there at the merge base with main fails too.

    tools/check_style.py [-v] [root]        -v also lists what is over a soft limit
"""

import pathlib
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass

import cpp_outline

LINE_COLUMNS = 100
LIMITS = {  # rule: (soft, hard)
    "function": (40, 70),
    "nesting": (3, 4),
    "file": (400, 800),
    "header": (200, 300),
    "room": (30, 40),
}
CPP_FOLDERS = ("src", "tests", "fuzz", "bench")
CODE = {".h", ".cc", ".py", ".mjs", ".js", ".sh", ".cmake", ".ts"}
SKIPPED = {"node_modules", "build", ".git", "out", "__pycache__", ".venv", ".cache"}
VAGUE = {"utils", "util", "common", "helpers", "helper", "misc", "manager", "impl"}
SELF = {"tools/check_style.py", "tools/check_style_test.py"}

UNDONE = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
TICKET = re.compile(r"(?i)\b(?:issue|ticket|bug|pr|gh)[ -]?#?\d+\b|(?<![\w&#/'\"(])#\d+\b")
REGEX = re.compile(r"std::w?regex\b|#\s*include\s*<regex>")
SLEEP = re.compile(r"this_thread::sleep|\b(?:usleep|nanosleep)\s*\(|(?<![\w.>])sleep\s*\(")
CLASS = re.compile(r"\b(?:class|struct|enum(?:\s+class)?)\s+(?:\[\[\w+\]\]\s*)?(\w+)[^;(){}]*\{")
INCLUDED = re.compile(r"\s*#\s*include\b")


@dataclass(frozen=True)
class Finding:
    rule: str
    where: str  # path, path:name or path:line
    value: int  # of a size rule; 1 otherwise
    words: str


def words_of(name):
    parts = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name.replace("_", " "))
    return {part.lower() for part in parts}


def size(rule, where, value, noun):
    soft, hard = LIMITS[rule]
    if value > soft:
        yield Finding(rule, where, value, f"{noun} has {value}, soft limit {soft}, hard {hard}")


def vague_name(where, words):
    for word in sorted(words & VAGUE):
        yield Finding("name", where, 1, f"'{word}' names nothing: name the noun")


def is_test(rel):
    return rel.stem.endswith("_test") or rel.parts[0] == "tests"


def check_sizes(rel, text, outline):
    lines = text.count("\n")
    rule = "header" if rel.suffix == ".h" else "file"
    yield from size(rule, str(rel), lines, f"this {rule}: lines")
    for function in outline.functions:
        where = f"{rel}:{function.name}"
        at = f"line {function.line}, function"
        yield from size("function", where, function.lines, f"{at}: lines")
        yield from size("nesting", where, function.nesting, f"{at}: levels")


def check_cpp_words(rel, text, outline):
    for number, (code, comment) in enumerate(
            zip(outline.code.split("\n"), outline.comments.split("\n")), 1):
        where = f"{rel}:{number}"
        if TICKET.search(comment):
            yield Finding("ticket", where, 1, "a ticket number; say what it is about")
        if REGEX.search(code) and not is_test(rel):
            yield Finding("regex", where, 1, "std::regex is not linear; use re2 through checks")
        if is_test(rel) and SLEEP.search(code):
            yield Finding("sleep", where, 1, "a test waits for an event, not for luck")
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r"\s*#\s*include\s*<(format|print|generator)>", line):
            yield Finding("include", f"{rel}:{number}", 1, "not in libstdc++ 12, or not worth it")
    for found in CLASS.finditer(outline.code):
        # The nested `Impl` of a class that hides its members is an idiom, not a name.
        if found[1] != "Impl":
            yield from vague_name(f"{rel}:{found[1]}", words_of(found[1]))


def check_cpp(rel, text):
    outline = cpp_outline.Outline(text)
    yield from check_sizes(rel, text, outline)
    yield from check_cpp_words(rel, text, outline)
    if rel.suffix == ".h" and not re.search(r"(?m)^#pragma once$", text):
        yield Finding("once", str(rel), 1, "a header begins with #pragma once")
    if rel.stem.endswith("_test") and rel.suffix == ".cc":
        head = "\n".join(text.split("\n")[:20])
        if "// Goal:" not in head or "// Method:" not in head:
            yield Finding("goal", str(rel), 1, "a test file opens with // Goal: and // Method:")


def check_any(rel, text):
    yield from vague_name(str(rel), words_of(rel.stem) | {rel.parent.name})
    cpp = rel.suffix in (".h", ".cc")
    for number, line in enumerate(text.split("\n"), 1):
        where = f"{rel}:{number}"
        # In C++ clang-format has broken what can be broken: not includes and long texts.
        if len(line) > LINE_COLUMNS and not (cpp and ('"' in line or INCLUDED.match(line))):
            yield Finding("line", where, 1, f"{len(line)} columns, limit {LINE_COLUMNS}")
        if UNDONE.search(line) and str(rel) not in SELF:
            yield Finding("undone", where, 1, "a note to do something later; an issue can hold it")


def check_rooms(root):
    for room in sorted(p for p in (root / "src").glob("*") if p.is_dir()):
        # A header and its source are one noun; tests and fakes come with theirs.
        ours = [p for p in room.rglob("*") if p.suffix in (".h", ".cc") and "_test" not in p.stem]
        nouns = {p.with_suffix("") for p in ours if not {"fakes", "testing"} & set(p.parts)}
        # A folder inside a room, such as a dialect, is what a split by noun looks like.
        folders = Counter(room if p.parent.name == "internal" else p.parent for p in nouns)
        for folder, count in sorted(folders.items()):
            yield from size("room", str(folder.relative_to(root)), count, "room: files")


def code_files(root):
    for path in sorted(root.rglob("*")):
        rel = path.relative_to(root)
        if SKIPPED & set(rel.parts) or not path.is_file():
            continue
        script = rel.parts[0] in ("scripts", ".ci") and not path.suffix
        if path.suffix in CODE or script:
            yield path, rel


def findings(root):
    for path, rel in code_files(root):
        text = path.read_text(errors="replace")
        yield from check_any(rel, text)
        if path.suffix in (".h", ".cc") and rel.parts[0] in CPP_FOLDERS:
            yield from check_cpp(rel, text)
    yield from check_rooms(root)


def read_debt(text):
    debt = {}
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if words:
            debt[words[0], words[1]] = int(words[2]) if len(words) > 2 else 1
    return debt


def key_of(finding):
    """Word rules are counted per file, so that a moved line changes nothing."""
    if finding.rule in LIMITS or finding.rule in ("name", "once", "goal"):
        return finding.rule, finding.where
    return finding.rule, finding.where.rsplit(":", 1)[0]


def judge(found, debt):
    """Returns (problems, soft): what fails, and what is only over a soft limit."""
    problems, soft, totals = [], [], {}
    for finding in found:
        if finding.rule in LIMITS and finding.value <= LIMITS[finding.rule][1]:
            soft.append(f"{finding.where}: {finding.words}")
            continue
        key = key_of(finding)
        totals[key] = max(totals.get(key, 0), finding.value) if finding.rule in LIMITS else \
            totals.get(key, 0) + 1
        if totals[key] > debt.get(key, 0):
            problems.append(f"{finding.where}: {finding.words} [{finding.rule}]")
    for (rule, where), allowed in sorted(debt.items()):
        truth = totals.get((rule, where), 0)
        if truth < allowed:
            now = f"lower it to {truth}" if truth else "remove the line"
            problems.append(f"tools/debt.txt: {rule} {where} is paid down; {now}")
    return problems, soft


def grown(debt, before):
    for (rule, where), value in sorted(debt.items()):
        if value > before.get((rule, where), 0):
            yield f"tools/debt.txt: {rule} {where} {value} is new debt; the list may only shrink"


def git(root, *arguments):
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def debt_before(root):
    """The list at the merge base with main, or before the last commit that
    changed it when this is main. None without history or without a list then."""
    head = git(root, "rev-parse", "HEAD")
    for main in ("origin/main", "main"):
        base = git(root, "merge-base", "HEAD", main)
        if base and base != head:
            break
    else:
        last = git(root, "log", "-1", "--format=%H", "--", "tools/debt.txt")
        base = last and git(root, "rev-parse", f"{last}^")
    shown = git(root, "show", f"{base}:tools/debt.txt") if base else None
    return None if shown is None else read_debt(shown)


def main(arguments):
    verbose = "-v" in arguments
    roots = [a for a in arguments if a != "-v"]
    root = pathlib.Path(roots[0] if roots else pathlib.Path(__file__).parent.parent).resolve()
    path = root / "tools" / "debt.txt"
    debt = read_debt(path.read_text()) if path.exists() else {}
    problems, soft = judge(findings(root), debt)
    before = debt_before(root)
    if before is not None:
        problems += grown(debt, before)
    if verbose:
        print("\n".join(f"soft: {line}" for line in soft))
    counts = f"({len(soft)} over a soft limit, {len(debt)} in debt)"
    print("\n".join(problems) or "style: ok", counts)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
