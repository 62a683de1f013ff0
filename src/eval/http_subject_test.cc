// Goal: answers, streams, errors and costs of a server are read as they are meant,
// and a server that is not there is told apart from one that fails.
// Method: a real client against canned bytes from a socket of this process, port 0.
#include "eval/http_subject.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include <gtest/gtest.h>

namespace plimsoll::eval {
namespace {

constexpr std::string_view kAnswer =
    R"({"id":"x","object":"chat.completion","model":"m","choices":[{"index":0,"message":)"
    R"({"role":"assistant","content":"hi"},"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}})";

std::string response(std::string_view head, std::string_view body) {
  return "HTTP/1.1 " + std::string(head) + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + std::string(body);
}

/// Answers one connection with canned bytes, whatever it is asked.
class CannedServer {
 public:
  explicit CannedServer(std::string bytes) : bytes_(std::move(bytes)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length);
    ::listen(listener_, 1);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~CannedServer() {
    thread_.join();
    ::close(listener_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1/"; }
  const std::string& request() const { return request_; }

 private:
  /// Reads until the body is whole, so that closing does not reset the connection.
  void serve() {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    char buffer[4096];
    while (request_.find("\"messages\"") == std::string::npos || !request_.ends_with("}")) {
      const ssize_t got = ::read(connection, buffer, sizeof buffer);
      if (got <= 0) break;
      request_.append(buffer, static_cast<std::size_t>(got));
    }
    std::string_view rest = bytes_;
    while (!rest.empty()) {
      const ssize_t sent = ::send(connection, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    ::close(connection);
  }

  std::string bytes_, request_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

Task<void> ask_once(net::Loop& loop, const HttpSubject::Options& options, bool stream,
                    Outcome& outcome) {
  net::Client client(loop);
  auto subject = HttpSubject::make(options, client);
  const auto set = parse_dataset("{\"id\":\"a\",\"input\":\"x\",\"expected\":\"hi\"}");
  const Ask how{.stream = stream, .deadline = Clock::now() + std::chrono::seconds(10)};
  if (subject && set) outcome = co_await (*subject)->ask(set->cases[0], how);
}

Outcome ask(HttpSubject::Options options, bool stream = false) {
  Outcome outcome;
  options.model = "bot";
  net::LoopGroup loops(1);
  loops.start();
  loops.run_on(0, [&](net::Loop& loop) { return ask_once(loop, options, stream, outcome); });
  return outcome;
}

TEST(HttpSubjectTest, a_whole_answer_brings_text_usage_and_plimsolls_headers) {
  CannedServer server(
      response("200 OK\r\nContent-Type: application/json\r\nx-request-id: c_1\r\n"
               "x-plimsoll-attempts: 2\r\nx-plimsoll-cost-nanodollars: 420",
               kAnswer));
  const Outcome outcome = ask({.url = server.url(), .key = Secret("sk-secret")});
  ASSERT_FALSE(outcome.error.has_value()) << outcome.error->what;
  EXPECT_EQ(outcome.answer.text, "hi");
  EXPECT_EQ(outcome.usage->output, 2);
  EXPECT_EQ(outcome.cost, Money{420});
  EXPECT_EQ(outcome.attempts, 2);
  EXPECT_EQ(outcome.call_id, "c_1");
  EXPECT_GT(outcome.duration.count(), 0);
}

TEST(HttpSubjectTest, the_request_is_a_chat_completion_with_the_key) {
  std::string request;
  {
    CannedServer server(response("200 OK\r\nContent-Type: application/json", kAnswer));
    ask({.url = server.url(), .key = Secret("sk-secret")});
    request = server.request();
  }
  EXPECT_TRUE(request.starts_with("POST /v1/chat/completions HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("uthorization: Bearer sk-secret\r\n"), std::string::npos);
  EXPECT_TRUE(request.ends_with(R"({"model":"bot","messages":[{"role":"user","content":"x"}]})"));
}

TEST(HttpSubjectTest, a_server_that_tells_no_cost_has_the_given_price_or_none) {
  const std::string plain = response("200 OK\r\nContent-Type: application/json", kAnswer);
  {
    CannedServer server(plain);
    EXPECT_FALSE(ask({.url = server.url()}).cost.has_value());
  }
  CannedServer server(plain);
  const Price price{.input = 1'000'000, .output = 3'000'000};
  EXPECT_EQ(ask({.url = server.url(), .price = price}).cost, Money{13});
}

TEST(HttpSubjectTest, a_cost_that_the_gateway_does_not_know_stays_unknown) {
  CannedServer server(
      response("200 OK\r\nContent-Type: application/json\r\n"
               "x-plimsoll-cost-nanodollars: unknown",
               kAnswer));
  EXPECT_FALSE(ask({.url = server.url()}).cost.has_value());
}

constexpr std::string_view kStream =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"h\"}}]}\n\n"
    "data: "
    "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"i\"},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\n"
    "data: [DONE]\n\n";

TEST(HttpSubjectTest, a_stream_is_put_together_and_its_first_token_timed) {
  CannedServer server(response("200 OK\r\nContent-Type: text/event-stream", kStream));
  const Outcome outcome = ask({.url = server.url()}, true);
  ASSERT_FALSE(outcome.error.has_value()) << outcome.error->what;
  EXPECT_EQ(outcome.answer.text, "hi");
  EXPECT_EQ(outcome.answer.finish, Finish::stop);
  EXPECT_EQ(outcome.usage->input, 7);
  ASSERT_TRUE(outcome.first_token.has_value());
  EXPECT_GT(outcome.first_token->count(), 0);
  EXPECT_LE(*outcome.first_token, outcome.duration);
}

TEST(HttpSubjectTest, a_stream_that_ends_early_is_a_failure_and_not_an_answer) {
  CannedServer server(response("200 OK\r\nContent-Type: text/event-stream", kStream.substr(0, 60)));
  const Outcome outcome = ask({.url = server.url()}, true);
  ASSERT_TRUE(outcome.error.has_value());
  EXPECT_EQ(outcome.error->kind, ErrorKind::upstream_cut);
  EXPECT_EQ(outcome.answer.text, "");
  EXPECT_FALSE(outcome.harness_error);
}

TEST(HttpSubjectTest, plimsolls_own_errors_keep_their_kind) {
  CannedServer server(
      response("402 Payment Required\r\nContent-Type: application/json\r\n"
               "x-plimsoll-cost-nanodollars: 99",
               R"({"error":{"message":"no money left","code":"budget_exhausted","plimsoll":{}}})"));
  const Outcome outcome = ask({.url = server.url()});
  ASSERT_TRUE(outcome.error.has_value());
  EXPECT_EQ(outcome.error->kind, ErrorKind::budget_exhausted);
  EXPECT_EQ(outcome.error->what, "no money left");
  EXPECT_EQ(outcome.cost, Money{99}) << "failed calls may have cost something";
  EXPECT_FALSE(outcome.harness_error);
}

TEST(HttpSubjectTest, a_wrong_key_or_name_is_the_harness_s_fault) {
  for (const char* status : {"401 Unauthorized", "404 Not Found"}) {
    CannedServer server(response(status, R"({"error":{"message":"no"}})"));
    EXPECT_TRUE(ask({.url = server.url()}).harness_error) << status;
  }
  CannedServer server(response("500 Oops", "{}"));
  EXPECT_FALSE(ask({.url = server.url()}).harness_error);
}

TEST(HttpSubjectTest, a_server_that_is_not_there_is_the_harness_s_fault) {
  std::string url;
  {
    CannedServer server(response("200 OK\r\nContent-Type: application/json", kAnswer));
    url = server.url();
    ask({.url = url});
  }
  const Outcome outcome = ask({.url = url});
  ASSERT_TRUE(outcome.error.has_value());
  EXPECT_EQ(outcome.error->kind, ErrorKind::upstream_unreachable);
  EXPECT_TRUE(outcome.harness_error);
}

}  // namespace
}  // namespace plimsoll::eval
