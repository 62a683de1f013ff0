// Goal: what a model takes is told rightly by its name.
// Method: names as providers and proxies spell them.
#include "dialects/anthropic/models.h"

#include <gtest/gtest.h>

namespace plimsoll::dialects::anthropic {
namespace {

TEST(ModelsTest, a_generation_is_read_from_every_spelling) {
  EXPECT_EQ(generation_of("claude-sonnet-4-5"), (Generation{4, 5}));
  EXPECT_EQ(generation_of("claude-sonnet-4-5-20250929"), (Generation{4, 5}));
  EXPECT_EQ(generation_of("claude-opus-4-20250514"), (Generation{4, 0}));
  EXPECT_EQ(generation_of("claude-3-5-haiku-20241022"), (Generation{3, 5}));
  EXPECT_EQ(generation_of("claude-3-opus-20240229"), (Generation{3, 0}));
  EXPECT_EQ(generation_of("anthropic/claude-sonnet-4.6"), (Generation{4, 6}));
  EXPECT_EQ(generation_of("us.anthropic.claude-opus-5-v1:0"), (Generation{5, 0}));
  EXPECT_EQ(generation_of("claude-haiku-5-5"), (Generation{5, 5}));
  EXPECT_EQ(generation_of("claude-next"), std::nullopt);
  EXPECT_EQ(generation_of("claude-"), std::nullopt);
  EXPECT_EQ(generation_of("local-model"), std::nullopt);
}

TEST(ModelsTest, old_models_take_sampling_and_new_ones_schemas_and_effort) {
  EXPECT_TRUE(takes_sampling("claude-sonnet-4-6"));
  EXPECT_FALSE(takes_sampling("claude-opus-4-7"));
  EXPECT_FALSE(takes_sampling("claude-sonnet-5"));
  EXPECT_TRUE(takes_both_samplings("claude-3-5-haiku-20241022"));
  EXPECT_FALSE(takes_both_samplings("claude-sonnet-4-5"));
  EXPECT_FALSE(takes_schema("claude-opus-4-1"));
  EXPECT_TRUE(takes_schema("claude-haiku-4-5"));
  EXPECT_FALSE(takes_effort("claude-sonnet-4-5"));
  EXPECT_TRUE(takes_effort("claude-opus-4-5"));
  EXPECT_TRUE(takes_effort("claude-sonnet-5-5"));
}

TEST(ModelsTest, a_name_that_tells_nothing_takes_everything_but_both_samplings) {
  EXPECT_TRUE(takes_sampling("m"));
  EXPECT_TRUE(takes_schema("m"));
  EXPECT_TRUE(takes_effort("m"));
  EXPECT_FALSE(takes_both_samplings("m"));
}

}  // namespace
}  // namespace plimsoll::dialects::anthropic
