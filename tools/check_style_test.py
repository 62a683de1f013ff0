"""Goal: each rule of the house style fires where it is broken, and only there.
Method: the outline on small pieces of C++, the rules on small trees, and the
debt list against findings and an earlier list.
"""

import pathlib
import subprocess
import tempfile
import unittest

import check_style
import cpp_outline


def outline(text):
    return cpp_outline.Outline(text).functions


def body(lines, inside="  x();\n"):
    return "void f() {\n" + inside * (lines - 2) + "}\n"


class OutlineTest(unittest.TestCase):
    def only(self, text):
        found = outline(text)
        self.assertEqual(len(found), 1, found)
        return found[0]

    def test_counts_the_lines_from_signature_to_closing_brace(self):
        self.assertEqual(self.only("\n\nint f(int a,\n      int b) {\n  return 1;\n}\n").lines, 4)

    def test_names_members_operators_and_tests(self):
        text = ("namespace a {\nint B::c(int x) const { return x; }\n"
                "bool operator==(B, B) { return true; }\nTEST_F(Suite, says_so) { go(); }\n}\n")
        self.assertEqual([f.name for f in outline(text)], ["B::c", "operator==", "Suite.says_so"])

    def test_a_constructor_with_braced_members_is_one_function(self):
        text = "struct A {\n  A() : a_{1}, b_{f(2)} {\n    go();\n  }\n};"
        self.assertEqual(self.only(text).lines, 3)

    def test_a_member_with_a_braced_value_is_no_function(self):
        text = "struct A {\n  std::chrono::seconds wait{10'000};\n  Ints v = {1, 2};\n};"
        self.assertEqual(outline(text), [])

    def test_braces_in_strings_and_comments_do_not_count(self):
        text = 'void f() {\n  a("{{{");  // }}}\n  b(R"x({)x");\n  c(\'{\');\n}\nvoid g() {}\n'
        self.assertEqual([f.lines for f in outline(text)], [5, 1])

    def test_counts_levels_of_control_and_starts_anew_in_a_lambda(self):
        deep = "void f() { if (a) { for (;;) { while (b) { c(); } } } else { d(); } }"
        self.assertEqual(self.only(deep).nesting, 3)
        inner = "void f() { if (a) { run([&](int x) { if (x) { y(); } }); } }"
        self.assertEqual(self.only(inner).nesting, 1)

    def test_an_indexed_condition_is_no_lambda(self):
        self.assertEqual(self.only("void f() { if (a[i]) { if (b[i] == 1) { c(); } } }").nesting, 2)

    def test_a_braced_value_in_a_condition_or_call_is_no_level(self):
        text = "void f() { g({.a = 1, .b = {2}}); T x{1}; return T{2}; }"
        self.assertEqual(self.only(text).nesting, 0)

    def test_an_attribute_and_a_trailing_return_type_are_part_of_the_head(self):
        text = "[[nodiscard]] auto f(int a) -> std::vector<int> {\n}\n"
        self.assertEqual(self.only(text).name, "f")

    def test_a_struct_with_a_base_is_no_function(self):
        self.assertEqual(outline("struct A : B<void(int)> { int x; };"), [])


class StyleTest(unittest.TestCase):
    def rules(self, files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            problems, _ = check_style.judge(check_style.findings(root), {})
            return sorted(p.rsplit("[", 1)[1][:-1] for p in problems)

    def test_plain_code_passes(self):
        self.assertEqual(self.rules({"src/a/b.cc": "// Sentence 12.\n" + body(70)}), [])

    def test_sizes_over_the_hard_limit_fail(self):
        self.assertEqual(self.rules({"src/a/b.cc": body(71)}), ["function"])
        self.assertEqual(self.rules({"src/a/b.cc": "int a;\n" * 801}), ["file"])
        self.assertEqual(self.rules({"src/a/b.h": "#pragma once\n" + "int a;\n" * 300}), ["header"])
        deep = "void f() {" + "if (a) {" * 5 + "b();" + "}" * 6
        self.assertEqual(self.rules({"src/a/b.cc": deep}), ["nesting"])
        self.assertEqual(self.rules({f"src/a/x{n}.cc": "" for n in range(41)}), ["room"])
        self.assertEqual(self.rules({f"src/a/internal/x{n}.cc": "" for n in range(41)}), ["room"])
        self.assertEqual(self.rules({f"src/a/b{n % 2}/x{n}.cc": "" for n in range(42)}), [])

    def test_a_long_line_fails_unless_it_is_an_include(self):
        self.assertEqual(self.rules({"tools/a.py": "x" * 101}), ["line"])
        self.assertEqual(self.rules({"src/a/b.cc": '#include "' + "x" * 101 + '"'}), [])

    def test_vague_names_fail(self):
        self.assertEqual(self.rules({"src/a/string_utils.cc": ""}), ["name"])
        self.assertEqual(self.rules({"src/common/b.cc": ""}), ["name"])
        self.assertEqual(self.rules({"src/a/b.cc": "class PoolManager final {\n};\n"}), ["name"])
        idiom = "struct Pool::Impl {\n};\nclass Implicit {};\n"
        self.assertEqual(self.rules({"src/a/b.cc": idiom}), [])

    def test_a_test_may_not_sleep_but_code_may_wait_on_its_loop(self):
        head = "// Goal: x\n// Method: y\n"
        self.assertEqual(self.rules({"src/a/b_test.cc": head + "std::this_thread::sleep_for(1s);"}),
                         ["sleep"])
        self.assertEqual(self.rules({"tests/a/b.cc": "usleep(3);"}), ["sleep"])
        self.assertEqual(self.rules({"src/a/b_test.cc": head + "loop.sleep_until(x);"}), [])

    def test_notes_tickets_and_std_regex_fail(self):
        self.assertEqual(self.rules({"src/a/b.cc": "// TODO: later\n"}), ["undone"])
        self.assertEqual(self.rules({"src/a/b.cc": "int a;  // see issue 61\n"}), ["ticket"])
        self.assertEqual(self.rules({"src/a/b.cc": "// fixed in #6188\n"}), ["ticket"])
        self.assertEqual(self.rules({"src/a/b.cc": "std::regex r;\n"}), ["regex"])

    def test_words_in_strings_are_not_comments(self):
        self.assertEqual(self.rules({"src/a/b.cc": 'auto a = "issue 61";\n'}), [])

    def test_a_header_needs_its_guard_and_a_test_its_goal(self):
        self.assertEqual(self.rules({"src/a/b.h": "int a;\n"}), ["once"])
        self.assertEqual(self.rules({"src/a/b_test.cc": "int a;\n"}), ["goal"])


class DebtTest(unittest.TestCase):
    LONG = check_style.Finding("function", "src/a.cc:f", 84, "too long")
    KEY = ("function", "src/a.cc:f")

    def problems(self, found, debt):
        return check_style.judge(found, debt)[0]

    def test_listed_debt_passes_and_growth_of_it_fails(self):
        self.assertEqual(self.problems([self.LONG], {self.KEY: 84}), [])
        self.assertEqual(len(self.problems([self.LONG], {self.KEY: 83})), 1)

    def test_paid_debt_must_leave_the_list(self):
        self.assertIn("lower it to 84", self.problems([self.LONG], {self.KEY: 90})[0])
        self.assertIn("remove the line", self.problems([], {self.KEY: 90})[0])

    def test_words_are_counted_per_file(self):
        sleeps = [check_style.Finding("sleep", f"tests/a.cc:{n}", 1, "waits") for n in (3, 9)]
        self.assertEqual(self.problems(sleeps, {("sleep", "tests/a.cc"): 2}), [])
        self.assertEqual(len(self.problems(sleeps, {("sleep", "tests/a.cc"): 1})), 1)

    def test_a_list_longer_than_before_is_refused(self):
        self.assertEqual(list(check_style.grown({self.KEY: 84}, {self.KEY: 84})), [])
        self.assertEqual(len(list(check_style.grown({self.KEY: 85}, {self.KEY: 84}))), 1)
        self.assertEqual(len(list(check_style.grown({self.KEY: 85}, {}))), 1)

    def test_history_tells_the_list_of_the_merge_base(self):
        with tempfile.TemporaryDirectory() as folder:
            def git(*words):
                subprocess.run(["git", "-C", folder, "-c", "user.name=t", "-c", "user.email=t@t",
                                *words], check=True, capture_output=True)
            debt = pathlib.Path(folder) / "tools" / "debt.txt"
            debt.parent.mkdir()
            git("init", "-b", "main")
            git("commit", "--allow-empty", "-m", "before any list")
            self.assertIsNone(check_style.debt_before(folder), "there is no list yet")
            debt.write_text("function src/a.cc:f 80  # why\n")
            git("add", "."), git("commit", "-m", "first")
            self.assertIsNone(check_style.debt_before(folder), "the list was new then")
            git("checkout", "-b", "work")
            debt.write_text("function src/a.cc:f 90\n")
            git("add", "."), git("commit", "-m", "second")
            self.assertEqual(check_style.debt_before(folder), {self.KEY: 80})


if __name__ == "__main__":
    unittest.main()
