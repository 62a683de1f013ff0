// Goal: a client's schema is compiled once and never held against us.
// Method: good, broken and oversized schemas, asked for again; more than may stay.
#include "checks/client_schemas.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace plimsoll::checks {
namespace {

TEST(ClientSchemasTest, the_same_text_is_compiled_once) {
  ClientSchemas schemas;
  const auto first = schemas.find(R"({"type":"null"})");
  const auto again = schemas.find(R"({"type":"null"})");
  const auto other = schemas.find(R"({"type": "null"})");
  ASSERT_TRUE(first && again && other);
  EXPECT_EQ(&first->program(), &again->program());
  EXPECT_NE(&first->program(), &other->program());
}

TEST(ClientSchemasTest, what_is_no_schema_or_too_large_is_not_checked) {
  ClientSchemas schemas;
  EXPECT_FALSE(schemas.find(R"({"type":"text"})"));
  EXPECT_FALSE(schemas.find(R"({"type":"text"})")) << "the second answer is the kept one";
  EXPECT_FALSE(schemas.find("{"));
  EXPECT_FALSE(schemas.find("{" + std::string(ClientSchemas::kBytesMax, ' ') + "}"));
}

TEST(ClientSchemasTest, the_longest_unused_makes_room) {
  ClientSchemas schemas;
  const auto heavy = [](int i) {
    return fmt::format(R"({{"const":{},"description":"{}"}})", i, std::string(60'000, 'x'));
  };
  const auto first = schemas.find(heavy(0));
  for (int i = 1; i < 100; ++i) {
    (void)schemas.find(heavy(i));
    EXPECT_EQ(&schemas.find(heavy(0))->program(), &first->program()) << "in use, so kept";
  }
  for (int i = 200; i < 400; ++i) (void)schemas.find(heavy(i));
  EXPECT_NE(&schemas.find(heavy(0))->program(), &first->program()) << "made anew";
}

}  // namespace
}  // namespace plimsoll::checks
