"""What both demos share: child processes, one golden set over one road, the table
of what its client saw, and the gate. Standard library only.
"""

import json
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEMO = ROOT / "examples" / "demo"
IN_TIME_SECONDS = 3.0
NANOS = 1e9


def say(text=""):
    print(text, flush=True)


def fail(text, code=1):
    say(f"demo: error: {text}")
    sys.exit(code)


class Server:
    """A child process that tells where it listens, in its output, by a line that `ready` finds.

    With `loud`, what it says on standard error goes to ours. `patience` is in seconds.
    """

    def __init__(self, command, log, ready, patience=15.0, loud=False):
        self.log = log
        errors = None if loud else subprocess.STDOUT
        self.process = subprocess.Popen([str(part) for part in command], stdout=log.open("w"),
                                        stderr=errors)
        self.found = self._wait(ready, patience)
        if self.found is None:
            self.stop()

    def _wait(self, ready, patience):
        began = told = time.monotonic()
        while True:
            found = re.search(ready, self.log.read_text(errors="replace"))
            now = time.monotonic()
            if found or self.process.poll() is not None or now > began + patience:
                return found
            if now > told + 5:
                told = now
                say(f"  not ready yet, {now - began:.0f} s")
            time.sleep(0.02)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def started(command, log, ready):
    """A Server that must come up; otherwise the demo ends with what it said."""
    server = Server(command, log, ready)
    if server.found is None:
        fail(f"{' '.join(map(str, command[:2]))} did not start:\n{log.read_text()}")
    return server


def start_gateway(binary, page, out):
    """The gateway under `page`, and its base URL."""
    gateway = started([binary, "serve", "-c", page, "--quiet"], out / "serve.log",
                      r"127\.0\.0\.1:(\d+)/v1")
    return gateway, f"http://127.0.0.1:{gateway.found[1]}/v1"


def get_json(url, method="GET"):
    request = urllib.request.Request(url, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"{}")


def page_for_this_run(name, out, upstream):
    """An example's one-pager with this run's addresses; otherwise byte for byte."""
    text = (DEMO / name).read_text()
    text = text.replace("http://127.0.0.1:9090/v1", upstream)
    text = text.replace("127.0.0.1:8080", "127.0.0.1:0").replace("127.0.0.1:8081", "127.0.0.1:0")
    path = out / "plimsoll.yaml"
    path.write_text(text)
    return path


@dataclass
class Questions:
    """A golden set and how it is asked."""

    binary: pathlib.Path
    golden: pathlib.Path
    runs: int
    concurrency: int
    ends: float | None = None  # on the monotonic clock: what still runs then is stopped

    def seconds_left(self):
        return None if self.ends is None else max(1.0, self.ends - time.monotonic())


def run_eval(questions, url, model, out, timeout):
    """Asks `model` at `url` everything, and returns the rows of the result file."""
    command = [questions.binary, "eval", "--data", questions.golden, "--url", url,
               "--feature", model, "--out", out, "--concurrency", questions.concurrency,
               "--runs", questions.runs, "--timeout", timeout]
    try:
        done = subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL,
                              timeout=questions.seconds_left())
    except subprocess.TimeoutExpired:
        fail(f"asking {model} took too long and was stopped")
    if done.returncode not in (0, 1):
        fail(f"plimsoll eval ended with {done.returncode}")
    return [json.loads(line) for line in out.read_text().splitlines()[1:]]


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def keeps_contract(row):
    """The checks that only say whether the answer is right are the model's business."""
    shape = [score for score in row["scores"] if score["check"] not in ("json", "equals")]
    return all(score["passed"] for score in shape)


def per(cost, resolved):
    return f"${cost / resolved:.6f}" if resolved else "none resolved"


def summary(rows, calls, cost):
    """What the client of one road saw. `calls` and `cost` are the provider's side."""
    answered = [row for row in rows if row["error"] is None]
    valid = [row for row in answered if keeps_contract(row)]
    in_time = [row for row in valid if row["duration_ns"] <= IN_TIME_SECONDS * NANOS]
    resolved = [row for row in rows if row["passed"]]
    times = [row["duration_ns"] / 1e6 for row in rows]
    return {
        "asked": len(rows),
        "valid answers in time": f"{len(in_time)} ({100 * len(in_time) / len(rows):.2f} %)",
        "bad answers that reached the user": len(answered) - len(valid),
        "errors that reached the user": len(rows) - len(answered),
        "valid but wrong (the model's own mistakes)": len(valid) - len(resolved),
        "upstream calls per valid answer": f"{calls / max(len(valid), 1):.3f}",
        "cost per resolution": per(cost, len(resolved)),
        "p50 / p95 / p99": " / ".join(f"{percentile(times, q):.0f}" for q in (0.5, 0.95, 0.99))
        + " ms",
    }


def cost_of_rows(rows, price):
    """Dollars for what the direct road used: its rows carry the provider's usage."""
    total = 0.0
    for row in rows:
        usage = row["usage"] or {}
        total += usage.get("input", 0) * price[0] / 1e6 + usage.get("output", 0) * price[1] / 1e6
    return total


def print_table(without, with_plimsoll):
    width = max(map(len, without))
    say(f"\n  {'':<{width}}   {'without':>20}   {'with Plimsoll':>20}")
    for name in without:
        say(f"  {name:<{width}}   {without[name]!s:>20}   {with_plimsoll[name]!s:>20}")


def gateway_ledger(binary, state):
    """feature -> (attempts, dollars), thrown-away attempts included."""
    done = subprocess.run([str(binary), "ledger", "--folder", str(state), "--format", "json",
                           "--limit", "0"], capture_output=True, text=True)
    if done.returncode != 0:
        fail(f"plimsoll ledger: {done.stderr}")
    books = {}
    for call in json.loads(done.stdout):
        attempts, cost = books.get(call["feature"], (0, 0.0))
        books[call["feature"]] = (attempts + call["attempts"],
                                  cost + (call.get("cost_nanos") or 0) / NANOS)
    return books


def gate(binary, results, page, feature):
    done = subprocess.run([str(binary), "gate", str(results), "-c", str(page),
                           "--feature", feature])
    verdicts = {0: "pass", 1: "fail", 3: "insufficient", 4: "invalid run", 5: "error"}
    return verdicts.get(done.returncode, f"exit code {done.returncode}")
