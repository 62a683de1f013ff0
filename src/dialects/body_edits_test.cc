// Goal: a request is changed in the places that a rung names, and nowhere else.
// Method: bodies as clients write them, odd spacing and nesting included; the result
// is compared byte for byte, and parsed by an independent reader.
#include "dialects/body_edits.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "dialects/anthropic/anthropic.h"
#include "dialects/openai_chat/openai_chat.h"

namespace plimsoll::dialects {
namespace {

using nlohmann::json;

TEST(BodyEditsTest, a_member_is_replaced_in_its_place) {
  EXPECT_EQ(with_member(R"({"a": 1, "temperature" : 0.7 ,"b":2})", "temperature", "0"),
            R"({"a": 1, "temperature" : 0 ,"b":2})");
}

TEST(BodyEditsTest, a_member_that_is_not_there_is_added_at_the_end) {
  EXPECT_EQ(with_member(R"({"a":1 })", "seed", "7"), R"({"a":1 ,"seed":7})");
  EXPECT_EQ(with_member(R"({ })", "seed", "7"), R"({ "seed":7})");
}

TEST(BodyEditsTest, a_member_of_an_inner_object_is_not_meant) {
  EXPECT_EQ(with_member(R"({"a":{"seed":1}})", "seed", "7"), R"({"a":{"seed":1},"seed":7})");
  EXPECT_FALSE(has_member(R"({"a":{"seed":1}})", "seed"));
}

TEST(BodyEditsTest, what_is_no_object_comes_back_as_it_was) {
  for (const char* body : {"", "[]", "7", "{", R"({"messages":7})", R"({"messages":[)"})
    EXPECT_EQ(with_words(body, "x"), body);
}

std::string content_after(std::string body, std::string_view words) {
  const json root = json::parse(with_words(std::move(body), words));
  return root["messages"].back()["content"].dump();
}

TEST(BodyEditsTest, words_go_behind_what_the_user_said_last) {
  const char* body =
      R"({"messages":[{"role":"system","content":"s"},{"role":"user","content":"a\"b"} ],"x":[1]})";
  EXPECT_EQ(content_after(body, "be\nexact"), R"("a\"b\n\nbe\nexact")");
  EXPECT_EQ(json::parse(with_words(body, "w"))["messages"].size(), 2U);
  EXPECT_EQ(json::parse(with_words(body, "w"))["x"].dump(), "[1]");
}

TEST(BodyEditsTest, words_become_a_part_where_the_user_spoke_in_parts) {
  EXPECT_EQ(content_after(
                R"({"messages":[{"content":[{"type":"text","text":"],{"}],"role":"user"}]})", "w"),
            R"([{"text":"],{","type":"text"},{"text":"w","type":"text"}])");
  EXPECT_EQ(content_after(R"({"messages":[{"content":[ ],"role":"user"}]})", "w"),
            R"([{"text":"w","type":"text"}])");
}

TEST(BodyEditsTest, nothing_goes_behind_an_answer_that_was_begun) {
  const std::string body =
      R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"{"}]})";
  EXPECT_EQ(with_words(body, "w"), body);
}

TEST(BodyEditsTest, a_turn_is_added_where_the_user_did_not_speak_last) {
  for (const char* last : {R"({"role":"tool","tool_call_id":"1","content":"42"})",
                           R"({"role":"user","content":null})", R"({"role":"user"})"}) {
    const std::string body = std::string(R"({"messages":[)") + last + "]}";
    const json root = json::parse(with_words(body, "w"));
    ASSERT_EQ(root["messages"].size(), 2U) << last;
    EXPECT_EQ(root["messages"][0], json::parse(last));
    EXPECT_EQ(root["messages"][1], json::parse(R"({"role":"user","content":"w"})"));
  }
}

TEST(BodyEditsTest, a_chat_gets_what_the_rung_wants) {
  const Correction correction{.words = "again", .schema = R"({"type":"object"})", .strict = true};
  const CallEdits edits{.model = "m",
                        .rung = {.temperature = 0.25, .seed = 7, .correction = &correction}};
  std::vector<std::string> dropped;
  const json root = json::parse(openai_chat::edit_call(
      R"({"model":"m","temperature":1.5,"messages":[{"role":"user","content":"hi"}]})", edits,
      dropped));
  EXPECT_EQ(root["temperature"], 0.25);
  EXPECT_EQ(root["seed"], 7);
  EXPECT_EQ(root["messages"][0]["content"], "hi\n\nagain");
  EXPECT_EQ(root["response_format"]["json_schema"]["schema"]["type"], "object");
  EXPECT_EQ(root["response_format"]["json_schema"]["strict"], true);
  EXPECT_TRUE(dropped.empty());
}

TEST(BodyEditsTest, the_format_that_a_client_asked_for_is_kept) {
  const Correction correction{.schema = R"({"type":"object"})"};
  const CallEdits edits{.model = "m", .rung = {.correction = &correction}};
  std::vector<std::string> dropped;
  const json root = json::parse(openai_chat::edit_call(
      R"({"response_format":{"type":"json_object"},"messages":[]})", edits, dropped));
  EXPECT_EQ(root["response_format"]["type"], "json_object");
}

TEST(BodyEditsTest, messages_get_what_their_models_take_and_say_what_not) {
  const Correction correction{.words = "again", .schema = R"({"type":"object"})", .strict = true};
  CallEdits edits{.model = "claude-sonnet-4-5",
                  .rung = {.temperature = 1.5, .seed = 7, .correction = &correction}};
  std::vector<std::string> dropped;
  const char* body = R"({"model":"m","messages":[{"role":"user","content":"hi"}]})";
  const json root = json::parse(anthropic::edit_call(body, edits, dropped));
  EXPECT_EQ(root["temperature"], 1.0) << "its most";
  EXPECT_EQ(root["output_config"]["format"]["schema"]["type"], "object");
  EXPECT_EQ(dropped, std::vector<std::string>{"rung.seed"});
  dropped.clear();
  edits.model = "claude-opus-4-7";
  const json newest = json::parse(anthropic::edit_call(body, edits, dropped));
  EXPECT_FALSE(newest.contains("temperature"));
  EXPECT_EQ(dropped, (std::vector<std::string>{"rung.seed", "rung.temperature"}));
}

}  // namespace
}  // namespace plimsoll::dialects
