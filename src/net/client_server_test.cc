// Goal: our client and our server agree, plain and over TLS, whole and streamed.
// Method: both on one loop of a group, real sockets, certificates of the test's own.
#include <gtest/gtest.h>

#include <string>

#include "net/http_client.h"
#include "net/http_server.h"
#include "net/testing/certificates.h"

namespace plimsoll::net {
namespace {

/// Answers with the body it got: whole, or in chunks of 1,000 bytes on /stream,
/// or cut after the first on /cut.
class Echo final : public Handler {
 public:
  Task<void> handle(Exchange& exchange) override {
    auto body = co_await exchange.read_body(64 << 20);
    EXPECT_TRUE(body);
    ResponseHead head;
    if (exchange.head().path == "/whole") {
      auto sent = co_await exchange.respond(head, *body);
      EXPECT_TRUE(sent);
      co_return;
    }
    auto begun = co_await exchange.start(head);
    EXPECT_TRUE(begun);
    for (std::size_t at = 0; at < body->size(); at += 1'000) {
      auto sent = co_await exchange.write(std::string_view(*body).substr(at, 1'000));
      EXPECT_TRUE(sent);
      if (exchange.head().path == "/cut") co_return exchange.abort();
    }
    auto ended = co_await exchange.finish();
    EXPECT_TRUE(ended);
  }
  std::string error_body(const Error& error) override { return error.what; }
};

class ClientServerTest : public ::testing::Test {
 protected:
  ClientServerTest() { loops.start(); }
  ~ClientServerTest() override { server.drain(std::chrono::milliseconds(1'000)); }

  std::shared_ptr<const Origin> listen(bool tls) {
    ListenAddress address{.address = "127.0.0.1:0"};
    auto origin = std::make_shared<Origin>();
    if (tls) {
      const auto files = authority.issue({});
      address.tls_certificate_file = files.certificate;
      address.tls_key_file = files.key;
      origin->ca_file = authority.ca_file();
    }
    const auto listening = server.listen(address);
    EXPECT_TRUE(listening) << listening.error().what;
    origin->tls = tls;
    origin->host = "127.0.0.1";
    origin->port = server.port();
    return origin;
  }

  testing::Authority509 authority;
  LoopGroup loops{1};
  Echo echo;
  Server server{loops, echo, {}};
};

Task<Result<std::string>> post(Client& client, std::shared_ptr<const Origin> origin,
                               std::string_view target, std::string_view body) {
  ClientRequest request{.method = "POST", .target = target, .headers = {}, .body = body};
  ClientTimeouts timeouts{.deadline = Clock::now() + std::chrono::seconds(20)};
  PLIMSOLL_CO_TRY(auto response, co_await client.send(std::move(origin), request, timeouts, {}));
  EXPECT_EQ(response->status(), 200);
  co_return co_await response->read_all(64 << 20);
}

Task<void> exchange_all(Loop& loop, std::shared_ptr<const Origin> origin) {
  Client client(loop);
  const std::size_t sizes[] = {0, 1, 1'000, 8'192, 100'000, 5'000'000};
  for (const std::size_t size : sizes) {
    const std::string body(size, 'b');
    for (const char* target : {"/whole", "/stream"}) {
      auto got = co_await post(client, origin, target, body);
      EXPECT_TRUE(got) << target << size << (got ? "" : got.error().what);
      if (got) EXPECT_TRUE(*got == body) << target << size;
    }
  }
  EXPECT_EQ(client.counters().connections_made, 1u);
  const std::string long_body(5'000, 'b');
  auto cut = co_await post(client, origin, "/cut", long_body);
  EXPECT_EQ(cut.error().kind, ErrorKind::upstream_cut);
  EXPECT_EQ(client.counters().connections_open, 0u);
}

TEST_F(ClientServerTest, bodies_cross_whole_and_streamed_and_a_cut_is_seen) {
  const auto origin = listen(false);
  loops.run_on(0, [&](Loop& loop) { return exchange_all(loop, origin); });
}

TEST_F(ClientServerTest, the_same_over_tls) {
  const auto origin = listen(true);
  loops.run_on(0, [&](Loop& loop) { return exchange_all(loop, origin); });
}

}  // namespace
}  // namespace plimsoll::net
