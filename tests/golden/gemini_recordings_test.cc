// Goal: real answers of Google's models reach clients of both kinds with their
// text, calls, thoughts, finish and usage.
// Method: every recorded generateContent and streamGenerateContent is read, judged
// against nlohmann/json, told in both dialects and read again there.
#include <gtest/gtest.h>

#include "dialects/codec.h"
#include "tests/golden/dialect_reading.h"
#include "tests/golden/recordings.h"

namespace plimsoll::dialects {
namespace {

using Json = nlohmann::json;
using reading::Reading;
using recordings::Exchange;

struct Expected {
  std::string text, thoughts;
  std::size_t calls = 0;
};

void add(Expected& to, const Json& response) {
  for (const Json& candidate : response.value("candidates", Json::array()))
    for (const Json& part :
         candidate.value("content", Json::object()).value("parts", Json::array())) {
      if (part.contains("functionCall")) ++to.calls;
      const bool thought = part.value("thought", false);
      if (part.contains("text"))
        (thought ? to.thoughts : to.text) += part["text"].get<std::string>();
    }
}

Expected expected_of_stream(std::string stream) {
  Expected expected;
  std::erase(stream, '\r');
  for (std::size_t at = 0; (at = stream.find("data:", at)) != std::string::npos;) {
    const std::size_t end = std::min(stream.find("\n\n", at), stream.size());
    add(expected, Json::parse(stream.substr(at + 5, end - at - 5)));
    at = end;
  }
  return expected;
}

std::string thoughts_of(const Choice& choice) {
  std::string text;
  for (const Thought& thought : choice.thoughts) text += thought.text;
  return text;
}

void expect_told(const Answer& answer, const Expected& expected, const std::string& id) {
  ASSERT_EQ(answer.choices.size(), 1U) << id;
  EXPECT_EQ(answer.choices[0].text, expected.text) << id;
  EXPECT_EQ(thoughts_of(answer.choices[0]), expected.thoughts) << id;
  EXPECT_EQ(answer.choices[0].tool_calls.size(), expected.calls) << id;
  EXPECT_NE(answer.choices[0].finish, Finish::none) << id;
}

TEST(GeminiRecordingsTest, whole_answers_reach_both_kinds_of_clients) {
  int decoded = 0;
  for (const Exchange& exchange : recordings::load(":generateContent")) {
    if (exchange.status != 200) continue;
    const auto event = codec_of(Dialect::gemini).decode_whole(exchange.response);
    if (!event && event.error().kind == ErrorKind::reply_invalid) continue;  // a wrong call
    ASSERT_TRUE(event.has_value()) << exchange.id << ": " << event.error().what;
    Expected expected;
    add(expected, Json::parse(exchange.response));
    expect_told(*event->whole, expected, exchange.id);
    ++decoded;
    for (const Dialect client :
         {Dialect::openai_chat, Dialect::openai_responses, Dialect::anthropic}) {
      const auto told = codec_of(client).decode_whole(reading::told_in(client, {*event}));
      ASSERT_TRUE(told.has_value()) << exchange.id;
      expect_told(*told->whole, expected, exchange.id);
      EXPECT_EQ(told->usage, event->usage) << exchange.id;
    }
  }
  if (decoded == 0) GTEST_SKIP() << "no recorded traffic at " << recordings::folder();
  EXPECT_GT(decoded, 100);
}

TEST(GeminiRecordingsTest, streams_are_read_in_every_cut_and_reach_both_kinds_of_clients) {
  int streams = 0;
  for (const Exchange& exchange : recordings::load(":streamGenerateContent")) {
    if (exchange.status != 200 || !exchange.is_stream()) continue;
    const Reading whole = reading::read(Dialect::gemini, exchange.response);
    EXPECT_EQ(whole.error + whole.verdict, "") << exchange.id;
    EXPECT_EQ(whole.raw, exchange.response) << exchange.id;
    const Expected expected = expected_of_stream(exchange.response);
    expect_told(whole.answer, expected, exchange.id);
    ++streams;
    for (std::size_t cut = 1; cut < exchange.response.size(); cut += 97)
      ASSERT_TRUE(reading::same(reading::read(Dialect::gemini, exchange.response, {cut}), whole));
    for (const Dialect client :
         {Dialect::openai_chat, Dialect::openai_responses, Dialect::anthropic}) {
      const Reading told = reading::read(client, reading::told_in(client, whole.events));
      EXPECT_EQ(told.error + told.verdict, "") << exchange.id;
      expect_told(told.answer, expected, exchange.id);
      EXPECT_EQ(told.answer.usage, whole.answer.usage) << exchange.id;
    }
  }
  if (streams == 0) GTEST_SKIP() << "no recorded traffic at " << recordings::folder();
  EXPECT_GT(streams, 15);
}

}  // namespace
}  // namespace plimsoll::dialects
