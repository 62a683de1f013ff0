// Goal: a client's request is read right or refused with a message it can act on.
// Method: small bodies; what was read, and the whole text of each refusal.
#include <gtest/gtest.h>

#include "dialects/openai_chat/openai_chat.h"

namespace plimsoll::dialects::openai_chat {
namespace {

constexpr std::string_view kHi = R"("messages":[{"role":"user","content":"hi"}])";

std::string with(std::string_view rest) {
  return R"({"model":"m",)" + std::string(kHi) + "," + std::string(rest) + "}";
}

Request read(const std::string& body) {
  const auto request = decode_call(body);
  EXPECT_TRUE(request.has_value()) << (request ? "" : request.error().what);
  return request ? **request : Request{};
}

std::string refusal(const std::string& body) {
  const auto request = decode_call(body);
  if (request) return "accepted";
  EXPECT_EQ(request.error().kind, ErrorKind::request_invalid);
  EXPECT_FALSE(request.error().hint.empty()) << request.error().what;
  return request.error().what;
}

std::string_view bytes(const Request& request, json::Span span) {
  return std::string_view(request.body).substr(span.begin, span.end - span.begin);
}

TEST(DecodeCallTest, reads_the_fields_we_act_on) {
  const Request request = read(
      R"({ "model" : "a\u0062c", "messages":[{"role":"system","content":"1234"},
         {"role":"user","content":[{"type":"text","text":"56"},{"type":"image_url","image_url":{}}]},
         {"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function",
          "function":{"name":"fn","arguments":"{}"}}]}],
         "stream":true,"stream_options":{"include_usage":true},"n":3,"max_tokens":7,
         "max_completion_tokens":9,"tools":[{},{}],"x":1})");
  EXPECT_EQ(request.model, "abc");
  EXPECT_EQ(bytes(request, request.model_value), R"("a\u0062c")");
  EXPECT_TRUE(request.stream);
  EXPECT_TRUE(request.usage_asked);
  EXPECT_EQ(bytes(request, *request.stream_options), R"({"include_usage":true})");
  EXPECT_EQ(request.choices, 3);
  EXPECT_EQ(request.output_tokens_max, 9);
  EXPECT_EQ(request.messages, 3u);
  EXPECT_EQ(request.tools, 2u);
  EXPECT_EQ(request.text_bytes, 4u + 2 + 4 + std::string_view("[{},{}]").size());
}

TEST(DecodeCallTest, null_means_absent) {
  const Request request =
      read(with(R"("stream":null,"stream_options":null,"n":null,"max_tokens":null,
              "max_completion_tokens":null,"response_format":null,"tools":null)"));
  EXPECT_FALSE(request.stream);
  EXPECT_EQ(request.choices, 1);
  EXPECT_FALSE(request.output_tokens_max.has_value());
  EXPECT_FALSE(request.json_asked);
}

TEST(DecodeCallTest, the_older_token_limit_counts_when_it_stands_alone) {
  EXPECT_EQ(read(with(R"("max_tokens":5)")).output_tokens_max, 5);
  EXPECT_EQ(read(with(R"("max_tokens":5,"max_completion_tokens":6)")).output_tokens_max, 6);
}

TEST(DecodeCallTest, finds_the_schema_of_the_answer) {
  const Request request = read(with(
      R"("response_format" : {"type":"json_schema","json_schema":{"name":"s","schema": {"type":"object"} }})"));
  EXPECT_TRUE(request.json_asked);
  ASSERT_TRUE(request.json_schema.has_value());
  EXPECT_EQ(bytes(request, *request.json_schema), R"({"type":"object"})");
  EXPECT_TRUE(read(with(R"("response_format":{"type":"json_object"})")).json_asked);
  EXPECT_FALSE(read(with(R"("response_format":{"type":"text"})")).json_asked);
}

TEST(DecodeCallTest, a_key_that_stands_twice_is_refused_however_it_is_written) {
  EXPECT_EQ(refusal(R"({"model":"a","messages":[{}],"model":"b"})"),
            R"(the key "model" stands twice, at bytes 1 and 29)");
  EXPECT_EQ(refusal(R"({"model":"a","messages":[{}],"mod\u0065l":"b"})"),
            R"(the key "model" stands twice, at bytes 1 and 29)");
  EXPECT_EQ(refusal(with(R"("x":1,"y":2,"x":3)")),
            R"(the key "x" stands twice, at bytes 57 and 69)");
}

TEST(DecodeCallTest, says_what_is_missing_or_of_a_wrong_type) {
  EXPECT_EQ(
      refusal("{\"model\":\"m\",\n"),
      "the request body is not valid JSON: line 2, column 1 (byte 14): a key in double quotes "
      "must stand here");
  EXPECT_EQ(refusal("[1]"), "the request body is an array, but must be an object");
  EXPECT_EQ(refusal("{}"), "\"model\" is missing");
  EXPECT_EQ(refusal(R"({"model":"m"})"), "\"messages\" is missing");
  EXPECT_EQ(refusal(R"({"model":"","messages":[{}]})"), "\"model\" is an empty string");
  EXPECT_EQ(refusal(R"({"model":5,"messages":[{}]})"),
            "\"model\" is a number, but must be a string");
  EXPECT_EQ(refusal(R"({"model":null,"messages":[{}]})"),
            "\"model\" is null, but must be a string");
  EXPECT_EQ(refusal(R"({"model":"m","messages":[]})"),
            "\"messages\" has 0 entries, but needs at least 1");
  EXPECT_EQ(refusal(R"({"model":"m","messages":"hi"})"),
            "\"messages\" is a string, but must be an array");
  EXPECT_EQ(refusal(R"({"model":"m","messages":[{},"x"]})"),
            "\"messages[1]\" is a string, but must be an object");
  EXPECT_EQ(refusal(with(R"("stream":"yes")")), "\"stream\" is a string, but must be a boolean");
  EXPECT_EQ(refusal(with(R"("stream_options":[])")),
            "\"stream_options\" is an array, but must be an object");
  EXPECT_EQ(refusal(with(R"("stream_options":{"include_usage":1})")),
            "\"stream_options.include_usage\" is a number, but must be a boolean");
  EXPECT_EQ(refusal(with(R"("n":0)")), "\"n\" is 0, but must be 1 to 128");
  EXPECT_EQ(refusal(with(R"("n":129)")), "\"n\" is 129, but must be 1 to 128");
  EXPECT_EQ(refusal(with(R"("n":1.5)")), "\"n\" is a number, but must be an integer");
  EXPECT_EQ(refusal(with(R"("max_tokens":0)")), "\"max_tokens\" is 0, but must be at least 1");
  EXPECT_EQ(refusal(with(R"("max_completion_tokens":"9")")),
            "\"max_completion_tokens\" is a string, but must be an integer");
  EXPECT_EQ(refusal(with(R"("response_format":"json")")),
            "\"response_format\" is a string, but must be an object");
  EXPECT_EQ(refusal(with(R"("response_format":{})")), "\"response_format\" has no \"type\"");
  EXPECT_EQ(refusal(with(R"("tools":{})")), "\"tools\" is an object, but must be an array");
}

}  // namespace
}  // namespace plimsoll::dialects::openai_chat
