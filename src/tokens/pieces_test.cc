// Goal: a text falls into the pieces that tiktoken's patterns give.
// Method: pieces written out by hand, with the corners of the patterns first; the
// large comparison is tests/counting.
#include "tokens/pieces.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace plimsoll::tokens {
namespace {

using Texts = std::vector<std::string>;
using PieceEnd = std::size_t (*)(std::string_view, std::size_t) noexcept;

Texts pieces(PieceEnd end_of, std::string_view text) {
  Texts out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = end_of(text, at);
    out.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}
Texts o200k(std::string_view text) { return pieces(o200k_piece_end, text); }
Texts cl100k(std::string_view text) { return pieces(cl100k_piece_end, text); }

TEST(PiecesTest, a_word_takes_one_character_before_it_and_its_contraction_after) {
  EXPECT_EQ(o200k("Don't say (hello)"), (Texts{"Don't", " say", " (", "hello", ")"}));
  EXPECT_EQ(cl100k("Don't say (hello)"), (Texts{"Don", "'t", " say", " (", "hello", ")"}));
  EXPECT_EQ(o200k("(hello"), (Texts{"(hello"}));
}

TEST(PiecesTest, contractions_fold_case_and_the_long_s) {
  EXPECT_EQ(o200k("WE'LL it'\u017F"), (Texts{"WE'LL", " it'\u017F"}));
  EXPECT_EQ(cl100k("'RE'ſ'x"), (Texts{"'RE", "'\u017F", "'x"}));
  EXPECT_EQ(o200k("a'l"), (Texts{"a", "'l"}));
  EXPECT_EQ(cl100k("'sam"), (Texts{"'s", "am"}));
}

TEST(PiecesTest, capitals_end_where_small_letters_take_over) {
  EXPECT_EQ(o200k("HTMLParser camelCase ABC"), (Texts{"HTMLParser", " camel", "Case", " ABC"}));
  EXPECT_EQ(cl100k("HTMLParser camelCase"), (Texts{"HTMLParser", " camelCase"}));
}

TEST(PiecesTest, letters_without_case_may_open_and_close_a_word) {
  EXPECT_EQ(o200k("漢字ABC"), (Texts{"漢字", "ABC"}));
  EXPECT_EQ(o200k("漢字ABc"), (Texts{"漢字ABc"}));
  EXPECT_EQ(o200k("abc漢字"), (Texts{"abc漢字"}));
}

TEST(PiecesTest, a_mark_is_a_prefix_only_before_a_word_that_ends_small) {
  EXPECT_EQ(o200k("\u0301ABC"), (Texts{"\u0301", "ABC"}));
  EXPECT_EQ(o200k("\u0301Abc"), (Texts{"\u0301Abc"}));
  EXPECT_EQ(o200k("!!\u0301a"), (Texts{"!!\u0301", "a"}));
}

TEST(PiecesTest, numbers_come_in_threes_of_any_script) {
  EXPECT_EQ(o200k("1234567"), (Texts{"123", "456", "7"}));
  EXPECT_EQ(o200k("١٢٣٤"), (Texts{"١٢٣", "٤"}));
  EXPECT_EQ(o200k("a1b"), (Texts{"a", "1", "b"}));
}

TEST(PiecesTest, symbols_take_a_space_before_and_newlines_after) {
  EXPECT_EQ(o200k(" {\n\n}"), (Texts{" {\n\n", "}"}));
  EXPECT_EQ(o200k("*\n/*"), (Texts{"*\n/", "*"}));
  EXPECT_EQ(cl100k("*\n/*"), (Texts{"*\n", "/*"}));
}

TEST(PiecesTest, white_space_leaves_its_last_character_to_what_follows) {
  EXPECT_EQ(o200k("a   b"), (Texts{"a", "  ", " b"}));
  EXPECT_EQ(o200k("a  \n  b"), (Texts{"a", "  \n", " ", " b"}));
  EXPECT_EQ(o200k("a \u00A0\u2003 1"), (Texts{"a", " \u00A0\u2003", " ", "1"}));
}

TEST(PiecesTest, white_space_at_the_end_is_split_at_its_newline_by_o200k_only) {
  EXPECT_EQ(o200k("a\n  "), (Texts{"a", "\n", "  "}));
  EXPECT_EQ(cl100k("a\n  "), (Texts{"a", "\n  "}));
  EXPECT_EQ(cl100k("a\n  b"), (Texts{"a", "\n", " ", " b"}));
}

TEST(PiecesTest, an_invalid_byte_is_a_symbol) {
  EXPECT_EQ(o200k("a\xFF\xC3 b"), (Texts{"a", "\xFF\xC3", " b"}));
}

}  // namespace
}  // namespace plimsoll::tokens
