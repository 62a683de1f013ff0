// Goal: names are looked up once and kept for their time, the first address
// that answers wins, and TLS and proxies are spoken to as the origin says.
// Method: a DNS server, TLS servers and proxies of the test's own, on loopback.
#include "net/internal/connect.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <atomic>
#include <csignal>

#include "net/testing/certificates.h"
#include "net/testing/dns_server.h"
#include "net/testing/raw_server.h"

namespace plimsoll::net {
namespace {

using std::chrono::milliseconds;
using testing::Authority509;
using testing::Blackhole;
using testing::DnsServer;
using testing::RawServer;
using testing::read_request;
using testing::say;

Deadline soon() { return Clock::now() + std::chrono::seconds(10); }

std::string text_of(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = address.family() == AF_INET6
                          ? static_cast<const void*>(
                                &reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_addr)
                          : &reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_addr;
  return ::inet_ntop(address.family(), bytes, text.data(), text.size());
}

SocketAddress loopback(std::uint16_t port) {
  SocketAddress out;
  auto& v4 = reinterpret_cast<sockaddr_in&>(out.storage);
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  v4.sin_port = htons(port);
  out.size = sizeof v4;
  return out;
}

SocketAddress v6_loopback() {
  SocketAddress out;
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out.storage);
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  out.size = sizeof v6;
  return out;
}

class ConnectTest : public ::testing::Test {
 protected:
  ConnectTest() { loops.start(); }
  template <class Work>
  void on_loop(Work work) {
    loops.run_on(0, [&work](Loop& loop) { return work(loop); });
  }
  LoopGroup loops{1};
};

using ResolverTest = ConnectTest;

ResolverOptions asking(const DnsServer& server) {
  ResolverOptions options;
  options.servers = {"127.0.0.1:" + std::to_string(server.port())};
  options.timeout = milliseconds(500);
  options.tries = 1;
  return options;
}

TEST_F(ResolverTest, a_name_is_asked_once_and_kept_for_its_time) {
  const DnsServer server({{.name = "api.test", .v4 = {"127.0.0.7", "127.0.0.8"}, .ttl = 60}});
  on_loop([&](Loop& loop) -> Task<void> {
    Resolver resolver(loop, asking(server));
    const std::string name = "api.test";
    for (int i = 0; i < 3; ++i) {
      auto found = co_await resolver.resolve(name, soon(), {});
      EXPECT_TRUE(found) << found.error().what;
      EXPECT_EQ(found->size(), 2u);
      if (found) EXPECT_TRUE(text_of(found->front()).starts_with("127.0.0."));
    }
    EXPECT_EQ(resolver.queries(), 1u);
  });
}

TEST_F(ResolverTest, a_short_time_to_live_is_honoured_above_the_least) {
  const DnsServer server({{.name = "api.test", .v4 = {"127.0.0.7"}, .ttl = 0}});
  on_loop([&](Loop& loop) -> Task<void> {
    ResolverOptions options = asking(server);
    options.ttl_min = std::chrono::seconds(0);
    Resolver resolver(loop, options);
    const std::string name = "api.test";
    for (int i = 0; i < 3; ++i) {
      auto found = co_await resolver.resolve(name, soon(), {});
      EXPECT_TRUE(found);
    }
    EXPECT_EQ(resolver.queries(), 3u);
  });
}

TEST_F(ResolverTest, an_unknown_name_and_a_silent_server_are_told) {
  const DnsServer server({});
  const DnsServer silent({{.name = "api.test", .silent = true}});
  on_loop([&](Loop& loop) -> Task<void> {
    const std::string unknown = "nobody.test", name = "api.test";
    Resolver resolver(loop, asking(server));
    auto found = co_await resolver.resolve(unknown, soon(), {});
    EXPECT_EQ(found.error().kind, ErrorKind::upstream_unreachable);
    Resolver waits(loop, asking(silent));
    auto late = co_await waits.resolve(name, Clock::now() + milliseconds(30), {});
    EXPECT_EQ(late.error().kind, ErrorKind::deadline_exceeded);
    CancelSource source;
    source.cancel(CancelReason::client_gone);
    auto left = co_await waits.resolve(name, soon(), source.token());
    EXPECT_EQ(left.error().kind, ErrorKind::cancelled);
    auto timeout = co_await waits.resolve(name, soon(), {});
    EXPECT_EQ(timeout.error().kind, ErrorKind::upstream_unreachable);
  });
}

TEST_F(ResolverTest, literals_and_localhost_ask_nobody) {
  on_loop([&](Loop& loop) -> Task<void> {
    Resolver resolver(loop);
    const std::string names[] = {"127.0.0.1", "::1", "localhost", "a.localhost"};
    for (const std::string& name : names) {
      auto found = co_await resolver.resolve(name, soon(), {});
      EXPECT_TRUE(found);
      EXPECT_EQ(found->size(), name.ends_with("localhost") ? 2u : 1u);
    }
    EXPECT_EQ(resolver.queries(), 0u);
  });
}

TEST_F(ConnectTest, families_take_turns) {
  const SocketAddress four = loopback(1), six = v6_loopback();
  std::string order;
  for (const auto& address : interleaved({six, six, six, four, four})) {
    order += address.family() == AF_INET ? '4' : '6';
  }
  EXPECT_EQ(order, "64646");
  EXPECT_TRUE(interleaved({}).empty());
}

TEST_F(ConnectTest, a_silent_first_address_costs_one_stagger_only) {
  const Blackhole hole;
  RawServer server([](int fd, int) { testing::wait_for_close(fd); });
  on_loop([&](Loop& loop) -> Task<void> {
    const Deadline begin = Clock::now();
    std::vector<SocketAddress> addresses{loopback(hole.port()), loopback(server.port())};
    auto stream = co_await connect_tcp(loop, addresses, soon(), {});
    EXPECT_TRUE(stream) << stream.error().what;
    EXPECT_GE(Clock::now() - begin, kAttemptDelay);
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(3));
  });
}

TEST_F(ConnectTest, a_refused_address_is_left_at_once) {
  std::uint16_t gone = 0;
  {
    const RawServer closed([](int, int) {});
    gone = closed.port();
  }
  const Blackhole hole;
  RawServer server([](int fd, int) { testing::wait_for_close(fd); });
  on_loop([&](Loop& loop) -> Task<void> {
    const Deadline begin = Clock::now();
    std::vector<SocketAddress> addresses{loopback(gone), loopback(gone), loopback(server.port())};
    auto stream = co_await connect_tcp(loop, addresses, soon(), {});
    EXPECT_TRUE(stream);
    EXPECT_LT(Clock::now() - begin, kAttemptDelay);
    std::vector<SocketAddress> none{loopback(gone), loopback(gone)};
    auto refused = co_await connect_tcp(loop, none, soon(), {});
    EXPECT_EQ(refused.error().kind, ErrorKind::upstream_unreachable);
    std::vector<SocketAddress> silent{loopback(gone), loopback(hole.port())};
    auto late = co_await connect_tcp(loop, silent, Clock::now() + milliseconds(40), {});
    EXPECT_EQ(late.error().kind, ErrorKind::deadline_exceeded);
  });
}

/// Answers over TLS on a blocking socket, through OpenSSL's own socket code.
void serve_tls(SSL_CTX* context, int fd, std::atomic<int>& resumed) {
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  if (SSL_accept(ssl) == 1) {
    if (SSL_session_reused(ssl) == 1) ++resumed;
    char room[4096];
    while (SSL_read(ssl, room, sizeof room) > 0) {
      const std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntls";
      SSL_write(ssl, answer.data(), static_cast<int>(answer.size()));
    }
  }
  SSL_free(ssl);
}

struct Got {
  int status = 0;
  std::string body, why;
  std::optional<ErrorKind> failed;
};

Task<Got> get(Client& client, std::shared_ptr<const Origin> origin) {
  Got out;
  ClientRequest request{.method = "GET", .target = "/x", .headers = {}, .body = {}};
  ClientTimeouts timeouts{.deadline = soon()};
  auto response = co_await client.send(std::move(origin), request, timeouts, {});
  if (!response) {
    out.failed = response.error().kind;
    out.why = response.error().what + response.error().hint;
    co_return out;
  }
  out.status = (*response)->status();
  auto body = co_await (*response)->read_all(1000);
  out.body = body.value_or("");
  co_return out;
}

class TlsClientTest : public ConnectTest {
 protected:
  TlsClientTest() {
    ::signal(SIGPIPE, SIG_IGN);  // OpenSSL's own socket code in serve_tls raises it
    const auto files = authority.issue({.names = "DNS:localhost,DNS:api.test,IP:127.0.0.1"});
    context = *TlsServerContext::load(files.certificate, files.key);
  }
  std::shared_ptr<Origin> origin(std::uint16_t port) const {
    auto out = std::make_shared<Origin>();
    out->tls = true;
    out->host = "127.0.0.1";
    out->port = port;
    out->ca_file = authority.ca_file();
    return out;
  }
  Authority509 authority;
  std::shared_ptr<const TlsServerContext> context;
  std::atomic<int> resumed = 0;
};

TEST_F(TlsClientTest, requests_go_over_one_verified_connection) {
  RawServer server([&](int fd, int) { serve_tls(context->native(), fd, resumed); });
  on_loop([&](Loop& loop) -> Task<void> {
    Client client(loop);
    const auto to = origin(server.port());
    for (int i = 0; i < 5; ++i) {
      const Got got = co_await get(client, to);
      EXPECT_EQ(got.body, "tls") << got.why;
    }
    EXPECT_EQ(client.counters().connections_made, 1u);
  });
}

TEST_F(TlsClientTest, the_next_connection_resumes_the_session) {
  RawServer server([&](int fd, int) { serve_tls(context->native(), fd, resumed); });
  on_loop([&](Loop& loop) -> Task<void> {
    Client client(loop);
    const auto to = origin(server.port());
    for (int i = 0; i < 3; ++i) {
      ClientRequest request{.method = "GET", .target = "/", .headers = {}, .body = {}};
      ClientTimeouts timeouts;
      auto response = co_await client.send(to, request, timeouts, {});
      EXPECT_TRUE(response);
      // Let go before its body is read: that connection is not used again.
    }
    EXPECT_EQ(client.counters().connections_made, 3u);
  });
  EXPECT_EQ(resumed, 2);
}

TEST_F(TlsClientTest, who_is_not_trusted_is_not_spoken_to) {
  const Authority509 other;
  std::atomic<int> requests = 0;
  RawServer server([&](int fd, int) {
    SSL* ssl = SSL_new(context->native());
    SSL_set_fd(ssl, fd);
    char byte = 0;
    if (SSL_accept(ssl) == 1 && SSL_read(ssl, &byte, 1) == 1) ++requests;
    SSL_free(ssl);
  });
  RawServer plain([](int fd, int) {
    say(fd, "HTTP/1.1 400 Bad\r\n\r\n");
    testing::wait_for_close(fd);
  });
  on_loop([&](Loop& loop) -> Task<void> {
    Client client(loop);
    auto unknown = origin(server.port());
    unknown->ca_file = other.ca_file();
    auto wrong_name = origin(server.port());
    wrong_name->host = "sub.localhost";
    auto no_file = origin(server.port());
    no_file->ca_file = "/none";
    auto no_tls = origin(plain.port());
    const std::shared_ptr<Origin> origins[] = {unknown, wrong_name, no_file, no_tls};
    for (const auto& bad : origins) {
      const Got got = co_await get(client, bad);
      EXPECT_EQ(got.failed, ErrorKind::upstream_unreachable) << got.why;
    }
    EXPECT_EQ(client.counters().connections_open, 0u);
  });
  EXPECT_EQ(requests, 0);
}

TEST_F(TlsClientTest, a_proxy_is_asked_for_a_tunnel) {
  std::string asked;
  RawServer proxy([&](int fd, int) {
    asked = read_request(fd);
    say(fd, "HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n");
    serve_tls(context->native(), fd, resumed);
  });
  on_loop([&](Loop& loop) -> Task<void> {
    Client client(loop);
    auto to = origin(443);
    to->host = "api.test";
    to->proxy = "http://user:hunter2@127.0.0.1:" + std::to_string(proxy.port());
    const Got got = co_await get(client, to);
    EXPECT_EQ(got.body, "tls") << got.why;
  });
  EXPECT_EQ(asked,
            "CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\n"
            "Proxy-Authorization: Basic dXNlcjpodW50ZXIy\r\n\r\n");
}

TEST_F(TlsClientTest, a_proxy_that_refuses_is_told_without_its_password) {
  const std::string answers[] = {"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n",
                                 "HTTP/1.1 200 OK\r\n\r\nspeaks first", "nonsense\r\n\r\n", ""};
  RawServer proxy([&](int fd, int number) {
    EXPECT_NE(read_request(fd), "");
    say(fd, answers[number]);
  });
  on_loop([&](Loop& loop) -> Task<void> {
    Client client(loop);
    auto to = origin(443);
    to->host = "api.test";
    to->proxy = "http://user:hunter2@127.0.0.1:" + std::to_string(proxy.port());
    for (int i = 0; i < 4; ++i) {
      const Got got = co_await get(client, to);
      EXPECT_TRUE(got.failed);
      EXPECT_EQ(got.why.find("hunter2"), std::string::npos);
      EXPECT_EQ(got.why.find("407") != std::string::npos, i == 0) << got.why;
    }
  });
}

TEST_F(ConnectTest, a_plain_request_goes_to_the_proxy_in_absolute_form) {
  std::string asked;
  RawServer proxy([&](int fd, int) {
    asked = read_request(fd);
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  on_loop([&](Loop& loop) -> Task<void> {
    Client client(loop);
    auto to = std::make_shared<Origin>();
    to->host = "api.test";
    to->base_path = "/v1";
    to->proxy = "http://u:p@127.0.0.1:" + std::to_string(proxy.port());
    const Got got = co_await get(client, to);
    EXPECT_EQ(got.body, "ok") << got.why;
  });
  EXPECT_EQ(asked,
            "GET http://api.test/v1/x HTTP/1.1\r\nHost: api.test\r\n"
            "Accept-Encoding: identity\r\nProxy-Authorization: Basic dTpw\r\n\r\n");
}

}  // namespace
}  // namespace plimsoll::net
