// Goal: real traffic of the Responses API survives: between equals byte for byte,
// towards chats and messages and back with its text, tools, thoughts, refusals,
// finish and usage.
// Method: every recorded exchange is read, judged against nlohmann/json, told in
// the other dialects and read again there; recorded chats and messages are told as
// responses.
#include <gtest/gtest.h>

#include <random>

#include "dialects/codec.h"
#include "tests/golden/dialect_reading.h"
#include "tests/golden/recordings.h"

namespace plimsoll::dialects {
namespace {

using Json = nlohmann::json;
using reading::Reading;
using recordings::Exchange;

constexpr Dialect kChat = Dialect::openai_chat, kResponses = Dialect::openai_responses,
                  kMessages = Dialect::anthropic;

const std::vector<Exchange>& responses() {
  static const std::vector<Exchange> all = recordings::load("/responses");
  return all;
}

#define SKIP_WITHOUT_RECORDINGS() \
  if (responses().empty()) GTEST_SKIP() << "no recorded traffic at " << recordings::folder()

std::string thoughts_of(const Choice& choice) {
  std::string text;
  for (const Thought& thought : choice.thoughts) text += thought.text;
  return text;
}

Json input_of(const ToolCall& call) {
  const Json value = Json::parse(call.arguments.empty() ? "{}" : call.arguments, nullptr, false);
  return value.is_object() ? value : Json{{"_raw", call.arguments}};
}

/// Two answers that say the same; `told` went through another dialect.
void expect_same(const Answer& said, const Answer& told, const std::string& id) {
  ASSERT_EQ(told.choices.size(), 1U) << id;
  ASSERT_LE(said.choices.size(), 1U) << id;
  const Choice a = said.choices.empty() ? Choice{} : said.choices[0];
  const Choice& b = told.choices.at(0);
  EXPECT_EQ(b.text, a.text) << id;
  EXPECT_EQ(b.refusal, a.refusal) << id;
  EXPECT_EQ(thoughts_of(b), thoughts_of(a)) << id;
  ASSERT_EQ(b.tool_calls.size(), a.tool_calls.size()) << id;
  for (std::size_t i = 0; i < a.tool_calls.size(); ++i) {
    if (!a.tool_calls[i].id.empty()) EXPECT_EQ(b.tool_calls[i].id, a.tool_calls[i].id) << id;
    EXPECT_EQ(b.tool_calls[i].name, a.tool_calls[i].name) << id;
    EXPECT_EQ(input_of(b.tool_calls[i]), input_of(a.tool_calls[i])) << id;
  }
  Finish finish = a.finish;
  if (finish == Finish::other || finish == Finish::none) finish = Finish::stop;
  // Here a call is seen in the output, and no word says it.
  const bool called = finish == Finish::stop && !a.tool_calls.empty();
  const bool refused = !a.refusal.empty();  // Messages have no other end for it
  if (!called && !refused) EXPECT_EQ(b.finish, finish) << id;
  EXPECT_EQ(told.usage.has_value() || !said.usage, true) << id;
  if (!said.usage || !told.usage) return;
  EXPECT_EQ(told.usage->input, said.usage->input) << id;
  EXPECT_EQ(told.usage->output, said.usage->output) << id;
  EXPECT_EQ(told.usage->reasoning_output, said.usage->reasoning_output) << id;
}

std::vector<std::vector<std::size_t>> cuttings(std::size_t size, std::mt19937_64& random) {
  std::vector<std::vector<std::size_t>> all;
  for (int i = 0; i < 8; ++i) {
    std::vector<std::size_t> cuts;
    for (std::size_t at = 0; (at += 1 + random() % 700) < size;) cuts.push_back(at);
    all.push_back(cuts);
  }
  if (size > 60'000) return all;
  std::vector<std::size_t> each(size);
  for (std::size_t i = 0; i < each.size(); ++i) each[i] = i;
  all.push_back(each);
  return all;
}

TEST(ResponsesRecordingsTest, requests_come_out_byte_exact_but_for_the_model) {
  SKIP_WITHOUT_RECORDINGS();
  for (const Exchange& exchange : responses()) {
    const auto request = codec_of(kResponses).decode_call(exchange.request);
    ASSERT_TRUE(request.has_value()) << exchange.id << ": " << request.error().what;
    EXPECT_EQ(codec_of(kResponses).encode_call(**request, {.model = (*request)->model}),
              exchange.request);
    Json expected = Json::parse(exchange.request);
    EXPECT_EQ((*request)->stream, expected.value("stream", false)) << exchange.id;
    expected["model"] = "up/model";
    expected["max_output_tokens"] = 16;
    EXPECT_EQ(
        Json::parse(codec_of(kResponses)
                        .encode_call(**request, {.model = "up/model", .output_tokens_max = 16})),
        expected)
        << exchange.id;
  }
}

TEST(ResponsesRecordingsTest, whole_answers_are_read_and_told_in_every_dialect) {
  SKIP_WITHOUT_RECORDINGS();
  int decoded = 0;
  for (const Exchange& exchange : responses()) {
    if (exchange.status != 200 || exchange.is_stream()) continue;
    const Json expected = Json::parse(exchange.response);
    if (expected["status"] != "completed" && expected["status"] != "incomplete") continue;
    const auto event = codec_of(kResponses).decode_whole(exchange.response);
    ASSERT_TRUE(event.has_value()) << exchange.id << ": " << event.error().what;
    EXPECT_EQ(event->raw, exchange.response);
    ++decoded;
    std::string text;
    std::size_t tools = 0;
    for (const Json& item : expected["output"]) {
      tools += item["type"] == "function_call" ? 1 : 0;
      if (item["type"] == "message")
        for (const Json& part : item["content"]) text += part.value("text", "");
    }
    const Choice& choice = event->whole->choices.at(0);
    EXPECT_EQ(choice.text, text) << exchange.id;
    EXPECT_EQ(choice.tool_calls.size(), tools) << exchange.id;
    EXPECT_EQ(event->usage->output, expected["usage"]["output_tokens"]) << exchange.id;
    for (const Dialect dialect : {kChat, kMessages, kResponses}) {
      const auto told = codec_of(dialect).decode_whole(reading::told_in(dialect, {*event}));
      ASSERT_TRUE(told.has_value()) << exchange.id << ": " << told.error().what;
      expect_same(*event->whole, *told->whole, exchange.id);
    }
  }
  std::printf("%d whole responses told in three dialects\n", decoded);
  EXPECT_GT(decoded, 60);
}

/// The names of events, in order, of streams that end.
std::vector<std::string> event_names(const std::string& stream) {
  std::vector<std::string> names;
  for (std::size_t at = 0; (at = stream.find("event: ", at)) != std::string::npos; ++at)
    if (at == 0 || stream[at - 1] == '\n')
      names.push_back(stream.substr(at + 7, stream.find('\n', at) - at - 7));
  return names;
}

/// Every event says its name and its number, counted from nought.
void expect_numbered(const std::string& stream, const std::string& id) {
  const std::vector<std::string> names = event_names(stream);
  std::size_t number = 0;
  for (std::size_t at = 0; (at = stream.find("\ndata: ", at)) != std::string::npos; ++at) {
    const Json data = Json::parse(stream.substr(at + 7, stream.find('\n', at + 7) - at - 7));
    ASSERT_LT(number, names.size()) << id;
    EXPECT_EQ(data["type"], names[number]) << id;
    EXPECT_EQ(data["sequence_number"], number) << id;
    ++number;
  }
  EXPECT_EQ(number, names.size()) << id;
}

TEST(ResponsesRecordingsTest, streams_are_read_in_every_cut_and_told_in_every_dialect) {
  SKIP_WITHOUT_RECORDINGS();
  constexpr std::uint64_t kSeed = 20261123;
  std::mt19937_64 random(kSeed);
  int streams = 0;
  for (const Exchange& exchange : responses()) {
    if (exchange.status != 200 || !exchange.is_stream()) continue;
    ++streams;
    const std::string& bytes = exchange.response;
    const Reading whole = reading::read(kResponses, bytes);
    EXPECT_EQ(whole.error + whole.verdict, "") << exchange.id;
    EXPECT_EQ(whole.raw, bytes) << exchange.id;
    for (const auto& cuts : cuttings(bytes.size(), random))
      ASSERT_TRUE(reading::same(reading::read(kResponses, bytes, cuts), whole))
          << exchange.id << ", seed " << kSeed;
    for (const Dialect dialect : {kChat, kMessages, kResponses}) {
      const std::string text = reading::told_in(dialect, whole.events);
      const Reading told = reading::read(dialect, text);
      EXPECT_EQ(told.error + told.verdict, "") << exchange.id;
      expect_same(whole.answer, told.answer, exchange.id);
      if (dialect == kResponses) expect_numbered(text, exchange.id);
    }
    const std::size_t end = bytes.rfind("data: {\"type\":\"response.completed\"");
    if (end == std::string::npos) continue;
    EXPECT_NE(reading::read(kResponses, bytes.substr(0, end)).verdict, "") << exchange.id;
  }
  std::printf("%d streams of responses told in three dialects\n", streams);
  EXPECT_GT(streams, 45);
}

/// What a stream holds equals the output that its own end repeats.
TEST(ResponsesRecordingsTest, what_a_stream_brings_is_what_its_end_holds) {
  SKIP_WITHOUT_RECORDINGS();
  for (const Exchange& exchange : responses()) {
    if (exchange.status != 200 || !exchange.is_stream()) continue;
    std::string bytes = exchange.response;
    std::erase(bytes, '\r');
    const std::size_t end = bytes.rfind("\ndata: {\"type\":\"response.completed\"");
    if (end == std::string::npos) continue;
    const Json last = Json::parse(bytes.substr(end + 7, bytes.find('\n', end + 7) - end - 7));
    const auto whole = codec_of(kResponses).decode_whole(last["response"].dump());
    ASSERT_TRUE(whole.has_value()) << exchange.id;
    const Reading read = reading::read(kResponses, exchange.response);
    const Choice& a = whole->whole->choices.at(0);
    const Choice& b = read.answer.choices.at(0);
    EXPECT_EQ(b.text, a.text) << exchange.id;
    EXPECT_EQ(b.tool_calls, a.tool_calls) << exchange.id;
    EXPECT_EQ(b.finish, a.finish) << exchange.id;
    EXPECT_EQ(read.answer.usage, whole->usage) << exchange.id;
  }
}

TEST(ResponsesRecordingsTest, requests_are_carried_over_to_chats_and_messages) {
  SKIP_WITHOUT_RECORDINGS();
  int carried = 0, refused = 0;
  for (const Exchange& exchange : responses()) {
    const auto request = codec_of(kResponses).decode_call(exchange.request);
    for (const Dialect dialect : {kChat, kMessages}) {
      std::vector<std::string> dropped;
      const auto body = body_for(codec_of(dialect), **request, {.model = "m"}, dropped);
      if (!body) {
        ++refused;
        EXPECT_EQ(body.error().kind, ErrorKind::request_invalid) << exchange.id;
        continue;
      }
      ++carried;
      const auto read = codec_of(dialect).decode_call(*body);
      ASSERT_TRUE(read.has_value()) << exchange.id << ": " << read.error().what << "\n" << *body;
      EXPECT_EQ((*read)->stream, (*request)->stream) << exchange.id;
    }
  }
  std::printf("%d responses requests carried over, %d refused\n", carried, refused);
  EXPECT_GT(carried, 240);
}

void expect_told_as_responses(Dialect from, std::string_view endpoint, int least) {
  int told_answers = 0;
  for (const Exchange& exchange : recordings::load(endpoint)) {
    if (exchange.status != 200) continue;
    std::vector<Event> events;
    Answer said;
    if (exchange.is_stream()) {
      Reading read = reading::read(from, exchange.response);
      if (!read.error.empty() || read.answer.choices.size() != 1) continue;
      said = read.answer;
      events = std::move(read.events);
    } else {
      const auto event = codec_of(from).decode_whole(exchange.response);
      if (!event || event->whole->choices.size() != 1) continue;
      said = *event->whole;
      events.push_back(*event);
    }
    const std::string text = reading::told_in(kResponses, events);
    ++told_answers;
    if (exchange.is_stream()) {
      const Reading told = reading::read(kResponses, text);
      EXPECT_EQ(told.error + told.verdict, "") << exchange.id;
      expect_same(said, told.answer, exchange.id);
      expect_numbered(text, exchange.id);
    } else {
      const auto told = codec_of(kResponses).decode_whole(text);
      ASSERT_TRUE(told.has_value()) << exchange.id << ": " << told.error().what;
      expect_same(said, *told->whole, exchange.id);
    }
  }
  std::printf("%d answers told as responses\n", told_answers);
  EXPECT_GT(told_answers, least);
}

TEST(ResponsesRecordingsTest, chats_are_told_as_responses) {
  SKIP_WITHOUT_RECORDINGS();
  expect_told_as_responses(kChat, "chat/completions", 280);
}

TEST(ResponsesRecordingsTest, messages_are_told_as_responses) {
  SKIP_WITHOUT_RECORDINGS();
  expect_told_as_responses(kMessages, "/v1/messages", 110);
}

}  // namespace
}  // namespace plimsoll::dialects
