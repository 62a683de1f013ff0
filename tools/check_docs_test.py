"""Goal: a page that names what is not there fails, and one that is right passes.
Method: small trees with one page each.
"""

import pathlib
import tempfile
import unittest

import check_docs

FILES = {"src/net/a.h": "", "src/net/a_test.cc": "TEST_F(NetTest, says_so) {\n",
         "docs/b.md": "", "scripts/test": ""}


class DocsTest(unittest.TestCase):
    def problems(self, page):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {**FILES, "README.md": page}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return list(check_docs.problems(root))

    def test_a_page_that_is_right_passes(self):
        page = ("[b](docs/b.md#part) [w](https://x.y/z)\n"
                "`NetTest.says_so` `scripts/test` `net/a.h`\n"
                "```\n[not](a/link) `scripts/none`\n```\n")
        self.assertEqual(self.problems(page), [])

    def test_each_kind_of_dead_pointer_is_found(self):
        for page in ("[b](docs/c.md)", "`NetTest.says_nothing`", "`scripts/gone`", "`net/gone.h`"):
            self.assertEqual(len(self.problems(page)), 1, page)


if __name__ == "__main__":
    unittest.main()
