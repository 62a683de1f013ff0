// Goal: only what must change in a request changes; every other byte stays.
// Method: bodies with odd spacing, escapes and unknown fields, compared as text;
// a hand-rolled generator of bodies with a printed seed, judged by nlohmann/json.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "dialects/openai_chat/openai_chat.h"

namespace plimsoll::dialects::openai_chat {
namespace {

std::string sent(const std::string& body, const CallEdits& edits) {
  const auto request = decode_call(body);
  EXPECT_TRUE(request.has_value()) << (request ? "" : request.error().what) << "\n" << body;
  return request ? encode_call(**request, edits) : "";
}

TEST(EncodeCallTest, replaces_the_model_and_nothing_else) {
  EXPECT_EQ(sent(R"( { "x":1.50, "model" : "a\u0062" ,"messages":[{}], "y":"\u00e9" } )",
                 {.model = "gpt \"5\""}),
            R"( { "x":1.50, "model" : "gpt \"5\"" ,"messages":[{}], "y":"\u00e9" } )");
}

TEST(EncodeCallTest, the_same_model_keeps_its_spelling) {
  const std::string body = R"({"model":"\u0061","messages":[{}]})";
  EXPECT_EQ(sent(body, {.model = "a"}), body);
}

TEST(EncodeCallTest, a_stream_is_always_asked_for_its_usage) {
  const auto streamed = [](std::string_view options) {
    return R"({"stream":true,"messages":[{}])" + std::string(options) + R"(,"model":"m"})";
  };
  EXPECT_EQ(
      sent(streamed(""), {.model = "m"}),
      R"({"stream":true,"messages":[{}],"model":"m","stream_options":{"include_usage":true}})");
  const std::string asked = streamed(R"(,"stream_options":{"include_usage":true,"a":1})");
  EXPECT_EQ(sent(asked, {.model = "m"}), asked);
  EXPECT_EQ(sent(streamed(R"(,"stream_options": { "include_obfuscation":false})"), {.model = "m"}),
            streamed(R"(,"stream_options": {"include_usage":true, "include_obfuscation":false})"));
  EXPECT_EQ(sent(streamed(R"(,"stream_options":{})"), {.model = "m"}),
            streamed(R"(,"stream_options":{"include_usage":true})"));
  EXPECT_EQ(sent(streamed(R"(,"stream_options":null)"), {.model = "m"}),
            streamed(R"(,"stream_options":{"include_usage":true})"));
  EXPECT_EQ(sent(streamed(R"(,"stream_options":{"include_usage" : false })"), {.model = "m"}),
            streamed(R"(,"stream_options":{"include_usage" : true })"));
  EXPECT_EQ(sent(streamed(R"(,"stream_options":{"include_us\u0061ge":true,"include_usage":null})"),
                 {.model = "m"})
                .find("null"),
            streamed(R"(,"stream_options":{"include_us\u0061ge":true,"include_usage":null})")
                .find("null"))
      << "true was said, null says nothing";
}

TEST(EncodeCallTest, a_whole_answer_is_not_asked_for_stream_options) {
  const std::string body = R"({"model":"m","messages":[{}],"stream":false})";
  EXPECT_EQ(sent(body, {.model = "m"}), body);
}

std::string asked(std::string_view rest) {
  return R"({"model":"m","messages":[{}])" + std::string(rest) + "}";
}

TEST(EncodeCallTest, the_token_limit_is_lowered_or_set_but_never_raised) {
  const CallEdits edits{.model = "m", .output_tokens_max = 10};
  EXPECT_EQ(sent(asked(""), edits), R"({"model":"m","max_completion_tokens":10,"messages":[{}]})");
  EXPECT_EQ(sent(asked(R"(,"max_tokens":11)"), edits), asked(R"(,"max_tokens":10)"));
  EXPECT_EQ(sent(asked(R"(,"max_tokens":1e1)"), edits), asked(R"(,"max_tokens":1e1)"));
  EXPECT_EQ(sent(asked(R"(,"max_completion_tokens":3)"), edits),
            asked(R"(,"max_completion_tokens":3)"));
  EXPECT_EQ(sent(asked(R"(,"max_tokens":null)"), edits), asked(R"(,"max_tokens":10)"));
  EXPECT_EQ(sent(asked(R"(,"max_tokens":99,"max_completion_tokens":98)"), edits),
            asked(R"(,"max_tokens":10,"max_completion_tokens":10)"));
}

TEST(EncodeCallTest, an_upstream_that_obeys_only_max_tokens_gets_the_limit_there) {
  const CallEdits edits{
      .model = "m", .output_tokens_max = 10, .output_limit_field = OutputLimitField::max_tokens};
  EXPECT_EQ(sent(asked(""), edits), R"({"model":"m","max_tokens":10,"messages":[{}]})");
  EXPECT_EQ(sent(asked(R"(,"max_tokens":99)"), edits), asked(R"(,"max_tokens":10)"));
  EXPECT_EQ(sent(asked(R"(,"max_completion_tokens":3)"), edits),
            R"({"model":"m","max_tokens":3,"messages":[{}],"max_completion_tokens":3})");
  EXPECT_EQ(sent(asked(R"(,"max_completion_tokens":99)"), edits),
            R"({"model":"m","max_tokens":10,"messages":[{}],"max_completion_tokens":10})");
}

TEST(EncodeCallTest, a_limit_the_client_set_by_its_older_name_is_lowered_there_and_no_other_added) {
  const CallEdits edits{.model = "m", .output_tokens_max = 10};
  EXPECT_EQ(sent(asked(R"(,"max_tokens":99)"), edits), asked(R"(,"max_tokens":10)"));
  EXPECT_EQ(sent(asked(R"(,"max_tokens":3)"), edits), asked(R"(,"max_tokens":3)"));
}

/// Random requests: known fields in any order, unknown ones between them, odd
/// spacing, nested values, escapes.
class Bodies {
 public:
  explicit Bodies(std::uint64_t seed) : random_(seed) {}

  std::string next() {
    std::vector<std::string> members{member("model", R"("m\u006f")"),
                                     member("messages", R"([{"role":"user","content":"h\n\"i"}])")};
    if (coin()) members.push_back(member("stream", coin() ? "true" : "false"));
    if (coin()) members.push_back(member("stream_options", options()));
    if (coin()) members.push_back(member("max_tokens", std::to_string(1 + random_() % 50)));
    for (auto i = random_() % 4; i > 0; --i)
      members.push_back(member("u" + std::to_string(i), value(3)));
    std::ranges::shuffle(members, random_);
    std::string body = space() + "{" + space();
    for (std::size_t i = 0; i < members.size(); ++i)
      body += (i ? "," + space() : "") + members[i] + space();
    return body + "}" + space();
  }

 private:
  bool coin() { return random_() % 2 == 0; }
  std::string space() { return std::array{"", "", " ", "\n", "\t \r\n"}[random_() % 5]; }
  std::string member(const std::string& key, const std::string& value) {
    return "\"" + key + "\"" + space() + ":" + space() + value;
  }
  std::string options() {
    return std::array{"{}", "null", R"({"include_usage":false})", R"({ "a":[{}] })",
                      R"({"a":"}","include_usage" :null,"b":1})"}[random_() % 5];
  }
  std::string value(int depth) {
    switch (random_() % (depth > 0 ? 8 : 6)) {
      case 0: return "null";
      case 1: return "-1.50e+3";
      case 2: return "123456789012345678";
      case 3: return R"("\\\"]}{,:\u0001")";
      case 4: return "\"h\xC3\xA9\"";
      case 5: return "true";
      case 6: return "[" + space() + value(depth - 1) + "," + value(depth - 1) + "]";
      default: return "{" + space() + member("k", value(depth - 1)) + space() + "}";
    }
  }

  std::mt19937_64 random_;
};

TEST(EncodeCallTest, unknown_fields_survive_in_random_requests) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Bodies bodies(seed);
  for (int i = 0; i < 2'000; ++i) {
    const std::string body = bodies.next();
    auto expected = nlohmann::json::parse(body);
    expected["model"] = "up/stream";
    if (expected.value("stream", false)) {
      if (!expected.contains("stream_options") || expected["stream_options"].is_null())
        expected["stream_options"] = nlohmann::json::object();
      expected["stream_options"]["include_usage"] = true;
    }
    const std::string out = sent(body, {.model = "up/stream"});
    ASSERT_EQ(nlohmann::json::parse(out), expected) << body << "\n" << out;
    // Sending it through once more changes nothing: decode and encode are inverse.
    ASSERT_EQ(sent(out, {.model = "up/stream"}), out) << body;
  }
}

}  // namespace
}  // namespace plimsoll::dialects::openai_chat
