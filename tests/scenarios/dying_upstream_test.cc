// Goal: wherever and however a stream's upstream dies, and whatever state the
// fallback is in, the client gets one whole answer or an honest error, never a
// clean end after an abnormal one; and the books balance afterwards.
// Method: every point of death x every way to die x every fallback x both commit
// modes, raw sockets on both sides of the real gateway; then a healthy request.
#include <gtest/gtest.h>

#include <algorithm>

#include "app/gateway.h"
#include "nlohmann/json.hpp"
#include "ports/fakes/collecting_sink.h"
#include "store/embedded/accounts.h"
#include "tests/scenarios/scenario.h"
#include "tests/scenarios/sockets.h"

namespace plimsoll::scenarios {
namespace {

using nlohmann::json;

constexpr int kTokens = 60;

std::string chunk(const json& delta, const json& finish, const std::string& model) {
  const json event = {{"id", "c"},
                      {"object", "chat.completion.chunk"},
                      {"created", 1},
                      {"model", model},
                      {"choices", {{{"index", 0}, {"delta", delta}, {"finish_reason", finish}}}}};
  return "data: " + event.dump() + "\n\n";
}

std::string token(int place) { return "w" + std::to_string(place) + " "; }

/// The whole stream, event by event. With a tool call, its arguments come in
/// place of the text.
std::vector<std::string> events_of(const std::string& model, bool tool) {
  std::vector<std::string> events{
      chunk({{"role", "assistant"}, {"content", tool ? json() : json("")}}, nullptr, model)};
  if (tool) {
    const auto call = [](const json& function) {
      return json{{"tool_calls",
                   {{{"index", 0}, {"id", "t"}, {"type", "function"}, {"function", function}}}}};
    };
    events.push_back(chunk(call({{"name", "look_up"}, {"arguments", ""}}), nullptr, model));
    for (const char* part : {R"({"ord)", R"(er": 1)", R"(7})"})
      events.push_back(chunk(
          {{"tool_calls", {{{"index", 0}, {"function", {{"arguments", part}}}}}}}, nullptr, model));
  } else {
    for (int i = 0; i < kTokens; ++i)
      events.push_back(chunk({{"content", token(i)}}, nullptr, model));
  }
  events.push_back(chunk(json::object(), tool ? "tool_calls" : "stop", model));
  events.push_back(
      R"(data: {"id":"c","object":"chat.completion.chunk","created":1,"model":")" + model +
      R"(","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":60,"total_tokens":69}})" +
      "\n\n");
  events.emplace_back("data: [DONE]\n\n");
  return events;
}

enum class Way { fin, reset, no_terminator, short_body, in_band, stall };
constexpr Way kWays[] = {Way::fin, Way::reset, Way::no_terminator, Way::short_body, Way::in_band};

struct Point {
  const char* name;
  int events;  // sent before death; -1: not even a head
  bool tool = false;
  bool content = false;   // content has left
  bool finished = false;  // a finish reason has left
};
constexpr Point kPoints[] = {
    {"before the head", -1},
    {"after the head", 0},
    {"after the role", 1},
    {"after 1 token", 2, false, true},
    {"after 20 tokens", 21, false, true},
    {"after 40 tokens", 41, false, true},
    {"inside arguments", 4, true, true},
    {"after the finish reason", kTokens + 2, false, true, true},
    {"after the usage", kTokens + 3, false, true, true},
};

enum class Fallback { healthy, down, refuses_prefill };
constexpr Fallback kFallbacks[] = {Fallback::healthy, Fallback::down, Fallback::refuses_prefill};

std::string chunked(const std::string& bytes) {
  char size[20];
  (void)std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + bytes + "\r\n";
}

Answer dying(const Point& point, Way way) {
  Answer answer;
  answer.reset = way == Way::reset;
  answer.stall = way == Way::stall;
  if (point.events < 0 && way != Way::in_band) {
    answer.wire = way == Way::reset ? "" : "HTTP/1.1 2";
    return answer;
  }
  const std::vector<std::string> events = events_of("m-small", point.tool);
  const bool in_chunks = way == Way::no_terminator || way == Way::in_band;
  answer.wire = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";
  if (in_chunks) answer.wire += "transfer-encoding: chunked\r\n\r\n";
  if (way == Way::short_body || way == Way::stall) answer.wire += "content-length: 999999\r\n\r\n";
  if (way == Way::fin || way == Way::reset) answer.wire += "connection: close\r\n\r\n";
  for (int i = 0; i < point.events; ++i)
    answer.wire += in_chunks ? chunked(events.at(static_cast<std::size_t>(i)))
                             : events.at(static_cast<std::size_t>(i));
  if (way == Way::in_band) {
    answer.wire += chunked(
        "data: {\"error\":{\"message\":\"the engine died\",\"type\":"
        "\"server_error\",\"code\":500}}\n\n");
    answer.wire += "0\r\n\r\n";
  }
  return answer;
}

Answer whole(const std::string& model, bool tool) {
  Answer answer;
  answer.wire = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
  for (const std::string& event : events_of(model, tool)) answer.wire += event;
  return answer;
}

Answer refused(int status, const std::string& message) {
  return {.status = status, .body = {R"({"error":{"message":")" + message + R"("}})"}};
}

/// What a client makes of a stream.
struct Seen {
  int status = 0;
  std::string text, arguments;
  bool finish = false, done = false, error = false;
};

Seen seen_by_client(const std::string& answer) {
  Seen seen{.status = status_of_answer(answer)};
  const std::string body = body_of_answer(answer);
  if (seen.status != 200) {
    seen.error = json::parse(body).contains("error");
    return seen;
  }
  std::size_t at = 0;
  for (std::size_t end = body.find("\n\n"); end != std::string::npos; end = body.find("\n\n", at)) {
    const std::string line = body.substr(at, end - at);
    at = end + 2;
    if (!line.starts_with("data: ")) continue;
    seen.done = seen.done || line == "data: [DONE]";
    if (line == "data: [DONE]") continue;
    const json event = json::parse(line.substr(6));
    seen.error = seen.error || event.contains("error");
    for (const json& choice : event.value("choices", json::array())) {
      seen.finish = seen.finish || !choice.value("finish_reason", json()).is_null();
      const json delta = choice.value("delta", json::object());
      if (delta.contains("content") && delta["content"].is_string())
        seen.text += delta["content"].get<std::string>();
      for (const json& call : delta.value("tool_calls", json::array()))
        seen.arguments += call["function"].value("arguments", "");
    }
  }
  return seen;
}

std::string all_tokens() {
  std::string text;
  for (int i = 0; i < kTokens; ++i) text += token(i);
  return text;
}

class DyingUpstreamTest : public testing::TestWithParam<Commit> {
 protected:
  std::shared_ptr<const Plan> plan() const {
    Plan plan;
    plan.server.listen = {{.address = "127.0.0.1:0"}};
    plan.server.admin_address = "";
    plan.server.threads = 1;
    plan.no_file = true;
    for (const ScriptedServer* server : {&primary_, &fallback_}) {
      Provider provider{.name = server == &primary_ ? "primary" : "fallback",
                        .base_url = "http://127.0.0.1:" + std::to_string(server->port()) + "/v1"};
      provider.targets.breaker.on = false;  // every case starts afresh
      provider.targets.resends.share = 1e9;
      plan.providers.push_back(std::move(provider));
    }
    const Price price{.input = 1'000'000'000, .output = 1'000'000'000};
    plan.models.push_back({.name = "small", .upstream_model = "m-small", .price = price});
    plan.models.push_back(
        {.name = "large", .provider = 1, .upstream_model = "m-large", .price = price});
    Feature feature{.name = "bot"};
    feature.ladder = {{.model = 0}, {.model = 1}};
    feature.retry.attempts = 2;  // one each
    feature.retry.backoff_base = std::chrono::milliseconds{1};
    feature.commit = GetParam();
    plan.features.push_back(std::move(feature));
    return std::make_shared<const Plan>(std::move(plan));
  }

  void SetUp() override {
    auto gateway = app::Gateway::start(
        plan(), {.sink = sink_, .accounts = accounts_, .metrics = [] { return std::string(); }});
    ASSERT_TRUE(gateway.has_value()) << gateway.error().what;
    gateway_ = std::move(*gateway);
  }

  Answer primary_plays() const { return healthy_ ? whole("m-small", false) : dying(*point_, way_); }
  Answer fallback_plays(const std::string& request) const {
    if (fallback_is_ == Fallback::down) return refused(503, "down");
    const bool prefilled = request.find("\"assistant\"") != std::string::npos;
    if (fallback_is_ == Fallback::refuses_prefill && prefilled)
      return refused(400, "assistant prefill is not supported");
    return whole("m-large", point_->tool);
  }

  std::string ask() const {
    const Ask ask{
        .method = "POST",
        .path = "/v1/chat/completions",
        .headers = {},
        .body = R"({"model":"bot","stream":true,"messages":[{"role":"user","content":"count"}]})"};
    return exchange(gateway_->port(), request_bytes(ask));
  }

  void expect_whole(const Seen& seen) const {
    EXPECT_EQ(seen.status, 200);
    EXPECT_TRUE(seen.finish && !seen.error);
    EXPECT_TRUE(seen.done || point_->finished) << "an end mark that never came is not made up";
    if (point_->tool)
      EXPECT_EQ(seen.arguments, R"({"order": 17})");
    else
      EXPECT_EQ(seen.text, all_tokens());
  }
  void expect_honest(const Seen& seen) const {
    EXPECT_TRUE(seen.error);
    EXPECT_FALSE(seen.done);
    EXPECT_FALSE(seen.finish) << "no finish reason after an abnormal end";
    EXPECT_EQ(seen.status == 200, point_->content) << seen.status;
    EXPECT_TRUE(all_tokens().starts_with(seen.text));
  }

  void judge(const Seen& seen) const {
    const bool rescuable = fallback_is_ != Fallback::down;
    if (point_->finished && way_ != Way::in_band) return expect_whole(seen);
    if (point_->finished) return;  // an error after the answer: told or not, it is whole
    const bool saved = rescuable && (!point_->content || GetParam() == Commit::resume);
    if (saved)
      expect_whole(seen);
    else
      expect_honest(seen);
  }

  void play_one() {
    const std::size_t before = sink_.size();
    const auto began = std::chrono::steady_clock::now();
    judge(seen_by_client(ask()));
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{5});
    healthy_ = true;
    const Seen next = seen_by_client(ask());
    EXPECT_EQ(next.text, all_tokens()) << "the next request is served";
    healthy_ = false;
    while (sink_.size() < before + 2) std::this_thread::yield();
    EXPECT_EQ(accounts_.books("default").held, Money{0});
  }

  const Point* point_ = &kPoints[0];
  Way way_ = Way::fin;
  Fallback fallback_is_ = Fallback::healthy;
  std::atomic<bool> healthy_{false};
  ScriptedServer primary_{[this](std::size_t) { return primary_plays(); }};
  ScriptedServer fallback_{
      [this](std::size_t place) { return fallback_plays(fallback_.requests().at(place)); }};
  ports::CollectingSink sink_;
  store::EmbeddedAccounts accounts_;
  std::unique_ptr<app::Gateway> gateway_;
};

TEST_P(DyingUpstreamTest, a_stream_that_stalls_after_its_last_word_is_whole_at_once) {
  way_ = Way::stall;
  for (const Point& point : kPoints) {
    if (!point.finished) continue;
    SCOPED_TRACE(point.name);
    point_ = &point;
    play_one();
  }
}

TEST_P(DyingUpstreamTest, the_client_gets_a_whole_answer_or_an_honest_error) {
  for (const Point& point : kPoints)
    for (const Way way : kWays)
      for (const Fallback fallback : kFallbacks) {
        SCOPED_TRACE(std::string(point.name) + ", way " + std::to_string(int(way)) + ", fallback " +
                     std::to_string(int(fallback)));
        point_ = &point;
        way_ = way;
        fallback_is_ = fallback;
        play_one();
      }
  for (const std::string& request : fallback_.requests())
    EXPECT_EQ(request.find("\"assistant\""), std::string::npos) << "a prefill was sent";
}

INSTANTIATE_TEST_SUITE_P(BothModes, DyingUpstreamTest,
                         testing::Values(Commit::honest, Commit::resume), [](const auto& info) {
                           return info.param == Commit::honest ? "honest" : "resume";
                         });

}  // namespace
}  // namespace plimsoll::scenarios
