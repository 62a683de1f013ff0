"""One sample at a time: load on a target, and what it cost."""

import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import time
import urllib.request

from overhead_parts.system import BUILD, Process, cpu_ns, machine_busy_ns, rss_kb

FOREIGN_MAX = 0.07  # share of the machine that others may use during a sample

WRK_SCRIPT = """
wrk.method = "POST"
wrk.path = "/v1/chat/completions"
wrk.body = '%s'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer bench"
%s
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('RESULT {"requests":%%d,"us":%%d,"p50":%%d,"p99":%%d,"errors":%%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def request_body(model):
    """A chat request of 1,024 bytes."""
    body = {"model": model, "messages": [{"role": "user", "content": ""}]}
    body["messages"][0]["content"] = "q" * (1024 - len(json.dumps(body, separators=(",", ":"))))
    return json.dumps(body, separators=(",", ":"))


def wrk_script(folder, target):
    form = 'wrk.headers["{}"] = "{}"\n'
    headers = "".join(form.format(*h.split(": ", 1)) for h in target.headers)
    path = pathlib.Path(folder) / f"{target.name}.lua"
    path.write_text(WRK_SCRIPT % (request_body(target.model), headers))
    return path


class Watch:
    """CPU of the watched processes, and of everybody else, over a while."""

    def __init__(self, target, others):
        self.watched, self.helpers = target.pids(), [p for o in others for p in o.pids()]
        self.began = time.monotonic()
        self.own, self.helping = cpu_ns(self.watched), cpu_ns(self.helpers + [os.getpid()])
        self.machine = machine_busy_ns()

    def end(self, load_seconds):
        """`load_seconds`: CPU of the load generator, which has ended."""
        own = cpu_ns(self.watched) - self.own
        helping = cpu_ns(self.helpers + [os.getpid()]) - self.helping
        machine = machine_busy_ns() - self.machine
        capacity = (time.monotonic() - self.began) * 1e9 * len(os.sched_getaffinity(0))
        foreign = max(0.0, machine - own - helping - load_seconds * 1e9) / capacity
        return own, foreign


def run_counted(command, **options):
    """Output of a program and its CPU seconds."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, **options)
    output = process.stdout.read().decode()
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return output, usage.ru_utime + usage.ru_stime


def load(target, helpers, connections, seconds, folder):
    """Closed-loop load by wrk. None when wrk gave no result."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "30s",
               "-s", str(wrk_script(folder, target)), f"http://127.0.0.1:{target.port}"]
    watch = Watch(target, helpers)
    output, load_seconds = run_counted(command, stderr=subprocess.DEVNULL)
    own, foreign = watch.end(load_seconds)
    found = re.search(r"^RESULT (.*)$", output, re.M)
    if not found:
        return None
    result = json.loads(found[1])
    if result["requests"] == 0:
        return None
    return {"rps": result["requests"] / (result["us"] / 1e6), "p50": result["p50"],
            "p99": result["p99"], "errors": result["errors"], "foreign": foreign,
            "cpu": own / 1000 / result["requests"], "requests": result["requests"]}


def stream_load(target, helpers, streams, seconds):
    """Streams that are asked again as they end; cost per event."""
    command = [str(BUILD / "sse_client"), str(target.port), str(streams), str(seconds),
               target.model, *target.headers]
    watch = Watch(target, helpers)
    output, load_seconds = run_counted(command)
    own, foreign = watch.end(load_seconds)
    result = json.loads(output)
    if not result["events"]:
        return None
    return {"events": result["events"] / result["seconds"], "broken": result["broken"],
            "foreign": foreign, "cpu": own / 1000 / result["events"], "ended": result["ended"]}


def system_calls(target, folder):
    """System calls per request under load, by strace."""
    report = pathlib.Path(folder) / "strace.txt"
    watched = [word for pid in target.pids() for word in ("-p", str(pid))]
    tracer = Process(["strace", "-f", "-c", "-o", str(report), *watched],
                     stderr=subprocess.DEVNULL)
    time.sleep(1)
    result = load(target, [], 64, 2, folder)
    os.kill(tracer.process.pid, signal.SIGINT)
    tracer.process.wait(10)
    total = r"^100\.00\s+\S+(?:\s+\S+)?\s+(\d+)(?:\s+\d+)? total"
    found = re.search(total, report.read_text(), re.M)
    return int(found[1]) / result["requests"] if found and result else None


def held_streams(target, count):
    """Memory per open stream, in KB, with `count` of them held idle."""
    before = rss_kb(target.pids())
    client = Process([str(BUILD / "sse_client"), str(target.port), str(count), "hold",
                      target.model, *target.headers], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    begun = json.loads(client.process.stdout.readline())["begun"]
    after = rss_kb(target.pids())
    client.process.stdin.close()
    client.process.wait(20)
    return (after - before) / count if begun == count else None


def first_answer_ms(start, times):
    """From exec to the first whole answer, median."""
    samples = []
    for _ in range(times):
        target = start()
        if not target:
            return None
        target.stop()
        samples.append(target.first_answer_ms)
    return statistics.median(samples)


def ask_once(target, deadline):
    """Asks until there is an answer. Returns its status."""
    request = urllib.request.Request(f"http://127.0.0.1:{target.port}/v1/chat/completions",
                                     data=request_body(target.model).encode(),
                                     headers={"Content-Type": "application/json",
                                              "Authorization": "Bearer bench",
                                              **dict(h.split(": ", 1) for h in target.headers)})
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                answer.read()
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            if time.monotonic() > deadline:
                return None
            time.sleep(0.0005)


def rows_dropped(target):
    """What the gateway's own metrics say about ledger rows it dropped."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{target.admin}/metrics", timeout=5) as page:
            text = page.read().decode()
    except OSError:
        return None
    found = re.findall(r"^plimsoll_ledger\w*dropped\w*(?:\{[^}]*\})? (\S+)$", text, re.M)
    return sum(float(x) for x in found) if found else None
