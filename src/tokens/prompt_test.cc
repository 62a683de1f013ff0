// Goal: a request counts what its provider bills for it, in every dialect, and
// the bound is never too low.
// Method: requests whose billed tokens were recorded (tests/counting compares
// hundreds more), and small ones taken apart by hand.
#include "tokens/prompt.h"

#include <gtest/gtest.h>

#include <string>

#include "tokens/text_counts.h"

namespace plimsoll::tokens {
namespace {

PromptTokens count(std::string_view model, std::string_view body, double factor = 1) {
  json::Document document;
  const auto root = document.parse(body);
  EXPECT_TRUE(root);
  Prompt prompt(family_of(model), *root);
  while (!prompt.count_some(1'000)) {
  }
  EXPECT_LE(prompt.tokens().at_most, prompt.bytes_bound());
  EXPECT_LE(prompt.tokens(factor).tokens, prompt.tokens(factor).at_most);
  return prompt.tokens(factor);
}

TEST(PromptTest, a_plain_chat_counts_exactly_what_openai_bills) {
  // Recorded: 14 and 24 tokens.
  const auto one = count(
      "gpt-4o", R"({"messages":[{"role":"user","content":"What is the capital of France?"}]})");
  EXPECT_EQ(one.tokens, 14);
  EXPECT_TRUE(one.exact);
  const auto two = count("gpt-4o", R"({"messages":[
      {"role":"system","content":"You are a helpful assistant."},
      {"role":"user","content":"What is the capital of France?"}]})");
  EXPECT_EQ(two.tokens, 24);
}

TEST(PromptTest, parts_count_like_one_text) {
  const auto whole = count("gpt-4o", R"({"messages":[{"role":"user","content":"Hello"}]})");
  const auto parts = count(
      "gpt-4o", R"({"messages":[{"role":"user","content":[{"type":"text","text":"Hello"}]}]})");
  EXPECT_EQ(whole, parts);
}

TEST(PromptTest, the_dialects_tell_the_same_prompt) {
  const auto chat = count("claude-sonnet-4-5", R"({"messages":[
      {"role":"system","content":"Be brief."},{"role":"user","content":"Where is my order?"}]})");
  const auto messages = count("claude-sonnet-4-5", R"({"system":"Be brief.",
      "messages":[{"role":"user","content":[{"type":"text","text":"Where is my order?"}]}]})");
  const auto gemini = count("claude-sonnet-4-5", R"({
      "systemInstruction":{"parts":[{"text":"Be brief."}]},
      "contents":[{"role":"user","parts":[{"text":"Where is my order?"}]}]})");
  const auto responses = count("claude-sonnet-4-5", R"({"instructions":"Be brief.",
      "input":"Where is my order?"})");
  EXPECT_EQ(chat, messages);
  EXPECT_EQ(chat, gemini);
  EXPECT_EQ(chat, responses);
  EXPECT_FALSE(chat.exact);
}

TEST(PromptTest, tools_calls_results_and_schemas_count) {
  const std::string ask = R"({"messages":[{"role":"user","content":"Hi"}])";
  const auto bare = count("gpt-4o", ask + "}");
  const auto tools = count("gpt-4o", ask + R"(,"tools":[{"type":"function","function":{
      "name":"get_weather","description":"Get the weather.","parameters":{"type":"object",
      "properties":{"city":{"type":"string","enum":["Bonn","Kyiv"]}}}}}]})");
  EXPECT_GT(tools.tokens, bare.tokens + 30);
  EXPECT_FALSE(tools.exact) << "how tools are shown is not public";
  const auto schema = count("gpt-4o", ask + R"(,"response_format":{"type":"json_schema",
      "json_schema":{"name":"a","schema":{"type":"object","properties":{"x":{"type":"integer"}}}}}})");
  EXPECT_GT(schema.tokens, bare.tokens + 10);
  const auto called = count("claude-haiku-4-5", R"({"messages":[{"role":"assistant","content":[
      {"type":"tool_use","id":"toolu_1","name":"find","input":{"city":"Bonn","days":[1,2,3]}}]},
      {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"rain"}]}]})");
  EXPECT_GT(called.tokens, 20);
}

TEST(PromptTest, names_of_kinds_ids_and_data_are_no_text) {
  const auto bare = count("gpt-4o", R"({"messages":[{"role":"user","content":"Hi"}]})");
  const auto marked = count("gpt-4o", R"({"messages":[{"role":"user","id":"msg_0123456789",
      "content":[{"type":"text","text":"Hi","cache_control":{"type":"ephemeral"}}]}],
      "user":"u_1","metadata":{"long":"a text that no model sees"}})");
  EXPECT_EQ(bare.tokens, marked.tokens);
}

TEST(PromptTest, a_picture_counts_by_its_size_and_not_by_its_bytes) {
  // A PNG's first 24 bytes: 1024 x 512 pixels.
  const std::string png = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAABAAAAAIA";
  const std::string data = png + std::string(100'000, 'A');
  const auto body = [](const std::string& part) {
    return R"({"messages":[{"role":"user","content":[)" + part + "]}]}";
  };
  const auto chat = [&](const std::string& detail) {
    return body(R"({"type":"image_url","image_url":{"url":")" + data + '"' + detail + "}}");
  };
  const std::int64_t framing = 7;
  EXPECT_EQ(count("gpt-4o", chat("")).tokens, framing + 85 + 2 * 170);
  EXPECT_EQ(count("gpt-4o", chat(R"(,"detail":"low")")).tokens, framing + 85);
  EXPECT_LT(count("gpt-4o", chat("")).at_most, 2'000);
  const auto claude = count("claude-sonnet-4-5", body(R"({"type":"image","source":{"type":"base64",
      "media_type":"image/png","data":")" + data.substr(22) +
                                                      "\"}}"));
  EXPECT_EQ(claude.tokens, 10 + 1024 * 512 / 750 + 1);
}

TEST(PromptTest, a_document_is_bounded_by_its_bytes) {
  const auto document = count("claude-sonnet-4-5", R"({"messages":[{"role":"user","content":[
      {"type":"document","source":{"type":"base64","media_type":"application/pdf","data":")" +
                                                       std::string(64'000, 'A') + R"("}}]}]})");
  EXPECT_GE(document.at_most, 64'000);
  EXPECT_FALSE(document.exact);
}

TEST(PromptTest, a_model_without_a_public_vocabulary_is_bounded_by_bytes) {
  const auto mystery = count("somebody/mystery-7b", R"({"messages":[{"role":"user","content":")" +
                                                        std::string(1'000, 'x') + "\"}]}");
  EXPECT_FALSE(mystery.exact);
  EXPECT_GE(mystery.at_most, 1'000);
}

TEST(PromptTest, a_factor_corrects_estimates_and_leaves_exact_counts_alone) {
  const std::string body =
      R"({"messages":[{"role":"user","content":")" + std::string(400, ' ') + R"(word word"}]})";
  EXPECT_EQ(count("gpt-4o", body, 2), count("gpt-4o", body));
  EXPECT_GT(count("gemini-2.5-pro", body, 2).tokens, count("gemini-2.5-pro", body).tokens);
}

TEST(PromptTest, steps_are_bounded_and_a_text_sent_again_is_known) {
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += std::to_string(i * 7919) + " ";
  const std::string body = R"({"messages":[{"role":"user","content":")" + text + "\"}]}";
  json::Document document;
  const auto root = document.parse(body);
  ASSERT_TRUE(root);
  int first = 0, again = 0;
  for (int* steps : {&first, &again}) {
    Prompt prompt(family_of("gpt-4o"), *root);
    while (!prompt.count_some(10'000)) ++*steps;
  }
  EXPECT_GT(first, 20);
  EXPECT_EQ(again, 0);
}

TEST(PromptTest, no_body_breaks_it) {
  for (const std::string_view body :
       {"[]", "1", "{}", R"({"messages":null})", R"({"messages":[1,null,"x",[[]]]})",
        R"({"messages":[{"content":[{"image_url":null},{"source":{}},{"file":1}]}]})",
        R"({"tools":[1,{"function":3},{"parameters":{"properties":[]}}]})",
        R"({"response_format":{"json_schema":{"schema":null}}})"})
    EXPECT_GE(count("gpt-4o", body).tokens, 0) << body;
}

}  // namespace
}  // namespace plimsoll::tokens
