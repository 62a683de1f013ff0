// Goal: a client finds an error where it looks for one, ours under one extra key,
// and an upstream's own error keeps all its fields.
// Method: whole texts compared; every kind is parsed back by nlohmann/json.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "dialects/openai_chat/openai_chat.h"

namespace plimsoll::dialects::openai_chat {
namespace {

const ErrorFrame kFrame{.call_id = "c_1", .stage = "budget", .retry = false};

TEST(EncodeErrorTest, has_openais_shape_and_ours_under_one_key) {
  const Error error{.kind = ErrorKind::budget_exhausted,
                    .what = "key \"a\" has $0.10 left",
                    .hint = "lower max_tokens to 99"};
  EXPECT_EQ(
      encode_error(error, kFrame),
      R"({"error":{"message":"key \"a\" has $0.10 left","type":"insufficient_quota","param":null,)"
      R"("code":"budget_exhausted","plimsoll":{"kind":"budget_exhausted","stage":"budget",)"
      R"("call":"c_1","retry":"no","hint":"lower max_tokens to 99"}}})");
}

TEST(EncodeErrorTest, every_kind_has_a_type_and_a_code) {
  for (int i = 0; i < kErrorKinds; ++i) {
    const auto kind = static_cast<ErrorKind>(i);
    const auto body = nlohmann::json::parse(
        encode_error({.kind = kind, .what = "w \xFF", .hint = "h"}, {.retry = true}));
    EXPECT_FALSE(body["error"]["type"].get<std::string>().empty());
    EXPECT_FALSE(body["error"]["code"].get<std::string>().empty());
    EXPECT_EQ(body["error"]["plimsoll"]["kind"], to_string(kind));
    EXPECT_EQ(body["error"]["plimsoll"]["retry"], "yes");
  }
}

TEST(EncodeErrorTest, kinds_have_the_types_that_clients_know) {
  const auto type = [](ErrorKind kind) {
    return nlohmann::json::parse(encode_error({.kind = kind}, kFrame))["error"]["type"]
        .get<std::string>();
  };
  EXPECT_EQ(type(ErrorKind::unauthorized), "authentication_error");
  EXPECT_EQ(type(ErrorKind::request_invalid), "invalid_request_error");
  EXPECT_EQ(type(ErrorKind::rate_limited), "rate_limit_error");
  EXPECT_EQ(type(ErrorKind::upstream_money_gone), "insufficient_quota");
  EXPECT_EQ(type(ErrorKind::upstream_overloaded), "service_unavailable_error");
  EXPECT_EQ(type(ErrorKind::internal_bug), "server_error");
}

TEST(EncodeErrorTest, an_upstreams_4xx_is_passed_on_with_our_key_added) {
  const Error error =
      classify(400, {},
               "{\n \"x\": 1, \"error\": {\"message\":\"bad sk-abc123456\",\"param\":\"n\", "
               "\"extra\":[1.50]}\n}");
  const std::string body = encode_error(error, kFrame);
  EXPECT_TRUE(body.starts_with(
      "{\n "
      R"("x": 1, "error": {"message":"bad sk-***","param":"n", "extra":[1.50],"plimsoll":{"kind":"upstream_request_invalid")"))
      << body;
  EXPECT_TRUE(body.ends_with("}}\n}")) << body;
  EXPECT_TRUE(nlohmann::json::accept(body));
}

TEST(EncodeErrorTest, a_plimsoll_behind_us_does_not_double_the_key) {
  const Error error =
      classify(404, {}, R"({"error":{"message":"m","plimsoll":{"call":"c_9"},"z":1}})");
  const std::string body = encode_error(error, kFrame);
  EXPECT_EQ(body.find("c_9"), std::string::npos);
  EXPECT_NE(body.find(R"("call":"c_1")"), std::string::npos);
  EXPECT_TRUE(body.ends_with(R"(,"z":1}})")) << body;
}

TEST(EncodeErrorTest, other_answers_are_told_in_our_own_words) {
  for (const auto& [status, text] :
       std::vector<std::pair<int, std::string>>{{500, R"({"error":{"message":"m"}})"},
                                                {401, R"({"detail":"no"})"},
                                                {400, R"({"error":"text"})"},
                                                {400, "<html>"}}) {
    const auto body = nlohmann::json::parse(encode_error(classify(status, {}, text), kFrame));
    EXPECT_TRUE(body["error"]["message"].get<std::string>().starts_with("the upstream answered " +
                                                                        std::to_string(status)));
  }
}

TEST(EncodeErrorTest, an_error_in_a_stream_is_one_data_line) {
  const Error error = classify(400, {}, "{\"error\":\r\n{\"message\":\"m\"}}");
  const std::string frame = encode_stream_error(error, kFrame);
  EXPECT_TRUE(frame.starts_with("data: {\"error\":"));
  EXPECT_TRUE(frame.ends_with("}}\n\n"));
  EXPECT_EQ(frame.find_first_of("\r\n"), frame.size() - 2);
  StreamDecoder decoder;
  decoder.feed(frame);
  EXPECT_FALSE(decoder.next().has_value()) << "our own decoder sees the error";
}

TEST(EncodeModelsTest, lists_ids_as_openai_does) {
  EXPECT_EQ(encode_models({}), R"({"object":"list","data":[]})");
  EXPECT_EQ(
      encode_models({"a", "b\"c"}),
      R"({"object":"list","data":[{"id":"a","object":"model","created":0,"owned_by":"plimsoll"},)"
      R"({"id":"b\"c","object":"model","created":0,"owned_by":"plimsoll"}]})");
}

}  // namespace
}  // namespace plimsoll::dialects::openai_chat
