// Goal: a well-known model has its list price, and nothing else has one by chance.
// Method: facts from the vendors' lists, written here once more by hand.
#include "catalogue/catalogue.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "catalogue/entry.h"

namespace plimsoll::catalogue {
namespace {

TEST(CatalogueTest, a_known_model_has_its_list_price_in_nano_dollars_per_million) {
  const auto known = lookup("https://api.openai.com/v1", "gpt-5-mini");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->price, (Price{250'000'000, 2'000'000'000, 25'000'000}));
  EXPECT_EQ(known->output_tokens_max, 128'000);
}

TEST(CatalogueTest, the_vendor_is_known_by_the_whole_host_only) {
  EXPECT_EQ(vendor_of("https://api.openai.com:443/v1"), "openai");
  EXPECT_EQ(vendor_of("https://api.openai.com.evil.example/v1"), "");
  EXPECT_EQ(vendor_of("http://127.0.0.1:8080/v1"), "");
  EXPECT_FALSE(lookup("http://127.0.0.1:8080/v1", "gpt-5-mini"));
}

TEST(CatalogueTest, a_dated_name_finds_its_family_unless_it_has_a_row) {
  const auto family = lookup("https://api.openai.com/v1", "gpt-4o");
  const auto dated = lookup("https://api.openai.com/v1", "gpt-4o-2024-08-06");
  const auto own = lookup("https://api.openai.com/v1", "gpt-4o-2024-05-13");
  ASSERT_TRUE(family && dated && own);
  EXPECT_EQ(dated->price, family->price);
  EXPECT_EQ(own->price.input, 5'000'000'000);
  EXPECT_FALSE(own->price.cached_input) << "no list price: billed as input, never as 0";
  EXPECT_TRUE(lookup("https://api.anthropic.com", "claude-sonnet-4-5-20250929"));
}

TEST(CatalogueTest, an_unknown_model_has_no_price) {
  EXPECT_FALSE(lookup("https://api.openai.com/v1", "gpt-5-mini-turbo"));
  EXPECT_FALSE(lookup("https://api.openai.com/v1", ""));
}

TEST(CatalogueTest, a_prompt_beyond_the_long_tier_costs_more_as_a_whole) {
  const auto known = lookup("https://api.openai.com/v1", "gpt-5.4");
  ASSERT_TRUE(known && known->price.long_prompt);
  const std::int64_t above = known->price.long_prompt->above;
  EXPECT_NEAR(static_cast<double>(above), 272'000, 1);
  EXPECT_EQ(cost_of({.input = above}, known->price).nanos, above * 2'500);
  EXPECT_EQ(cost_of({.input = above + 1}, known->price).nanos, (above + 1) * 5'000);
}

TEST(CatalogueTest, what_is_written_to_a_cache_has_its_own_price) {
  const auto known = lookup("https://api.anthropic.com", "claude-sonnet-4-5");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->price.cache_write, 3'750'000'000);
  EXPECT_EQ(known->price.cached_input, 300'000'000);
  EXPECT_EQ(known->context_tokens_max, 200'000);
}

TEST(CatalogueTest, rows_are_unique_priced_and_dated) {
  std::set<std::string> names;
  for (const Entry& row : entries()) {
    EXPECT_TRUE(names.insert(std::string(row.vendor) + "/" + std::string(row.model)).second)
        << row.model;
    EXPECT_GT(row.price.input, 0) << row.model;
    EXPECT_FALSE(row.from.empty()) << row.model;
    EXPECT_TRUE(row.since.empty() || row.since.size() == as_of().size()) << row.model;
    EXPECT_LE(row.since, as_of()) << row.model;
    const bool embeds = row.can.find("embedding") != std::string_view::npos;
    EXPECT_TRUE(row.price.output > 0 || embeds || row.from != "pi-ai") << row.model;
  }
  EXPECT_GT(names.size(), 500u);
  EXPECT_EQ(as_of(), "2026-11-10");
}

TEST(CatalogueTest, customers_hosts_of_azure_are_known_by_their_end) {
  EXPECT_EQ(vendor_of("https://acme.openai.azure.com/openai"), "azure");
  EXPECT_EQ(vendor_of("https://openai.azure.com.evil.example/v1"), "");
}

}  // namespace
}  // namespace plimsoll::catalogue
