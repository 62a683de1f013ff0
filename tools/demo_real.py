"""The demo's road on a real, small language model on this machine (tools/real_model).

The same questions without and with Plimsoll, under examples/demo/real-model.yaml,
in about a minute and never in more than three: first some questions time the model, then
as many runs are asked as the time allows.
"""

import json
import os
import shlex
import time
import urllib.request

from demo_road import (DEMO, ROOT, Questions, Server, cost_of_rows, fail, gate, gateway_ledger,
                       page_for_this_run, print_table, run_eval, say, start_gateway, summary)

FEATURES = ("order-number", "one-word")
GOLDEN = ROOT / "examples" / "golden" / "small-model.jsonl"
PRICE = (0.02, 0.04)  # the page's notional price, dollars per million tokens, in and out
SET_UP_SECONDS_MAX = 1800
SECONDS_WANTED = 60  # for both roads together
SECONDS_MAX = 170
RUNS_MAX = 4
READY = r"ready (http://\S+) model (\S+)"


def start_model(out):
    """The server of the model, or the end of the demo with what to do about it."""
    command = shlex.split(os.environ.get("PLIMSOLL_DEMO_MODEL", ""))
    command = command or [ROOT / "tools/real_model", "serve"]
    say("Starting a real model on this machine (the first time it is installed: some minutes)")
    server = Server(command, out / "model.log", READY, SET_UP_SECONDS_MAX, loud=True)
    if server.found is None:
        fail("the real model cannot be had here; why, and what to do, is said above.\n"
             "  Without it: scripts/demo shows the same road on a simulated provider.", code=3)
    return server


def questions_by_feature(out):
    """feature -> (a golden set of its cases, the cases); a case is tagged with its feature."""
    cases = [json.loads(line) for line in GOLDEN.read_text().splitlines()]
    sets = {}
    for feature in FEATURES:
        mine = [case for case in cases if feature in case["tags"]]
        path = out / f"{feature}.jsonl"
        path.write_text("".join(json.dumps(case) + "\n" for case in mine))
        sets[feature] = (path, mine)
    return sets


def seconds_per_answer(url, model, cases):
    """The mean of some questions, the first of which only warms the model up."""
    times = []
    for case in cases[:4]:
        body = json.dumps({**case["input"], "model": model}).encode()
        request = urllib.request.Request(f"{url}/chat/completions", body,
                                         {"content-type": "application/json"})
        began = time.monotonic()
        try:
            urllib.request.urlopen(request, timeout=60).read()
        except OSError as error:
            fail(f"the model does not answer: {error}")
        times.append(time.monotonic() - began)
    return sum(times[1:]) / len(times[1:])


def runs_for(seconds, wanted):
    """How often every question can be asked, if asking each once takes `seconds` a road."""
    if 2 * seconds > SECONDS_MAX / 2:
        fail(f"this machine needs {2 * seconds:.0f} s to ask each question once on both roads, "
             f"which is too slow for {SECONDS_MAX} s with second tries")
    return wanted or max(1, min(RUNS_MAX, int(SECONDS_WANTED / 2 / seconds)))


def plan_of_questions(args, sets, url, model):
    say("Timing the model on a few questions")
    each = {name: seconds_per_answer(url, model, cases) for name, (_, cases) in sets.items()}
    total = sum(each[name] * len(cases) for name, (_, cases) in sets.items())
    runs = runs_for(total, args.runs)
    told = ", ".join(f"{name} {1000 * seconds:.0f} ms" for name, seconds in each.items())
    say(f"  an answer takes: {told}; every question is asked {runs} times on each road")
    end = time.monotonic() + SECONDS_MAX
    return {name: Questions(args.binary, path, runs, concurrency=1, ends=end)
            for name, (path, _) in sets.items()}


def ask_both(args, plan, model_url, model, gateway_url):
    """feature -> (rows without, rows with)."""
    rows = {}
    for number, (feature, questions) in enumerate(plan.items()):
        say(f"{2 * number + 1}/{2 * len(plan)}  {feature}, without: the client talks to the model")
        out = args.out / f"{feature}.without.jsonl"
        direct = run_eval(questions, model_url, model, out, "20s")
        say(f"{2 * number + 2}/{2 * len(plan)}  {feature}, with: the same through Plimsoll")
        out = args.out / f"{feature}.with.jsonl"
        served = run_eval(questions, gateway_url, feature, out, "25s")
        rows[feature] = (direct, served)
    return rows


def tell_table(feature, direct, served, books):
    attempts, cost = books[feature]
    without = summary(direct, len(direct), cost_of_rows(direct, PRICE))
    with_plimsoll = summary(served, attempts, cost)
    say(f"\n{feature}:")
    print_table(without, with_plimsoll)
    return with_plimsoll["bad answers that reached the user"]


def last_words(verdicts, out):
    say("\n" + "  ".join(f"Verdict on {name}: {verdict}." for name, verdict in verdicts.items()))
    if "insufficient" in verdicts.values():
        say("  Insufficient is not a failure: so few questions do not show that much.\n"
            "  More of them, or a smaller promise, would.")
    say(f"\nWhere to look next:\n"
        f"  {(DEMO / 'real-model.yaml').relative_to(ROOT)}    the one-pager of this run\n"
        f"  {out}/order-number.with.jsonl    every case with its trail\n"
        f"  build/release/plimsoll ledger --folder {out}/state --summary\n"
        f"  tools/real_model serve    the model alone, to try things with")


def run(args):
    out, model_server = args.out, start_model(args.out)
    try:
        url, model = model_server.found[1], model_server.found[2]
        say(f"{model} answers at {url}")
        began = time.monotonic()
        page = page_for_this_run("real-model.yaml", out, url)
        plan = plan_of_questions(args, questions_by_feature(out), url, model)
        gateway, gateway_url = start_gateway(args.binary, page, out)
        try:
            rows = ask_both(args, plan, url, model, gateway_url)
        finally:
            gateway.stop()
    finally:
        model_server.stop()
    books = gateway_ledger(args.binary, out / "state")
    bad = sum(tell_table(name, *pair, books) for name, pair in rows.items())
    say("\n  Times are the client's. Calls without Plimsoll are the client's own, those with it\n"
        "  are the ledger's attempts. The price is notional: "
        f"${PRICE[0]} and ${PRICE[1]} per million\n"
        "  tokens in and out; a model on your own machine sends no bill.")
    verdicts = {}
    for name in rows:
        say(f"\nThe gate judges {name} on this run:\n")
        verdicts[name] = gate(args.binary, out / f"{name}.with.jsonl", page, name)
    say(f"\n({time.monotonic() - began:.0f} s)")
    last_words(verdicts, out)
    if bad:
        fail(f"{bad} bad answers reached the user through Plimsoll")
    if not set(verdicts.values()) <= {"pass", "insufficient"}:
        raise SystemExit(1)
