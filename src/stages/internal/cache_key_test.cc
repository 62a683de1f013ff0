// Goal: two requests are the same when nothing that could change the answer differs.
// Method: pairs of bodies.
#include "stages/internal/cache_key.h"

#include <gtest/gtest.h>

namespace plimsoll::stages {
namespace {

TEST(CanonicalTest, two_requests_with_one_text_are_one_request) {
  EXPECT_EQ(canonical(R"({"b":[1, 2],"a":"x y"})"),
            canonical(R"({ "a" : "x y" , "b" : [ 1,2 ] })"));
  EXPECT_NE(canonical(R"({"a":"x y"})"), canonical(R"({"a":"xy"})"));
  EXPECT_NE(canonical(R"({"a":"\" ","b":1})"), canonical(R"({"a":"\"","b":1})"));
  EXPECT_NE(canonical(R"({"a":1,"b":2})"), canonical(R"({"ab":12})"));
  EXPECT_EQ(canonical(R"({"model":"x","stream":true})"), canonical("{}"));
}

}  // namespace
}  // namespace plimsoll::stages
