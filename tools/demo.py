#!/usr/bin/env python3
"""The demo: one golden set, asked of a lying provider without and with Plimsoll.

Starts `plimsoll sim` and `plimsoll serve` on free ports, runs the golden set over
both roads with `plimsoll eval`, prints the comparison from the result files and
from the provider's own count, and lets `plimsoll gate` judge the one-pager.
Standard library only.
"""

import argparse
import pathlib
import shutil
import sys
import time

import demo_real
from demo_road import (DEMO, ROOT, Questions, cost_of_rows, fail, gate, gateway_ledger, get_json,
                       page_for_this_run, print_table, run_eval, say, start_gateway, started,
                       summary)

FEATURE = "support-bot"


def last_words(verdict, out):
    say(f"\nVerdict: {verdict}.")
    if verdict == "insufficient":
        say(
            "  That is on purpose. The page promises valid >= 0.999; to show that with 95 %\n"
            "  confidence takes 2,995 different questions without a failure, and this golden set\n"
            "  has 60, whose repeats count for little. Add cases to it, or promise less: 0.95 of\n"
            "  the same run would pass."
        )
    say(
        f"\nWhere to look next:\n"
        f"  {DEMO.relative_to(ROOT)}/plimsoll.yaml    the one-pager: every promise on one page\n"
        f"  {out}/with.jsonl    every case with its trail\n"
        f"  build/release/plimsoll ledger --folder {out}/state --summary\n"
        f"  build/release/plimsoll explain reply_invalid\n"
        f"  README.md    put your own provider behind it"
    )


def start_simulator(args):
    return started([args.binary, "sim", "--listen", "127.0.0.1:0", "--seed", args.seed,
                    "--golden", args.golden, "--config", DEMO / "sim.json"],
                   args.out / "sim.log", r"127\.0\.0\.1:(\d+)")


def ask_both(args, page, port):
    """The rows and the provider's count of calls, without and with Plimsoll."""
    out = args.out
    questions = Questions(args.binary, args.golden, args.runs or 10, args.concurrency)
    upstream, books = f"http://127.0.0.1:{port}/v1", f"http://127.0.0.1:{port}/sim"
    gateway, url = start_gateway(args.binary, page, out)
    try:
        say(f"Simulated provider on port {port}: 10 % transport faults, 15 % bad answers")
        say("1/2  without: the client talks to the provider")
        direct = run_eval(questions, upstream, "small", out / "without.jsonl", "3s")
        direct_calls = get_json(f"{books}/stats")["requests"]
        get_json(f"{books}/reset", "POST")
        say("2/2  with: the same client, the same questions, through Plimsoll")
        served = run_eval(questions, url, FEATURE, out / "with.jsonl", "15s")
        return direct, direct_calls, served, get_json(f"{books}/stats")["requests"]
    finally:
        gateway.stop()


def run_simulated(args):
    out, began = args.out, time.monotonic()
    sim = start_simulator(args)
    try:
        port = sim.found[1]
        page = page_for_this_run("plimsoll.yaml", out, f"http://127.0.0.1:{port}/v1")
        direct, direct_calls, served, served_calls = ask_both(args, page, port)
    finally:
        sim.stop()
    _, cost = gateway_ledger(args.binary, out / "state")[FEATURE]
    without = summary(direct, direct_calls, cost_of_rows(direct, (0.25, 2.0)))
    with_plimsoll = summary(served, served_calls, cost)
    print_table(without, with_plimsoll)
    say("\n  Times are the client's; calls are counted by the provider itself (/sim/stats).")
    say("\nThe gate judges the one-pager on this run:\n")
    verdict = gate(args.binary, out / "with.jsonl", page, FEATURE)
    say(f"\n({time.monotonic() - began:.0f} s)")
    last_words(verdict, out)
    bad = with_plimsoll["bad answers that reached the user"]
    if bad:
        fail(f"{bad} bad answers reached the user through Plimsoll")
    if verdict not in ("pass", "insufficient"):
        sys.exit(1)


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--real-model", action="store_true",
                        help="a real, small language model on this machine, not the simulator")
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "build/release/plimsoll")
    parser.add_argument(
        "--golden", type=pathlib.Path, default=ROOT / "examples/golden/support.jsonl",
        help="the simulator's questions"
    )
    parser.add_argument("--runs", type=int, help="how often each case is asked; default: 10, "
                        "with a real model as often as a minute allows, at most 4")
    parser.add_argument("--concurrency", type=int, default=16, help="questions at once, simulated")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "out/demo")
    args = parser.parse_args()
    if not args.binary.exists():
        fail(f"{args.binary} is not built; run scripts/demo")
    shutil.rmtree(args.out, ignore_errors=True)
    args.out.mkdir(parents=True)
    if args.real_model:
        demo_real.run(args)
    else:
        run_simulated(args)


if __name__ == "__main__":
    main()
