// Goal: a model's name finds how its provider counts, however the name is dressed,
// and a picture's size is read from its first bytes.
// Method: names as providers and proxies spell them; the vendors' own examples of
// picture costs; files' heads written by hand.
#include "tokens/family.h"

#include <gtest/gtest.h>

#include "tokens/calibration.h"
#include "tokens/picture.h"

namespace plimsoll::tokens {
namespace {

TEST(FamilyTest, the_longest_prefix_counts_however_the_name_is_dressed) {
  EXPECT_EQ(family_of("gpt-4o-2024-08-06").prefix, "gpt-4o");
  EXPECT_EQ(family_of("gpt-4-0613").encoding, Encoding::cl100k_base);
  EXPECT_EQ(family_of("gpt-4.1-mini-2025-04-14").prefix, "gpt-4.1-mini");
  EXPECT_EQ(family_of("ft:gpt-4o-mini:acme").prefix, "gpt-4o-mini");
  EXPECT_EQ(family_of("anthropic/claude-opus-4.8").prefix, "claude-opus-4-8");
  EXPECT_EQ(family_of("us.anthropic.claude-sonnet-4-5-20250929-v1:0").prefix, "claude");
  EXPECT_EQ(family_of("models/gemini-2.5-pro").prefix, "gemini");
  EXPECT_EQ(family_of("meta-llama/Llama-4-Scout").prefix, "llama-4");
  EXPECT_EQ(family_of("mygpt-4o").prefix, "");
  EXPECT_EQ(family_of("").prefix, "");
}

TEST(FamilyTest, pictures_cost_what_the_vendors_examples_say) {
  // OpenAI: 1024 x 1024 in gpt-4o is 765 tokens, 2048 x 4096 is 1105; patches of
  // gpt-4.1-mini for 1024 x 1024 are 1024 before their factor of 1.62.
  const auto& gpt_4o = family_of("gpt-4o").pictures;
  EXPECT_EQ(picture_tokens(gpt_4o, PictureSize{1024, 1024}, false), 765);
  EXPECT_EQ(picture_tokens(gpt_4o, PictureSize{2048, 4096}, false), 1105);
  EXPECT_EQ(picture_tokens(gpt_4o, PictureSize{4096, 8192}, true), 85);
  EXPECT_EQ(picture_tokens(family_of("gpt-4.1-mini").pictures, PictureSize{1024, 1024}, false),
            1659);
  // Anthropic: width x height / 750.
  EXPECT_NEAR(static_cast<double>(
                  picture_tokens(family_of("claude").pictures, PictureSize{1000, 1000}, false)),
              1334, 2);
  // Google: 258 for both sides up to 384 pixels.
  EXPECT_EQ(picture_tokens(family_of("gemini").pictures, PictureSize{384, 384}, false), 258);
}

TEST(PictureTest, a_files_head_names_its_size) {
  const auto size_is = [](std::string_view base64, int width, int height) {
    const auto size = picture_size(base64);
    return size && size->width == width && size->height == height;
  };
  EXPECT_TRUE(size_is("iVBORw0KGgoAAAANSUhEUgAABAAAAAIA", 1024, 512));
  EXPECT_TRUE(size_is("R0lGODlhAQACAA==", 1, 2));
  EXPECT_TRUE(size_is("/9j/4AAEAAD/wAALCAEAAgA=", 512, 256));
  EXPECT_TRUE(size_is("data:image/webp;base64,UklGRgAAAABXRUJQVlA4WAoAAAAAAAAA/wEA/wAA", 512, 256));
  EXPECT_FALSE(picture_size("https://example.com/a.png"));
  EXPECT_FALSE(picture_size("data:image/png"));
  EXPECT_FALSE(picture_size("/9j/4AAA"));
  EXPECT_FALSE(picture_size(""));
}

TEST(CalibrationTest, what_is_billed_moves_the_factor_and_is_bounded) {
  Calibration calibration;
  EXPECT_EQ(calibration.factor("m"), 1);
  for (int i = 0; i < 50; ++i) calibration.observe("m", 1'000, 1'400);
  EXPECT_NEAR(calibration.factor("m"), 1.4, 0.02);
  for (int i = 0; i < 500; ++i) calibration.observe("m", 1'000, 1'100);
  EXPECT_NEAR(calibration.factor("m"), 1.1, 0.02) << "newer prompts count more";
  calibration.observe("wild", 1, 1'000'000);
  EXPECT_EQ(calibration.factor("wild"), Calibration::kHighest);
  calibration.observe("nothing", 0, 10);
  EXPECT_EQ(calibration.factor("nothing"), 1);
  EXPECT_EQ(calibration.factor("other"), 1);
}

TEST(CalibrationTest, it_learns_a_bounded_number_of_models) {
  Calibration calibration;
  for (std::size_t i = 0; i <= Calibration::kModelsMax; ++i)
    calibration.observe("m" + std::to_string(i), 10'000, 20'000);
  EXPECT_GT(calibration.factor("m0"), 1.5);
  EXPECT_EQ(calibration.factor("m" + std::to_string(Calibration::kModelsMax)), 1);
}

}  // namespace
}  // namespace plimsoll::tokens
