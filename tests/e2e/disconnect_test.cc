// Goal: clients that leave at any moment leave nothing behind: no descriptor, no
// coroutine, no connection to the upstream, no held money, no memory that grows.
// Method: the real gateway between an endless stream of ours and 10,000 raw
// clients that close at a random point of their request or their answer.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>

#include "app/fakes/road.h"
#include "app/gateway.h"
#include "store/embedded/accounts.h"

namespace plimsoll {
namespace {

// A sanitizer keeps freed memory back on purpose; leaks it finds itself.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

constexpr int kClients = 10'000;
constexpr int kAtOnce = 100;

/// Streams content until the client goes, with one event per few milliseconds.
class EndlessUpstream final : public net::Handler {
 public:
  std::atomic<int> open{0};

  Task<void> handle(net::Exchange& exchange) override {
    ++open;
    auto body = co_await exchange.read_body(1 << 20);
    net::ResponseHead head;
    head.headers.emplace_back("content-type", "text/event-stream");
    auto going = co_await exchange.start(head);
    constexpr int kEventsMax = 10'000;
    for (int i = 0; body && going && i < kEventsMax; ++i) {
      going = co_await exchange.write(
          "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n");
      if (!going) break;
      going = co_await net::Loop::current().sleep_until(Clock::now() + milliseconds{5},
                                                        exchange.client_gone());
    }
    exchange.abort();
    --open;
  }
  std::string error_body(const Error&) override { return "{}"; }
};

class NullSink final : public ports::TrailSink {
 public:
  std::atomic<int> taken{0};
  void take(const std::shared_ptr<const Trail>&) noexcept override { ++taken; }
};

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

std::size_t resident_bytes() {
  std::size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

int connected(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close(socket);
    return -1;
  }
  return socket;
}

/// One client's life: part of a request, or all of it and some of the answer.
void visit(std::uint16_t port, std::mt19937& chance, std::vector<int>& lingering) {
  static const std::string body =
      R"({"model":"bot","stream":true,"messages":[{"role":"user","content":"hi"}]})";
  static const std::string request =
      "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
      "content-length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  const int socket = connected(port);
  if (socket < 0) return;
  const bool whole = chance() % 4 != 0;
  const std::size_t bytes = whole ? request.size() : chance() % request.size();
  send(socket, request.data(), bytes, MSG_NOSIGNAL);
  lingering.push_back(socket);
}

/// Closes one of the waiting clients, after a look at its answer if it has one.
void leave(std::vector<int>& lingering, std::mt19937& chance) {
  const std::size_t place = chance() % lingering.size();
  const int socket = lingering[place];
  lingering.erase(lingering.begin() + static_cast<std::ptrdiff_t>(place));
  char buffer[256];
  pollfd readable{.fd = socket, .events = POLLIN, .revents = 0};
  if (chance() % 2 == 0 && poll(&readable, 1, 2) > 0) (void)recv(socket, buffer, sizeof buffer, 0);
  if (chance() % 3 == 0) {
    const linger reset{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  close(socket);
}

void storm(std::uint16_t port, int clients, std::mt19937& chance) {
  std::vector<int> lingering;
  for (int i = 0; i < clients; ++i) {
    visit(port, chance, lingering);
    while (lingering.size() >= kAtOnce) leave(lingering, chance);
  }
  while (!lingering.empty()) leave(lingering, chance);
}

template <class Condition>
bool comes_true(Condition condition) {
  const Deadline patience = Clock::now() + std::chrono::seconds{30};
  while (!condition()) {
    if (Clock::now() > patience) return false;
    poll(nullptr, 0, 5);
  }
  return true;
}

TEST(DisconnectTest, ten_thousand_clients_that_leave_leave_nothing_behind) {
  const unsigned seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937 chance(seed);
  net::LoopGroup upstream_loops(1);
  upstream_loops.start();
  EndlessUpstream endless;
  net::Server upstream(upstream_loops, endless, {});
  ASSERT_TRUE(upstream.listen({.address = "127.0.0.1:0"}));

  Plan plan = app::small_plan();
  plan.providers[0].base_url = "http://127.0.0.1:" + std::to_string(upstream.port()) + "/v1";
  plan.server.listen = {{.address = "127.0.0.1:0"}};
  plan.server.admin_address = "";
  NullSink sink;
  store::EmbeddedAccounts accounts;
  auto gateway = app::Gateway::start(
      std::make_shared<const Plan>(std::move(plan)),
      {.sink = sink, .accounts = accounts, .metrics = [] { return std::string(); }});
  ASSERT_TRUE(gateway) << gateway.error().what;
  const auto quiet = [&] {
    return (*gateway)->counters().connections_open == 0 && endless.open == 0 &&
           upstream.counters().connections_open == 0;
  };

  storm((*gateway)->port(), kClients / 10, chance);  // warms pools and allocator
  ASSERT_TRUE(comes_true(quiet)) << "seed " << seed;
  const std::size_t descriptors = open_descriptors();
  const std::size_t memory = resident_bytes();
  storm((*gateway)->port(), kClients, chance);
  ASSERT_TRUE(comes_true(quiet)) << "seed " << seed << ": client connections "
                                 << (*gateway)->counters().connections_open << ", upstream calls "
                                 << endless.open << ", upstream connections "
                                 << upstream.counters().connections_open;

  EXPECT_EQ(open_descriptors(), descriptors) << "seed " << seed;
  if (!kSanitized) {
    EXPECT_LT(resident_bytes(), memory + 32 * 1024 * 1024) << "memory grows with clients that left";
  }
  EXPECT_EQ(accounts.books("default").held, Money{0});
  EXPECT_GT(sink.taken, kClients / 4) << "the storm must have reached the pipeline";
  EXPECT_EQ((*gateway)->drain(), 0U);
}

}  // namespace
}  // namespace plimsoll
