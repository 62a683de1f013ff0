// Goal: TLS carries every byte, refuses whom it must not trust, resumes
// sessions, and tells a clean end from a cut.
// Method: both roles of our own over a pair of sockets on one loop, with a
// certificate authority made in the test.
#include "net/internal/tls_stream.h"

#include <gtest/gtest.h>

#include <string>

#include "base/scope.h"
#include "net/internal/tcp_stream.h"
#include "net/testing/certificates.h"
#include "net/testing/socket_pair.h"

namespace plimsoll::net {
namespace {

using testing::Authority509;

Deadline soon() { return Clock::now() + std::chrono::seconds(10); }

/// Both ends of one handshake, and what each said.
struct Pair {
  Result<std::unique_ptr<TlsStream>> client{nullptr}, server{nullptr};
};

Task<void> serve(Loop& loop, int fd, std::shared_ptr<const TlsServerContext> context, Pair& pair) {
  auto below = std::make_unique<TcpStream>(loop, fd);
  pair.server = co_await TlsStream::accept(std::move(below), std::move(context), soon(), {});
}

Task<void> shake(Loop& loop, std::shared_ptr<const TlsServerContext> server,
                 TlsClientOptions options, Pair& pair) {
  const auto [ours, theirs] = testing::tcp_pair();
  Scope scope;
  scope.spawn([](Loop& on, int fd, std::shared_ptr<const TlsServerContext> context,
                 Outlives<Pair> both) { return serve(on, fd, std::move(context), both.object); },
              std::ref(loop), theirs, std::move(server), Outlives<Pair>{pair});
  auto below = std::make_unique<TcpStream>(loop, ours);
  pair.client = co_await TlsStream::connect(std::move(below), std::move(options), soon(), {});
  co_await scope.drain();
}

class TlsStreamTest : public ::testing::Test {
 protected:
  TlsStreamTest() { loops.start(); }

  std::shared_ptr<const TlsServerContext> server_with(const Authority509::Wish& wish) {
    const auto files = authority.issue(wish);
    auto context = TlsServerContext::load(files.certificate, files.key);
    EXPECT_TRUE(context) << context.error().what;
    return context.value_or(nullptr);
  }
  TlsClientOptions client_for(const std::string& host, const std::string& ca_file) {
    auto context = TlsClientContext::load(ca_file);
    EXPECT_TRUE(context);
    return {.context = *context, .host = host, .sessions = nullptr};
  }

  /// Shakes hands and gives what the client said; "" is success.
  std::string verdict(const Authority509::Wish& wish, const std::string& host,
                      const std::string& ca_file) {
    auto server = server_with(wish);
    auto options = client_for(host, ca_file);
    std::string out;
    loops.run_on(0, [&](Loop& loop) { return judge(loop, server, options, out); });
    return out;
  }
  static Task<void> judge(Loop& loop, std::shared_ptr<const TlsServerContext> server,
                          TlsClientOptions options, std::string& out) {
    Pair pair;
    co_await shake(loop, std::move(server), std::move(options), pair);
    if (!pair.client) {
      EXPECT_EQ(pair.client.error().kind, ErrorKind::upstream_unreachable);
      out = pair.client.error().what;
    }
  }

  Authority509 authority;
  LoopGroup loops{1};
};

TEST_F(TlsStreamTest, a_certificate_of_the_authority_for_the_name_is_accepted) {
  EXPECT_EQ(verdict({}, "localhost", authority.ca_file()), "");
  EXPECT_EQ(verdict({}, "127.0.0.1", authority.ca_file()), "");
  EXPECT_EQ(verdict({.names = "DNS:*.example.com"}, "api.example.com", authority.ca_file()), "");
}

TEST_F(TlsStreamTest, a_certificate_for_another_name_is_refused) {
  EXPECT_NE(verdict({}, "example.com", authority.ca_file()).find("ostname mismatch"),
            std::string::npos);
  EXPECT_NE(verdict({}, "127.0.0.2", authority.ca_file()).find("IP address mismatch"),
            std::string::npos);
  EXPECT_NE(verdict({.names = "DNS:*.example.com"}, "a.b.example.com", authority.ca_file()), "");
}

TEST_F(TlsStreamTest, an_expired_or_future_certificate_is_refused) {
  EXPECT_NE(
      verdict({.from_days = -3, .to_days = -1}, "localhost", authority.ca_file()).find("expired"),
      std::string::npos);
  EXPECT_NE(verdict({.from_days = 1, .to_days = 2}, "localhost", authority.ca_file())
                .find("not yet valid"),
            std::string::npos);
}

TEST_F(TlsStreamTest, an_unknown_authority_is_refused) {
  const Authority509 other;
  EXPECT_NE(verdict({}, "localhost", other.ca_file()), "");
  EXPECT_NE(verdict({}, "localhost", ""), "");  // the system does not know it either
}

TEST_F(TlsStreamTest, files_that_do_not_fit_are_told) {
  const auto one = authority.issue({}), two = authority.issue({});
  EXPECT_EQ(TlsServerContext::load(one.certificate, two.key).error().kind, ErrorKind::io_failed);
  EXPECT_EQ(TlsServerContext::load("/none", two.key).error().kind, ErrorKind::io_failed);
  EXPECT_FALSE(TlsClientContext::load("/none"));
  EXPECT_FALSE(TlsClientContext::load(one.key));
}

Task<void> send_and_finish(TlsStream& stream, std::string head, const std::string& body) {
  auto sent = co_await stream.write_all(head, body, soon(), {});
  EXPECT_TRUE(sent) << sent.error().what;
  stream.finish_writing();
}

Task<void> bytes_cross(Loop& loop, std::shared_ptr<const TlsServerContext> server,
                       TlsClientOptions options, std::size_t size) {
  Pair pair;
  co_await shake(loop, std::move(server), std::move(options), pair);
  std::string body(size, 'x'), got;
  for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 31 >> 3);
  Scope scope;
  scope.spawn(
      [](Outlives<TlsStream> stream, Outlives<std::string> text) {
        return send_and_finish(stream.object, "head", text.object);
      },
      Outlives<TlsStream>{**pair.client}, Outlives<std::string>{body});
  std::string room(8192, '\0');
  while (true) {
    auto part = co_await (*pair.server)->read_some(room, soon(), {});
    EXPECT_TRUE(part) << part.error().what;
    if (!part || *part == 0) break;
    got.append(room, 0, *part);
  }
  co_await scope.drain();
  EXPECT_EQ(got.size(), size + 4);
  EXPECT_TRUE(got == "head" + body);
}

TEST_F(TlsStreamTest, bytes_cross_in_order_and_end_cleanly) {
  auto server = server_with({});
  auto options = client_for("localhost", authority.ca_file());
  for (std::size_t size : {0u, 1u, 16'380u, 16'381u, 3'000'000u}) {
    loops.run_on(0, [&](Loop& loop) { return bytes_cross(loop, server, options, size); });
  }
}

/// Writes records of 10,000 bytes until the socket is full, then what did not go.
Task<void> write_past_full(TlsStream& stream, std::size_t& records) {
  for (bool full = false; !full; ++records) {
    const std::string record(10'000, static_cast<char>('a' + records % 26));
    const auto taken = stream.try_write(std::string_view(record).substr(0, 10),
                                        std::string_view(record).substr(10));
    EXPECT_TRUE(taken && (*taken == 0 || *taken == record.size()));
    full = !taken || *taken == 0;
    if (full) EXPECT_TRUE((co_await stream.write_all(record, "", soon(), {})).has_value());
  }
  stream.finish_writing();
}

Task<void> nothing_is_said_twice(Loop& loop, std::shared_ptr<const TlsServerContext> server,
                                 TlsClientOptions options) {
  Pair pair;
  co_await shake(loop, std::move(server), std::move(options), pair);
  std::size_t records = 0;
  Scope scope;
  scope.spawn(
      [](Outlives<TlsStream> stream, Outlives<std::size_t> count) {
        return write_past_full(stream.object, count.object);
      },
      Outlives<TlsStream>{**pair.client}, Outlives<std::size_t>{records});
  std::string all, room(4'096, '\0');
  while (true) {
    auto got = co_await (*pair.server)->read_some(room, soon(), {});
    if (!got || *got == 0) break;
    all.append(room.data(), *got);
  }
  co_await scope.drain();
  EXPECT_EQ(all.size(), records * 10'000);
  for (std::size_t i = 0; i < all.size(); i += 10'000)
    EXPECT_EQ(all[i], static_cast<char>('a' + i / 10'000 % 26));
}

TEST_F(TlsStreamTest, a_write_that_did_not_leave_at_once_is_said_once) {
  auto server = server_with({});
  auto options = client_for("localhost", authority.ca_file());
  loops.run_on(0, [&](Loop& loop) { return nothing_is_said_twice(loop, server, options); });
}

Task<void> cut_is_told(Loop& loop, std::shared_ptr<const TlsServerContext> server,
                       TlsClientOptions options) {
  Pair pair;
  co_await shake(loop, std::move(server), std::move(options), pair);
  std::string room(64, '\0');
  auto sent = co_await (*pair.server)->write_all("abc", "", soon(), {});
  EXPECT_TRUE(sent);
  (*pair.server)->close();
  auto part = co_await (*pair.client)->read_some(room, soon(), {});
  EXPECT_EQ(part.value_or(0), 3u);
  EXPECT_FALSE((*pair.client)->idle_and_open());
  auto end = co_await (*pair.client)->read_some(room, soon(), {});
  EXPECT_FALSE(end);
}

TEST_F(TlsStreamTest, an_end_without_notice_is_a_cut) {
  auto server = server_with({});
  auto options = client_for("localhost", authority.ca_file());
  loops.run_on(0, [&](Loop& loop) { return cut_is_told(loop, server, options); });
}

Task<void> second_resumes(Loop& loop, std::shared_ptr<const TlsServerContext> server,
                          TlsClientOptions options) {
  for (const bool expected : {false, true, true}) {
    Pair pair;
    co_await shake(loop, server, options, pair);
    EXPECT_TRUE(pair.client && pair.server);
    EXPECT_EQ((*pair.client)->resumed(), expected);
    EXPECT_EQ((*pair.client)->protocol(), "TLSv1.3");
    std::string room(16, '\0');
    auto sent = co_await (*pair.server)->write_all("x", "", soon(), {});
    EXPECT_TRUE(sent);
    auto got = co_await (*pair.client)->read_some(room, soon(), {});  // with the ticket
    EXPECT_EQ(got.value_or(0), 1u);
  }
}

TEST_F(TlsStreamTest, a_session_is_resumed) {
  auto server = server_with({});
  auto options = client_for("localhost", authority.ca_file());
  options.sessions = std::make_shared<TlsSessions>();
  loops.run_on(0, [&](Loop& loop) { return second_resumes(loop, server, options); });
}

Task<void> load_shared(Loop& loop, std::string ca_file, std::vector<const void*>& seen) {
  auto context = co_await shared_tls_context(loop, ca_file, soon(), {});
  EXPECT_TRUE(context);
  seen.push_back(context ? context->get() : nullptr);
}

TEST_F(TlsStreamTest, loops_share_one_context_and_a_bad_file_is_told) {
  std::vector<const void*> seen;
  const std::string file = authority.ca_file();
  for (int i = 0; i < 3; ++i) {
    loops.run_on(0, [&](Loop& loop) { return load_shared(loop, file, seen); });
  }
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[1], seen[2]);
  loops.run_on(0, [](Loop& loop) -> Task<void> {
    auto bad = co_await shared_tls_context(loop, "/none", soon(), {});
    EXPECT_FALSE(bad);
    CancelSource source;
    source.cancel(CancelReason::client_gone);
    auto left = co_await shared_tls_context(loop, "/none", soon(), source.token());
    EXPECT_EQ(left.error().kind, ErrorKind::cancelled);
  });
}

}  // namespace
}  // namespace plimsoll::net
