// Goal: what people write as durations, money, sizes and shares is read exactly, and
// nothing else is; what looks like a credential never shows.
// Method: tables of text and value; yaml bounds with built texts.
#include "config/units.h"

#include <gtest/gtest.h>

#include "config/forms.h"
#include "config/mask.h"
#include "config/yaml.h"

namespace plimsoll::config {
namespace {

TEST(UnitsTest, durations_are_read_to_the_millisecond) {
  EXPECT_EQ(parse_duration("400ms"), 400);
  EXPECT_EQ(parse_duration("1.5s"), 1'500);
  EXPECT_EQ(parse_duration("0.001s"), 1);
  EXPECT_EQ(parse_duration("5m"), 300'000);
  EXPECT_EQ(parse_duration("1d"), 86'400'000);
  for (const char* wrong :
       {"", "5", "ms", "1.5ms", "-1s", "1 s", "1e3s", "5M", ".5s", "1.s", "99999999999999999999s"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(UnitsTest, money_is_read_to_the_nano_dollar) {
  EXPECT_EQ(parse_money("$0.01"), 10'000'000);
  EXPECT_EQ(parse_money("0.000000001"), 1);
  EXPECT_FALSE(parse_money("$0.0000000001"));
  EXPECT_FALSE(parse_money("$"));
  EXPECT_FALSE(parse_money("1 USD"));
}

TEST(UnitsTest, sizes_counts_and_shares) {
  EXPECT_EQ(parse_size("32MiB"), 33'554'432);
  EXPECT_EQ(parse_size("1.5KiB"), 1'536);
  EXPECT_FALSE(parse_size("32M"));
  EXPECT_EQ(parse_count("100k"), 100'000);
  EXPECT_EQ(parse_ratio("95%"), 0.95);
  EXPECT_FALSE(parse_ratio("nan"));
  EXPECT_EQ(duration_text(std::chrono::milliseconds(90'000)), "90s");
}

TEST(FormsTest, loopback_is_this_machine_and_nothing_that_only_looks_like_it) {
  for (const char* here : {"127.0.0.1:80", "127.9.9.9:1", "[::1]:80", "localhost:1", "unix:/a"})
    EXPECT_TRUE(is_loopback(here)) << here;
  for (const char* there : {"0.0.0.0:80", "[::]:80", "127.evil.example:80", "10.0.0.1:1"})
    EXPECT_FALSE(is_loopback(there)) << there;
}

TEST(FormsTest, urls_have_a_host_and_neither_user_nor_query) {
  for (const char* good : {"https://h", "http://h:80/v1", "http://[::1]:8080/v1"})
    EXPECT_TRUE(is_url(good)) << good;
  for (const char* bad : {"h", "ftp://h", "http://", "http://u@h", "http://h?a", "http://h:x"})
    EXPECT_FALSE(is_url(bad)) << bad;
}

TEST(MaskTest, credentials_are_starred_and_columns_stay) {
  EXPECT_EQ(mask_secrets("key: abc, a: b"), "key: ***, a: b");
  EXPECT_EQ(mask_secrets("API_KEY: 'a c'"), "API_KEY: '***'");
  EXPECT_EQ(mask_secrets("key: env:NAME"), "key: env:NAME");
  EXPECT_EQ(mask_secrets("note: sk-123"), "note: ******");
  EXPECT_EQ(mask_secrets("monkeys:\n  - a"), "monkeys:\n  - a");
}

TEST(YamlTest, aliases_that_multiply_are_refused) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    std::string line = "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) line += ", " + before;
    text += line + "]\n";
  }
  const auto parsed = yaml::parse(text);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().token, "config_too_large");
  EXPECT_EQ(yaml::parse(std::string(yaml::kTextMax + 1, ' ')).error().token, "config_too_large");
}

TEST(YamlTest, duplicate_keys_and_their_places_are_kept) {
  const auto parsed = yaml::parse("a: 1\na: \"2\"\n");
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->entries.size(), 2U);
  EXPECT_EQ(parsed->entries[1].key.place.begin, 5U);
  EXPECT_TRUE(parsed->entries[1].value.quoted);
}

}  // namespace
}  // namespace plimsoll::config
