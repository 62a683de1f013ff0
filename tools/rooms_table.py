#!/usr/bin/env python3
"""Writes the table of rooms in ARCHITECTURE.md from src/layers.txt.

    tools/rooms_table.py            writes it
    tools/rooms_table.py --check    fails when the page is stale
"""

import pathlib
import sys

import check_layers

ROOT = pathlib.Path(__file__).resolve().parent.parent
BEGIN = "<!-- rooms: written by tools/rooms_table.py from src/layers.txt -->"
END = "<!-- rooms end -->"


def table(law):
    lines = ["| room | what it is | sees |", "| --- | --- | --- |"]
    for index, (room, may) in enumerate(law.rooms.items()):
        everything = len(may) == index and index > 2
        seen = "all above" if everything else " ".join(r for r in law.rooms if r in may)
        lines.append(f"| `{room}` | {law.purposes[room]} | {seen or 'nothing'} |")
    confined = {prefix: owners for prefix, owners in law.vendors.items() if "*" not in owners}
    lines += ["", "| other people's headers | only in |", "| --- | --- |"]
    lines += [f"| `{prefix}` | {' '.join(sorted(owners))} |" for prefix, owners in confined.items()]
    return "\n".join(lines)


def rewritten(page, law):
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"ARCHITECTURE.md: the marks {BEGIN} and {END} are missing")
    return f"{before}{BEGIN}\n{table(law)}\n{END}{after}"


def main(arguments):
    path = ROOT / "ARCHITECTURE.md"
    page = path.read_text()
    new = rewritten(page, check_layers.read_law((ROOT / "src" / "layers.txt").read_text()))
    if "--check" in arguments:
        if page != new:
            print("ARCHITECTURE.md: the table of rooms is stale; run tools/rooms_table.py")
            return 1
        print("rooms: ok")
        return 0
    path.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
