// Goal: each error of Anthropic's is understood, and each of ours is shown as its
// clients know it.
// Method: bodies from Anthropic's error table and recorded ones; what is shown is
// read by another JSON reader.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "dialects/anthropic/anthropic.h"

namespace plimsoll::dialects::anthropic {
namespace {

using Json = nlohmann::json;

std::string body(const std::string& type, const std::string& message,
                 const std::string& code = "") {
  Json error{{"type", type}, {"message", message}};
  if (!code.empty()) error["details"] = {{"error_code", code}};
  return Json{{"type", "error"}, {"error", error}, {"request_id", "req_1"}}.dump();
}

ErrorKind kind(int status, const std::string& text) { return classify(status, {}, text).kind; }

TEST(MessagesErrorsTest, the_table_of_the_documents_is_understood) {
  EXPECT_EQ(kind(400, body("invalid_request_error", "max_tokens: required")),
            ErrorKind::upstream_request_invalid);
  EXPECT_EQ(kind(400, body("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum")),
            ErrorKind::upstream_context_too_long);
  EXPECT_EQ(kind(400, body("invalid_request_error", "Your credit balance is too low to access")),
            ErrorKind::upstream_money_gone);
  EXPECT_EQ(kind(401, body("authentication_error", "invalid x-api-key")),
            ErrorKind::upstream_credential);
  EXPECT_EQ(kind(402, body("billing_error", "no")), ErrorKind::upstream_money_gone);
  EXPECT_EQ(kind(403, body("permission_error", "no")), ErrorKind::upstream_credential);
  EXPECT_EQ(kind(404, body("not_found_error", "model: claude-x")), ErrorKind::upstream_not_found);
  EXPECT_EQ(kind(429, body("rate_limit_error", "slow")), ErrorKind::upstream_rate_limited);
  EXPECT_EQ(kind(429, body("rate_limit_error", "spent", "enforced_spend_limit_reached")),
            ErrorKind::upstream_money_gone);
  EXPECT_EQ(kind(429, body("rate_limit_error", "ramp", "ramp_limit_exceeded")),
            ErrorKind::upstream_ramping);
  EXPECT_EQ(kind(500, body("api_error", "Internal")), ErrorKind::upstream_server_error);
  EXPECT_EQ(kind(529, body("overloaded_error", "Overloaded")), ErrorKind::upstream_overloaded);
}

TEST(MessagesErrorsTest, an_error_inside_a_stream_has_no_status_and_is_understood_too) {
  EXPECT_EQ(kind(200, body("overloaded_error", "Overloaded")), ErrorKind::upstream_overloaded);
  EXPECT_EQ(kind(200, body("rate_limit_error", "slow")), ErrorKind::upstream_rate_limited);
  EXPECT_EQ(kind(200, body("api_error", "Internal")), ErrorKind::upstream_server_error);
}

TEST(MessagesErrorsTest, the_wait_is_in_the_header_or_in_the_limit_that_is_used_up) {
  const HeaderList seconds{{"retry-after", "7"}};
  EXPECT_EQ(classify(429, seconds, body("rate_limit_error", "slow")).retry_after,
            std::chrono::milliseconds(7'000));
  const HeaderList resets{{"date", "Mon, 23 Nov 2026 12:00:00 GMT"},
                          {"anthropic-ratelimit-requests-remaining", "5"},
                          {"anthropic-ratelimit-requests-reset", "2026-11-23T12:30:00Z"},
                          {"anthropic-ratelimit-tokens-remaining", "0"},
                          {"anthropic-ratelimit-tokens-reset", "2026-11-23T12:00:09Z"}};
  const auto wait = classify(429, resets, body("rate_limit_error", "slow")).retry_after;
  ASSERT_TRUE(wait.has_value());
  EXPECT_GE(*wait, std::chrono::seconds(9));
  EXPECT_LE(*wait, std::chrono::seconds(10));
}

TEST(MessagesErrorsTest, ours_are_shown_in_the_shape_that_clients_know) {
  const Error error{.kind = ErrorKind::upstream_overloaded, .what = "busy \"now\"", .hint = "wait"};
  const Json shown =
      Json::parse(encode_error(error, {.call_id = "c_1", .stage = "", .retry = true}));
  EXPECT_EQ(shown["type"], "error");
  EXPECT_EQ(shown["error"]["type"], "overloaded_error");
  EXPECT_EQ(shown["error"]["message"], "busy \"now\"");
  EXPECT_EQ(shown["error"]["plimsoll"]["kind"], "upstream_overloaded");
  EXPECT_EQ(shown["error"]["plimsoll"]["retry"], "yes");
  EXPECT_EQ(shown["request_id"], "c_1");
  EXPECT_EQ(shown_status(503, error.kind), 529);
  EXPECT_EQ(shown_status(429, ErrorKind::budget_exhausted), 402);
  EXPECT_EQ(shown_status(429, ErrorKind::rate_limited), 429);
  EXPECT_EQ(encode_stream_error(error, {.call_id = "c_1"}).substr(0, 20), "event: error\ndata: {");
}

TEST(MessagesErrorsTest, the_upstreams_own_4xx_is_kept_with_our_key_in_it) {
  const std::string said = body("invalid_request_error", "max_tokens: sk-ant-api03-abcdefgh12345");
  const Json shown =
      Json::parse(encode_error(classify(400, {}, said), {.call_id = "c_1", .stage = ""}));
  EXPECT_EQ(shown["error"]["message"], "max_tokens: sk-***");
  EXPECT_EQ(shown["request_id"], "req_1");
  EXPECT_EQ(shown["error"]["plimsoll"]["call"], "c_1");
}

}  // namespace
}  // namespace plimsoll::dialects::anthropic
