// Goal: a pattern that cannot run in linear time or small memory never loads.
// Method: patterns of each kind through check_pattern; places found by hand.
#include "checks/pattern.h"

#include <gtest/gtest.h>

#include "checks/compiled_pattern.h"
#include "checks/excerpt.h"

namespace plimsoll::checks {
namespace {

TEST(PatternTest, takes_what_re2_takes) {
  EXPECT_TRUE(check_pattern("(?i)as an ai"));
  EXPECT_TRUE(check_pattern(""));
  EXPECT_TRUE(check_pattern("^\\p{L}+$"));
}

TEST(PatternTest, refuses_what_needs_backtracking_and_says_why) {
  for (const char* pattern : {"(a)\\1", "(?=a)b", "(", "a{2000}", "\\p{Letter}"}) {
    const auto checked = check_pattern(pattern);
    ASSERT_FALSE(checked) << pattern;
    EXPECT_EQ(checked.error().kind, ErrorKind::config_invalid);
    EXPECT_NE(checked.error().what.find("does not compile: "), std::string::npos);
    EXPECT_FALSE(checked.error().hint.empty());
  }
  EXPECT_EQ(check_pattern("(").error().what, "pattern \"(\" does not compile: missing ): (");
}

TEST(PatternTest, refuses_a_program_that_needs_too_much_memory) {
  const auto checked = check_pattern("\\pL{1000}\\pL{1000}\\pL{1000}");
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().what.find("too large"), std::string::npos) << checked.error().what;
}

TEST(PatternTest, a_hostile_text_takes_linear_time) {
  const auto pattern = CompiledPattern::compile("(a*)*(a*)*(a*)*b$");
  ASSERT_TRUE(pattern);
  EXPECT_FALSE(pattern->find_in(std::string(200'000, 'a')));
}

TEST(PatternTest, finds_the_leftmost_place) {
  const auto pattern = CompiledPattern::compile("[0-9]+");
  ASSERT_TRUE(pattern);
  EXPECT_EQ(pattern->find_in("ab 12 345"), "12");
  EXPECT_FALSE(pattern->find_in("none"));
}

TEST(ExcerptTest, cuts_between_code_points) {
  EXPECT_EQ(excerpt("short"), "short");
  EXPECT_EQ(excerpt(std::string(300, 'x')).size(), 200U);
  const std::string cut = excerpt("\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9", 8);  // two bytes each
  EXPECT_EQ(cut, "\u00e9\u00e9...");
  EXPECT_EQ(code_points("h\u00e9llo \U0001F600"), 7U);
}

}  // namespace
}  // namespace plimsoll::checks
