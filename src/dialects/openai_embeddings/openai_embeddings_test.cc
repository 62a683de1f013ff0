// Goal: embeddings pass with nothing but the model changed, their usage is read, and
// what is no request or no answer is named.
// Method: bodies as clients and providers send them, and broken ones.
#include "dialects/openai_embeddings/openai_embeddings.h"

#include <gtest/gtest.h>

namespace plimsoll::dialects::openai_embeddings {
namespace {

TEST(OpenaiEmbeddingsTest, only_the_model_changes) {
  const auto request = decode_call(R"({ "input":["a","b"], "model" : "x","odd":1.50 })");
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ((*request)->messages, 2U);
  EXPECT_EQ((*request)->output_tokens_max, 0);
  EXPECT_EQ(encode_call(**request, {.model = "up/\"m", .output_tokens_max = 5}),
            R"({ "input":["a","b"], "model" : "up/\"m","odd":1.50 })");
}

TEST(OpenaiEmbeddingsTest, what_is_no_request_is_named) {
  for (const char* body :
       {R"([])", R"({"model":"m"})", R"({"model":"m","input":[]})", R"({"model":"m","input":7})",
        R"({"input":"a"})", R"({"model":"m","model":"n","input":"a"})"}) {
    const auto request = decode_call(body);
    ASSERT_FALSE(request.has_value()) << body;
    EXPECT_EQ(request.error().kind, ErrorKind::request_invalid) << body;
  }
}

TEST(OpenaiEmbeddingsTest, an_answer_has_usage_and_no_choices) {
  const std::string body =
      R"({"object":"list","data":[{"embedding":"AAA=","index":0}],"model":"m-1","usage":{"prompt_tokens":4,"total_tokens":4}})";
  const auto event = decode_whole(body);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->raw, body);
  EXPECT_EQ(event->usage->input, 4);
  EXPECT_EQ(event->usage->output, 0);
  EXPECT_EQ(event->model, "m-1");
  EXPECT_TRUE(event->whole->choices.empty());
}

TEST(OpenaiEmbeddingsTest, what_is_no_answer_is_an_error_of_the_upstream) {
  EXPECT_EQ(decode_whole("{}").error().kind, ErrorKind::upstream_malformed);
  EXPECT_EQ(decode_whole("<html>").error().kind, ErrorKind::upstream_malformed);
  EXPECT_EQ(
      decode_whole(R"({"error":{"message":"slow","code":"rate_limit_exceeded"}})").error().kind,
      ErrorKind::upstream_rate_limited);
}

}  // namespace
}  // namespace plimsoll::dialects::openai_embeddings
