// Goal: streams and whole answers of OpenAI and of compatible servers are read
// right; broken, cut and failed ones are told apart.
// Method: small streams, read whole; what each event says, and the verdict.
#include <gtest/gtest.h>

#include "dialects/openai_chat/openai_chat.h"

namespace plimsoll::dialects::openai_chat {
namespace {

using Kind = Event::Kind;

struct Reading {
  std::vector<Event> events;
  std::optional<ErrorKind> error;    // of next
  std::optional<ErrorKind> verdict;  // of verdict
  std::string what;
  Answer answer;
};

Reading read(std::string_view bytes) {
  StreamDecoder decoder;
  decoder.feed(bytes);
  decoder.end_of_input();
  Reading reading;
  AnswerBuilder builder;
  for (;;) {
    auto event = decoder.next();
    if (!event) {
      reading.error = event.error().kind;
      reading.what = event.error().what;
      break;
    }
    if (!*event) break;
    builder.add(**event);
    reading.events.push_back(std::move(**event));
  }
  if (auto verdict = decoder.verdict(); !verdict) {
    reading.verdict = verdict.error().kind;
    if (!reading.error) reading.what = verdict.error().what;
  }
  reading.answer = builder.answer();
  return reading;
}

/// One event; the line breaks of the test's own text are taken out.
std::string line(std::string json) {
  std::erase(json, '\n');
  return "data: " + json + "\n\n";
}

std::string delta(std::string_view delta, std::string_view finish = "null", int index = 0) {
  return line(R"({"model":"m","choices":[{"index":)" + std::to_string(index) + R"(,"delta":)" +
              std::string(delta) + R"(,"finish_reason":)" + std::string(finish) + "}]}");
}

/// What both decoders must agree on.
void expect_the_same_unread(const std::string& body) {
  const auto read = decode_whole(body);
  const auto unread = decode_unread(body);
  ASSERT_EQ(read.has_value(), unread.has_value()) << body;
  if (!read) {
    EXPECT_EQ(read.error().kind, unread.error().kind) << body;
    return;
  }
  EXPECT_EQ(read->raw, unread->raw);
  EXPECT_EQ(read->usage, unread->usage) << body;
  EXPECT_EQ(read->model, unread->model) << body;
}

TEST(DecodeUnreadTest, an_unread_answer_tells_usage_and_model_like_a_read_one) {
  const std::string good =
      R"({"id":"x","object":"chat.completion","model":"m","choices":[{"index":0,"message":)"
      R"({"role":"assistant","content":"a \"finish_reason\": \"error\" {[\\"},)"
      R"("finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":5}} )";
  const auto unread = decode_unread(good.substr(0, good.size() - 1));
  ASSERT_TRUE(unread.has_value());
  EXPECT_FALSE(unread->whole.has_value()) << "this one is not read";
  EXPECT_TRUE(unread->has_content());
  for (std::size_t cut = 0; cut <= good.size(); ++cut) expect_the_same_unread(good.substr(0, cut));
}

TEST(DecodeUnreadTest, what_does_not_look_good_is_told_like_a_read_answer) {
  for (
      const char* body :
      {R"({"error":{"message":"gone","code":404}})", R"({"object":"error","message":"no"})",
       R"({"choices":[],"usage":{"prompt_tokens":1},"model":"m"})", "[]", "<html>", "{}",
       R"({"choices":[{"message":{},"finish_reason":"network_error"}],"model":"m",)"
       R"("usage":{"prompt_tokens":1}})",
       R"({"choices":[{"message":{"content":"x"},"finish_reason":null}],"model":"m",)"
       R"("usage":{"prompt_tokens":1}})",
       R"({"choices":[{"message":{"content":"x"}}],"model":"m\u0041","usage":{"prompt_tokens":1}})",
       R"({"choices":[{"message":{"content":"x"}}],"model":"m","usage":null})",
       R"({"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":"no"}})"})
    expect_the_same_unread(body);
}

TEST(StreamDecoderTest, reads_the_sequence_of_a_plain_answer) {
  const Reading reading =
      read(delta(R"({"role":"assistant","content":"","refusal":null})") +
           delta(R"({"content":"He"})") + delta(R"({"content":"y"})") + delta("{}", "\"stop\"") +
           line(R"({"model":"m","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,
             "total_tokens":11,"prompt_tokens_details":{"cached_tokens":4},
             "completion_tokens_details":{"reasoning_tokens":1}}})") +
           line("[DONE]"));
  ASSERT_FALSE(reading.error || reading.verdict) << reading.what;
  ASSERT_EQ(reading.events.size(), 6u);
  EXPECT_EQ(reading.events[0].kind, Kind::chunk);
  EXPECT_FALSE(reading.events[0].has_content());
  EXPECT_EQ(reading.events[1].deltas[0], (Delta{.text = "He"}));
  EXPECT_EQ(reading.events[3].finishes[0], (FinishMark{0, Finish::stop}));
  EXPECT_EQ(reading.events[4].kind, Kind::usage);
  EXPECT_EQ(reading.events[4].usage, (Usage{9, 2, 4, 1}));
  EXPECT_EQ(reading.events[5].kind, Kind::done);
  EXPECT_EQ(reading.answer.choices[0].text, "Hey");
  EXPECT_EQ(reading.answer.model, "m");
  EXPECT_EQ(reading.answer.usage, (Usage{9, 2, 4, 1}));
}

TEST(StreamDecoderTest, puts_tool_call_fragments_together) {
  const Reading reading = read(
      delta(
          R"({"content":null,"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]})") +
      delta(R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"x\""}}]})") +
      delta(
          R"({"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"[]"}},{"index":0,"function":{"arguments":":1}"}}]})") +
      delta("{}", "\"tool_calls\"") + line("[DONE]"));
  ASSERT_FALSE(reading.error || reading.verdict) << reading.what;
  EXPECT_EQ(reading.answer.choices[0].tool_calls,
            (std::vector<ToolCall>{{"a", "f", "{\"x\":1}"}, {"b", "g", "[]"}}));
  EXPECT_EQ(reading.answer.choices[0].finish, Finish::tool_calls);
}

TEST(StreamDecoderTest, reads_the_older_function_call_and_custom_tools) {
  const Reading reading =
      read(delta(R"({"function_call":{"name":"f","arguments":"{"}})") +
           delta(R"({"function_call":{"arguments":"}"}})", "\"function_call\"") +
           delta(R"({"tool_calls":[{"index":0,"id":"c","custom":{"name":"sql","input":"x"}}]})",
                 "\"tool_calls\"", 1) +
           line("[DONE]"));
  EXPECT_EQ(reading.answer.choices[0].tool_calls, (std::vector<ToolCall>{{"", "f", "{}"}}));
  EXPECT_EQ(reading.answer.choices[1].tool_calls, (std::vector<ToolCall>{{"c", "sql", "x"}}));
}

TEST(StreamDecoderTest, tells_reasoning_and_refusal_from_text) {
  const Reading reading =
      read(delta(R"({"reasoning":"r1"})") + delta(R"({"reasoning_content":"r2"})") +
           delta(R"({"content":[{"type":"thinking","thinking":[{"type":"text","text":"r3"}]},
                                {"type":"text","text":"t"}]})") +
           delta(R"({"refusal":"no"})", "\"stop\""));
  EXPECT_EQ(reading.events[0].deltas[0].kind, Delta::Kind::reasoning);
  EXPECT_EQ(reading.events[1].deltas[0].kind, Delta::Kind::reasoning);
  EXPECT_EQ(reading.events[2].deltas,
            (std::vector<Delta>{{.kind = Delta::Kind::reasoning, .text = "r3"}, {.text = "t"}}));
  EXPECT_EQ(reading.answer.choices[0].text, "t");
  EXPECT_EQ(reading.answer.choices[0].refusal, "no");
}

TEST(StreamDecoderTest, keeps_interleaved_choices_apart) {
  const Reading reading =
      read(delta(R"({"content":"a"})", "null", 0) + delta(R"({"content":"b"})", "null", 1) +
           delta(R"({"content":"A"})", "\"stop\"", 0) + delta("{}", "\"length\"", 1));
  ASSERT_FALSE(reading.error || reading.verdict) << reading.what;
  EXPECT_EQ(reading.answer.choices[0], (Choice{.text = "aA", .finish = Finish::stop}));
  EXPECT_EQ(reading.answer.choices[1], (Choice{.text = "b", .finish = Finish::length}));
}

TEST(StreamDecoderTest, usage_may_come_in_the_last_chunk_or_be_null) {
  const Reading reading =
      read(line(R"({"choices":[{"index":0,"delta":{"content":"x"}}],"usage":null})") +
           line(R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],
                   "usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":8}})") +
           line("[DONE]"));
  EXPECT_FALSE(reading.events[0].usage.has_value());
  EXPECT_EQ(reading.events[1].kind, Kind::chunk);
  EXPECT_EQ(reading.events[1].usage, (Usage{.input = 1, .output = 7}))
      << "what the total has more is reasoning";
}

TEST(StreamDecoderTest, groq_usage_is_found_in_its_own_object) {
  const Reading reading =
      read(line(R"({"choices":[],"x_groq":{"usage":{"prompt_tokens":3,"completion_tokens":4}}})"));
  EXPECT_EQ(reading.events[0].kind, Kind::usage);
  EXPECT_EQ(reading.events[0].usage, (Usage{.input = 3, .output = 4}));
}

TEST(StreamDecoderTest, other_objects_pings_and_comments_are_not_content) {
  const Reading reading =
      read(line(R"({"choices":[],"model":"","prompt_filter_results":[{}]})") +
           ": OPENROUTER PROCESSING\n\n" + "event: ping\ndata: {}\n\n" + line("{}") +
           delta(R"({"content":"x"})", "\"stop\"") + line("[DONE]"));
  ASSERT_FALSE(reading.error || reading.verdict) << reading.what;
  EXPECT_EQ(reading.events[0].kind, Kind::opaque);
  EXPECT_EQ(reading.events[1].kind, Kind::comment);
  EXPECT_EQ(reading.events[2].kind, Kind::comment);
  EXPECT_EQ(reading.events[3].kind, Kind::opaque);
}

TEST(StreamDecoderTest, an_error_in_the_stream_is_an_error_in_every_shape) {
  const std::string_view message = R"({"message":"too busy","type":"server_error","code":null})";
  const std::string before = delta(R"({"content":"x"})");
  const auto wrapped = line(R"({"error":)" + std::string(message) + "}");
  EXPECT_EQ(read(before + wrapped).error, ErrorKind::upstream_server_error);
  EXPECT_EQ(read(before + "event: error\n" + wrapped).error, ErrorKind::upstream_server_error);
  EXPECT_EQ(read("event: error\n" + line(std::string(message))).error,
            ErrorKind::upstream_server_error);
  EXPECT_EQ(read(line(R"({"error":"overloaded"})")).error, ErrorKind::upstream_overloaded);
  EXPECT_EQ(read(line(R"({"error":{"code":429,"message":"slow"},"choices":[]})")).error,
            ErrorKind::upstream_rate_limited);
  EXPECT_EQ(read(delta(R"({"content":""})", "\"error\"")).error, ErrorKind::upstream_server_error);
  EXPECT_FALSE(read(line(R"({"error":null,"choices":[]})")).error.has_value());
}

TEST(StreamDecoderTest, what_is_not_json_or_not_an_object_is_malformed) {
  EXPECT_EQ(read(line("{oops")).error, ErrorKind::upstream_malformed);
  EXPECT_EQ(read(line("7")).error, ErrorKind::upstream_malformed);
  EXPECT_EQ(read(delta("{}", "null", 128)).error, ErrorKind::upstream_malformed);
  EXPECT_EQ(read(delta("{}", "null", -1)).error, ErrorKind::upstream_malformed);
  EXPECT_EQ(read(delta(R"({"tool_calls":[{"index":1024,"id":"x"}]})")).error,
            ErrorKind::upstream_malformed);
  EXPECT_EQ(read(line(R"({"choices":[{"index":"0"}]})")).error, ErrorKind::upstream_malformed);
}

TEST(StreamDecoderTest, a_stream_without_done_is_complete_once_every_choice_has_finished) {
  const std::string a = delta(R"({"content":"a"})"), stop = delta("{}", "\"stop\"");
  EXPECT_FALSE(read(a + stop).verdict.has_value());
  EXPECT_FALSE(read(a + line("[DONE]")).verdict.has_value());
  EXPECT_FALSE(read(a + stop + "data: [DONE]").verdict.has_value());
  EXPECT_FALSE(read(a + stop + "data: [DONE]\n").verdict.has_value());
  EXPECT_EQ(read(a).verdict, ErrorKind::upstream_cut);
  EXPECT_EQ(read(a + stop + delta(R"({"role":"assistant"})", "null", 1)).verdict,
            ErrorKind::upstream_cut);
  EXPECT_EQ(read(a + stop + "data: {\"cho").verdict, ErrorKind::upstream_cut);
  EXPECT_EQ(read("").verdict, ErrorKind::upstream_cut);
  EXPECT_EQ(read(": wait\n\n").verdict, ErrorKind::upstream_cut);
  EXPECT_EQ(read(line("[DONE]")).verdict, ErrorKind::upstream_cut);
}

TEST(DecodeWholeTest, reads_choices_tools_and_usage) {
  const std::string body = R"({"id":"x","model":"m","choices":[
      {"index":1,"message":{"role":"assistant","content":null,"refusal":"no",
       "tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}},
                     {"id":"2","function":{"name":"g","arguments":{"a":1}}}]},"finish_reason":"tool_calls"},
      {"index":0,"message":{"content":"hi","reasoning":"hm"},"finish_reason":"eos"}],
      "usage":{"prompt_tokens":5,"completion_tokens":6,"total_tokens":11}})";
  const auto event = decode_whole(body);
  ASSERT_TRUE(event.has_value()) << event.error().what;
  EXPECT_EQ(event->raw, body);
  EXPECT_EQ(event->model, "m");
  ASSERT_TRUE(event->whole.has_value());
  const Thought thought{.text = "hm", .signature = {}, .redacted = {}};
  EXPECT_EQ(event->whole->choices[0],
            (Choice{.text = "hi", .thoughts = {thought}, .finish = Finish::stop}));
  EXPECT_EQ(event->whole->choices[1].tool_calls,
            (std::vector<ToolCall>{{"1", "f", "{}"}, {"2", "g", "{\"a\":1}"}}));
  EXPECT_EQ(event->whole->choices[1].refusal, "no");
  EXPECT_EQ(event->usage, (Usage{.input = 5, .output = 6}));
}

TEST(DecodeWholeTest, refuses_what_is_no_answer) {
  EXPECT_EQ(decode_whole("<html>").error().kind, ErrorKind::upstream_malformed);
  EXPECT_EQ(decode_whole("[]").error().kind, ErrorKind::upstream_malformed);
  EXPECT_EQ(decode_whole("{}").error().kind, ErrorKind::upstream_malformed);
  EXPECT_EQ(decode_whole(R"({"choices":[]})").error().kind, ErrorKind::upstream_malformed);
  EXPECT_EQ(
      decode_whole(R"({"choices":[{"message":{},"finish_reason":"network_error"}]})").error().kind,
      ErrorKind::upstream_server_error);
  EXPECT_EQ(decode_whole(R"({"error":{"message":"gone","code":404}})").error().kind,
            ErrorKind::upstream_not_found);
}

TEST(AppendEventTest, bytes_pass_and_the_usage_chunk_is_hidden_unless_asked_for) {
  Request silent, asking;
  asking.usage_asked = true;
  const Event usage{.kind = Kind::usage, .raw = "data: u\n\n"};
  const Event chunk{.kind = Kind::chunk, .raw = "data: c\n\n"};
  std::string out = "<";
  append_event(out, usage, silent);
  append_event(out, chunk, silent);
  EXPECT_EQ(out, "<data: c\n\n");
  append_event(out, usage, asking);
  EXPECT_EQ(out, "<data: c\n\ndata: u\n\n");
}

TEST(AppendEventTest, a_foreign_ping_becomes_a_comment) {
  std::string out;
  append_event(out, {.kind = Kind::comment, .raw = ": keep\r\n\r\n"}, {});
  append_event(out, {.kind = Kind::comment, .raw = "\n"}, {});
  append_event(out, {.kind = Kind::comment, .raw = ":x\nevent: ping\ndata: {}\n\n"}, {});
  EXPECT_EQ(out, ": keep\r\n\r\n\n:\n\n");
}

}  // namespace
}  // namespace plimsoll::dialects::openai_chat
