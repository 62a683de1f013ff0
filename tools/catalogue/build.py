#!/usr/bin/env python3
"""Writes src/catalogue/data/models.txt from the public catalogues.

    tools/catalogue/build.py FOLDER             writes it, and the contradictions
    tools/catalogue/build.py FOLDER --check     fails when either file would change

FOLDER holds the catalogues as they were published: pi-ai (the freshest, so its
prices count), genai-prices (dates, one-hour cache writes, older models) and
litellm (capabilities, the rest). Only facts are taken. Where two of them tell
different prices for a model, the line is kept in contradictions.txt: a new one is
looked at before it is committed.
"""

import pathlib
import re
import sys

import sources

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = ROOT / "src/catalogue/data/models.txt"
CONTRADICTIONS = pathlib.Path(__file__).with_name("contradictions.txt")
AS_OF = {"pi-ai": "2026-11-10", "genai-prices": "2026-09-23", "litellm": "2026-08-01"}
HEAD = """\
# Models and list prices. Written by tools/catalogue/build.py; do not edit: a model or price of
# your own belongs into the one-pager. Facts from @earendil-works/pi-ai 1.5.2, genai-prices 0.1.8
# and litellm (all MIT). Grammar: src/catalogue/catalogue.cc. Dollars per million tokens.
"""


def read_all(folder):
    return {"pi-ai": sources.read_pi(folder),
            "genai-prices": sources.read_genai(folder, AS_OF["pi-ai"]),
            "litellm": sources.read_litellm(folder)}


def without_date(name):
    return re.sub(r"-(\d{8}|\d{4}-\d{2}-\d{2})$", "", name)


def merged(catalogues):
    """(vendor, model) -> (source, Fact): the first source that knows the price; what
    it does not tell is taken from the others."""
    rows = {}
    for source, facts in catalogues.items():
        for key, fact in facts.items():
            if key not in rows:
                rows[key] = (source, fact)
                continue
            _, known = rows[key]
            known.can |= fact.can
            known.context = known.context or fact.context
            known.output_max = known.output_max or fact.output_max
            same = known.price.get("input") == fact.price.get("input")
            known.since = known.since or (fact.since if same else "")
            if same and "write_1h" in fact.price:
                known.price.setdefault("write_1h", fact.price["write_1h"])
    return rows


def is_needless(key, rows):
    """A dated name with the price of its family: the lookup finds it there."""
    vendor, model = key
    family = (vendor, without_date(model))
    return family != key and family in rows and rows[family][1].price == rows[key][1].price


def text_of(price):
    return f"{price:f}"


def prices_text(prices):
    return [f"{kind}={text_of(prices[kind])}" for kind in (*sources.KINDS, "write_1h")
            if prices.get(kind)]


def line_of(key, source, fact):
    words = [*key, *prices_text(fact.price)]
    if fact.long_above and fact.long.get("input"):
        words += [f"above={fact.long_above}", *prices_text(fact.long)]
    if fact.context:
        words.append(f"context={fact.context}")
    if fact.output_max:
        words.append(f"output_max={fact.output_max}")
    if fact.can:
        words.append("can=" + ",".join(sorted(fact.can)))
    if fact.since:
        words.append(f"since={fact.since}")
    return " ".join([*words, f"from={source}"])


def catalogue_text(rows):
    lines = [line_of(key, *rows[key]) for key in sorted(rows, key=order)
             if not is_needless(key, rows)]
    return HEAD + f"as_of {AS_OF['pi-ai']}\n" + "\n".join(lines) + "\n"


def order(key):
    return (list(sources.VENDORS).index(key[0]), key[1])


def contradictions_text(catalogues):
    """Every price that two sources of the same model tell differently."""
    lines = []
    for key in sorted({key for facts in catalogues.values() for key in facts}, key=order):
        known = {name: facts[key] for name, facts in catalogues.items() if key in facts}
        for kind in ("input", "cached", "output"):
            told = {name: fact.price[kind] for name, fact in known.items() if kind in fact.price}
            if len(set(told.values())) > 1:
                prices = " ".join(f"{name}={text_of(price)}" for name, price in told.items())
                lines.append(f"{key[0]} {key[1]} {kind} {prices}")
    head = ("# Prices that the sources tell differently, dollars per million tokens. The\n"
            "# catalogue takes the first. Written by tools/catalogue/build.py.\n")
    return head + "\n".join(lines) + "\n"


def main():
    folder = pathlib.Path(sys.argv[1])
    contradictions = contradictions_text(read_all(folder))
    wanted = {TARGET: catalogue_text(merged(read_all(folder))), CONTRADICTIONS: contradictions}
    for path, text in wanted.items():
        before = path.read_text() if path.exists() else ""
        if "--check" in sys.argv and before != text:
            old, new = set(before.splitlines()), set(text.splitlines())
            print(f"{path}: {len(new - old)} lines new, {len(old - new)} gone",
                  *sorted(new - old)[:20], sep="\n  ")
            return 1
        if "--check" not in sys.argv:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            print(f"{path.name}: {text.count(chr(10))} lines, {len(text)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
