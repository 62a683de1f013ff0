// Goal: the client sends what it was told, reads every framing, tells every cut
// and delay as what it is, uses connections again and leaves nothing behind.
// Method: raw servers that say exact bytes; a client on a loop of its own.
#include "net/http_client.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <atomic>
#include <optional>

#include "base/scope.h"
#include "net/testing/raw_server.h"

namespace plimsoll::net {
namespace {

using std::chrono::milliseconds;
using testing::Blackhole;
using testing::RawServer;
using testing::read_request;
using testing::say;

/// What came of one request.
struct Answer {
  int status = 0;
  std::string body;
  bool reused = false;
  std::optional<ErrorKind> failed;  // from send, or from reading the body
  std::string why;
};

struct Ask {
  std::string method = "POST", target = "/", body = "hi";
  milliseconds headers{10'000};
  Deadline deadline = Clock::now() + std::chrono::seconds(20);
  CancelToken cancel{};
};

Task<Answer> ask(Client& client, std::shared_ptr<const Origin> origin, Ask what) {
  Answer out;
  ClientRequest request{.method = what.method, .target = what.target, .headers = {}, .body = {}};
  request.body = what.body;
  request.headers.emplace_back("X-Test", "1");
  request.headers.emplace_back("Host", "forged");
  request.headers.emplace_back("content-length", "77");
  ClientTimeouts timeouts{.deadline = what.deadline, .headers = what.headers};
  auto response = co_await client.send(std::move(origin), request, timeouts, what.cancel);
  if (!response) {
    out.failed = response.error().kind;
    out.why = response.error().what;
    co_return out;
  }
  out.status = (*response)->status();
  out.reused = (*response)->times().reused_connection;
  auto body = co_await (*response)->read_all(1 << 24);
  if (body) {
    out.body = std::move(*body);
  } else {
    out.failed = body.error().kind;
    out.why = body.error().what;
  }
  co_return out;
}

std::shared_ptr<Origin> origin_of(std::uint16_t port) {
  auto origin = std::make_shared<Origin>();
  origin->host = "127.0.0.1";
  origin->port = port;
  return origin;
}

class HttpClientTest : public ::testing::Test {
 protected:
  HttpClientTest() { loops.start(); }

  /// Runs `work(client, loop)` with a client of its own, then checks that
  /// nothing but idle connections is left.
  template <class Work>
  void with_client(Work work) {
    loops.run_on(0, [&work](Loop& loop) { return run(loop, work); });
  }
  template <class Work>
  static Task<void> run(Loop& loop, Work& work) {
    Client client(loop);
    co_await work(client, loop);
    EXPECT_EQ(client.counters().connections_open, client.counters().connections_idle);
  }

  /// One request to a server that answers with `bytes` and closes.
  Answer answer_to(std::string bytes, Ask what = {}) {
    RawServer server([&bytes](int fd, int) {
      if (!read_request(fd).empty()) say(fd, bytes);
    });
    Answer out;
    with_client([&](Client& client, Loop&) -> Task<void> {
      out = co_await ask(client, origin_of(server.port()), what);
    });
    return out;
  }

  LoopGroup loops{1};
};

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_F(HttpClientTest, a_request_is_written_as_told_and_the_client_s_fields_are_its_own) {
  std::string seen;
  RawServer server([&seen](int fd, int) {
    seen = read_request(fd);
    say(fd, kOk);
  });
  auto origin = origin_of(server.port());
  origin->base_path = "/v1";
  with_client([&](Client& client, Loop&) -> Task<void> {
    const Answer answer = co_await ask(client, origin, {.target = "/chat?x=1"});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "ok");
  });
  EXPECT_EQ(seen, "POST /v1/chat?x=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                      "\r\nAccept-Encoding: identity\r\nX-Test: 1\r\nContent-Length: 2\r\n\r\nhi");
}

TEST_F(HttpClientTest, a_field_that_would_end_its_line_is_never_sent) {
  RawServer server([](int fd, int) { EXPECT_EQ(read_request(fd), ""); });
  with_client([&](Client& client, Loop&) -> Task<void> {
    const Answer answer =
        co_await ask(client, origin_of(server.port()), {.target = "/ HTTP/1.1\r\nX: y"});
    EXPECT_EQ(answer.failed, ErrorKind::internal_bug);
  });
}

TEST_F(HttpClientTest, a_connection_is_used_again) {
  RawServer server([](int fd, int) {
    while (!read_request(fd).empty()) say(fd, kOk);
  });
  with_client([&](Client& client, Loop&) -> Task<void> {
    const auto origin = origin_of(server.port());
    for (int i = 0; i < 50; ++i) {
      const Answer answer = co_await ask(client, origin, {});
      EXPECT_EQ(answer.body, "ok");
      EXPECT_EQ(answer.reused, i > 0);
    }
    EXPECT_EQ(client.counters().connections_made, 1u);
    EXPECT_EQ(client.counters().connections_idle, 1u);
    EXPECT_EQ(client.counters().requests, 50u);
  });
}

TEST_F(HttpClientTest, a_connection_that_died_while_idle_is_replaced) {
  std::atomic<int> closed = 0;
  RawServer server([&closed](int fd, int) {
    if (!read_request(fd).empty()) say(fd, kOk);
    ::shutdown(fd, SHUT_RDWR);
    ++closed;
  });
  with_client([&](Client& client, Loop& loop) -> Task<void> {
    const auto origin = origin_of(server.port());
    for (int i = 1; i <= 5; ++i) {
      const Answer answer = co_await ask(client, origin, {});
      EXPECT_EQ(answer.body, "ok") << answer.why;
      EXPECT_FALSE(answer.reused);
      while (closed < i) {
        auto slept = co_await loop.sleep_until_exact(Clock::now() + milliseconds(1), {});
        EXPECT_TRUE(slept);
      }
      // The FIN is in the socket now; one more turn of the loop sees it.
      auto slept = co_await loop.sleep_until_exact(Clock::now() + milliseconds(1), {});
      EXPECT_TRUE(slept);
    }
    EXPECT_EQ(client.counters().connections_made, 5u);
  });
}

TEST_F(HttpClientTest, idle_connections_go_after_their_time) {
  RawServer server([](int fd, int) {
    while (!read_request(fd).empty()) say(fd, kOk);
  });
  with_client([&](Client& client, Loop& loop) -> Task<void> {
    auto origin = origin_of(server.port());
    origin->idle_timeout = milliseconds(1);
    const Answer answer = co_await ask(client, origin, {});
    EXPECT_EQ(answer.status, 200);
    const Deadline limit = Clock::now() + std::chrono::seconds(10);
    while (client.counters().connections_open != 0 && Clock::now() < limit) {
      auto slept = co_await loop.sleep_until(Clock::now() + milliseconds(20), {});
      EXPECT_TRUE(slept);
    }
    EXPECT_EQ(client.counters().connections_open, 0u);
  });
}

TEST_F(HttpClientTest, an_old_connection_that_resets_before_taking_all_is_replaced) {
  // Big enough not to fit into the socket's buffers at once.
  const std::string big(32u << 20, 'x');
  RawServer server([&](int fd, int number) {
    if (number == 0) {
      EXPECT_NE(read_request(fd), "");
      say(fd, kOk);
      char byte = 0;
      ::recv(fd, &byte, 1, 0);  // the second request has begun
      return;                   // closing with unread bytes resets
    }
    EXPECT_EQ(read_request(fd).size() > big.size(), true);
    say(fd, kOk);
  });
  with_client([&](Client& client, Loop&) -> Task<void> {
    const auto origin = origin_of(server.port());
    const Answer first = co_await ask(client, origin, {});
    EXPECT_EQ(first.status, 200);
    const Answer second = co_await ask(client, origin, {.body = big});
    EXPECT_EQ(second.status, 200) << second.why;
    EXPECT_FALSE(second.reused);
  });
}

TEST_F(HttpClientTest, a_whole_request_is_never_sent_twice) {
  std::atomic<int> requests = 0;
  RawServer server([&requests](int fd, int) {
    if (read_request(fd).empty()) return;
    ++requests;
    say(fd, kOk);
    if (!read_request(fd).empty()) ++requests;  // taken, and then it dies
  });
  with_client([&](Client& client, Loop&) -> Task<void> {
    const auto origin = origin_of(server.port());
    const Answer first = co_await ask(client, origin, {});
    EXPECT_EQ(first.status, 200);
    const Answer second = co_await ask(client, origin, {});
    EXPECT_EQ(second.failed, ErrorKind::upstream_unreachable);
  });
  EXPECT_EQ(requests, 2);
}

TEST_F(HttpClientTest, an_answer_before_the_whole_request_is_read_is_taken) {
  RawServer server([](int fd, int) {
    char byte = 0;
    ::recv(fd, &byte, 1, 0);
    say(fd, "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
    ::shutdown(fd, SHUT_WR);
    testing::wait_for_close(fd);
  });
  with_client([&](Client& client, Loop&) -> Task<void> {
    const Answer answer =
        co_await ask(client, origin_of(server.port()), {.body = std::string(8u << 20, 'x')});
    EXPECT_EQ(answer.status, 413) << answer.why;
    EXPECT_EQ(answer.body, "big");
  });
}

TEST_F(HttpClientTest, every_framing_is_read) {
  EXPECT_EQ(answer_to(std::string(kOk)).body, "ok");
  EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\n\r\nuntil close").body, "until close");
  EXPECT_EQ(answer_to("HTTP/1.0 200 OK\r\n\r\nold").body, "old");
  EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nA: b\r\n\r\n")
                .body,
            "abcde");
  EXPECT_EQ(answer_to("HTTP/1.1 204 None\r\n\r\n").status, 204);
  EXPECT_EQ(
      answer_to("HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n" + std::string(kOk))
          .body,
      "ok");
  const Answer head =
      answer_to("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", {.method = "HEAD", .body = ""});
  EXPECT_EQ(head.status, 200);
  EXPECT_FALSE(head.failed);
}

TEST_F(HttpClientTest, a_large_head_and_a_large_body_are_read) {
  std::string head = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 100; ++i)
    head += "X-" + std::to_string(i) + ": " + std::string(600, 'v') + "\r\n";
  std::string body(3u << 20, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 131 >> 7);
  const auto length = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  EXPECT_TRUE(answer_to(head + length + body).body == body);
  EXPECT_EQ(answer_to(head + head.substr(17) + length).failed, ErrorKind::upstream_malformed);
}

TEST_F(HttpClientTest, every_cut_is_told) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string whole[] = {head + "abcde", chunked + "3\r\nabc\r\n0\r\n\r\n"};
  for (const std::string& bytes : whole) {
    const std::size_t head_size = bytes.find("\r\n\r\n") + 4;
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      const Answer answer = answer_to(bytes.substr(0, cut));
      EXPECT_EQ(answer.failed,
                cut < head_size ? ErrorKind::upstream_unreachable : ErrorKind::upstream_cut)
          << cut << answer.why;
    }
    EXPECT_FALSE(answer_to(bytes).failed);
  }
}

TEST_F(HttpClientTest, the_same_bytes_give_the_same_body_for_every_way_of_cutting_them) {
  const std::string bytes =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n";
  RawServer server([&bytes](int fd, int) {
    for (std::size_t cut = 0; !read_request(fd).empty(); ++cut) {
      say(fd, bytes.substr(0, cut));
      std::this_thread::sleep_for(std::chrono::microseconds(300));  // so that they come apart
      say(fd, bytes.substr(cut));
    }
  });
  with_client([&](Client& client, Loop&) -> Task<void> {
    const auto origin = origin_of(server.port());
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      const Answer answer = co_await ask(client, origin, {});
      EXPECT_EQ(answer.body, "hello!") << cut << answer.why;
      EXPECT_EQ(answer.reused, cut > 0);
    }
  });
}

TEST_F(HttpClientTest, bytes_behind_a_response_close_its_connection) {
  RawServer server([](int fd, int) {
    while (!read_request(fd).empty()) say(fd, std::string(kOk) + "HTTP/1.1 200 smuggled\r\n\r\n");
  });
  with_client([&](Client& client, Loop&) -> Task<void> {
    const auto origin = origin_of(server.port());
    for (int i = 0; i < 3; ++i) {
      const Answer answer = co_await ask(client, origin, {});
      EXPECT_EQ(answer.body, "ok");
      EXPECT_FALSE(answer.reused);
    }
  });
}

TEST_F(HttpClientTest, broken_heads_and_chunks_are_malformed) {
  for (const char* bytes :
       {"garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 101 Switching\r\n\r\n", "HTTP/1.1 200 OK\nA: b\n\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: lzma\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"}) {
    EXPECT_EQ(answer_to(bytes).failed, ErrorKind::upstream_malformed) << bytes;
  }
}

std::string gzipped(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 200, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST_F(HttpClientTest, an_encoded_body_is_decoded) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "line " + std::to_string(i) + "\n";
  const std::string body = gzipped(text);
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ";
  EXPECT_TRUE(answer_to(head + std::to_string(body.size()) + "\r\n\r\n" + body).body == text);
  const std::string part = body.substr(0, body.size() / 2);
  EXPECT_EQ(answer_to(head + std::to_string(part.size()) + "\r\n\r\n" + part).failed,
            ErrorKind::upstream_malformed);
}

TEST_F(HttpClientTest, a_body_over_the_caller_s_bound_is_refused) {
  RawServer server([](int fd, int) {
    if (!read_request(fd).empty()) say(fd, kOk);
    testing::wait_for_close(fd);
  });
  with_client([&](Client& client, Loop&) -> Task<void> {
    ClientRequest request;
    ClientTimeouts timeouts;
    auto response = co_await client.send(origin_of(server.port()), request, timeouts, {});
    EXPECT_TRUE(response);
    auto body = co_await (*response)->read_all(1);
    EXPECT_EQ(body.error().kind, ErrorKind::upstream_malformed);
    EXPECT_EQ(client.counters().connections_open, 1u);  // all of it had come: not wasted
  });
}

TEST_F(HttpClientTest, who_cannot_be_reached_is_told) {
  std::uint16_t port = 0;
  {
    const RawServer gone([](int, int) {});
    port = gone.port();
  }
  const Blackhole hole;
  with_client([&](Client& client, Loop&) -> Task<void> {
    const Answer refused = co_await ask(client, origin_of(port), {});
    EXPECT_EQ(refused.failed, ErrorKind::upstream_unreachable);
    auto slow = origin_of(hole.port());
    slow->connect_timeout = milliseconds(50);
    const Answer late = co_await ask(client, slow, {});
    EXPECT_EQ(late.failed, ErrorKind::upstream_timeout_connect);
    slow->connect_timeout = milliseconds(60'000);
    const Answer own = co_await ask(client, slow, {.deadline = Clock::now() + milliseconds(50)});
    EXPECT_EQ(own.failed, ErrorKind::deadline_exceeded);
  });
}

TEST_F(HttpClientTest, silence_is_told_by_its_phase) {
  RawServer server([](int fd, int number) {
    EXPECT_NE(read_request(fd), "");
    if (number >= 2) say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
    testing::wait_for_close(fd);
  });
  with_client([&](Client& client, Loop&) -> Task<void> {
    const auto origin = origin_of(server.port());
    const Answer head = co_await ask(client, origin, {.headers = milliseconds(30)});
    EXPECT_EQ(head.failed, ErrorKind::upstream_timeout_headers);
    const Answer own = co_await ask(client, origin, {.deadline = Clock::now() + milliseconds(30)});
    EXPECT_EQ(own.failed, ErrorKind::deadline_exceeded);
    const Answer body =
        co_await ask(client, origin, {.deadline = Clock::now() + milliseconds(100)});
    EXPECT_EQ(body.failed, ErrorKind::deadline_exceeded);
    EXPECT_EQ(body.status, 200);

    ClientRequest request;
    ClientTimeouts timeouts;
    auto response = co_await client.send(origin, request, timeouts, {});
    EXPECT_TRUE(response);
    auto first = co_await (*response)->read_some(Clock::now() + std::chrono::seconds(10));
    EXPECT_EQ(first.value_or(""), "ab");
    auto second = co_await (*response)->read_some(Clock::now() + milliseconds(30));
    EXPECT_EQ(second.error().kind, ErrorKind::upstream_timeout_idle);
    EXPECT_EQ(client.counters().connections_open, 0u);
  });
}

Task<void> cancel_soon(Loop& loop, CancelSource& source) {
  auto slept = co_await loop.sleep_until_exact(Clock::now() + milliseconds(20), {});
  EXPECT_TRUE(slept);
  source.cancel(CancelReason::client_gone);
}

/// Asks, and cancels 20 ms later.
Task<Answer> ask_and_leave(Client& client, Loop& loop, std::shared_ptr<const Origin> origin) {
  CancelSource source;
  Scope scope;
  scope.spawn([](Outlives<Loop> on,
                 Outlives<CancelSource> what) { return cancel_soon(on.object, what.object); },
              Outlives<Loop>{loop}, Outlives<CancelSource>{source});
  Ask what;
  what.cancel = source.token();
  Answer answer = co_await ask(client, std::move(origin), what);
  co_await scope.drain();
  co_return answer;
}

TEST_F(HttpClientTest, a_cancellation_ends_every_phase_and_leaves_nothing) {
  RawServer server([](int fd, int number) {
    EXPECT_NE(read_request(fd), "");
    if (number == 1) say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
    testing::wait_for_close(fd);
  });
  const Blackhole hole;
  with_client([&](Client& client, Loop& loop) -> Task<void> {
    const auto origin = origin_of(server.port());
    for (int phase = 0; phase < 3; ++phase) {  // head, body, connect
      const Answer answer =
          co_await ask_and_leave(client, loop, phase == 2 ? origin_of(hole.port()) : origin);
      EXPECT_EQ(answer.failed, ErrorKind::cancelled) << phase << answer.why;
      EXPECT_EQ(client.counters().connections_open, 0u);
    }
    CancelSource before;
    before.cancel(CancelReason::shutdown);
    Ask what;
    what.cancel = before.token();
    const Answer answer = co_await ask(client, origin, what);
    EXPECT_EQ(answer.failed, ErrorKind::cancelled);
  });
}

struct Queue {
  Client& client;
  std::shared_ptr<const Origin> origin;
  std::vector<int> order;
};

Task<void> ask_in_line(Queue& queue, int number) {
  const Answer answer = co_await ask(queue.client, queue.origin, {});
  EXPECT_EQ(answer.body, "ok") << answer.why;
  queue.order.push_back(number);
}

TEST_F(HttpClientTest, over_connections_max_requests_wait_in_order) {
  RawServer server([](int fd, int number) {
    // The first connection dies after two answers, so its slot goes on too.
    for (int i = 0; (number > 0 || i < 2) && !read_request(fd).empty(); ++i) {
      say(fd, number == 0 && i == 1
                  ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
                  : kOk);
    }
  });
  with_client([&](Client& client, Loop&) -> Task<void> {
    auto origin = origin_of(server.port());
    origin->connections_max = 1;
    Queue queue{.client = client, .origin = origin, .order = {}};
    Scope scope;
    for (int i = 0; i < 8; ++i) {
      scope.spawn([](Outlives<Queue> q, int number) { return ask_in_line(q.object, number); },
                  Outlives<Queue>{queue}, i);
      EXPECT_LE(client.counters().connections_open, 1u);
    }
    co_await scope.drain();
    const std::vector<int> expected{0, 1, 2, 3, 4, 5, 6, 7};
    EXPECT_EQ(queue.order, expected);
    EXPECT_EQ(client.counters().connections_made, 2u);
  });
}

TEST_F(HttpClientTest, one_that_waits_in_line_may_leave_or_be_late) {
  std::atomic<bool> answer_now = false;
  RawServer server([&answer_now](int fd, int) {
    while (!read_request(fd).empty()) {
      while (!answer_now) std::this_thread::yield();
      say(fd, kOk);
    }
  });
  with_client([&](Client& client, Loop& loop) -> Task<void> {
    auto origin = origin_of(server.port());
    origin->connections_max = 1;
    Queue queue{.client = client, .origin = origin, .order = {}};
    Scope scope;
    scope.spawn([](Outlives<Queue> q, int number) { return ask_in_line(q.object, number); },
                Outlives<Queue>{queue}, 0);
    const Answer left = co_await ask_and_leave(client, loop, origin);
    EXPECT_EQ(left.failed, ErrorKind::cancelled);
    const Answer late = co_await ask(client, origin, {.deadline = Clock::now() + milliseconds(20)});
    EXPECT_EQ(late.failed, ErrorKind::deadline_exceeded);
    answer_now = true;
    co_await scope.drain();
    const Answer after = co_await ask(client, origin, {});
    EXPECT_TRUE(after.reused);
  });
}

TEST_F(HttpClientTest, a_response_that_is_let_go_closes_its_connection) {
  RawServer server([](int fd, int) {
    EXPECT_NE(read_request(fd), "");
    say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    testing::wait_for_close(fd);
  });
  with_client([&](Client& client, Loop&) -> Task<void> {
    ClientRequest request;
    ClientTimeouts timeouts;
    auto response = co_await client.send(origin_of(server.port()), request, timeouts, {});
    EXPECT_TRUE(response);
    EXPECT_EQ(client.counters().connections_open, 1u);
    response->reset();
    EXPECT_EQ(client.counters().connections_open, 0u);
  });
}

TEST_F(HttpClientTest, a_unix_socket_is_an_origin) {
  const std::string path = "/tmp/plimsoll-client-" + std::to_string(::getpid()) + ".sock";
  RawServer server(path, [](int fd, int) {
    while (!read_request(fd).empty()) say(fd, kOk);
  });
  with_client([&](Client& client, Loop&) -> Task<void> {
    const auto origin = std::make_shared<Origin>(*parse_origin("unix:" + path));
    for (int i = 0; i < 3; ++i) {
      const Answer answer = co_await ask(client, origin, {});
      EXPECT_EQ(answer.body, "ok") << answer.why;
    }
    const auto nobody = std::make_shared<Origin>(*parse_origin("unix:" + path + "x"));
    const Answer answer = co_await ask(client, nobody, {});
    EXPECT_EQ(answer.failed, ErrorKind::upstream_unreachable);
  });
  ::unlink(path.c_str());
}

TEST_F(HttpClientTest, times_are_told_in_order) {
  RawServer server([](int fd, int) {
    EXPECT_NE(read_request(fd), "");
    say(fd, kOk);
  });
  with_client([&](Client& client, Loop&) -> Task<void> {
    const Deadline before = Clock::now();
    ClientRequest request;
    ClientTimeouts timeouts;
    auto response = co_await client.send(origin_of(server.port()), request, timeouts, {});
    EXPECT_TRUE(response);
    const ClientTimes times = (*response)->times();
    EXPECT_LE(before, times.connected);
    EXPECT_LE(times.connected, times.sent);
    EXPECT_LE(times.sent, times.first_byte);
    EXPECT_LE(times.first_byte, Clock::now());
  });
}

}  // namespace
}  // namespace plimsoll::net
