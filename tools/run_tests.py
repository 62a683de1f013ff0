#!/usr/bin/env python3
"""Runs every test there is and prints the counts last, on a line of their own:

    N passed, N failed, N skipped

A program that crashes, hangs or cannot be listed counts as failed, and so does
each of its tests that has no result: counts come from the list of tests that
the program itself gave before it ran, compared with the results it wrote.

    tools/run_tests.py --build build/dev [--only REGEX] [--skip-node] [--skip-python]
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM_SECONDS_MAX = 900
NODE_VERSION_MIN = 20


@dataclass
class Counts:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    notes: list = field(default_factory=list)  # failures and reasons of skips

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.notes += other.notes

    def line(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def run(command, seconds, **options):
    """Returns (exit code, output). A program over its time is killed, with what
    it started, and has code 124."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, start_new_session=True, **options)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
            code = 124
        output.seek(0)
        return code, output.read().decode(errors="replace")


def how_it_ended(code):
    if code == 124:
        return f"ran over {PROGRAM_SECONDS_MAX} s and was killed"
    return f"was killed by signal {-code}" if code < 0 else f"exited {code}"


# --- GoogleTest -------------------------------------------------------------

def listed_tests(text):
    """The full names in the output of --gtest_list_tests."""
    names, suite = [], ""
    for line in text.splitlines():
        name = line.split("#")[0].rstrip()
        if re.fullmatch(r"[\w/]+\.", name):
            suite = name
        elif suite and re.fullmatch(r"  [\w/]+", name):
            names.append(suite + name.strip())
    return names


def reported_tests(report):
    """name -> passed, failed or skipped, from GoogleTest's JSON."""
    results = {}
    for suite in report.get("testsuites", []):
        for test in suite.get("testsuite", []):
            skipped = test.get("result") == "SKIPPED" or test.get("status") == "NOTRUN"
            state = "failed" if test.get("failures") else "skipped" if skipped else "passed"
            results[f"{suite['name']}.{test['name']}"] = state
    return results


def results_in_output(output):
    """What a program said before it crashed, without a report."""
    words = {"OK": "passed", "FAILED": "failed", "SKIPPED": "skipped"}
    found = re.findall(r"^\[ +(OK|FAILED|SKIPPED) +\] ([\w/]+\.[\w/]+)", output, re.M)
    return {name: words[word] for word, name in found}


def judge_program(name, listed, results, code):
    """Each listed test once; one without a result failed. A bad exit that no
    failed test explains is a failure of its own."""
    counts = Counts()
    for test in listed:
        state = results.get(test, "failed")
        setattr(counts, state, getattr(counts, state) + 1)
        if state == "failed":
            why = "" if test in results else f" (no result: the program {how_it_ended(code)})"
            counts.notes.append(f"{name}: {test}{why}")
    if not listed:
        counts.failed += 1
        counts.notes.append(f"{name}: lists no test")
    elif code != 0 and not counts.failed:
        counts.failed += 1
        counts.notes.append(f"{name}: every test passed, but the program {how_it_ended(code)}")
    return counts


def run_program(name, command, cwd):
    code, text = run([*command, "--gtest_list_tests"], 120, cwd=cwd)
    if code != 0:
        return Counts(failed=1, notes=[f"{name}: listing its tests {how_it_ended(code)}"]), text
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        reporting = [*command, f"--gtest_output=json:{report}"]
        code, output = run(reporting, PROGRAM_SECONDS_MAX, cwd=cwd)
        try:
            results = reported_tests(json.loads(report.read_text()))
        except (OSError, ValueError):
            results = results_in_output(output)
    return judge_program(name, listed_tests(text), results, code), output


def test_programs(build):
    """What ctest knows: a program that was not built is in the list too."""
    shown = subprocess.run(["ctest", "--test-dir", str(build), "--show-only=json-v1"],
                           capture_output=True, text=True, check=True)
    for test in json.loads(shown.stdout)["tests"]:
        yield test["name"], test.get("command") or [str(build / test["name"])]


def run_programs(build, only):
    total = Counts()
    programs = [p for p in test_programs(build) if re.search(only, p[0])]
    for number, (name, command) in enumerate(programs, 1):
        print(f"[{number}/{len(programs)}] {name} ...", end=" ", flush=True)
        began = time.monotonic()
        if not pathlib.Path(command[0]).exists():
            counts, output = Counts(failed=1, notes=[f"{name}: was not built"]), ""
        else:
            counts, output = run_program(name, command, ROOT)
        print(f"{counts.line()} in {time.monotonic() - began:.1f} s", flush=True)
        if counts.failed:
            print_end(output)
        total.add(counts)
    return total


def print_end(output, lines=60):
    print("\n".join("    " + line for line in output.splitlines()[-lines:]), flush=True)


# --- Python and Node ----------------------------------------------------------

def judge_unittest(output, code):
    ran = re.search(r"^Ran (\d+) tests?", output, re.M)
    if not ran:
        return Counts(failed=1, notes=["python: the tests of tools/ did not run"])
    last = output[ran.end():]
    def count(word):
        found = re.search(rf"{word}=(\d+)", last)
        return int(found[1]) if found else 0
    failed, skipped = count("failures") + count("errors"), count("skipped")
    counts = Counts(int(ran[1]) - failed - skipped, failed, skipped)
    names = re.findall(r"^(?:FAIL|ERROR): (.*)$", output, re.M)
    counts.notes += [f"python: {name}" for name in names]
    if code != 0 and not failed:
        counts.failed += 1
        counts.notes.append(f"python: the runner {how_it_ended(code)}")
    return counts


def run_python(build, only):
    if not re.search(only, "python"):
        return Counts()
    code, output = run([sys.executable, "-m", "unittest", "discover", "-p", "*_test.py"], 300,
                       cwd=ROOT / "tools",
                       env={**os.environ, "PLIMSOLL_BIN": str(build / "plimsoll")})
    counts = judge_unittest(output, code)
    print(f"[tools] python ... {counts.line()}", flush=True)
    if counts.failed:
        print_end(output)
    return counts


def judge_node(output, code):
    found = dict(re.findall(r"^# (tests|pass|fail|cancelled|skipped|todo) (\d+)", output, re.M))
    if "tests" not in found:
        return Counts(failed=1, notes=["node: no counts; the runner " + how_it_ended(code)])
    failed = int(found["fail"]) + int(found["cancelled"])
    counts = Counts(int(found["pass"]), failed, int(found["skipped"]) + int(found["todo"]))
    counts.notes += [f"node: {name}" for name in re.findall(r"^ *not ok \d+ - (.*)$", output, re.M)
                     if "# SKIP" not in name]
    counts.notes += [f"node: skipped: {why}" for why in
                     sorted(set(re.findall(r"# SKIP (.+)$", output, re.M)))]
    if code != 0 and not failed:
        counts.failed += 1
        counts.notes.append(f"node: the runner {how_it_ended(code)}")
    return counts


def node_missing(folder):
    """Why the suite cannot run here, or None. Installs its packages once."""
    try:
        code, version = run(["node", "--version"], 30)
    except OSError:
        return "node is not in PATH"
    if code != 0 or int(version.strip().lstrip("v").split(".")[0]) < NODE_VERSION_MIN:
        return f"node is {version.strip()}, the official client needs {NODE_VERSION_MIN} or later"
    stamp, lock = folder / "node_modules" / ".package-lock.json", folder / "package-lock.json"
    if stamp.exists() and stamp.stat().st_mtime >= lock.stat().st_mtime:
        return None
    try:
        code, output = run(["npm", "ci", "--no-audit", "--no-fund"], 300, cwd=folder)
    except OSError:
        return "npm is not in PATH"
    if code != 0:
        print_end(output, 5)
        return "npm ci failed; is the registry reachable?"
    os.utime(stamp)
    return None


def run_node(build, only):
    folder = ROOT / "tests" / "e2e" / "node"
    if not re.search(only, "node") or not (folder / "package.json").exists():
        return Counts()
    print("[e2e] node ...", end=" ", flush=True)
    binary = build / "plimsoll"
    if not binary.exists():
        return Counts(failed=1, notes=["node: build/*/plimsoll was not built"])
    serves, _ = run([str(binary), "serve", "--help"], 30)
    why = node_missing(folder) if serves == 0 else "this build has no `plimsoll serve`"
    if why:
        print(f"skipped: {why}", flush=True)
        return Counts(skipped=1, notes=[f"node: skipped: {why}"])
    began = time.monotonic()
    environment = {**os.environ, "PLIMSOLL_BIN": str(binary)}
    files = sorted(str(p) for p in folder.glob("*.test.mjs"))
    command = ["node", "--test", "--test-concurrency=1", "--test-timeout=60000"]
    code, output = run([*command, "--test-reporter=tap", *files],
                       PROGRAM_SECONDS_MAX, cwd=folder, env=environment)
    counts = judge_node(output, code)
    print(f"{counts.line()} in {time.monotonic() - began:.1f} s", flush=True)
    if counts.failed:
        print_end(output, 120)
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build/dev", help="build folder (default %(default)s)")
    parser.add_argument("--only", default="", help="programs whose name matches this pattern")
    parser.add_argument("--skip-node", action="store_true", help="leave out tests/e2e/node")
    parser.add_argument("--skip-python", action="store_true", help="leave out the tools' own tests")
    wanted = parser.parse_args()
    build = (ROOT / wanted.build).resolve()
    shared = ROOT.parent / "shared"
    os.environ.setdefault("PLIMSOLL_SHARED", str(shared))
    total = Counts()
    if not wanted.skip_python:
        total.add(run_python(build, wanted.only))
    total.add(run_programs(build, wanted.only))
    if not wanted.skip_node:
        total.add(run_node(build, wanted.only))
    if total.notes:
        print("\n" + "\n".join(total.notes))
    if total.passed + total.failed == 0:
        print("no test ran")
        total.failed = 1
    print(total.line(), flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
