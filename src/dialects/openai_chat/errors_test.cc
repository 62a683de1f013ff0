// Goal: an upstream's error is understood from its body first, and a wait it
// names is kept whatever form it has.
// Method: a table of answers as providers send them; headers one form at a time.
#include <gtest/gtest.h>

#include "dialects/openai_chat/openai_chat.h"
#include "dialects/retry_after.h"
#include "dialects/scrub.h"

namespace plimsoll::dialects::openai_chat {
namespace {

using std::chrono::milliseconds;
using Wait = std::optional<milliseconds>;

struct Row {
  int status;
  std::string_view body;
  ErrorKind kind;
};

constexpr Row kRows[] = {
    {400, R"({"error":{"message":"bad","type":"invalid_request_error","code":null}})",
     ErrorKind::upstream_request_invalid},
    {400, R"({"error":{"message":"x","code":"unsupported_parameter"}})",
     ErrorKind::upstream_request_invalid},
    {400, R"({"error":{"message":"x","code":"context_length_exceeded"}})",
     ErrorKind::upstream_context_too_long},
    {400, R"({"error":{"code":400,"message":"m","type":"exceed_context_size_error"}})",
     ErrorKind::upstream_context_too_long},
    {400, R"({"error":{"message":"This model's maximum context length is 8192 tokens."}})",
     ErrorKind::upstream_context_too_long},
    {400,
     R"({"error":{"code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}})",
     ErrorKind::upstream_content_filtered},
    {400, R"({"error":{"message":"x","code":"model_not_found"}})", ErrorKind::upstream_not_found},
    {400, R"([{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}])",
     ErrorKind::upstream_credential},
    {400, R"({"error":{"message":"x","type":"invalid_request_error","code":"tool_use_failed"}})",
     ErrorKind::reply_invalid},
    {401, R"({"error":{"message":"x","code":"invalid_api_key"}})", ErrorKind::upstream_credential},
    {401, R"({"detail":"Invalid API Key"})", ErrorKind::upstream_credential},
    {402, R"({"error":{"message":"Insufficient Balance"}})", ErrorKind::upstream_money_gone},
    {403, R"({"error":{"message":"Country not supported"}})", ErrorKind::upstream_credential},
    {404, R"({"error":{"message":"x","code":"model_not_found"}})", ErrorKind::upstream_not_found},
    {404, R"({"error":{"code":"DeploymentNotFound","message":"x"}})",
     ErrorKind::upstream_not_found},
    {408, "", ErrorKind::upstream_server_error},
    {409, R"({"error":{"message":"conflict"}})", ErrorKind::upstream_server_error},
    {413, R"({"error":{"message":"too large"}})", ErrorKind::upstream_request_invalid},
    {422, R"({"detail":[{"msg":"x"}]})", ErrorKind::upstream_request_invalid},
    {429, R"({"error":{"type":"requests","code":"rate_limit_exceeded","message":"x"}})",
     ErrorKind::upstream_rate_limited},
    {429, R"({"error":{"code":"RateLimitReached","message":"x"}})",
     ErrorKind::upstream_rate_limited},
    {429, "", ErrorKind::upstream_rate_limited},
    {429, R"({"error":{"type":"rate_limit_error","code":"slow_down","message":"x"}})",
     ErrorKind::upstream_ramping},
    {503, R"({"error":{"code":"slow_down","message":"x"}})", ErrorKind::upstream_ramping},
    {429, R"({"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"x"}})",
     ErrorKind::upstream_money_gone},
    {429, R"({"error":{"code":"credit_balance_exhausted","message":"x"}})",
     ErrorKind::upstream_money_gone},
    {429, R"({"error":{"code":"organization_spend_limit_exceeded","message":"x"}})",
     ErrorKind::upstream_money_gone},
    {429, R"({"error":{"code":"project_spend_limit_exceeded","message":"x"}})",
     ErrorKind::upstream_money_gone},
    {429, R"({"error":{"code":"organization_usage_limit_exceeded","message":"x"}})",
     ErrorKind::upstream_money_gone},
    {429,
     R"-({"error":{"code":"rate_limit_exceeded","message":"Rate limit on tokens per day (TPD)"}})-",
     ErrorKind::upstream_daily_quota},
    {429, R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"q","details":
           [{"quotaId":"GenerateRequestsPerDayPerProject"}]}})",
     ErrorKind::upstream_daily_quota},
    {500, R"({"error":{"type":"server_error","message":"x"}})", ErrorKind::upstream_server_error},
    {500, "<html>", ErrorKind::upstream_server_error},
    {502, "", ErrorKind::upstream_server_error},
    {503, R"({"error":{"type":"service_unavailable_error","code":"server_is_overloaded"}})",
     ErrorKind::upstream_overloaded},
    {503, R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})",
     ErrorKind::upstream_overloaded},
    {529, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
     ErrorKind::upstream_overloaded},
    // Anthropic's error page: platform docs, "Errors" and "Rate limits".
    {402, R"({"type":"error","error":{"type":"billing_error","message":"x"}})",
     ErrorKind::upstream_money_gone},
    {400, R"({"type":"error","error":{"type":"invalid_request_error","message":
           "You have reached your specified API usage limits."}})",
     ErrorKind::upstream_money_gone},
    {429, R"({"type":"error","error":{"type":"rate_limit_error","message":"x",
           "details":{"error_code":"enforced_spend_limit_reached"}}})",
     ErrorKind::upstream_money_gone},
    {429, R"({"type":"error","error":{"type":"rate_limit_error","message":"x",
           "details":{"error_code":"ramp_limit_exceeded"}}})",
     ErrorKind::upstream_ramping},
    {400, R"({"type":"error","error":{"type":"invalid_request_error","message":
           "prompt is too long: 210000 tokens > 200000 maximum"}})",
     ErrorKind::upstream_context_too_long},
    {400, R"({"type":"error","error":{"type":"invalid_request_error","message":
           "Output blocked by content filtering policy"}})",
     ErrorKind::upstream_content_filtered},
    {504, R"({"type":"error","error":{"type":"timeout_error","message":"x"}})",
     ErrorKind::upstream_server_error},
    // Bedrock's Converse reference, "Errors".
    {424, R"({"message":"The model failed"})", ErrorKind::upstream_server_error},
    {408, R"({"message":"The model timed out"})", ErrorKind::upstream_server_error},
    {403, R"({"message":"You don't have access to the model with the specified model ID."})",
     ErrorKind::upstream_not_found},
    // Messages of the providers' own servers.
    {400, R"({"error":{"message":"Model Not Exist","code":"invalid_request_error"}})",
     ErrorKind::upstream_not_found},
    {400, R"({"error":{"message":"Content Exists Risk","code":"invalid_request_error"}})",
     ErrorKind::upstream_content_filtered},
    {400, R"({"error":{"message":"x","code":"model_decommissioned"}})",
     ErrorKind::upstream_not_found},
    {400, R"({"error":{"code":"invalid_prompt","message":"Invalid prompt"}})",
     ErrorKind::upstream_content_filtered},
    {400, R"({"error":{"code":400,"message":"User location is not supported for the API use.",
           "status":"FAILED_PRECONDITION"}})",
     ErrorKind::upstream_credential},
    {429, R"({"error":{"message":"The engine is currently overloaded","type":"server_error"}})",
     ErrorKind::upstream_overloaded},
    {429, R"({"message":"You are using a Trial key, limited to 1000 API calls / month."})",
     ErrorKind::upstream_daily_quota},
    {302, "", ErrorKind::upstream_malformed},
    {200, R"({"error":{"message":"x","type":"invalid_request_error"}})",
     ErrorKind::upstream_request_invalid},
    {200, R"({"error":{"message":"x","code":"502"}})", ErrorKind::upstream_server_error},
    {200, R"({"error":{"message":"x","code":"rate_limit_exceeded"}})",
     ErrorKind::upstream_rate_limited},
    {200, "nonsense", ErrorKind::upstream_server_error},
};

TEST(ClassifyTest, the_body_decides_before_the_status) {
  for (const Row& row : kRows)
    EXPECT_EQ(to_string(classify(row.status, {}, row.body).kind), to_string(row.kind))
        << row.status << " " << row.body;
}

TEST(ClassifyTest, says_what_came_and_what_to_do) {
  const Error error = classify(
      429, {{"Content-Type", "application/json"}},
      R"({"error":{"message":"Slow\ndown, sk-abcdef123456","code":"rate_limit_exceeded"}})");
  EXPECT_EQ(error.what, "the upstream answered 429: Slow down, sk-***");
  EXPECT_FALSE(error.hint.empty());
  ASSERT_NE(error.remote, nullptr);
  EXPECT_EQ(error.remote->status, 429);
  EXPECT_EQ(error.remote->content_type, "application/json");
}

TEST(ClassifyTest, keeps_at_most_64_kib_and_shows_a_short_message) {
  const Error error = classify(500, {}, std::string(100'000, 'x'));
  EXPECT_EQ(error.remote->body.size(), 65'536u);
  EXPECT_LT(error.what.size(), 500u);
}

Wait wait(HeaderList headers) { return retry_after_of(headers); }

TEST(RetryAfterTest, takes_every_form) {
  EXPECT_EQ(wait({{"Retry-After", "20"}}), Wait(20'000));
  EXPECT_EQ(wait({{"retry-after", " 1.5 "}}), Wait(1'500));
  EXPECT_EQ(wait({{"retry-after-ms", "250.2"}}), Wait(251));
  EXPECT_EQ(wait({{"retry-after", "1"}, {"retry-after-ms", "0"}}), Wait(1'000));
  EXPECT_EQ(wait({{"retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"},
                  {"date", "Sun, 06 Nov 1994 08:49:07 GMT"}}),
            Wait(30'000));
  EXPECT_EQ(wait({{"retry-after", "0"}}), Wait(0));
}

TEST(RetryAfterTest, ignores_what_makes_no_sense_and_caps_what_is_absurd) {
  for (const char* text : {"", "-1", "soon", "1s", "1 2", "nan", "inf", "1e3", "+5", "0x10",
                           "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 99 Nov 1994 08:49:37 GMT"})
    EXPECT_EQ(wait({{"retry-after", text}}), Wait()) << text;
  EXPECT_EQ(wait({{"retry-after", "86400"}}), Wait(3'600'000));
  EXPECT_EQ(wait({{"retry-after", std::string(400, '9')}}), Wait()) << "not even a double";
  EXPECT_EQ(wait({{"retry-after", "Sun, 06 Nov 1994 08:00:00 GMT"},
                  {"date", "Sun, 06 Nov 1994 09:00:00 GMT"}}),
            Wait(0))
      << "in the past";
}

TEST(ClassifyTest, amazon_names_the_error_in_a_header) {
  const HeaderList headers{{"X-Amzn-ErrorType", "ServiceQuotaExceededException:http://x/"}};
  EXPECT_EQ(classify(400, headers, R"({"message":"x"})").kind, ErrorKind::upstream_rate_limited);
}

TEST(RetryAfterTest, of_two_that_conflict_the_longer_one_counts) {
  EXPECT_EQ(wait({{"retry-after", "2"}, {"retry-after", "9"}}), Wait(9'000));
  EXPECT_EQ(wait({{"retry-after", "soon"}, {"retry-after", "3"}}), Wait(3'000));
}

TEST(RetryAfterTest, reads_go_durations) {
  EXPECT_EQ(duration_of("6s"), Wait(6'000));
  EXPECT_EQ(duration_of("1m0.5s"), Wait(60'500));
  EXPECT_EQ(duration_of("12ms"), Wait(12));
  EXPECT_EQ(duration_of("1h2m3s"), Wait(3'600'000));
  EXPECT_EQ(duration_of("2m59.56s"), Wait(179'560));
  EXPECT_EQ(duration_of("34.4s"), Wait(34'400));
  EXPECT_EQ(duration_of("7"), Wait(7'000));
  EXPECT_EQ(duration_of("100\xC2\xB5s"), Wait(1));
  for (const char* text : {"", "s", "-1s", "1m0.5", "1x", "1s 2s", "."})
    EXPECT_EQ(duration_of(text), Wait()) << text;
}

TEST(RetryAfterTest, resets_count_for_the_limit_that_is_used_up) {
  const HeaderList headers{{"x-ratelimit-remaining-requests", "0"},
                           {"x-ratelimit-reset-requests", "2s"},
                           {"x-ratelimit-remaining-tokens", "5"},
                           {"x-ratelimit-reset-tokens", "9s"}};
  EXPECT_EQ(reset_wait_of(headers), Wait(2'000));
  EXPECT_EQ(reset_wait_of({{"X-RateLimit-Reset-Tokens", "9s"}}), Wait(9'000));
  EXPECT_EQ(classify(429, headers, "").retry_after, Wait(2'000));
  EXPECT_EQ(classify(500, headers, "").retry_after, Wait());
}

TEST(RetryAfterTest, a_reset_may_be_an_instant) {
  const std::pair<std::string, std::string> date{"date", "Mon, 23 Nov 2026 13:20:00 GMT"};
  EXPECT_EQ(reset_wait_of({date, {"x-ratelimit-reset", "1795440030"}}), Wait(30'000));
  EXPECT_EQ(reset_wait_of({date, {"x-ratelimit-reset", "1795440030000"}}), Wait(30'000));
  EXPECT_EQ(reset_wait_of({date, {"ratelimit-reset", "30"}}), Wait(30'000));
  EXPECT_EQ(reset_wait_of({date,
                           {"anthropic-ratelimit-requests-remaining", "5"},
                           {"anthropic-ratelimit-requests-reset", "2026-11-23T14:20:00Z"},
                           {"anthropic-ratelimit-input-tokens-remaining", "0"},
                           {"anthropic-ratelimit-input-tokens-reset", "2026-11-23T13:20:10Z"}}),
            Wait(11'000));
  EXPECT_EQ(reset_wait_of({{"anthropic-ratelimit-requests-reset", "2026-11-23T14:20:00Z"}}), Wait())
      << "no date to count from";
}

TEST(RetryAfterTest, a_wait_in_words_counts_when_no_header_names_one) {
  const auto said = [](const char* text) {
    return classify(429, {}, std::string(R"({"error":{"message":")") + text + R"("}})").retry_after;
  };
  EXPECT_EQ(said("Please try again in 1m30s. Visit us"), Wait(90'000));
  EXPECT_EQ(said("Please retry in 48.5s"), Wait(48'500));
  EXPECT_EQ(said("Please try again in a while"), Wait());
}

TEST(RetryAfterTest, a_200_answer_has_no_wait_in_its_headers) {
  EXPECT_EQ(classify(200, {{"retry-after", "5"}}, R"({"error":{"message":"x"}})").retry_after,
            Wait());
}

TEST(RetryAfterTest, google_names_the_wait_in_the_body) {
  EXPECT_EQ(classify(429, {}, R"({"error":{"details":[{"retryDelay":"34.4s"}]}})").retry_after,
            Wait(34'400));
}

TEST(ScrubTest, hides_what_looks_like_a_key) {
  EXPECT_EQ(without_keys("key sk-proj-abc_DEF-123456 is wrong."), "key sk-*** is wrong.");
  EXPECT_EQ(without_keys("provided: sk-ab****cdef."), "provided: sk-***.");
  EXPECT_EQ(without_keys("\"Bearer abc123def456\""), "\"Bearer ***\"");
  EXPECT_EQ(without_keys("authorization: bearer abcdefghijklmnopqrstuvwxyz"),
            "authorization: bearer ***");
  EXPECT_EQ(without_keys("gsk_abcdefgh AIzaSyABCDEFG"), "gsk_*** AIza***");
}

TEST(ScrubTest, leaves_prose_alone) {
  for (const char* text : {"a risk-based approach", "send a Bearer token in the header", "sk-learn",
                           "Bearer", "sk-", ""})
    EXPECT_EQ(without_keys(text), text);
}

}  // namespace
}  // namespace plimsoll::dialects::openai_chat
