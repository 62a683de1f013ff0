// Goal: what the simulator writes is what OpenAI writes, to the last token of usage.
// Method: performances read back with an independent JSON reader, event by event.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sim/encode.h"
#include "sim/script.h"
#include "sim/tape.h"

namespace plimsoll::sim {
namespace {

using Json = nlohmann::json;

struct Stream {
  std::vector<Json> events;
  std::string text;
  bool done = false;
  int malformed = 0;
};

Stream read_stream(const Performance& performance) {
  std::string all;
  for (const Beat& beat : performance.beats) all += beat.bytes;
  Stream out;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = all.find("\n\n", at);
    const std::string data = all.substr(at + 6, end - at - 6);
    at = end + 2;
    if (data == "[DONE]") {
      out.done = true;
    } else if (!Json::accept(data)) {
      ++out.malformed;
    } else {
      out.events.push_back(Json::parse(data));
      for (const Json& choice : out.events.back().value("choices", Json::array())) {
        if (choice["delta"].contains("content") && choice["delta"]["content"].is_string())
          out.text += choice["delta"]["content"].get<std::string>();
      }
    }
  }
  return out;
}

struct Played {
  Ask ask;
  Decision decision;
  Performance performance;
};

Played play_body(const std::string& body,
                 std::vector<std::pair<std::string, std::string>> fields = {}) {
  Behaviour behaviour;
  for (const auto& [field, value] : fields) {
    EXPECT_TRUE(set_field(behaviour, field, value).has_value()) << field;
  }
  Played out{.ask = read_ask(body).value(), .decision = {}, .performance = {}};
  const Occasion occasion(7, out.ask.model, out.ask.prompt(), 0);
  out.decision = decide(behaviour, GoldenSet{}, out.ask, occasion);
  out.performance = perform(out.ask, out.decision, behaviour, occasion, WallTime{});
  return out;
}

std::string chat(const std::string& more = "") {
  return R"({"model":"m","messages":[{"role":"system","content":"12345"},)"
         R"({"role":"user","content":"12345678"}])" +
         more + "}";
}

TEST(EncodeTest, usage_is_a_token_per_four_bytes_and_adds_up) {
  const Played played = play_body(chat(), {{"tokens", "9"}});
  const Json body = Json::parse(played.performance.beats.at(0).bytes);
  EXPECT_EQ(body["usage"]["prompt_tokens"], 4) << "2 for five bytes, 2 for eight";
  EXPECT_EQ(body["usage"]["completion_tokens"], 9);
  EXPECT_EQ(body["usage"]["total_tokens"], 13);
  EXPECT_EQ(body["choices"][0]["message"]["content"].get<std::string>().size(), 36U);
  EXPECT_TRUE(body["choices"][0]["message"].contains("refusal"));
  EXPECT_TRUE(body["choices"][0].contains("logprobs"));
}

TEST(EncodeTest, a_stream_carries_the_text_of_the_whole_answer) {
  const Json whole = Json::parse(play_body(chat()).performance.beats.at(0).bytes);
  const Stream stream = read_stream(play_body(chat(R"(,"stream":true)")).performance);
  EXPECT_EQ(stream.text, whole["choices"][0]["message"]["content"].get<std::string>());
  EXPECT_TRUE(stream.done);
  EXPECT_EQ(stream.events.front()["choices"][0]["delta"]["role"], "assistant");
  EXPECT_EQ(stream.events.back()["choices"][0]["finish_reason"], "stop");
  for (const Json& event : stream.events) {
    EXPECT_FALSE(event.contains("usage")) << "nobody asked for usage";
    EXPECT_EQ(event["id"], stream.events.front()["id"]);
  }
}

TEST(EncodeTest, include_usage_adds_null_to_every_chunk_and_one_last_chunk) {
  const Stream stream =
      read_stream(play_body(chat(R"(,"stream":true,"stream_options":{"include_usage":true})"),
                            {{"tokens", "6"}})
                      .performance);
  ASSERT_GE(stream.events.size(), 3U);
  for (std::size_t i = 0; i + 1 < stream.events.size(); ++i) {
    EXPECT_TRUE(stream.events[i].at("usage").is_null());
    EXPECT_FALSE(stream.events[i]["choices"].empty());
  }
  EXPECT_TRUE(stream.events.back()["choices"].empty());
  EXPECT_EQ(stream.events.back()["usage"]["completion_tokens"], 6);
  EXPECT_EQ(stream.events.back()["usage"]["total_tokens"], 10);
}

TEST(EncodeTest, choices_take_turns_and_each_is_finished_and_counted) {
  const Played played = play_body(chat(R"(,"stream":true,"n":3)"), {{"tokens", "4"}});
  const Stream stream = read_stream(played.performance);
  std::map<int, int> finished;
  for (const Json& event : stream.events) {
    for (const Json& choice : event["choices"]) {
      if (!choice["finish_reason"].is_null()) ++finished[choice["index"].get<int>()];
    }
  }
  EXPECT_EQ(finished, (std::map<int, int>{{0, 1}, {1, 1}, {2, 1}}));
  EXPECT_EQ(played.decision.completion_tokens(), 12U);
  EXPECT_NE(played.decision.choices[0].text, played.decision.choices[1].text);
}

constexpr std::string_view kTools =
    R"(,"tools":[{"type":"function","function":{"name":"lookup","parameters":{"type":"object",
       "properties":{"id":{"type":"integer"}}}}}],"tool_choice":"required")";

TEST(EncodeTest, a_required_tool_is_called_with_arguments_of_its_schema) {
  const Json body = Json::parse(play_body(chat(std::string(kTools))).performance.beats.at(0).bytes);
  const Json& message = body["choices"][0]["message"];
  EXPECT_TRUE(message["content"].is_null());
  EXPECT_EQ(message["tool_calls"][0]["function"]["name"], "lookup");
  EXPECT_TRUE(
      Json::parse(message["tool_calls"][0]["function"]["arguments"].get<std::string>())["id"]
          .is_number_integer());
  EXPECT_EQ(body["choices"][0]["finish_reason"], "tool_calls");
}

TEST(EncodeTest, the_tool_that_is_named_is_the_one_that_is_called) {
  const std::string tools =
      R"(,"tools":[{"type":"function","function":{"name":"first","parameters":{}}},)"
      R"({"type":"function","function":{"name":"second","parameters":{}}},)"
      R"({"type":"function","function":{"name":"third","parameters":{}}}],)"
      R"("tool_choice":{"type":"function","function":{"name":"second"}})";
  const Json body = Json::parse(play_body(chat(tools)).performance.beats.at(0).bytes);
  EXPECT_EQ(body["choices"][0]["message"]["tool_calls"][0]["function"]["name"], "second");
}

TEST(EncodeTest, a_streamed_tool_call_names_its_function_once) {
  const Stream stream =
      read_stream(play_body(chat(std::string(kTools) + R"(,"stream":true)")).performance);
  int names = 0;
  std::string arguments;
  for (const Json& event : stream.events) {
    const Json& delta = event["choices"][0]["delta"];
    if (!delta.contains("tool_calls")) continue;
    names += delta["tool_calls"][0].contains("id") ? 1 : 0;
    arguments += delta["tool_calls"][0]["function"]["arguments"].get<std::string>();
  }
  EXPECT_EQ(names, 1);
  EXPECT_TRUE(Json::accept(arguments));
}

TEST(EncodeTest, response_format_gives_json_and_a_refusal_its_own_field) {
  const std::string format =
      R"(,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":
         {"type":"object","properties":{"a":{"type":"string"}}}}})";
  const Json body = Json::parse(play_body(chat(format)).performance.beats.at(0).bytes);
  EXPECT_TRUE(
      Json::parse(body["choices"][0]["message"]["content"].get<std::string>()).contains("a"));
  const Json refused =
      Json::parse(play_body(chat(format), {{"flaws.refusal", "1"}}).performance.beats.at(0).bytes);
  EXPECT_TRUE(refused["choices"][0]["message"]["content"].is_null());
  EXPECT_TRUE(refused["choices"][0]["message"]["refusal"].is_string());
  const Json plain =
      Json::parse(play_body(chat(), {{"flaws.refusal", "1"}}).performance.beats.at(0).bytes);
  EXPECT_TRUE(plain["choices"][0]["message"]["content"].is_string())
      << "without a schema a refusal is content";
  EXPECT_TRUE(plain["choices"][0]["message"]["refusal"].is_null());
  const Json object = Json::parse(play_body(chat(R"(,"response_format":{"type":"json_object"})"))
                                      .performance.beats.at(0)
                                      .bytes);
  EXPECT_TRUE(Json::accept(object["choices"][0]["message"]["content"].get<std::string>()));
}

TEST(EncodeTest, each_stream_fault_breaks_the_stream_in_its_own_way) {
  const auto faulty = [](const std::string& fault) {
    return play_body(chat(R"(,"stream":true)"),
                     {{"faults." + fault, "1"}, {"cut_at", "3"}, {"tokens", "8"}})
        .performance;
  };
  for (const std::string fault : {"cut_reset", "cut_eof", "stops_early"}) {
    const Stream stream = read_stream(faulty(fault));
    EXPECT_EQ(stream.text.size(), 12U) << fault << ": three tokens, then the end";
    EXPECT_FALSE(stream.done);
    EXPECT_TRUE(stream.events.back()["choices"][0]["finish_reason"].is_null());
  }
  EXPECT_EQ(faulty("cut_reset").end, End::reset);
  EXPECT_EQ(faulty("cut_eof").end, End::close);
  EXPECT_EQ(faulty("stops_early").end, End::finish);
  const Stream no_done = read_stream(faulty("no_done"));
  EXPECT_FALSE(no_done.done);
  EXPECT_EQ(no_done.events.back()["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(read_stream(faulty("malformed_event")).malformed, 1);
  EXPECT_TRUE(read_stream(faulty("error_in_stream")).events.back().contains("error"));
}

std::string header(const Performance& performance, std::string_view name) {
  for (const auto& [key, value] : performance.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST(EncodeTest, a_rate_limit_tells_its_wait_in_the_form_asked_for) {
  const auto limited = [](const std::string& form) {
    return play_body(
               chat(),
               {{"faults.rate_limited", "1"}, {"retry_after", form}, {"retry_after_wait", "1.5s"}})
        .performance;
  };
  EXPECT_EQ(limited("seconds").status, 429);
  EXPECT_EQ(header(limited("seconds"), "retry-after"), "1.5");
  EXPECT_EQ(header(limited("milliseconds"), "retry-after-ms"), "1500");
  EXPECT_EQ(header(limited("date"), "retry-after"), "Thu, 01 Jan 1970 00:00:02 GMT");
  EXPECT_EQ(header(limited("ratelimit_reset"), "x-ratelimit-reset-requests"), "1.5s");
  EXPECT_EQ(header(limited("none"), "retry-after"), "");
}

TEST(EncodeTest, errors_have_their_status_and_shape) {
  const std::vector<std::pair<std::string, int>> kinds = {
      {"server_error", 500}, {"unavailable", 503}, {"overloaded", 529}, {"reset", 0}, {"hang", 0}};
  for (const auto& [kind, status] : kinds) {
    const Performance out = play_body(chat(), {{"faults." + kind, "1"}}).performance;
    EXPECT_EQ(out.status, status) << kind;
    if (status != 0) {
      EXPECT_TRUE(Json::parse(out.beats.at(0).bytes)["error"]["message"].is_string());
    }
  }
}

TEST(AskTest, refuses_what_openai_refuses) {
  for (const std::string& body :
       {std::string("{"), std::string("[]"), std::string(R"({"model":"m"})"),
        std::string(R"({"messages":[{"role":"user","content":"x"}]})"), chat(R"(,"n":0)"),
        chat(R"(,"n":129)"), chat(R"(,"max_tokens":0)"), chat(R"(,"tool_choice":"required")"),
        chat(R"(,"stream_options":{"include_usage":true})"),
        chat(R"(,"response_format":{"type":"xml"})")}) {
    EXPECT_FALSE(read_ask(body).has_value()) << body;
  }
}

TEST(AskTest, the_newer_name_of_the_output_limit_wins) {
  const auto limit = [](const std::string& more) {
    return read_ask(chat(more)).value().tokens_max;
  };
  EXPECT_EQ(limit(R"(,"max_tokens":9,"max_completion_tokens":3)"), 3U);
  EXPECT_EQ(limit(R"(,"max_tokens":9)"), 9U);
  EXPECT_EQ(limit(""), std::nullopt);
}

TEST(AskTest, reads_text_parts_of_the_last_user_message) {
  const Ask ask = read_ask(R"({"model":"m","messages":[{"role":"user","content":"first"},
      {"role":"assistant","content":null},
      {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]})")
                      .value();
  EXPECT_EQ(ask.prompt(), "ab");
  EXPECT_EQ(ask.user_turns, (std::vector<std::string>{"ab", "first"}));
}

TEST(ScriptTest, steps_come_in_order_and_then_what_the_script_says) {
  const auto script = Script::parse(R"({"steps":[{"status":503,"body":{"error":"x"},"repeat":2},
      {"sse":[{"a":1},"[DONE]"],"chunk_delay":"5ms","end":"reset"}],"then":"fail"})");
  ASSERT_TRUE(script.has_value()) << script.error().what;
  EXPECT_EQ(script->step(0)->status, 503);
  EXPECT_EQ(script->step(1)->beats.at(0).bytes, R"({"error":"x"})");
  EXPECT_EQ(script->step(2)->beats.at(1).bytes, "data: [DONE]\n\n");
  EXPECT_EQ(script->step(2)->beats.at(1).wait, std::chrono::milliseconds(5));
  EXPECT_EQ(script->step(2)->end, End::reset);
  EXPECT_EQ(script->step(3)->status, 500);
}

TEST(ScriptTest, cuts_a_body_after_so_many_bytes) {
  const auto script = Script::parse(R"({"steps":[{"body":"0123456789","cut_after":4}]})");
  ASSERT_TRUE(script.has_value());
  EXPECT_EQ(script->step(0)->beats.at(0).bytes, "0123");
  EXPECT_EQ(script->step(0)->end, End::close);
  EXPECT_FALSE(script->step(1).has_value()) << "the profile answers the rest";
}

TEST(ScriptTest, refuses_what_it_does_not_know) {
  for (const std::string_view text :
       {"{}", R"({"steps":[{"stauts":200}]})", R"({"steps":[{"status":42}]})",
        R"({"steps":[{"end":"later"}]})", R"({"steps":[{"status":0}]})", R"({"steps":[7]})",
        R"({"steps":[{"repeat":1000000}]})", R"({"steps":[],"then":"dance"})"}) {
    EXPECT_FALSE(Script::parse(text).has_value()) << text;
  }
}

constexpr std::string_view kTape =
    R"({"id":"one","request":{"body":{"text":"{\"q\":1}"}},"response":{"status":200,)"
    R"("headers":{"Content-Type":"application/json","content-length":"3"},"body":{"text":"1"}}}
)"
    R"({"id":"two","request":{"body":{"text":"{\"q\":2}"}},"response":{"status":429,)"
    R"("headers":{"content-type":"text/event-stream"},"body":{"base64":"aGVsbG8="}}}
)";

TEST(TapeTest, a_recording_is_found_by_id_then_by_body_then_in_order) {
  const Tape tape = Tape::parse(kTape).value();
  EXPECT_EQ(tape.find("two", "", 0)->beats.at(0).bytes, "hello");
  EXPECT_EQ(tape.find("", R"({"q":2})", 0)->status, 429);
  EXPECT_EQ(tape.find("", "other", 0)->status, 200);
  EXPECT_EQ(tape.find("", "other", 1)->status, 429);
  EXPECT_EQ(tape.find("three", "", 0), nullptr);
  EXPECT_FALSE(tape.find("two", "", 0)->whole) << "a stream is sent in chunks";
  EXPECT_EQ(tape.find("one", "", 0)->headers.size(), 1U) << "framing headers are not the answer's";
}

}  // namespace
}  // namespace plimsoll::sim
