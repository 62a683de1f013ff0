"""Goal: a file that looks over its room's wall fails the build, and nothing else does.
Method: small trees on disk, one rule broken in each.
"""

import pathlib
import tempfile
import unittest

import check_layers

LAW = """
base   :             # values
model  : base        # nouns
ports  : base model  # what we need
stages : base model  # policies
net    : base        # bytes
app    : *           # wiring
cli    : *           # verbs

vendor openssl/ net
vendor fmt/ *
vendor gtest/ tests
siblings stages stages/internal
"""


class LayersTest(unittest.TestCase):
    def problems(self, files, law=LAW):
        with tempfile.TemporaryDirectory() as folder:
            src = pathlib.Path(folder)
            (src / "layers.txt").write_text(law)
            for name, text in files.items():
                (src / name).parent.mkdir(parents=True, exist_ok=True)
                (src / name).write_text(text)
            return list(check_layers.problems(src))

    def assert_one(self, files, words, law=LAW):
        found = self.problems(files, law)
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def test_a_room_may_include_what_its_line_names(self):
        files = {"base/a.h": "#include <vector>\n#include <sys/socket.h>\n#include <fmt/core.h>\n",
                 "model/b.h": '#include "base/a.h"\n', "app/c.cc": '#include "model/b.h"\n',
                 "cli/d.cc": '#include "app/e.h"\n', "app/e.h": ""}
        self.assertEqual(self.problems(files), [])

    def test_a_room_may_not_include_upwards_and_is_told_line_and_way_out(self):
        files = {"model/b.h": "", "base/a.cc": '// x\n#include "model/b.h"\n'}
        self.assert_one(files, "base/a.cc:2: base may not include model")

    def test_nobody_includes_app_but_cli(self):
        self.assert_one({"app/a.h": "", "net/b.cc": '#include "app/a.h"\n'}, "may not include app")

    def test_app_does_not_include_cli_though_it_may_see_everything_above(self):
        self.assert_one({"cli/a.h": "", "app/b.cc": '#include "cli/a.h"\n'}, "may not include cli")

    def test_a_vendor_header_stays_in_its_room(self):
        self.assert_one({"model/a.h": "#include <openssl/ssl.h>\n"}, "confined to net")

    def test_a_vendor_header_that_nobody_declared_is_refused(self):
        self.assert_one({"net/a.h": "#include <curl/curl.h>\n"}, "no vendor line")

    def test_a_test_library_is_for_tests_only(self):
        text = "#include <gtest/gtest.h>\n"
        self.assertEqual(self.problems({"net/a_test.cc": text}), [])
        self.assert_one({"net/a.cc": text}, "confined to tests")

    def test_a_header_that_only_tests_include_counts_as_a_test(self):
        text = '#include "gtest/gtest.h"\n'
        files = {"net/rig.h": text, "net/a_test.cc": '#include "net/rig.h"\n'}
        self.assertEqual(self.problems(files), [])
        self.assert_one({**files, "net/a.cc": '#include "net/rig.h"\n'}, "confined to tests")

    def test_one_stage_never_includes_another(self):
        files = {"stages/a.h": "", "stages/b.cc": '#include "stages/a.h"\n'}
        self.assert_one(files, "siblings")

    def test_a_stage_includes_its_own_header_and_the_shared_folder(self):
        files = {"stages/a.h": "", "stages/internal/x.h": "",
                 "stages/a.cc": '#include "stages/a.h"\n#include "stages/internal/x.h"\n',
                 "stages/a_test.cc": '#include "stages/a.h"\n'}
        self.assertEqual(self.problems(files), [])

    def test_an_internal_folder_is_closed_to_other_rooms(self):
        files = {"net/internal/x.h": "", "app/a.cc": '#include "net/internal/x.h"\n'}
        self.assert_one(files, "internal to net")

    def test_fakes_are_for_tests(self):
        files = {"ports/fakes/f.h": "", "model/a_test.cc": '#include "ports/fakes/f.h"\n'}
        self.assertEqual(self.problems(files), [])
        files = {"ports/fakes/f.h": "", "app/a.cc": '#include "ports/fakes/f.h"\n'}
        self.assert_one(files, "is a fake")

    def test_a_folder_that_is_no_room_is_refused(self):
        self.assert_one({"junk/a.cc": ""}, "not a room")

    def test_an_include_of_nothing_is_refused(self):
        self.assert_one({"base/a.cc": '#include "base/gone.h"\n'}, "does not exist")

    def test_a_cycle_in_the_law_is_refused(self):
        self.assert_one({}, "before they are declared", "a : b # x\nb : # y\n")

    def test_a_room_without_purpose_is_refused(self):
        self.assert_one({}, "no line of purpose", "a :\n")

    def test_an_unreadable_line_is_refused(self):
        self.assert_one({}, "not a room", "vender openssl/ net\n")


if __name__ == "__main__":
    unittest.main()
