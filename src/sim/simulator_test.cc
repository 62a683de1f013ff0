// Goal: every fault shows on the wire as what it says it is, and the books say what
// the client saw.
// Method: a client of raw sockets over loopback; it reads until the connection ends
// and reports how it ended.
#include "sim/simulator.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <thread>

namespace plimsoll::sim {
namespace {

using Json = nlohmann::json;

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void send(const std::string& text) {
    EXPECT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  void limit_wait(int milliseconds) {
    const timeval limit{.tv_sec = 0, .tv_usec = milliseconds * 1000};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }

  struct Seen {
    std::string bytes;
    enum class End { eof, reset, silence } end = End::eof;
    int status() const { return bytes.size() < 12 ? 0 : std::stoi(bytes.substr(9, 3)); }
    std::string body() const { return bytes.substr(bytes.find("\r\n\r\n") + 4); }
    bool has(std::string_view text) const { return bytes.find(text) != std::string::npos; }
  };

  Seen read_all() {
    Seen seen;
    char part[4096];
    while (true) {
      const ssize_t got = ::recv(socket_, part, sizeof part, 0);
      if (got == 0) return seen;
      if (got < 0) {
        seen.end = errno == ECONNRESET ? Seen::End::reset : Seen::End::silence;
        return seen;
      }
      seen.bytes.append(part, static_cast<std::size_t>(got));
    }
  }

 private:
  int socket_;
};

using End = RawClient::Seen::End;

std::string post(const std::string& body, const std::string& headers = "") {
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n"
         "Content-Type: application/json\r\n" +
         headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string get(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n\r\n";
}

std::string chat(bool stream, const std::string& prompt = "hello there") {
  return R"({"model":"small","stream":)" + std::string(stream ? "true" : "false") +
         R"(,"messages":[{"role":"user","content":")" + prompt + R"("}]})";
}

std::unique_ptr<Simulator> simulator(SimulatorOptions options) {
  auto started = Simulator::start(std::move(options));
  EXPECT_TRUE(started.has_value()) << started.error().what;
  return std::move(*started);
}

SimulatorOptions with_fault(const std::string& fault) {
  SimulatorOptions options;
  EXPECT_TRUE(options.profile.set("faults." + fault, "1").has_value());
  EXPECT_TRUE(options.profile.set("cut_at", "3").has_value());
  return options;
}

RawClient::Seen ask(const Simulator& simulator, const std::string& request) {
  RawClient client(simulator.port());
  client.send(request);
  return client.read_all();
}

TEST(SimulatorTest, answers_whole_and_streamed) {
  const auto sim = simulator({});
  const auto whole = ask(*sim, post(chat(false)));
  EXPECT_EQ(whole.status(), 200);
  EXPECT_EQ(Json::parse(whole.body())["object"], "chat.completion");
  const auto stream = ask(*sim, post(chat(true)));
  EXPECT_EQ(stream.status(), 200);
  EXPECT_TRUE(stream.has("text/event-stream"));
  EXPECT_TRUE(stream.has("data: [DONE]"));
  EXPECT_TRUE(stream.bytes.ends_with("0\r\n\r\n"));
}

TEST(SimulatorTest, the_books_hold_every_byte_of_the_bodies) {
  const auto sim = simulator({});
  const std::string asked = chat(false);
  const std::size_t answered = ask(*sim, post(asked)).body().size();
  // The books close a moment after the client has its answer.
  const auto patience = Clock::now() + std::chrono::seconds(10);
  while (sim->counts().completed == 0 && Clock::now() < patience) std::this_thread::yield();
  EXPECT_EQ(sim->counts().request_bytes, asked.size());
  EXPECT_EQ(sim->counts().response_bytes, answered);
}

TEST(SimulatorTest, every_error_status_comes_with_its_body) {
  const std::vector<std::pair<std::string, int>> kinds = {
      {"rate_limited", 429}, {"server_error", 500}, {"unavailable", 503}, {"overloaded", 529}};
  for (const auto& [kind, status] : kinds) {
    const auto sim = simulator(with_fault(kind));
    const auto seen = ask(*sim, post(chat(true)));
    EXPECT_EQ(seen.status(), status) << kind;
    EXPECT_TRUE(Json::parse(seen.body())["error"]["message"].is_string());
    EXPECT_EQ(seen.has("retry-after: 1\r\n"), status == 429);
  }
}

TEST(SimulatorTest, a_reset_comes_instead_of_an_answer) {
  const auto sim = simulator(with_fault("reset"));
  const auto seen = ask(*sim, post(chat(false)));
  EXPECT_EQ(seen.end, End::reset);
  EXPECT_TRUE(seen.bytes.empty());
}

TEST(SimulatorTest, a_cut_stream_ends_as_it_was_told_to) {
  const auto reset = simulator(with_fault("cut_reset"));
  EXPECT_EQ(ask(*reset, post(chat(true))).end, End::reset);
  const auto eof = simulator(with_fault("cut_eof"));
  const auto cut = ask(*eof, post(chat(true)));
  EXPECT_EQ(cut.end, End::eof);
  EXPECT_EQ(cut.status(), 200);
  EXPECT_FALSE(cut.bytes.ends_with("0\r\n\r\n")) << "no last chunk: HTTP itself is cut";
  EXPECT_FALSE(cut.has("[DONE]"));
  const auto quiet = simulator(with_fault("stops_early"));
  const auto stopped = ask(*quiet, post(chat(true)));
  EXPECT_TRUE(stopped.bytes.ends_with("0\r\n\r\n")) << "HTTP is whole, the answer is not";
  EXPECT_FALSE(stopped.has("\"finish_reason\":\"stop\"") || stopped.has("[DONE]"));
}

TEST(SimulatorTest, a_whole_answer_breaks_in_its_middle_as_it_was_told_to) {
  const std::string good = ask(*simulator({}), post(chat(false))).body();
  const auto eof = simulator(with_fault("cut_eof"));
  const auto cut = ask(*eof, post(chat(false)));
  EXPECT_EQ(cut.end, End::eof);
  EXPECT_FALSE(cut.bytes.ends_with("0\r\n\r\n")) << "no last chunk: HTTP itself is cut";
  EXPECT_TRUE(cut.has(good.substr(0, good.size() / 2)) && !cut.has(good));
  const auto quiet = simulator(with_fault("stops_early"));
  const auto stopped = ask(*quiet, post(chat(false)));
  EXPECT_TRUE(stopped.bytes.ends_with("0\r\n\r\n")) << "HTTP is whole, the JSON is not";
  EXPECT_TRUE(stopped.has(good.substr(0, good.size() / 2)) && !stopped.has(good));
}

TEST(SimulatorTest, the_other_stream_faults_are_in_the_bytes) {
  const auto no_done = simulator(with_fault("no_done"));
  const auto finished = ask(*no_done, post(chat(true)));
  EXPECT_TRUE(finished.has("\"finish_reason\":\"stop\"") && !finished.has("[DONE]"));
  const auto malformed = simulator(with_fault("malformed_event"));
  EXPECT_TRUE(ask(*malformed, post(chat(true))).has("chatcmpl-broken"));
  const auto error = simulator(with_fault("error_in_stream"));
  EXPECT_TRUE(ask(*error, post(chat(true))).has("data: {\"error\":"));
}

TEST(SimulatorTest, a_hang_sends_nothing_and_notices_the_peer_leave) {
  const auto sim = simulator(with_fault("hang"));
  {
    RawClient client(sim->port());
    client.send(post(chat(false)));
    client.limit_wait(150);
    const auto seen = client.read_all();
    EXPECT_EQ(seen.end, End::silence);
    EXPECT_TRUE(seen.bytes.empty());
  }
  // The server looks for peers that left about every 50 ms.
  const auto patience = Clock::now() + std::chrono::seconds(10);
  while (sim->counts().closed_by_peer == 0 && Clock::now() < patience) {
    ask(*sim, get("/sim/stats"));  // a round trip instead of a sleep
  }
  EXPECT_EQ(sim->counts().closed_by_peer, 1U);
  EXPECT_EQ(sim->counts().in_flight, 0U);
}

TEST(SimulatorTest, a_hang_that_the_end_of_the_simulator_ends_was_closed_by_us) {
  const auto sim = simulator(with_fault("hang"));
  RawClient client(sim->port());
  client.send(post(chat(false)));
  const auto patience = Clock::now() + std::chrono::seconds(10);
  while (sim->counts().in_flight == 0 && Clock::now() < patience) std::this_thread::yield();
  sim->drain(std::chrono::milliseconds(0));
  EXPECT_EQ(sim->counts().closed_by_us, 1U);
  EXPECT_EQ(sim->counts().closed_by_peer, 0U);
}

TEST(SimulatorTest, the_books_say_what_the_client_saw) {
  SimulatorOptions options;
  options.profile = named_profile("hostile").value();
  for (const auto& [field, value] : std::vector<std::pair<std::string, std::string>>{
           {"latency", "0"}, {"first_token", "0"}, {"between_tokens", "0"}, {"faults.hang", "0"}}) {
    ASSERT_TRUE(options.profile.set(field, value).has_value());
  }
  const auto sim = simulator(std::move(options));
  std::map<std::string, std::uint64_t> seen;
  std::uint64_t resets = 0;
  for (int i = 0; i < 300; ++i) {
    const auto answer = ask(*sim, post(chat(i % 2 == 0)));
    if (answer.end == End::reset) ++resets;
    const std::size_t at = answer.bytes.find("x-sim-fate: ");
    if (at == std::string::npos) continue;
    ++seen[answer.bytes.substr(at + 12, answer.bytes.find("\r\n", at) - at - 12)];
  }
  const Json stats = Json::parse(ask(*sim, get("/sim/stats")).body());
  EXPECT_EQ(stats["requests"], 300);
  EXPECT_EQ(stats["by_model"]["small"], 300);
  for (const auto& [fate, count] : seen) {
    // A reset may destroy bytes that were on their way, so those are counted by their end.
    if (fate != "cut_reset") EXPECT_EQ(stats["fates"][fate], count) << fate;
  }
  EXPECT_EQ(stats["fates"]["reset"].get<std::uint64_t>() +
                stats["fates"]["cut_reset"].get<std::uint64_t>(),
            resets);
  EXPECT_EQ(stats["closed_by_peer"], 0);
  EXPECT_EQ(stats["completed"].get<int>() + stats["closed_by_us"].get<int>(), 300);
}

TEST(SimulatorTest, equal_seeds_answer_in_equal_bytes_whatever_the_threads) {
  const auto body_of = [](std::size_t threads, std::uint64_t seed) {
    SimulatorOptions options;
    options.seed = seed;
    const auto sim = std::move(Simulator::start(std::move(options), threads).value());
    return ask(*sim, post(chat(false))).body();
  };
  EXPECT_EQ(body_of(1, 7), body_of(2, 7));
  EXPECT_NE(body_of(1, 7), body_of(1, 8));
}

TEST(SimulatorTest, a_script_is_consumed_in_order_and_may_send_raw_bytes) {
  SimulatorOptions options;
  options.script = Script::parse(R"({"steps":[
      {"status":503,"headers":{"retry-after":"2"},"body":{"error":"busy"}},
      {"raw":"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"},
      {"sse":[{"a":1}],"end":"close"},
      {"body":"0123456789","cut_after":4}]})")
                       .value();
  const auto sim = simulator(std::move(options));
  EXPECT_EQ(ask(*sim, post(chat(false))).status(), 503);
  EXPECT_TRUE(ask(*sim, post(chat(false))).bytes.ends_with("Content-Length: 4\r\n\r\nabc"));
  EXPECT_TRUE(ask(*sim, post(chat(false))).has("data: {\"a\":1}\n\n"));
  EXPECT_TRUE(ask(*sim, post(chat(false))).has("0123\r\n"));
  EXPECT_EQ(ask(*sim, post(chat(false))).status(), 200) << "then the profile";
  EXPECT_EQ(sim->counts().scripted, 4U);
  sim->reset();
  EXPECT_EQ(ask(*sim, post(chat(false))).status(), 503) << "a reset begins the script again";
}

TEST(SimulatorTest, a_script_may_send_a_head_and_then_nothing) {
  SimulatorOptions options;
  options.script = Script::parse(R"({"steps":[{"sse":[],"end":"close"}]})").value();
  const auto sim = simulator(std::move(options));
  const auto seen = ask(*sim, post(chat(true)));
  EXPECT_EQ(seen.status(), 200);
  EXPECT_EQ(seen.end, End::eof);
  EXPECT_EQ(seen.body(), "");
}

TEST(SimulatorTest, tokens_come_one_gap_after_the_other) {
  SimulatorOptions options;
  for (const auto& [field, value] : std::vector<std::pair<std::string, std::string>>{
           {"first_token", "0"}, {"between_tokens", "20ms"}, {"tokens", "6"}})
    ASSERT_TRUE(options.profile.set(field, value).has_value());
  const auto sim = simulator(std::move(options));
  const auto began = Clock::now();
  EXPECT_TRUE(ask(*sim, post(chat(true))).has("[DONE]"));
  EXPECT_GE(Clock::now() - began, std::chrono::milliseconds(5 * 20)) << "six tokens, five gaps";
}

TEST(SimulatorTest, a_recording_is_answered_by_its_id) {
  SimulatorOptions options;
  options.tape = Tape::parse(R"({"id":"r1","response":{"status":418,"headers":{"x-old":"1"},)"
                             R"("body":{"text":"teapot"}}})")
                     .value();
  const auto sim = simulator(std::move(options));
  const auto seen = ask(*sim, post("{}", "x-sim-replay: r1\r\n"));
  EXPECT_EQ(seen.status(), 418);
  EXPECT_TRUE(seen.has("x-old: 1") && seen.body() == "teapot");
  EXPECT_EQ(ask(*sim, post("{}", "x-sim-replay: r2\r\n")).status(), 404);
}

TEST(SimulatorTest, refuses_wrong_keys_paths_and_bodies) {
  SimulatorOptions options;
  options.api_key = "sk-right";
  const auto sim = simulator(std::move(options));
  EXPECT_EQ(ask(*sim, post(chat(false))).status(), 401);
  EXPECT_EQ(ask(*sim, post(chat(false), "Authorization: Bearer sk-wrong\r\n")).status(), 401);
  const std::string key = "Authorization: Bearer sk-right\r\n";
  EXPECT_EQ(ask(*sim, post(chat(false), key)).status(), 200);
  EXPECT_EQ(ask(*sim, post("{}", key)).status(), 400);
  EXPECT_EQ(ask(*sim,
                "POST /v1/chat/completions HTTP/1.1\r\nHost: sim\r\n"
                "Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n")
                .status(),
            413);
  EXPECT_EQ(sim->counts().refused, 4U);
}

TEST(SimulatorTest, lists_its_models_and_forgets_on_reset) {
  const auto sim = simulator({});
  EXPECT_EQ(Json::parse(ask(*sim, get("/v1/models")).body())["data"][0]["id"], "small");
  const std::string first = ask(*sim, post(chat(false))).body();
  EXPECT_NE(ask(*sim, post(chat(false))).body(), first) << "asked again is another occasion";
  EXPECT_EQ(ask(*sim,
                "POST /sim/reset HTTP/1.1\r\nHost: s\r\nConnection: close\r\n"
                "Content-Length: 0\r\n\r\n")
                .status(),
            200);
  EXPECT_EQ(sim->counts().requests, 0U);
  EXPECT_EQ(ask(*sim, post(chat(false))).body(), first);
}

}  // namespace
}  // namespace plimsoll::sim
