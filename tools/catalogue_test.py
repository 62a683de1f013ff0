"""The catalogue is what its sources say, and where they contradict one another the
line has been looked at: a new contradiction fails here until it is committed."""

import os
import pathlib
import subprocess
import sys
import unittest
from decimal import Decimal

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = pathlib.Path(os.environ.get("PLIMSOLL_SHARED", ROOT / "../shared"))
FOLDER = SHARED / "data/model-prices"
BUILD = ROOT / "tools/catalogue/build.py"
sys.path.insert(0, str(BUILD.parent))
import build  # noqa: E402  (its folder is known only now)
from sources import Fact  # noqa: E402


class CatalogueTest(unittest.TestCase):
    @unittest.skipUnless(FOLDER.is_dir(), f"no catalogues at {FOLDER}")
    def test_the_committed_files_are_what_the_sources_give(self):
        done = subprocess.run([sys.executable, "-B", BUILD, FOLDER, "--check"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_price_that_two_sources_tell_differently_is_flagged(self):
        key = ("openai", "m")
        told = {"pi-ai": {key: Fact(price={"input": Decimal(1), "output": Decimal(2)})},
                "litellm": {key: Fact(price={"input": Decimal(1), "output": Decimal(3)})}}
        self.assertIn("openai m output pi-ai=2 litellm=3", build.contradictions_text(told))
        self.assertNotIn("openai m input", build.contradictions_text(told))

    def test_the_first_source_tells_the_price_and_the_others_what_it_does_not(self):
        key = ("openai", "m")
        told = {"pi-ai": {key: Fact(price={"input": 1}, can={"tools"})},
                "litellm": {key: Fact(price={"input": 9}, context=7, can={"vision"})}}
        source, fact = build.merged(told)[key]
        self.assertEqual((source, fact.price["input"], fact.context), ("pi-ai", 1, 7))
        self.assertEqual(fact.can, {"tools", "vision"})


if __name__ == "__main__":
    unittest.main()
