"""Goal: scripts/demo --real-model shows the whole road, or says why it cannot.
Method: the demo itself, on a stand-in for tools/real_model: the simulator, which answers
the same questions at the same kind of address and fails on purpose.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent

STAND_IN = """
trap 'kill $sim; exit 0' TERM
"$1" sim --listen 127.0.0.1:0 --seed 3 --golden "$2" --profile instant \\
  --accuracy 0.9 --flaws prose=0.3 >"$3" 2>&1 &
sim=$!
until port=$(grep -oE '127[.]0[.]0[.]1:[0-9]+' "$3"); do kill -0 $sim || exit 1; done
echo "ready http://$(echo "$port" | head -1)/v1 model smollm2-135m"
wait $sim
"""


def binary():
    """The program that the runner of the tests built, or the newest one that is there."""
    told = os.environ.get("PLIMSOLL_BIN")
    built = [pathlib.Path(told)] if told else ROOT.glob("build/*/plimsoll")
    return max((path for path in built if path.is_file()), default=None,
               key=lambda path: path.stat().st_mtime)


class DemoTest(unittest.TestCase):
    def setUp(self):
        self.binary = binary()
        if self.binary is None:
            self.skipTest("plimsoll is not built")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def demo(self, model_command, *options):
        return subprocess.run(
            [sys.executable, ROOT / "tools" / "demo.py", "--real-model", "--binary", self.binary,
             "--out", self.folder / "out", *options],
            env={**os.environ, "PLIMSOLL_DEMO_MODEL": model_command}, capture_output=True,
            text=True, timeout=120)

    def stand_in(self):
        script = self.folder / "stand_in.sh"
        script.write_text(STAND_IN)
        golden = ROOT / "examples" / "golden" / "small-model.jsonl"
        return f"bash {script} {self.binary} {golden} {self.folder / 'sim.log'}"

    def test_both_roads_are_compared_and_judged(self):
        done = self.demo(self.stand_in(), "--runs", "1")
        self.assertIn(done.returncode, (0, 1), done.stdout + done.stderr)
        for promised in ("order-number:", "one-word:", "valid answers in time", "p50 / p95 / p99",
                         "upstream calls per valid answer", "The price is notional"):
            self.assertIn(promised, done.stdout)
        bad = re.findall(r"bad answers that reached the user +(\d+) +(\d+)\n", done.stdout)
        self.assertEqual(len(bad), 2)
        self.assertGreater(sum(int(without) for without, _ in bad), 0)
        self.assertEqual([with_plimsoll for _, with_plimsoll in bad], ["0", "0"])
        self.assertRegex(done.stdout, "Verdict on order-number: (pass|insufficient)")
        self.assertRegex(done.stdout, "Verdict on one-word: (pass|insufficient)")

    def test_a_model_that_cannot_be_had_ends_with_what_to_do(self):
        done = self.demo("bash -c 'echo real_model: no registry >&2; exit 3'")
        self.assertEqual(done.returncode, 3)
        self.assertIn("real_model: no registry", done.stderr)
        self.assertIn("scripts/demo shows the same road on a simulated provider", done.stdout)

    def test_a_model_that_does_not_answer_ends_with_the_reason(self):
        done = self.demo("bash -c 'echo ready http://127.0.0.1:1/v1 model x; exec cat'")
        self.assertEqual(done.returncode, 1)
        self.assertIn("the model does not answer", done.stdout)


if __name__ == "__main__":
    unittest.main()
