// Goal: text becomes the tokens of tiktoken, and the same text again.
// Method: a fixture of texts with their tokens as PyPI tiktoken 0.14 gave them
// (tools/tokens/make_fixture.py), and properties on made-up texts.
#include "tokens/encoder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace plimsoll::tokens {
namespace {

constexpr Encoding kBoth[] = {Encoding::o200k_base, Encoding::cl100k_base};

/// Texts of bytes that a pattern or an encoder may trip over.
std::string random_text(std::mt19937_64& random, std::size_t parts) {
  static const std::vector<std::string> kParts{" ",
                                               "  ",
                                               "\n",
                                               "\r\n",
                                               "\t",
                                               "a",
                                               "B",
                                               "the",
                                               "HTTP",
                                               "'s",
                                               "'LL",
                                               "é",
                                               "e\u0301",
                                               "漢字",
                                               "ไทย",
                                               "😀",
                                               "👩‍👩‍👧",
                                               "123",
                                               "٣",
                                               "/",
                                               "{}",
                                               "\xFF",
                                               "\xE2\x82",
                                               "\u00A0",
                                               "ǅ",
                                               "\0"};
  std::string text;
  for (std::size_t i = 0; i < parts; ++i) text += kParts[random() % kParts.size()];
  return text;
}

TEST(EncoderTest, the_fixture_has_the_tokens_that_tiktoken_gives) {
  std::ifstream file(PLIMSOLL_SOURCE_DIR "/src/tokens/testdata/tiktoken.json");
  const auto fixture = nlohmann::json::parse(file);
  ASSERT_GT(fixture.at("texts").size(), 100u);
  for (const auto& row : fixture.at("texts")) {
    const auto text = row.at("text").get<std::string>();
    EXPECT_EQ(Encoder::of(Encoding::o200k_base).encode(text),
              row.at("o200k_base").get<std::vector<Rank>>())
        << text;
    EXPECT_EQ(Encoder::of(Encoding::cl100k_base).encode(text),
              row.at("cl100k_base").get<std::vector<Rank>>())
        << text;
  }
}

TEST(EncoderTest, any_bytes_come_back_and_are_counted_as_encoded) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2'000; ++round) {
    const std::string text = random_text(random, random() % 60);
    for (const Encoding encoding : kBoth) {
      const Encoder& encoder = Encoder::of(encoding);
      const auto tokens = encoder.encode(text);
      ASSERT_EQ(encoder.decode(tokens), text);
      ASSERT_EQ(encoder.count(text), tokens.size());
    }
  }
}

TEST(EncoderTest, every_token_is_found_by_its_bytes) {
  for (const Encoding encoding : kBoth) {
    const Encoder& encoder = Encoder::of(encoding);
    std::vector<Rank> one(1);
    std::size_t whole = 0;
    for (Rank rank = 0; rank < encoder.vocabulary(); ++rank) {
      one[0] = rank;
      const std::string bytes = encoder.decode(one);
      ASSERT_FALSE(bytes.empty());
      const auto again = encoder.encode(bytes);
      whole += again.size() == 1 && again[0] == rank ? 1 : 0;
    }
    EXPECT_GT(whole, encoder.vocabulary() * 98 / 100) << "the rest cross a piece's border";
  }
  EXPECT_EQ(Encoder::of(Encoding::o200k_base).decode(std::vector<Rank>{199'998}), "");
}

TEST(EncoderTest, a_long_piece_is_merged_like_a_short_one) {
  // The same letters, once as one piece and once cut by the pattern's own rule.
  const Encoder& encoder = Encoder::of(Encoding::o200k_base);
  EXPECT_EQ(encoder.decode(encoder.encode(std::string(5'000, 'a'))), std::string(5'000, 'a'));
  EXPECT_EQ(encoder.count(std::string(4'096, ' ')), 32u) << "128 spaces are the longest token";
}

TEST(EncoderTest, steps_count_what_one_go_counts) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 300; ++round) {
    const std::string text = random_text(random, 400);
    for (const Encoding encoding : kBoth) {
      Counted counted;
      while (counted.bytes < text.size())
        counted = Encoder::of(encoding).count_some(text, counted, 1 + random() % 200);
      ASSERT_EQ(counted.bytes, text.size());
      ASSERT_TRUE(counted.exact);
      ASSERT_EQ(counted.tokens, Encoder::of(encoding).count(text));
    }
  }
}

TEST(EncoderTest, a_step_through_an_endless_piece_is_short_and_says_that_it_guesses) {
  const std::string texts[] = {std::string(1 << 20, 'x'), std::string(1 << 20, '\n'),
                               "漢" + std::string(1 << 20, 'X')};
  for (const std::string& text : texts) {
    Counted counted;
    counted = Encoder::of(Encoding::o200k_base).count_some(text, counted, 1);
    EXPECT_LE(counted.bytes, kWholePieceBytes);
    EXPECT_FALSE(counted.exact) << text.substr(0, 5);
  }
}

}  // namespace
}  // namespace plimsoll::tokens
