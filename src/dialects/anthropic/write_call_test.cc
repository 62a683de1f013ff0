// Goal: what Anthropic refuses is never written, and what it wants is.
// Method: chats with one trap each, written and read by another JSON reader.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "dialects/codec.h"

namespace plimsoll::dialects::anthropic {
namespace {

using Json = nlohmann::json;

struct Written {
  Json body;
  std::vector<std::string> dropped;
  std::string refused;
};

Written write(Json chat, CallEdits edits = {.model = "claude-sonnet-4-6"}) {
  if (!chat.contains("model")) chat["model"] = "bot";
  if (!chat.contains("messages")) chat["messages"] = {{{"role", "user"}, {"content", "hi"}}};
  const auto request = codec_of(Dialect::openai_chat).decode_call(chat.dump());
  EXPECT_TRUE(request.has_value()) << request.error().what;
  Written out;
  const auto body = body_for(codec_of(Dialect::anthropic), **request, edits, out.dropped);
  if (!body)
    out.refused = body.error().what;
  else
    out.body = Json::parse(*body);
  return out;
}

Json said(const char* role, const char* text) { return {{"role", role}, {"content", text}}; }

TEST(WriteMessagesTest, instructions_stand_apart_and_later_ones_are_the_users) {
  const Json body = write({{"messages",
                            {said("system", "a"), said("developer", "b"), said("user", "hi"),
                             said("assistant", "yo"), said("system", "c"), said("user", "d")}}})
                        .body;
  EXPECT_EQ(body["system"].size(), 2U);
  EXPECT_EQ(body["system"][1]["text"], "b");
  ASSERT_EQ(body["messages"].size(), 3U);
  EXPECT_EQ(body["messages"][2]["content"].size(), 2U);
}

TEST(WriteMessagesTest, instructions_alone_are_the_question) {
  const Json body = write({{"messages", {said("system", "a")}}}).body;
  EXPECT_FALSE(body.contains("system"));
  EXPECT_EQ(body["messages"][0]["role"], "user");
}

TEST(WriteMessagesTest, results_stand_first_and_all_in_one_message) {
  const Json call = {
      {"id", "x:1"}, {"type", "function"}, {"function", {{"name", "f"}, {"arguments", ""}}}};
  const Json other = {
      {"id", "x_1"}, {"type", "function"}, {"function", {{"name", "g"}, {"arguments", "no"}}}};
  const Json body =
      write({{"messages",
              {said("user", "hi"),
               {{"role", "assistant"}, {"content", ""}, {"tool_calls", {call, other}}},
               {{"role", "tool"}, {"tool_call_id", "x:1"}, {"content", "one"}},
               {{"role", "tool"}, {"tool_call_id", "x_1"}, {"content", "two"}},
               said("user", "go on")}}})
          .body;
  ASSERT_EQ(body["messages"].size(), 3U);
  const Json& calls = body["messages"][1]["content"];
  const Json& results = body["messages"][2]["content"];
  ASSERT_EQ(calls.size(), 2U) << "an empty text is no block";
  EXPECT_EQ(calls[0]["input"], Json::object());
  EXPECT_EQ(calls[1]["input"], (Json{{"_raw", "no"}}));
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0]["tool_use_id"], calls[0]["id"]);
  EXPECT_EQ(results[1]["tool_use_id"], calls[1]["id"]);
  EXPECT_NE(calls[0]["id"], calls[1]["id"]) << "ids that are made safe stay apart";
  EXPECT_EQ(calls[0]["id"].get<std::string>().find(':'), std::string::npos);
  EXPECT_EQ(body["tools"].size(), 2U) << "a history with calls needs tools";
  EXPECT_EQ(body["tool_choice"], (Json{{"type", "none"}}));
}

TEST(WriteMessagesTest, a_limit_is_always_stated) {
  EXPECT_EQ(write({}).body["max_tokens"], 4'096);
  EXPECT_EQ(write({}, {.model = "m", .model_output_max = 64'000}).body["max_tokens"], 16'384);
  EXPECT_EQ(write({}, {.model = "m", .model_output_max = 2'000}).body["max_tokens"], 2'000);
  EXPECT_EQ(write({}, {.model = "m", .output_tokens_max = 50}).body["max_tokens"], 50);
  const Json asked{{"max_completion_tokens", 9'000}};
  EXPECT_EQ(write(asked, {.model = "m", .output_tokens_max = 50}).body["max_tokens"], 50);
  EXPECT_EQ(write(asked, {.model = "m", .model_output_max = 64}).body["max_tokens"], 64);
  EXPECT_EQ(write(asked).body["max_tokens"], 9'000);
}

TEST(WriteMessagesTest, sampling_goes_only_to_models_that_take_it) {
  const Json asked{{"temperature", 0.5}, {"top_p", 0.9}};
  const Written both = write(asked, {.model = "claude-3-5-haiku-20241022"});
  EXPECT_EQ(both.body["top_p"], 0.9);
  const Written one = write(asked, {.model = "claude-sonnet-4-5"});
  EXPECT_EQ(one.body["temperature"], 0.5);
  EXPECT_FALSE(one.body.contains("top_p"));
  EXPECT_EQ(one.dropped, std::vector<std::string>{"top_p"});
  const Written none = write(asked, {.model = "claude-opus-5"});
  EXPECT_FALSE(none.body.contains("temperature"));
  EXPECT_EQ(none.dropped, (std::vector<std::string>{"temperature", "top_p"}));
}

TEST(WriteMessagesTest, a_schema_has_a_field_where_the_model_knows_it) {
  const Json asked{
      {"response_format",
       {{"type", "json_schema"},
        {"json_schema", {{"name", "n"}, {"strict", true}, {"schema", {{"type", "object"}}}}}}},
      {"reasoning_effort", "minimal"}};
  const Json now = write(asked).body["output_config"];
  EXPECT_EQ(now["format"], (Json{{"type", "json_schema"}, {"schema", {{"type", "object"}}}}));
  EXPECT_EQ(now["effort"], "low");
  const Written old = write(asked, {.model = "claude-3-5-haiku-20241022"});
  EXPECT_FALSE(old.body.contains("output_config"));
  EXPECT_NE(old.body["system"][0]["text"].get<std::string>().find(R"({"type":"object"})"),
            std::string::npos);
  EXPECT_EQ(old.dropped, (std::vector<std::string>{"response_format", "reasoning_effort"}));
}

TEST(WriteMessagesTest, pictures_are_parsed_and_strange_ones_refused) {
  const auto picture = [](const char* url) {
    return Json{{"messages",
                 {{{"role", "user"},
                   {"content", {{{"type", "image_url"}, {"image_url", {{"url", url}}}}}}}}}};
  };
  const Json source =
      write(picture("data:image/png;base64,aGk=")).body["messages"][0]["content"][0]["source"];
  EXPECT_EQ(source, (Json{{"type", "base64"}, {"media_type", "image/png"}, {"data", "aGk="}}));
  EXPECT_EQ(write(picture("https://x/y.png")).body["messages"][0]["content"][0]["source"]["type"],
            "url");
  EXPECT_NE(write(picture("data:image/tiff;base64,aGk=")).refused, "");
}

TEST(WriteMessagesTest, a_prefill_ends_without_blanks_and_signed_thoughts_go_back) {
  const Json body = write({{"messages",
                            {said("user", "hi"),
                             {{"role", "assistant"},
                              {"content", "so "},
                              {"thinking_blocks",
                               {{{"type", "thinking"}, {"thinking", "hm"}, {"signature", "s"}},
                                {{"type", "thinking"}, {"thinking", "unsigned"}}}}}}}})
                        .body;
  const Json& blocks = body["messages"][1]["content"];
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_EQ(blocks[0]["signature"], "s");
  EXPECT_EQ(blocks[1]["text"], "so");
}

}  // namespace
}  // namespace plimsoll::dialects::anthropic
