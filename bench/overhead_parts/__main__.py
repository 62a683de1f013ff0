"""The order of the run: start everything, measure in rounds, judge, print."""

import argparse
import os
import pathlib
import platform
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

from overhead_parts import judge, measure
from overhead_parts.system import ROOT, rss_kb
from overhead_parts.targets import DEFAULTS, PASS, Bed, Target


def say(text):
    print(f"overhead: {text}", file=sys.stderr, flush=True)


def sample(samples, key, take, keep_disturbed):
    """One sample, taken again once when others used the machine meanwhile."""
    for _ in range(2):
        result = take()
        if result is None:
            continue
        if result["foreign"] <= measure.FOREIGN_MAX or keep_disturbed:
            samples.add(key, result)
            return
        samples.disturbed(key)


def rounds(bed, samples, targets, helpers, wanted, kind, sizes):
    """Every target at every size, shuffled anew in each round."""
    order = [(t, size) for t in targets if t for size in sizes]
    for number in range(1, wanted.rounds + 1):
        random.shuffle(order)
        say(f"{kind}: round {number} of {wanted.rounds}, {len(order)} samples")
        for target, size in order:
            def take(target=target, size=size):
                others = [h for h in helpers if h]
                if kind == "streams":
                    return measure.stream_load(target, others, size, wanted.seconds)
                return measure.load(target, others, size, wanted.seconds, bed.folder)
            sample(samples, (kind, target.name, size), take, wanted.keep_disturbed)


def plain(bed, samples, wanted, mock):
    direct = Target("direct", None, mock.port)
    slow = bed.portkey("portkey", mock.port) if not wanted.without_portkey else None
    targets = [direct, bed.nginx_proxy("nginx", mock.port), bed.haproxy("haproxy", mock.port),
               bed.plimsoll("plimsoll-pass", mock.port, PASS),
               bed.plimsoll("plimsoll-defaults", mock.port, DEFAULTS), slow]
    gateways = [t for t in targets if t and t.name.startswith("plimsoll")]
    for target in gateways:
        samples.fact(f"memory idle {target.name}", rss_kb(target.pids()) / 1024)
    check_answers(bed, targets)
    rounds(bed, samples, targets, [mock], wanted, "plain", wanted.connections)
    for target in [t for t in targets if t and t.name != "direct"]:
        if shutil.which("strace") and not wanted.smoke:
            samples.fact(f"calls {target.name}", measure.system_calls(target, bed.folder))
    for target in gateways:
        if target.name == "plimsoll-defaults":
            samples.fact("rows dropped", measure.rows_dropped(target))
    return targets


def check_answers(bed, targets):
    """A server that answers quickly but wrongly is not measured."""
    for target in [t for t in targets if t]:
        status = measure.ask_once(target, time.monotonic() + 10)
        if status != 200:
            bed.missing[target.name] = f"it answered {status} to the bench's own request"
            targets[targets.index(target)] = None


def tls(bed, samples, wanted, mock):
    upstream = bed.tls_upstream(mock.port)
    targets = [bed.nginx_proxy("nginx-tls", upstream.port, tls=True),
               bed.haproxy("haproxy-tls", upstream.port, tls=True),
               bed.plimsoll("plimsoll-tls", upstream.port, PASS, tls=True)]
    check_answers(bed, targets)
    sizes = [c for c in wanted.connections if c >= 16]
    rounds(bed, samples, targets, [mock, upstream], wanted, "tls", sizes)


def streams(bed, samples, wanted, mock):
    targets = [bed.nginx_proxy("nginx-stream", mock.port, buffering="off"),
               bed.haproxy("haproxy-stream", mock.port),
               bed.plimsoll("plimsoll-stream", mock.port, PASS)]
    check_answers(bed, targets)
    rounds(bed, samples, targets, [mock], wanted, "streams", [wanted.streams])


def memory(bed, samples, wanted):
    """2,000 streams that have begun and wait."""
    quiet = bed.mock(events=1000, event_ms=60_000)
    say(f"memory of {wanted.held} open streams")
    for name, layers in (("plimsoll-held", PASS), ("plimsoll-held-defaults", DEFAULTS)):
        target = bed.plimsoll(name, quiet.port, layers)
        if target:
            measure.ask_once(target, time.monotonic() + 10)
            samples.fact(f"stream {name}", measure.held_streams(target, wanted.held))


def start_up(bed, samples, wanted, mock):
    say("start to first answer")
    def start():
        target = bed.plimsoll("plimsoll-start", mock.port, PASS)
        if target:
            measure.ask_once(target, time.monotonic() + 10)
            target.first_answer_ms = (time.perf_counter() - target.process.began) * 1000
        return target
    samples.fact("start ms", measure.first_answer_ms(start, wanted.rounds))


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"],
                            capture_output=True, text=True).stdout.strip()
    return f"{len(os.sched_getaffinity(0))} x {model}, Linux {platform.release()}, commit {commit}"


def options():
    parser = argparse.ArgumentParser(prog="bench/overhead", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 rounds of 1 s at 16 and 64")
    parser.add_argument("--smoke", action="store_true", help="1 round of 1 s, judges nothing")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2, help="of one sample")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64, 256])
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--held", type=int, default=2000, help="idle open streams for memory")
    parser.add_argument("--only", choices=("plain", "tls", "streams", "memory", "start"))
    parser.add_argument("--keep-disturbed", action="store_true",
                        help="use samples during which others used the machine")
    parser.add_argument("--without-portkey", action="store_true")
    wanted = parser.parse_args()
    if wanted.quick:
        wanted.rounds, wanted.seconds, wanted.connections = 3, 1, [16, 64]
    if wanted.smoke:
        wanted.rounds, wanted.seconds, wanted.connections = 1, 1, [16]
        wanted.streams, wanted.held, wanted.keep_disturbed = 50, 200, True
        wanted.without_portkey = True
    return wanted


def run(bed, samples, wanted):
    mock = bed.mock()
    parts = {"plain": lambda: plain(bed, samples, wanted, mock),
             "tls": lambda: tls(bed, samples, wanted, mock),
             "streams": lambda: streams(bed, samples, wanted, mock),
             "memory": lambda: memory(bed, samples, wanted),
             "start": lambda: start_up(bed, samples, wanted, mock)}
    for name, part in parts.items():
        if wanted.only in (None, name):
            part()


def main():
    wanted = options()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    samples = judge.Samples()
    with tempfile.TemporaryDirectory(prefix="plimsoll-bench-") as folder:
        bed = Bed(folder)
        began = time.monotonic()
        try:
            run(bed, samples, wanted)
        except BaseException:
            for log in sorted(pathlib.Path(folder).glob("*.log")):
                sys.stderr.write(f"--- {log.name}\n{log.read_text()[-2000:]}\n")
            raise
        finally:
            bed.stop()
        print(f"machine: {machine()}")
        print(f"command: bench/overhead {' '.join(sys.argv[1:])}".rstrip(),
              f"({time.monotonic() - began:.0f} s)")
        verdict = judge.report(samples, bed, wanted)
    return 0 if wanted.smoke else verdict


if __name__ == "__main__":
    sys.exit(main())
