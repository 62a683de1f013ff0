// Goal: a slip of the pen is answered with the name that was meant, and nothing else.
// Method: direct calls.
#include "base/candidates.h"

#include <gtest/gtest.h>

namespace plimsoll {
namespace {

constexpr std::string_view kNames[] = {"injection", "pii", "secrets", "support-bot"};

TEST(CandidatesTest, a_missing_letter_finds_the_name) {
  ASSERT_EQ(nearest_names("injecton", kNames).size(), 1U);
  EXPECT_EQ(nearest_names("injecton", kNames)[0], "injection");
}

TEST(CandidatesTest, swapped_letters_and_case_are_near) {
  EXPECT_EQ(nearest_names("PIi", kNames)[0], "pii");
  EXPECT_EQ(nearest_names("serects", kNames)[0], "secrets");
}

TEST(CandidatesTest, a_beginning_is_near) {
  EXPECT_EQ(nearest_names("support", kNames)[0], "support-bot");
}

TEST(CandidatesTest, nothing_is_near_to_a_stranger) {
  EXPECT_TRUE(nearest_names("gpt-5-mini", kNames).empty());
  EXPECT_TRUE(nearest_names(std::string(1000, 'x'), kNames).empty());
}

TEST(CandidatesTest, names_are_quoted_for_a_sentence) {
  EXPECT_EQ(quoted_choice(std::span(kNames).first(3)), "\"injection\", \"pii\" or \"secrets\"");
  EXPECT_EQ(quoted_choice(std::span(kNames).first(1)), "\"injection\"");
}

}  // namespace
}  // namespace plimsoll
