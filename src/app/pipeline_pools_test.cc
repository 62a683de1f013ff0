// Goal: a rung of equal places spreads its calls, leaves a place that fails for
// another one at once, and never for what the request itself did wrong.
// Method: the whole pipeline on fakes, over a rung of two providers, one of them
// with two keys.
#include <gtest/gtest.h>

#include <map>

#include "app/fakes/road.h"

namespace plimsoll::app {
namespace {

const std::string kAsk = R"({"model":"bot","messages":[{"role":"user","content":"hi"}]})";

/// "eu" with the keys a and b, "us" with the key c; one rung over all three, and
/// "small" below it.
Plan pool_plan() {
  Plan plan = small_plan();
  plan.providers = {{.name = "eu", .base_url = "http://127.0.0.1:1/v1", .key = Secret("key-a")},
                    {.name = "eu", .base_url = "http://127.0.0.1:1/v1", .key = Secret("key-b")},
                    {.name = "us", .base_url = "http://127.0.0.1:2/v1", .key = Secret("key-c")}};
  const Price price{.input = 1'000'000'000, .output = 2'000'000'000};
  plan.models = {{.name = "eu", .upstream_model = "m", .price = price, .twins = {1}},
                 {.name = "eu", .provider = 1, .upstream_model = "m", .price = price, .twin = true},
                 {.name = "us", .provider = 2, .upstream_model = "m", .price = price},
                 {.name = "last", .provider = 2, .upstream_model = "m-last", .price = price}};
  plan.features[0].ladder = {{.model = 0, .any = {{.model = 0}, {.model = 2}}}, {.model = 3}};
  return plan;
}

/// The key of each attempt, in order.
std::vector<std::string> keys_asked(const Road& road) {
  std::vector<std::string> keys;
  for (const auto& sent : road.upstream.sent()) keys.push_back(sent.key);
  return keys;
}

TEST(PipelinePoolsTest, calls_are_spread_over_providers_and_keys) {
  Road road(pool_plan());
  std::map<std::string, int> asked;
  for (int i = 0; i < 300; ++i) {
    road.upstream.answers("hi");
    ASSERT_FALSE(road.send(kAsk).error);
  }
  for (const std::string& key : keys_asked(road)) ++asked[key];
  ASSERT_EQ(asked.size(), 3U);
  for (const auto& [key, times] : asked) EXPECT_GT(times, 60) << key;
}

TEST(PipelinePoolsTest, a_place_that_fails_is_left_at_once_for_another) {
  Road road(pool_plan());
  road.upstream.fails(ErrorKind::upstream_server_error, 500);
  road.upstream.answers("hi");
  ASSERT_FALSE(road.send(kAsk).error);
  const auto keys = keys_asked(road);
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_NE(keys[0], keys[1]);
  EXPECT_EQ(road.trail().attempts[1].rung, 0) << "an equal place, not the next rung";
  EXPECT_EQ(road.trail().attempts[1].waited_before, nanoseconds{0});
}

TEST(PipelinePoolsTest, a_key_that_is_limited_is_passed_by_without_a_wait) {
  Road road(pool_plan());
  road.upstream.fails({.kind = ErrorKind::upstream_rate_limited,
                       .what = "slow down",
                       .retry_after = milliseconds{30'000}});
  road.upstream.answers("hi");
  ASSERT_FALSE(road.send(kAsk).error);
  const std::string limited = keys_asked(road)[0];
  for (int i = 0; i < 20; ++i) {
    road.upstream.answers("hi");
    ASSERT_FALSE(road.send(kAsk).error);
    EXPECT_EQ(road.trail().attempts.back().waited_before, nanoseconds{0});
  }
  const auto keys = keys_asked(road);
  EXPECT_EQ(std::count(keys.begin(), keys.end(), limited), 1);
}

TEST(PipelinePoolsTest, an_account_without_money_is_left_for_good_also_further_down) {
  Plan plan = pool_plan();
  plan.features[0].ladder[0].any = {{.model = 2}};
  plan.features[0].ladder[0].model = 2;
  Road road(std::move(plan));
  road.upstream.fails(ErrorKind::upstream_money_gone, 402);
  EXPECT_EQ(road.send(kAsk).error->kind, ErrorKind::upstream_money_gone);
  EXPECT_EQ(road.upstream.calls(), 1) << "the rung below is of the same account";
}

TEST(PipelinePoolsTest, a_model_that_is_gone_leaves_the_others_of_its_account) {
  Plan plan = small_plan();
  plan.features[0].ladder = {{.model = 0, .any = {{.model = 0}, {.model = 1, .priority = 1}}}};
  Road road(std::move(plan));
  road.upstream.fails(ErrorKind::upstream_not_found, 404);
  road.upstream.answers("hi");
  ASSERT_FALSE(road.send(kAsk).error);
  EXPECT_EQ(road.upstream.sent().at(1).model, "m-large");
}

TEST(PipelinePoolsTest, a_second_key_is_no_other_place_for_a_slow_first_token) {
  Plan plan = pool_plan();
  plan.features[0].ladder = {{.model = 0}};  // one provider, two keys
  Road road(std::move(plan));
  road.upstream.streams_text({"slow"});
  road.send(R"({"model":"bot","stream":true,"messages":[{"role":"user","content":"hi"}]})");
  EXPECT_EQ(road.upstream.sent().at(0).first_token, milliseconds{60'000});
}

TEST(PipelinePoolsTest, a_wait_that_was_named_is_kept_though_another_place_rests) {
  Plan plan = pool_plan();
  plan.features[0].ladder = {{.model = 0, .any = {{.model = 0}, {.model = 2}}}};
  plan.providers[2].targets.breaker = {.failures = 1, .rest = milliseconds{500}};
  Road road(std::move(plan));
  for (const char* key : {"key-a", "key-b"})
    road.cool({.provider = "eu", .key = key, .model = "m"}, milliseconds{2'000});
  road.upstream.fails(ErrorKind::upstream_server_error, 500);  // of "us", which rests then
  road.upstream.answers("after the wait");
  ASSERT_FALSE(road.send(kAsk).error);
  EXPECT_EQ(road.upstream.sent().at(1).provider, "eu");
}

TEST(PipelinePoolsTest, a_silent_provider_is_silent_under_all_its_keys) {
  Plan plan = pool_plan();
  plan.features[0].ladder[0].any = {{.model = 0}, {.model = 2, .priority = 1}};
  Road road(std::move(plan));
  road.upstream.fails(ErrorKind::upstream_timeout_headers, 0);
  road.upstream.answers("hi");
  ASSERT_FALSE(road.send(kAsk).error);
  EXPECT_EQ(keys_asked(road).at(1), "key-c");
}

TEST(PipelinePoolsTest, a_spare_is_asked_only_when_the_others_are_out) {
  Plan plan = pool_plan();
  plan.features[0].ladder[0].any = {{.model = 0, .priority = 1}, {.model = 2}};
  Road road(std::move(plan));
  for (int i = 0; i < 20; ++i) {
    road.upstream.answers("hi");
    ASSERT_FALSE(road.send(kAsk).error);
    EXPECT_EQ(keys_asked(road).back(), "key-c");
  }
  road.upstream.fails(ErrorKind::upstream_server_error, 500);
  road.upstream.answers("hi");
  ASSERT_FALSE(road.send(kAsk).error);
  EXPECT_NE(keys_asked(road).back(), "key-c");
}

TEST(PipelinePoolsTest, what_the_request_did_wrong_is_not_tried_elsewhere) {
  Road road(pool_plan());
  road.upstream.fails(ErrorKind::upstream_request_invalid, 400);
  EXPECT_EQ(road.send(kAsk).error->kind, ErrorKind::upstream_request_invalid);
  EXPECT_EQ(road.upstream.calls(), 1);
}

TEST(PipelinePoolsTest, a_model_that_a_client_names_is_asked_under_all_its_keys) {
  Plan plan = pool_plan();
  plan.default_feature.ladder = {{}};
  Road road(std::move(plan));
  std::map<std::string, int> asked;
  for (int i = 0; i < 100; ++i) {
    road.upstream.answers("hi");
    ASSERT_FALSE(road.send(R"({"model":"eu","messages":[{"role":"user","content":"hi"}]})").error);
  }
  for (const std::string& key : keys_asked(road)) ++asked[key];
  EXPECT_EQ(asked.size(), 2U);
}

}  // namespace
}  // namespace plimsoll::app
