// Goal: what a call does whose client leaves is what its feature says: `cancel`
// drops the upstream at once, `drain` reads the running answer for its usage and
// starts nothing, `complete` goes on, retries included; the books are right in
// all three.
// Method: the real gateway between a raw client that closes in the middle and an
// upstream that goes on when the test says so.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>

#include "app/fakes/road.h"
#include "app/gateway.h"
#include "store/embedded/accounts.h"

namespace plimsoll {
namespace {

constexpr std::string_view kBegin =
    "data: {\"model\":\"m-small\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"one "
    "\"}}]}\n\n";
constexpr std::string_view kRest =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"two\"},\"finish_reason\":\"stop\"}]}"
    "\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":10}}\n\n"
    "data: [DONE]\n\n";
constexpr std::string_view kWhole =
    R"({"id":"c","object":"chat.completion","created":1,"model":"m-small","choices":[{"index":0,)"
    R"("message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":100,"completion_tokens":10}})";
constexpr Money kPrice{(100 * 1'000) + (10 * 2'000)};

/// Begins an answer, and ends it when told to. The first of whole answers fails
/// where `fails_first` says so.
class PatientUpstream final : public net::Handler {
 public:
  std::atomic<int> begun{0}, ended{0}, dropped{0};
  std::atomic<bool> go_on{false}, fails_first{false};

  Task<void> handle(net::Exchange& exchange) override {
    const auto body = co_await exchange.read_body(1 << 20);
    const bool streamed = body && body->find(R"("stream":true)") != std::string::npos;
    const bool fails = fails_first && begun == 0;
    net::ResponseHead head{.status = fails ? 500 : 200};
    head.headers.emplace_back("content-type", streamed ? "text/event-stream" : "application/json");
    if (streamed) {
      auto started = co_await exchange.start(head);
      if (started) started = co_await exchange.write(kBegin);
      if (!started) co_return;
    }
    ++begun;
    while (!go_on && !exchange.client_gone().cancelled()) {
      auto waited = co_await net::Loop::current().sleep_until(Clock::now() + milliseconds{2},
                                                              exchange.client_gone());
      if (!waited) break;
    }
    if (exchange.client_gone().cancelled()) {
      ++dropped;
      co_return exchange.abort();
    }
    if (streamed) {
      auto sent = co_await exchange.write(kRest);
      if (sent) sent = co_await exchange.finish();
    } else {
      auto sent = co_await exchange.respond(head, kWhole);
    }
    ++ended;
  }
  std::string error_body(const Error&) override { return "{}"; }
};

template <class Condition>
bool comes_true(Condition condition) {
  const Deadline patience = Clock::now() + std::chrono::seconds{30};
  while (!condition()) {
    if (Clock::now() > patience) return false;
    poll(nullptr, 0, 2);
  }
  return true;
}

/// A client that sends its request and closes when told.
class RawClient {
 public:
  RawClient(std::uint16_t port, const std::string& body)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return;
    const std::string request =
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        "content-length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    (void)send(socket_, request.data(), request.size(), MSG_NOSIGNAL);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { leave(); }

  /// Resets the connection.
  void leave() {
    if (socket_ < 0) return;
    const linger reset{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(std::exchange(socket_, -1));
  }

 private:
  int socket_;
};

class LeavingTest : public testing::Test {
 protected:
  void start(ClientGone then, milliseconds within = std::chrono::seconds{20}) {
    loops_.start();
    ASSERT_TRUE(server_.listen({.address = "127.0.0.1:0"}));
    Plan plan = app::small_plan();
    plan.providers[0].base_url = "http://127.0.0.1:" + std::to_string(server_.port()) + "/v1";
    plan.server.listen = {{.address = "127.0.0.1:0"}};
    plan.server.admin_address = "";
    plan.server.threads = 1;
    plan.server.drain_timeout = milliseconds{200};
    plan.features[0].disconnect = {.then = then, .within = within};
    plan.features[0].retry.backoff_base = milliseconds{1};
    auto gateway = app::Gateway::start(
        std::make_shared<const Plan>(std::move(plan)),
        {.sink = sink_, .accounts = accounts_, .metrics = [] { return std::string(); }});
    ASSERT_TRUE(gateway) << gateway.error().what;
    gateway_ = std::move(*gateway);
  }

  /// A client asks, and leaves once the upstream has begun to answer.
  void ask_and_leave(bool streamed) {
    const std::string stream = streamed ? R"(,"stream":true)" : "";
    RawClient client(gateway_->port(), R"({"model":"bot")" + stream +
                                           R"(,"messages":[{"role":"user","content":"hi"}]})");
    ASSERT_TRUE(comes_true([&] { return upstream_.begun == 1; }));
    client.leave();
  }

  void expect_paid(Money cost) {
    ASSERT_TRUE(comes_true([&] { return sink_.size() == 1; }));
    EXPECT_EQ(sink_.last().error, ErrorKind::cancelled);
    EXPECT_EQ(sink_.last().cost_total(), cost);
    EXPECT_EQ(accounts_.books("default").spent, cost);
    EXPECT_EQ(accounts_.books("default").held, Money{0});
  }

  net::LoopGroup loops_{1};
  PatientUpstream upstream_;
  net::Server server_{loops_, upstream_, {}};
  ports::CollectingSink sink_;
  store::EmbeddedAccounts accounts_;
  std::unique_ptr<app::Gateway> gateway_;
};

TEST_F(LeavingTest, cancel_drops_the_upstream_while_it_answers) {
  start(ClientGone::cancel);
  ask_and_leave(true);
  EXPECT_TRUE(comes_true([&] { return upstream_.dropped == 1; }));
}

TEST_F(LeavingTest, drain_reads_a_stream_to_its_usage) {
  start(ClientGone::drain);
  ask_and_leave(true);
  upstream_.go_on = true;
  expect_paid(kPrice);
  EXPECT_EQ(upstream_.dropped, 0);
}

TEST_F(LeavingTest, drain_gives_up_after_its_time) {
  start(ClientGone::drain, milliseconds{50});
  ask_and_leave(true);
  EXPECT_TRUE(comes_true([&] { return upstream_.dropped == 1; }));
  ASSERT_TRUE(comes_true([&] { return sink_.size() == 1; }));
  EXPECT_EQ(accounts_.books("default").held, Money{0});
}

TEST_F(LeavingTest, complete_goes_on_through_a_failure) {
  upstream_.fails_first = true;
  start(ClientGone::complete);
  ask_and_leave(false);
  upstream_.go_on = true;
  expect_paid(kPrice);
  EXPECT_EQ(sink_.last().attempts.size(), 2U);
  EXPECT_TRUE(sink_.last().attempts[1].verdict_known);
}

TEST_F(LeavingTest, a_shutdown_lets_a_call_end_whose_client_left) {
  start(ClientGone::complete);
  ask_and_leave(true);
  upstream_.go_on = true;
  EXPECT_EQ(gateway_->drain(), 0U);
  EXPECT_EQ(sink_.size(), 1U);
}

TEST_F(LeavingTest, the_end_of_a_drain_cuts_a_call_whose_client_left) {
  start(ClientGone::complete);
  ask_and_leave(true);
  EXPECT_EQ(gateway_->drain(), 1U);
  EXPECT_EQ(upstream_.dropped, 1);
  ASSERT_EQ(sink_.size(), 1U);
  EXPECT_EQ(accounts_.books("default").held, Money{0});
}

}  // namespace
}  // namespace plimsoll
