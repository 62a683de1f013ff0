// Goal: a client reads its limits where its own SDK looks for them.
// Method: made-up levels, compared text by text.
#include "app/limit_headers.h"

#include <gtest/gtest.h>

namespace plimsoll::app {
namespace {

using namespace std::chrono_literals;
using Pairs = std::vector<std::pair<std::string, std::string>>;

Trail limited() {
  Trail trail;
  trail.started_wall = WallTime{} + 1'700'000'000s;  // 2023-11-14T22:13:20Z
  trail.limits = LimitLevels{.requests = LimitLevel{.limit = 60, .remaining = 59, .reset = 1s},
                             .tokens = LimitLevel{.limit = 100'000, .remaining = 5, .reset = 359s}};
  return trail;
}

TEST(LimitHeadersTest, a_call_without_limits_has_none) {
  EXPECT_TRUE(limit_headers(Trail{}, Dialect::openai_chat).empty());
}

TEST(LimitHeadersTest, openai_clients_read_spans) {
  EXPECT_EQ(limit_headers(limited(), Dialect::openai_chat),
            (Pairs{{"x-ratelimit-limit-requests", "60"},
                   {"x-ratelimit-remaining-requests", "59"},
                   {"x-ratelimit-reset-requests", "1s"},
                   {"x-ratelimit-limit-tokens", "100000"},
                   {"x-ratelimit-remaining-tokens", "5"},
                   {"x-ratelimit-reset-tokens", "5m59s"}}));
  Trail soon = limited();
  soon.limits->tokens.reset();
  soon.limits->requests->reset = 1'500us;
  EXPECT_EQ(limit_headers(soon, Dialect::openai_chat).at(2).second, "2ms") << "never too early";
}

TEST(LimitHeadersTest, anthropic_clients_read_instants) {
  const Pairs headers = limit_headers(limited(), Dialect::anthropic);
  ASSERT_EQ(headers.size(), 6U);
  EXPECT_EQ(headers[1], (Pairs::value_type{"anthropic-ratelimit-requests-remaining", "59"}));
  EXPECT_EQ(headers[2],
            (Pairs::value_type{"anthropic-ratelimit-requests-reset", "2023-11-14T22:13:21Z"}));
}

}  // namespace
}  // namespace plimsoll::app
