// Goal: a well-known model has its list price, and nothing else has one by chance.
// Method: facts from the vendors' lists, written here once more by hand.
#include "catalogue/catalogue.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "catalogue/seed.h"

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

TEST(CatalogueTest, rows_are_unique_and_priced) {
  std::set<std::string> names;
  for (const Entry& row : seed()) {
    EXPECT_TRUE(names.insert(std::string(row.vendor) + "/" + std::string(row.model)).second)
        << row.model;
    EXPECT_GT(row.input, 0) << row.model;
    EXPECT_GE(row.output, row.input) << row.model;
    EXPECT_LT(row.cached_input, row.input) << row.model;
    EXPECT_GT(row.output_tokens_max, 0) << row.model;
  }
}

}  // namespace
}  // namespace plimsoll::catalogue
