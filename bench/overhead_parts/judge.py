"""Medians, ratios and gates, and the page that shows them."""

import statistics

TOLERANCE = 0.05  # of every gate: what a clean run still wavers by
NEAR = 0.15  # missed by no more than this is a near miss


class Samples:
    def __init__(self):
        self.all = {}  # (kind, target, size) -> list of samples
        self.dropped = {}
        self.facts = {}

    def add(self, key, result):
        self.all.setdefault(key, []).append(result)

    def disturbed(self, key):
        self.dropped[key] = self.dropped.get(key, 0) + 1

    def fact(self, name, value):
        if value is not None:
            self.facts[name] = value

    def median(self, kind, target, size, field):
        found = self.all.get((kind, target, size))
        return statistics.median(s[field] for s in found) if found else None


class Gate:
    """`value` must be at least, or at most, `bound`, give or take the tolerance."""

    def __init__(self, words, value, at_least=None, at_most=None):
        self.words, self.value, self.at_least, self.at_most = words, value, at_least, at_most

    def verdict(self):
        if self.value is None:
            return "NONE"
        bound = self.at_least if self.at_least is not None else self.at_most
        # How far on the wrong side, as a share of the bound.
        short = (bound - self.value if self.at_least is not None else self.value - bound)
        if bound == 0:
            return "PASS" if short <= 0 else "MISS"
        short /= bound
        return "PASS" if short <= TOLERANCE else "NEAR" if short <= NEAR else "MISS"

    def line(self):
        sign, bound = (">=", self.at_least) if self.at_least is not None else ("<=", self.at_most)
        shown = "not measured" if self.value is None else f"{self.value:.2f}"
        return f"{self.verdict()}  {self.words}: {shown} (gate {sign} {bound:g})"


def ratio(samples, kind, ours, theirs, size, field):
    mine, other = (samples.median(kind, name, size, field) for name in (ours, theirs))
    return mine / other if mine is not None and other else None


def plain_gates(samples, sizes):
    for size in [s for s in sizes if s >= 16]:
        def against(ours, theirs, field, size=size):
            return ratio(samples, "plain", ours, theirs, size, field)
        at = f"at {size} connections"
        yield Gate(f"pass-through requests/s, x nginx {at}",
                   against("plimsoll-pass", "nginx", "rps"), at_least=1.0)
        yield Gate(f"pass-through CPU per request, x nginx {at}",
                   against("plimsoll-pass", "nginx", "cpu"), at_most=0.95)
        yield Gate(f"defaults on, requests/s, x nginx {at}",
                   against("plimsoll-defaults", "nginx", "rps"), at_least=0.75)
        yield Gate(f"defaults on, CPU per request, x nginx {at}",
                   against("plimsoll-defaults", "nginx", "cpu"), at_most=1.4)
        yield Gate(f"defaults on, requests/s, x Portkey {at}",
                   against("plimsoll-defaults", "portkey", "rps"), at_least=30)
        if size == 64:
            yield Gate("pass-through p99, x nginx at 64 connections",
                       against("plimsoll-pass", "nginx", "p99"), at_most=1.0)
    yield Gate("pass-through system calls per request",
               samples.facts.get("calls plimsoll-pass"), at_most=4.5)
    yield Gate("ledger rows dropped", samples.facts.get("rows dropped"), at_most=0)


def other_gates(samples, wanted):
    for size in [s for s in wanted.connections if s >= 16]:
        yield Gate(f"TLS upstream, CPU per request, x nginx at {size} connections",
                   ratio(samples, "tls", "plimsoll-tls", "nginx-tls", size, "cpu"), at_most=0.9)
    yield Gate(f"{wanted.streams} streams, CPU per event, x nginx",
               ratio(samples, "streams", "plimsoll-stream", "nginx-stream", wanted.streams, "cpu"),
               at_most=1.0)
    yield Gate("memory idle, MB", samples.facts.get("memory idle plimsoll-defaults"), at_most=40)
    for name in ("plimsoll-held", "plimsoll-held-defaults"):
        yield Gate(f"memory per open stream, KB, {name}", samples.facts.get(f"stream {name}"),
                   at_most=40)
    yield Gate("start to first answer, ms", samples.facts.get("start ms"), at_most=50)


COLUMNS = {
    "plain": ("requests/s", "rps", "{:,.0f}"), "tls": ("requests/s", "rps", "{:,.0f}"),
    "streams": ("events/s", "events", "{:,.0f}"),
}


def table(samples, kind):
    """One row per target and size: medians, and how many samples stand behind them."""
    rows = sorted((size, name) for k, name, size in samples.all if k == kind)
    if not rows:
        return
    title, field, form = COLUMNS[kind]
    unit = "event" if kind == "streams" else "request"
    print(f"\n{kind}: medians\n| target | {'streams' if kind == 'streams' else 'connections'} "
          f"| {title} | p50 ms | p99 ms | CPU us/{unit} | bad | samples | dropped |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for size, name in rows:
        def median(what, name=name, size=size):
            return samples.median(kind, name, size, what)
        times = [f"{median(p) / 1000:.2f}" if kind != "streams" else "" for p in ("p50", "p99")]
        found = samples.all[kind, name, size]
        bad = sum(s["broken" if kind == "streams" else "errors"] for s in found)
        print(f"| {name} | {size} | {form.format(median(field))} | {times[0]} | {times[1]} "
              f"| {median('cpu'):.1f} | {bad} | {len(found)} "
              f"| {samples.dropped.get((kind, name, size), 0)} |")


def report(samples, bed, wanted):
    print("flags: 1,024 byte requests, ~950 byte answers; " + "; ".join(
        f"{t.name}: {t.flags}" for t in bed.started if t.flags and t.flags != "x"))
    for kind in COLUMNS:
        table(samples, kind)
    if samples.facts:
        print("\n" + "\n".join(f"{name}: {value:.2f}" for name, value in samples.facts.items()))
    for name, why in bed.missing.items():
        print(f"not measured: {name}: {why}")
    gates = [*plain_gates(samples, wanted.connections), *other_gates(samples, wanted)]
    print(f"\ngates (tolerance {TOLERANCE:.0%}; NEAR: missed by up to {NEAR:.0%})")
    for gate in gates:
        print(gate.line())
    verdicts = [g.verdict() for g in gates]
    counts = ", ".join(f"{verdicts.count(v)} {v}" for v in ("PASS", "NEAR", "MISS", "NONE"))
    print(f"gates: {counts}")
    return 1 if "MISS" in verdicts else 0
