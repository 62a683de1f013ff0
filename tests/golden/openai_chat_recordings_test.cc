// Goal: real traffic of OpenAI-shaped providers is read without loss.
// Method: every recorded exchange whose endpoint is .../chat/completions, judged
// against nlohmann/json: requests come out byte-exact, answers and streams are
// decoded, streams in every cut (long ones in a seeded sample of cuts).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "dialects/openai_chat/openai_chat.h"

namespace plimsoll::dialects::openai_chat {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

struct Exchange {
  std::string id, provider, request, response;
  int status = 0;
  HeaderList headers;
  bool is_stream() const {
    return response.starts_with("data:") || response.starts_with(":") ||
           response.starts_with("event:");
  }
};

fs::path folder() {
  const char* shared = std::getenv("PLIMSOLL_SHARED");
  const fs::path base = shared != nullptr ? shared : PLIMSOLL_SOURCE_DIR "/../shared";
  const fs::path there = base / "data/cassettes/normalized";
  // A worktree may lie one level deeper.
  return fs::exists(there)
             ? there
             : fs::path(PLIMSOLL_SOURCE_DIR "/../../shared/data/cassettes/normalized");
}

std::vector<Exchange> load() {
  std::vector<Exchange> exchanges;
  if (!fs::exists(folder())) return exchanges;
  for (const auto& entry : fs::directory_iterator(folder())) {
    if (entry.path().extension() != ".jsonl") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      const Json record = Json::parse(line);
      const auto& response = record["response"];
      if (!record["endpoint"].get<std::string>().ends_with("chat/completions")) continue;
      if (!response["body"].contains("text")) continue;
      exchanges.push_back({record["id"],
                           record["provider"],
                           record["request"]["body"]["text"],
                           response["body"]["text"],
                           response["status"],
                           {}});
      for (const auto& [name, value] : response["headers"].items())
        exchanges.back().headers.emplace_back(name, value.get<std::string>());
    }
  }
  return exchanges;
}

const std::vector<Exchange>& recordings() {
  static const std::vector<Exchange> all = load();
  return all;
}

#define SKIP_WITHOUT_RECORDINGS() \
  if (recordings().empty()) GTEST_SKIP() << "no recorded traffic at " << folder()

/// What came out of a stream, in a form that can be compared.
struct Reading {
  std::vector<Event> events;
  Answer answer;
  std::string error, verdict, raw;
};

void drain(StreamDecoder& decoder, Reading& reading, AnswerBuilder& builder) {
  while (reading.error.empty()) {
    auto event = decoder.next();
    if (!event) reading.error = event.error().what;
    if (!event || !*event) return;
    builder.add(**event);
    reading.raw += (*event)->raw;
    reading.events.push_back(std::move(**event));
  }
}

Reading read(std::string_view bytes, const std::vector<std::size_t>& cuts) {
  StreamDecoder decoder;
  Reading reading;
  AnswerBuilder builder;
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    decoder.feed(bytes.substr(begin, cut - begin));
    drain(decoder, reading, builder);
    begin = cut;
  }
  decoder.feed(bytes.substr(begin));
  decoder.end_of_input();
  drain(decoder, reading, builder);
  reading.answer = builder.answer();
  if (const auto verdict = decoder.verdict(); !verdict) reading.verdict = verdict.error().what;
  return reading;
}

bool same(const Event& a, const Event& b) {
  return a.kind == b.kind && a.raw == b.raw && a.deltas == b.deltas && a.finishes == b.finishes &&
         a.usage == b.usage && a.model == b.model;
}

bool same(const Reading& a, const Reading& b) {
  return std::ranges::equal(a.events, b.events,
                            [](const Event& x, const Event& y) { return same(x, y); }) &&
         a.error == b.error && a.verdict == b.verdict && a.answer == b.answer;
}

/// The text of choice 0, gathered by the independent reader.
std::string expected_text(const std::string& stream) {
  std::string text, rest = stream;
  std::erase(rest, '\r');
  for (std::size_t at = 0; (at = rest.find("data:", at)) != std::string::npos;) {
    const std::size_t end = std::min(rest.find('\n', at), rest.size());
    const Json chunk = Json::parse(rest.substr(at + 5, end - at - 5), nullptr, false);
    at = end;
    if (!chunk.is_object() || !chunk.contains("choices")) continue;
    for (const Json& choice : chunk["choices"])
      if (choice.value("index", 0) == 0 && choice.contains("delta") &&
          choice["delta"].contains("content") && choice["delta"]["content"].is_string())
        text += choice["delta"]["content"].get<std::string>();
  }
  return text;
}

TEST(RecordingsTest, requests_come_out_byte_exact_but_for_model_and_usage) {
  SKIP_WITHOUT_RECORDINGS();
  for (const Exchange& exchange : recordings()) {
    const auto request = decode_call(exchange.request);
    if (exchange.request.find("\"messages\":[]") != std::string::npos ||
        exchange.request.find("\"messages\": []") != std::string::npos) {
      EXPECT_FALSE(request.has_value());
      continue;
    }
    ASSERT_TRUE(request.has_value()) << exchange.id << ": " << request.error().what;
    const std::string same_model = encode_call(**request, {.model = (*request)->model});
    if (!(*request)->stream || (*request)->usage_asked) {
      EXPECT_EQ(same_model, exchange.request) << exchange.id;
    }
    Json expected = Json::parse(exchange.request);
    expected["model"] = "up/model";
    if ((*request)->stream) expected["stream_options"]["include_usage"] = true;
    EXPECT_EQ(Json::parse(encode_call(**request, {.model = "up/model"})), expected) << exchange.id;
    EXPECT_EQ((*request)->messages, expected["messages"].size()) << exchange.id;
  }
}

TEST(RecordingsTest, whole_answers_decode_and_keep_their_bytes) {
  SKIP_WITHOUT_RECORDINGS();
  int decoded = 0;
  for (const Exchange& exchange : recordings()) {
    if (exchange.status != 200 || exchange.is_stream()) continue;
    const Json expected = Json::parse(exchange.response);
    const auto event = decode_whole(exchange.response);
    if (!expected.contains("choices")) {
      EXPECT_EQ(event.error().kind, ErrorKind::upstream_content_filtered) << exchange.id;
      continue;
    }
    ASSERT_TRUE(event.has_value()) << exchange.id << ": " << event.error().what;
    EXPECT_EQ(event->raw, exchange.response);
    ++decoded;
    const Json message = expected["choices"][0].value("message", Json::object());
    const Choice& choice = event->whole->choices.at(0);
    EXPECT_EQ(event->whole->choices.size(), expected["choices"].size()) << exchange.id;
    EXPECT_NE(choice.finish, Finish::none) << exchange.id;
    EXPECT_NE(choice.finish, Finish::other) << exchange.id;
    if (message.contains("content") && message["content"].is_string())
      EXPECT_EQ(choice.text, message["content"].get<std::string>()) << exchange.id;
    if (message.contains("tool_calls") && message["tool_calls"].is_array())
      EXPECT_EQ(choice.tool_calls.size(), message["tool_calls"].size()) << exchange.id;
    const Json usage = expected.value("usage", Json());
    if (usage.is_object() && usage.contains("prompt_tokens"))
      EXPECT_EQ(event->usage.value().input, usage["prompt_tokens"]) << exchange.id;
  }
  std::printf("%d whole answers decoded\n", decoded);
  EXPECT_GT(decoded, 200);
}

TEST(RecordingsTest, streams_decode_in_every_cut_and_lose_no_byte) {
  SKIP_WITHOUT_RECORDINGS();
  constexpr std::uint64_t kSeed = 20261123;
  std::mt19937_64 random(kSeed);
  int streams = 0, failed = 0;
  for (const Exchange& exchange : recordings()) {
    if (exchange.status != 200 || !exchange.is_stream()) continue;
    ++streams;
    const std::string& bytes = exchange.response;
    const Reading whole = read(bytes, {});
    if (exchange.response.find("event: error") != std::string::npos) {
      ++failed;
      EXPECT_NE(whole.error, "") << exchange.id;
    } else {
      EXPECT_EQ(whole.error, "") << exchange.id;
      EXPECT_EQ(whole.verdict, "") << exchange.id;
      EXPECT_EQ(whole.raw, bytes) << exchange.id;
      const std::string expected = expected_text(bytes);
      if (!expected.empty() && exchange.provider != "mistral") {
        EXPECT_EQ(whole.answer.choices.at(0).text, expected) << exchange.id;
      }
    }
    std::vector<std::vector<std::size_t>> cuttings;
    if (bytes.size() < 1'500)
      for (std::size_t i = 1; i < bytes.size(); ++i) cuttings.push_back({i});
    for (int i = 0; i < 8; ++i) {
      std::vector<std::size_t> cuts;
      for (std::size_t at = 0; (at += 1 + random() % 700) < bytes.size();) cuts.push_back(at);
      cuttings.push_back(cuts);
    }
    std::vector<std::size_t> each(bytes.size());
    for (std::size_t i = 0; i < each.size(); ++i) each[i] = i;
    cuttings.push_back(each);
    for (const auto& cuts : cuttings)
      ASSERT_TRUE(same(read(bytes, cuts), whole)) << exchange.id << ", seed " << kSeed;
  }
  std::printf("%d streams decoded, %d of them ended in an error of their own\n", streams, failed);
  EXPECT_GT(streams, 80);
}

TEST(RecordingsTest, cutting_off_the_end_of_a_stream_is_noticed) {
  SKIP_WITHOUT_RECORDINGS();
  for (const Exchange& exchange : recordings()) {
    if (exchange.status != 200 || !exchange.is_stream()) continue;
    const std::string_view bytes = exchange.response;
    const std::size_t finish = std::min(bytes.find("\"finish_reason\":\""), bytes.size());
    const Reading reading = read(bytes.substr(0, finish), {});
    EXPECT_TRUE(!reading.verdict.empty() || !reading.error.empty()) << exchange.id;
  }
}

TEST(RecordingsTest, errors_are_classified) {
  SKIP_WITHOUT_RECORDINGS();
  for (const Exchange& exchange : recordings()) {
    if (exchange.status == 200) continue;
    const Error error = classify(exchange.status, exchange.headers, exchange.response);
    std::printf("%-11s %d  %-26s %s\n", exchange.provider.c_str(), exchange.status,
                std::string(to_string(error.kind)).c_str(), error.what.substr(0, 90).c_str());
    const ErrorKind expected = exchange.status == 401   ? ErrorKind::upstream_credential
                               : exchange.status == 404 ? ErrorKind::upstream_not_found
                               : exchange.status == 429 ? ErrorKind::upstream_rate_limited
                               : exchange.response.find("tool_use_failed") != std::string::npos
                                   ? ErrorKind::reply_invalid
                                   : ErrorKind::upstream_request_invalid;
    EXPECT_EQ(to_string(error.kind), to_string(expected)) << exchange.id;
    if (exchange.status == 429) {
      EXPECT_EQ(error.retry_after, std::chrono::milliseconds(1'000));
    }
    const Json shown = Json::parse(encode_error(error, {.call_id = "c", .retry = false}));
    EXPECT_EQ(shown["error"]["plimsoll"]["kind"], to_string(error.kind));
    const Json sent = Json::parse(exchange.response, nullptr, false);
    if (sent.contains("error"))
      for (const auto& [key, value] : sent["error"].items())
        EXPECT_EQ(shown["error"][key], value) << exchange.id << " " << key;
  }
}

}  // namespace
}  // namespace plimsoll::dialects::openai_chat
