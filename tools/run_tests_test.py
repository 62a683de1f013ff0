"""Goal: the counts cannot be better than the truth, whatever a test program does.
Method: the judges on recorded outputs, and small fake programs that pass, crash,
hang up early and lie.
"""

import pathlib
import stat
import tempfile
import unittest

import run_tests

LISTED = """Running main() from gtest_main.cc
MoneyTest.
  adds
  rounds_up
Ports/AccountsTest.
  holds/0  # GetParam() = 1
"""
NAMES = ["MoneyTest.adds", "MoneyTest.rounds_up", "Ports/AccountsTest.holds/0"]


def counts(result):
    return result.passed, result.failed, result.skipped


class GoogleTest(unittest.TestCase):
    def test_reads_the_list_with_parameters(self):
        self.assertEqual(run_tests.listed_tests(LISTED), NAMES)

    def test_reads_the_report(self):
        suite = [{"name": "adds", "status": "RUN", "result": "COMPLETED"},
                 {"name": "rounds_up", "status": "RUN", "failures": [{"failure": "x"}]},
                 {"name": "waits", "status": "RUN", "result": "SKIPPED"},
                 {"name": "DISABLED_x", "status": "NOTRUN", "result": "SUPPRESSED"}]
        report = {"testsuites": [{"name": "MoneyTest", "testsuite": suite}]}
        self.assertEqual(list(run_tests.reported_tests(report).values()),
                         ["passed", "failed", "skipped", "skipped"])

    def test_a_listed_test_without_a_result_failed(self):
        result = run_tests.judge_program("p", NAMES, {"MoneyTest.adds": "passed"}, -11)
        self.assertEqual(counts(result), (1, 2, 0))
        self.assertIn("signal 11", result.notes[0])

    def test_a_bad_exit_after_good_tests_is_a_failure(self):
        result = run_tests.judge_program("p", NAMES[:1], {"MoneyTest.adds": "passed"}, 1)
        self.assertEqual(counts(result), (1, 1, 0))

    def test_an_empty_program_is_a_failure(self):
        self.assertEqual(counts(run_tests.judge_program("p", [], {}, 0)), (0, 1, 0))


class ProgramTest(unittest.TestCase):
    def run_script(self, text):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "test_x"
            program.write_text("#!/bin/sh\ncase $1 in --gtest_list_tests) "
                               f"printf 'A.\\n  b\\n  c\\n'; exit 0;; esac\n{text}\n")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
            return counts(run_tests.run_program("x", [str(program)], folder)[0])

    def test_a_crash_halfway_keeps_what_passed_and_fails_the_rest(self):
        script = "echo '[       OK ] A.b (0 ms)'; kill -SEGV $$"
        self.assertEqual(self.run_script(script), (1, 1, 0))

    def test_a_quiet_success_without_results_is_a_failure(self):
        self.assertEqual(self.run_script("exit 0"), (0, 2, 0))

    def test_an_early_exit_with_success_fails_what_did_not_run(self):
        self.assertEqual(self.run_script("echo '[       OK ] A.b (0 ms)'; exit 0"), (1, 1, 0))


class OtherRunners(unittest.TestCase):
    def test_unittest_counts(self):
        text = ("FAIL: test_a (x)\n\nRan 12 tests in 0.1s\n\n"
                "FAILED (failures=1, errors=2, skipped=3)")
        self.assertEqual(counts(run_tests.judge_unittest(text, 1)), (6, 3, 3))
        self.assertEqual(counts(run_tests.judge_unittest("Ran 2 tests in 0s\n\nOK", 0)), (2, 0, 0))
        self.assertEqual(counts(run_tests.judge_unittest("SyntaxError", 1)), (0, 1, 0))

    def test_node_counts(self):
        text = "# tests 9\n# pass 5\n# fail 1\n# cancelled 1\n# skipped 2\n# todo 0\n"
        self.assertEqual(counts(run_tests.judge_node(text, 1)), (5, 2, 2))
        self.assertEqual(counts(run_tests.judge_node("Killed", -9)), (0, 1, 0))
        text = "# tests 1\n# pass 1\n# fail 0\n# cancelled 0\n# skipped 0\n# todo 0\n"
        self.assertEqual(counts(run_tests.judge_node(text, 1)), (1, 1, 0))


if __name__ == "__main__":
    unittest.main()
