// Goal: two JSON values are the same when they say the same.
// Method: pairs on both sides of the line.
#include "checks/json_equal.h"

#include <gtest/gtest.h>

namespace plimsoll::checks {
namespace {

bool same(std::string_view a, std::string_view b) {
  json::Document left, right;
  return same_json(*left.parse(a), *right.parse(b));
}

TEST(JsonEqualTest, order_of_members_does_not_matter_and_order_of_items_does) {
  EXPECT_TRUE(same(R"({"a":1,"b":[1,2]})", R"({"b":[1.0,2],"a":1e0})"));
  EXPECT_FALSE(same("[1,2]", "[2,1]"));
  EXPECT_FALSE(same(R"({"a":1})", R"({"a":1,"b":2})"));
  EXPECT_FALSE(same(R"({"a":1,"a":1})", R"({"a":1,"b":1})"));
  EXPECT_FALSE(same("1", "\"1\""));
  EXPECT_FALSE(same("9007199254740993", "9007199254740992")) << "integers compare exactly";
  EXPECT_TRUE(same("null", "null"));
  EXPECT_FALSE(same("true", "false"));
}

}  // namespace
}  // namespace plimsoll::checks
