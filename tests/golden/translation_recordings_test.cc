// Goal: real traffic survives both ways: between equals byte for byte, between
// dialects with its text, tools, thoughts, refusals, finish and usage.
// Method: every recorded exchange of Anthropic's Messages is read, judged against
// nlohmann/json, told as a chat and read again; every recorded chat the other way.
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

const std::vector<Exchange>& messages() {
  static const std::vector<Exchange> all = recordings::load("/v1/messages");
  return all;
}

const std::vector<Exchange>& chats() {
  static const std::vector<Exchange> all = recordings::load("chat/completions");
  return all;
}

#define SKIP_WITHOUT_RECORDINGS() \
  if (messages().empty()) GTEST_SKIP() << "no recorded traffic at " << recordings::folder()

constexpr Dialect kChat = Dialect::openai_chat, kMessages = Dialect::anthropic;

const Codec& codec(Dialect dialect) { return codec_of(dialect); }

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
  const Choice& a = said.choices.at(0);
  const Choice& b = told.choices.at(0);
  EXPECT_EQ(b.text, a.text) << id;
  EXPECT_EQ(b.refusal, a.refusal) << id;
  EXPECT_EQ(thoughts_of(b), thoughts_of(a)) << id;
  ASSERT_EQ(b.tool_calls.size(), a.tool_calls.size()) << id;
  for (std::size_t i = 0; i < a.tool_calls.size(); ++i) {
    EXPECT_EQ(b.tool_calls[i].id, a.tool_calls[i].id) << id;
    EXPECT_EQ(b.tool_calls[i].name, a.tool_calls[i].name) << id;
    EXPECT_EQ(input_of(b.tool_calls[i]), input_of(a.tool_calls[i])) << id;
  }
  const bool plain = a.finish == Finish::other || a.finish == Finish::none;
  const bool refused = !a.refusal.empty();  // one dialect has no other end for it
  if (!refused) EXPECT_EQ(b.finish, plain ? Finish::stop : a.finish) << id;
  EXPECT_EQ(told.usage.has_value() || !said.usage, true) << id;
  if (!said.usage || !told.usage) return;
  EXPECT_EQ(told.usage->input, said.usage->input) << id;
  EXPECT_EQ(told.usage->output, said.usage->output) << id;
  // A few servers count cached tokens beside the prompt's, not inside them.
  const std::int64_t cached = said.usage->cached_input + said.usage->cache_write_input;
  if (cached <= said.usage->input) EXPECT_EQ(told.usage, said.usage) << id;
}

std::vector<std::vector<std::size_t>> cuttings(std::size_t size, std::mt19937_64& random) {
  std::vector<std::vector<std::size_t>> all;
  if (size < 2'500)
    for (std::size_t i = 1; i < size; ++i) all.push_back({i});
  for (int i = 0; i < 8; ++i) {
    std::vector<std::size_t> cuts;
    for (std::size_t at = 0; (at += 1 + random() % 700) < size;) cuts.push_back(at);
    all.push_back(cuts);
  }
  std::vector<std::size_t> each(size);
  for (std::size_t i = 0; i < each.size(); ++i) each[i] = i;
  all.push_back(each);
  return all;
}

TEST(MessagesRecordingsTest, requests_come_out_byte_exact_but_for_the_model) {
  SKIP_WITHOUT_RECORDINGS();
  for (const Exchange& exchange : messages()) {
    const auto request = codec(kMessages).decode_call(exchange.request);
    ASSERT_TRUE(request.has_value()) << exchange.id << ": " << request.error().what;
    EXPECT_EQ(codec(kMessages).encode_call(**request, {.model = (*request)->model}),
              exchange.request);
    Json expected = Json::parse(exchange.request);
    EXPECT_EQ((*request)->messages, expected["messages"].size());
    EXPECT_EQ((*request)->output_tokens_max, expected["max_tokens"].get<std::int64_t>());
    expected["model"] = "up/model";
    expected["max_tokens"] = 1;
    EXPECT_EQ(Json::parse(codec(kMessages).encode_call(
                  **request, {.model = "up/model", .output_tokens_max = 1})),
              expected)
        << exchange.id;
  }
}

TEST(MessagesRecordingsTest, whole_answers_are_read_and_told_as_a_chat) {
  SKIP_WITHOUT_RECORDINGS();
  int decoded = 0;
  for (const Exchange& exchange : messages()) {
    if (exchange.status != 200 || exchange.is_stream()) continue;
    const auto event = codec(kMessages).decode_whole(exchange.response);
    ASSERT_TRUE(event.has_value()) << exchange.id << ": " << event.error().what;
    EXPECT_EQ(event->raw, exchange.response);
    ++decoded;
    const Json expected = Json::parse(exchange.response);
    std::string text;
    std::size_t tools = 0;
    for (const Json& block : expected["content"]) {
      if (block["type"] == "text") text += block["text"].get<std::string>();
      tools += block["type"] == "tool_use" ? 1 : 0;
    }
    const Choice& choice = event->whole->choices.at(0);
    EXPECT_EQ(choice.text, text) << exchange.id;
    EXPECT_EQ(choice.tool_calls.size(), tools) << exchange.id;
    EXPECT_NE(choice.finish, Finish::none) << exchange.id;
    EXPECT_NE(choice.finish, Finish::other) << exchange.id;
    EXPECT_EQ(event->usage->output, expected["usage"]["output_tokens"]) << exchange.id;
    const std::string chat = reading::told_in(kChat, {*event});
    const auto again = codec(kChat).decode_whole(chat);
    ASSERT_TRUE(again.has_value()) << exchange.id << ": " << again.error().what;
    EXPECT_EQ(Json::parse(chat)["usage"]["prompt_tokens_details"]["cache_write_tokens"],
              event->usage->cache_write_input);
    expect_same(*event->whole, *again->whole, exchange.id);
  }
  std::printf("%d whole answers told as chats\n", decoded);
  EXPECT_GT(decoded, 90);
}

TEST(MessagesRecordingsTest, streams_are_read_in_every_cut_and_told_as_a_chat) {
  SKIP_WITHOUT_RECORDINGS();
  constexpr std::uint64_t kSeed = 20261123;
  std::mt19937_64 random(kSeed);
  int streams = 0;
  for (const Exchange& exchange : messages()) {
    if (exchange.status != 200 || !exchange.is_stream()) continue;
    ++streams;
    const std::string& bytes = exchange.response;
    const Reading whole = reading::read(kMessages, bytes);
    EXPECT_EQ(whole.error, "") << exchange.id;
    EXPECT_EQ(whole.verdict, "") << exchange.id;
    EXPECT_EQ(whole.raw, bytes) << exchange.id;
    for (const auto& cuts : cuttings(bytes.size(), random))
      ASSERT_TRUE(reading::same(reading::read(kMessages, bytes, cuts), whole))
          << exchange.id << ", seed " << kSeed;
    const Reading told = reading::read(kChat, reading::told_in(kChat, whole.events));
    EXPECT_EQ(told.error + told.verdict, "") << exchange.id;
    expect_same(whole.answer, told.answer, exchange.id);
    const std::size_t end = bytes.find("event: message_stop");
    EXPECT_NE(reading::read(kMessages, bytes.substr(0, end)).verdict, "") << exchange.id;
  }
  std::printf("%d streams told as chats\n", streams);
  EXPECT_GT(streams, 25);
}

TEST(MessagesRecordingsTest, requests_are_carried_over_to_a_chat) {
  SKIP_WITHOUT_RECORDINGS();
  int carried = 0;
  for (const Exchange& exchange : messages()) {
    const auto request = codec(kMessages).decode_call(exchange.request);
    std::vector<std::string> dropped;
    const auto body = body_for(codec(kChat), **request, {.model = "m"}, dropped);
    if (!body) {
      EXPECT_EQ(body.error().kind, ErrorKind::request_invalid) << exchange.id;
      continue;
    }
    ++carried;
    const auto chat = codec(kChat).decode_call(*body);
    ASSERT_TRUE(chat.has_value()) << exchange.id << ": " << chat.error().what << "\n" << *body;
    EXPECT_EQ((*chat)->stream, (*request)->stream) << exchange.id;
    EXPECT_EQ((*chat)->output_tokens_max, (*request)->output_tokens_max) << exchange.id;
  }
  EXPECT_GT(carried, 120);
}

/// Only the first choice exists in Messages, and refusals end an answer there.
bool can_be_told(const Answer& answer) { return answer.choices.size() == 1; }

TEST(ChatRecordingsTest, streams_are_told_as_messages) {
  SKIP_WITHOUT_RECORDINGS();
  int told_streams = 0;
  for (const Exchange& exchange : chats()) {
    if (exchange.status != 200 || !exchange.is_stream()) continue;
    const Reading said = reading::read(kChat, exchange.response);
    if (!said.error.empty() || !can_be_told(said.answer)) continue;
    const Reading told = reading::read(kMessages, reading::told_in(kMessages, said.events));
    EXPECT_EQ(told.error + told.verdict, "") << exchange.id;
    ++told_streams;
    expect_same(said.answer, told.answer, exchange.id);
  }
  std::printf("%d chat streams told as messages\n", told_streams);
  EXPECT_GT(told_streams, 80);
}

TEST(ChatRecordingsTest, whole_answers_are_told_as_messages) {
  SKIP_WITHOUT_RECORDINGS();
  int told_answers = 0;
  for (const Exchange& exchange : chats()) {
    if (exchange.status != 200 || exchange.is_stream()) continue;
    const auto event = codec(kChat).decode_whole(exchange.response);
    if (!event || !can_be_told(*event->whole)) continue;
    const auto told = codec(kMessages).decode_whole(reading::told_in(kMessages, {*event}));
    ASSERT_TRUE(told.has_value()) << exchange.id << ": " << told.error().what;
    ++told_answers;
    expect_same(*event->whole, *told->whole, exchange.id);
  }
  EXPECT_GT(told_answers, 200);
}

TEST(ChatRecordingsTest, requests_are_carried_over_to_messages) {
  SKIP_WITHOUT_RECORDINGS();
  int carried = 0, refused = 0;
  for (const Exchange& exchange : chats()) {
    const auto request = codec(kChat).decode_call(exchange.request);
    if (!request) continue;
    std::vector<std::string> dropped;
    const auto body = body_for(codec(kMessages), **request, {.model = "m"}, dropped);
    if (!body) {
      ++refused;
      EXPECT_EQ(body.error().kind, ErrorKind::request_invalid) << exchange.id;
      continue;
    }
    ++carried;
    const auto message = codec(kMessages).decode_call(*body);
    ASSERT_TRUE(message.has_value()) << exchange.id << ": " << message.error().what;
    const Json written = Json::parse(*body);
    for (std::size_t i = 1; i < written["messages"].size(); ++i)
      EXPECT_NE(written["messages"][i]["role"], written["messages"][i - 1]["role"]) << exchange.id;
    EXPECT_EQ((*message)->stream, (*request)->stream) << exchange.id;
  }
  std::printf("%d chats carried over, %d refused\n", carried, refused);
  EXPECT_GT(carried, 250);
}

}  // namespace
}  // namespace plimsoll::dialects
