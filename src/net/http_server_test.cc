// Goal: the server answers what is well formed, in order, over kept connections;
// bounds what a client can cost; and ends every exchange truthfully.
// Method: real sockets on port 0; the client sends and compares raw bytes.
#include "net/http_server.h"

#include <dirent.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "net/testing/raw_client.h"
#include "net/testing/test_handler.h"

namespace plimsoll::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::RawClient;
using testing::TestHandler;

constexpr std::string_view kGet = "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n";

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() { loops.start(); }

  void listen(ServerLimits limits = {}) {
    server = std::make_unique<Server>(loops, handler, limits);
    const auto listening = server->listen({.address = "127.0.0.1:0"});
    ASSERT_TRUE(listening.has_value()) << listening.error().what;
  }
  RawClient client() const { return RawClient(server->port()); }

  static std::size_t descriptors() {
    std::size_t count = 0;
    DIR* const folder = ::opendir("/proc/self/fd");
    while (::readdir(folder) != nullptr) ++count;
    ::closedir(folder);
    return count;
  }
  /// Connections end on the loops, a little after the client's close.
  bool all_closed(std::uint64_t accepted = 1) const {
    for (const Deadline until = Clock::now() + seconds(10); Clock::now() < until;) {
      const ServerCounters now = server->counters();
      if (now.connections_accepted >= accepted && now.connections_open == 0) return true;
      std::this_thread::yield();
    }
    return false;
  }

  LoopGroup loops{2};
  TestHandler handler;
  std::unique_ptr<Server> server;
};

TEST_F(HttpServerTest, requests_on_one_connection_are_answered_in_turn) {
  listen();
  RawClient it = client();
  for (int i = 0; i < 3; ++i) {
    it.send("POST /echo?i=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    const std::string answer = it.receive_answer();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: "));
    EXPECT_TRUE(answer.ends_with("\r\nContent-Length: 20\r\n\r\nPOST /echo?i=1|hello"));
    EXPECT_EQ(answer.find("Connection:"), std::string::npos);
  }
  EXPECT_EQ(server->counters().connections_accepted, 1U);
  EXPECT_EQ(server->counters().requests, 3U);
}

TEST_F(HttpServerTest, pipelined_requests_are_answered_in_order) {
  listen();
  RawClient it = client();
  it.send(
      "POST /echo/1 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na"
      "POST /echo/2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\n\r\n"
      "GET /echo/3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string all = it.receive_all();
  const std::size_t one = all.find("POST /echo/1|a"), two = all.find("POST /echo/2|b");
  const std::size_t three = all.find("GET /echo/3|");
  EXPECT_LT(one, two);
  EXPECT_LT(two, three);
  EXPECT_NE(three, std::string::npos) << all;
  EXPECT_NE(all.find("Connection: close\r\n"), std::string::npos);
}

TEST_F(HttpServerTest, a_request_is_the_same_cut_at_every_byte) {
  listen();
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x=y\r\nhello\r\n3\r\n, w\r\n0\r\nTrailer: t\r\n\r\n";
  RawClient it = client();
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    it.send(std::string_view(request).substr(0, cut));
    if (cut % 2 == 0) std::this_thread::yield();
    it.send(std::string_view(request).substr(cut));
    ASSERT_TRUE(it.receive_answer().ends_with("POST /echo|hello, w")) << "cut at " << cut;
  }
  EXPECT_EQ(server->counters().connections_accepted, 1U);
}

TEST_F(HttpServerTest, a_large_body_comes_whole_with_or_without_a_length) {
  listen();
  const std::string body(3 * 1024 * 1024, 'b');
  RawClient it = client();
  it.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
          "\r\n\r\n" + body);
  EXPECT_TRUE(it.receive_answer().ends_with("\r\n\r\nPOST /echo|" + body));
  it.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n300000\r\n" + body +
          "\r\n0\r\n\r\n");
  EXPECT_TRUE(it.receive_answer().ends_with("\r\n\r\nPOST /echo|" + body));
}

TEST_F(HttpServerTest, a_stream_is_chunked_and_the_connection_is_kept) {
  listen();
  RawClient it = client();
  it.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string answer = it.receive_until("0\r\n\r\n");
  EXPECT_NE(answer.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n"))
      << answer;
  it.send(kGet);
  EXPECT_TRUE(it.receive_answer().ends_with("GET /echo|"));
}

TEST_F(HttpServerTest, http_1_0_gets_a_plain_body_and_a_close) {
  listen();
  RawClient whole = client();
  whole.send("GET /echo HTTP/1.0\r\n\r\n");
  const std::string answer = whole.receive_all();
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\nGET /echo|"));
  RawClient streamed = client();
  streamed.send("GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(streamed.receive_all().ends_with("\r\n\r\nonetwothree"));
  EXPECT_TRUE(streamed.clean_end());
}

TEST_F(HttpServerTest, an_aborted_answer_never_looks_complete) {
  listen();
  RawClient chunked = client();
  chunked.send("GET /abort HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(chunked.receive_all().ends_with("3\r\none\r\n"));
  RawClient plain = client();
  plain.send("GET /abort HTTP/1.0\r\n\r\n");
  plain.receive_all();
  EXPECT_FALSE(plain.clean_end()) << "without chunks only a reset tells";
}

TEST_F(HttpServerTest, head_gets_the_head_alone) {
  listen();
  RawClient it = client();
  it.send("HEAD /ignore HTTP/1.1\r\nHost: h\r\n\r\nGET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(it.receive_until("\r\n\r\n").ends_with("Content-Length: 7\r\n\r\n"));
  EXPECT_TRUE(it.receive_answer().ends_with("GET /echo|"));
}

TEST_F(HttpServerTest, expect_continue_is_answered_when_the_body_is_wanted) {
  listen();
  RawClient it = client();
  it.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(it.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  it.send("ok");
  EXPECT_TRUE(it.receive_answer().ends_with("POST /echo|ok"));
}

TEST_F(HttpServerTest, a_body_that_is_not_wanted_ends_the_connection_after_the_answer) {
  listen();
  RawClient it = client();
  it.send("POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  const std::string answer = it.receive_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << "no 100 before it";
  EXPECT_TRUE(it.clean_end());
}

TEST_F(HttpServerTest, expect_means_nothing_in_http_1_0) {
  listen();
  RawClient it = client();
  it.send("POST /echo HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  while (handler.handled == 0) std::this_thread::yield();  // it waits for the body now
  it.send("ok");
  const std::string answer = it.receive_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << "no interim answer: " << answer;
  EXPECT_TRUE(answer.ends_with("POST /echo|ok"));
}

TEST_F(HttpServerTest, a_request_that_comes_with_the_end_of_a_chunked_body_is_answered_too) {
  listen();
  RawClient it = client();
  it.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
      "Expect: 100-continue\r\n\r\n");
  it.receive_until("\r\n\r\n");
  it.send("2\r\nok\r\n0\r\n\r\n" + std::string(kGet));  // in one packet
  EXPECT_TRUE(it.receive_answer().ends_with("POST /echo|ok"));
  EXPECT_TRUE(it.receive_answer().ends_with("GET /echo|"));
}

TEST_F(HttpServerTest, a_client_that_sends_an_unwanted_body_still_reads_its_answer) {
  listen();
  RawClient it = client();
  const std::string body(256 * 1024, 'x');
  it.send("POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 262144\r\n\r\n" + body);
  EXPECT_TRUE(it.receive_all().ends_with("ignored"));
  EXPECT_TRUE(it.clean_end()) << "a close with unread bytes would have been a reset";
}

TEST_F(HttpServerTest, an_answer_that_has_no_body_says_no_length) {
  listen();
  RawClient it = client();
  it.send("GET /empty HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(kGet));
  const std::string head = it.receive_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 204 "));
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
  EXPECT_EQ(head.find("Transfer-Encoding"), std::string::npos);
  EXPECT_TRUE(it.receive_answer().starts_with("HTTP/1.1 200 ")) << "no body in between";
}

TEST_F(HttpServerTest, a_handler_without_an_answer_is_our_own_500) {
  listen();
  RawClient it = client();
  it.send("GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string answer = it.receive_answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 "));
  EXPECT_TRUE(answer.ends_with("{\"error\":\"internal_bug\"}"));
}

TEST_F(HttpServerTest, an_upgrade_is_answered_as_a_plain_request) {
  listen();
  RawClient it = client();
  it.send("GET /echo HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_TRUE(it.receive_answer().ends_with("GET /echo|"));
}

TEST_F(HttpServerTest, a_client_that_resets_or_closes_cancels_its_exchange) {
  listen();
  for (const bool resets : {true, false}) {
    handler.hang_began = {};
    handler.hang_ended = {};
    RawClient it = client();
    it.send("GET /hang HTTP/1.1\r\nHost: h\r\n\r\n");
    handler.hang_began.get_future().wait();
    auto ended = handler.hang_ended.get_future();
    resets ? it.reset() : it.close();
    EXPECT_EQ(ended.get(), CancelReason::client_gone) << "resets: " << resets;
  }
  EXPECT_TRUE(all_closed());
}

TEST_F(HttpServerTest, a_client_that_only_ends_its_side_has_not_gone) {
  listen();
  RawClient it = client();
  it.send("GET /hang HTTP/1.1\r\nHost: h\r\n\r\n");
  handler.hang_began.get_future().wait();
  it.end_sending();
  // The interim answer says that the server has seen the half-close and asked.
  EXPECT_EQ(it.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(handler.gone.load(), 0);
  it.reset();
  EXPECT_EQ(handler.hang_ended.get_future().get(), CancelReason::client_gone);
}

TEST_F(HttpServerTest, a_client_that_closes_in_a_silent_stream_cancels_its_exchange) {
  listen();
  RawClient it = client();
  it.send("GET /silent HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(it.receive_until("one\r\n").ends_with("3\r\none\r\n"));
  it.close();
  auto ended = handler.hang_ended.get_future();
  ASSERT_EQ(ended.wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_EQ(ended.get(), CancelReason::client_gone);
}

TEST_F(HttpServerTest, a_client_that_ends_its_side_in_a_stream_has_not_gone) {
  listen();
  RawClient it = client();
  it.send("GET /silent HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(it.receive_until("one\r\n").ends_with("3\r\none\r\n"));
  it.end_sending();
  // A leading zero of the next chunk's size says that the server has asked.
  EXPECT_EQ(it.receive_until("0"), "0");
  EXPECT_EQ(handler.gone.load(), 0);
  it.reset();
  EXPECT_EQ(handler.hang_ended.get_future().get(), CancelReason::client_gone);
}

/// Whether our end of the connection from `client_port` has the kernel ask for life.
bool kernel_asks(std::uint16_t client_port) {
  constexpr int kDescriptorsMax = 1024;
  for (int fd = 0; fd < kDescriptorsMax; ++fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (peer.sin_family != AF_INET || ntohs(peer.sin_port) != client_port) continue;
    int on = 0;
    socklen_t length = sizeof on;
    return ::getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &length) == 0 && on == 1;
  }
  return false;
}

TEST_F(HttpServerTest, a_client_of_http_1_0_that_ends_its_side_is_asked_by_the_kernel) {
  listen();
  for (const char* path : {"/hang", "/silent"}) {
    handler.hang_began = {};
    handler.hang_ended = {};
    RawClient it = client();
    it.send("GET " + std::string(path) + " HTTP/1.0\r\n\r\n");
    handler.hang_began.get_future().wait();
    EXPECT_FALSE(kernel_asks(it.local_port()));
    it.end_sending();
    const Deadline until = Clock::now() + seconds(10);
    while (!kernel_asks(it.local_port()) && Clock::now() < until) std::this_thread::yield();
    EXPECT_TRUE(kernel_asks(it.local_port())) << path;
    EXPECT_TRUE(handler.hanging) << "a half-close is not a disconnect";
    it.reset();
    EXPECT_EQ(handler.hang_ended.get_future().get(), CancelReason::client_gone) << path;
  }
}

TEST_F(HttpServerTest, a_slow_reader_holds_the_writer_back) {
  listen();
  RawClient it = client();
  it.send("GET /endless HTTP/1.1\r\nHost: h\r\n\r\n");
  it.receive(1024);
  std::uint64_t before = 0;
  for (int same = 0; same < 200;) {  // until the kernel's buffers are full
    const std::uint64_t now = handler.endless_bytes.load();
    same = now == before ? same + 1 : 0;
    before = now;
    it.receive(1);
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_LT(before, 32U * 1024 * 1024);
  it.reset();
  EXPECT_TRUE(all_closed());
  EXPECT_EQ(handler.gone.load(), 1);
}

TEST_F(HttpServerTest, a_reader_that_has_stopped_is_given_up) {
  listen({.write_timeout = milliseconds(100)});
  RawClient it = client();
  it.send("GET /endless HTTP/1.1\r\nHost: h\r\n\r\n");
  it.receive(1);
  EXPECT_TRUE(all_closed());
  EXPECT_EQ(handler.gone.load(), 1);
}

TEST_F(HttpServerTest, a_head_that_trickles_is_cut_off) {
  listen({.header_timeout = milliseconds(50)});
  RawClient it = client();
  it.send("GET /echo HTTP/1.1\r\nHos");
  const std::string answer = it.receive_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
  EXPECT_EQ(handler.handled.load(), 0);
}

TEST_F(HttpServerTest, a_body_that_trickles_is_cut_off) {
  listen({.body_timeout = milliseconds(50)});
  for (const char* framing : {"Content-Length: 9", "Transfer-Encoding: chunked"}) {
    RawClient it = client();
    it.send("POST /echo HTTP/1.1\r\nHost: h\r\n" + std::string(framing) + "\r\n\r\n1");
    EXPECT_TRUE(it.receive_all().starts_with("HTTP/1.1 408 ")) << framing;
  }
}

TEST_F(HttpServerTest, an_idle_connection_is_closed_without_a_word) {
  listen({.header_timeout = milliseconds(50), .keep_alive_timeout = milliseconds(50)});
  RawClient silent = client();
  EXPECT_EQ(silent.receive_all(), "");
  RawClient it = client();
  it.send(kGet);
  EXPECT_TRUE(it.receive_all().ends_with("GET /echo|"));
}

TEST_F(HttpServerTest, the_connection_after_the_last_is_told_503) {
  listen({.connections_max = 2});
  RawClient one = client(), two = client();
  one.send(kGet), two.send(kGet);
  one.receive_answer(), two.receive_answer();
  RawClient three = client();
  const std::string answer = three.receive_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 "));
  EXPECT_TRUE(answer.ends_with("{\"error\":\"overloaded\"}"));
  EXPECT_EQ(server->counters().connections_refused, 1U);
}

TEST_F(HttpServerTest, a_connection_ends_after_its_last_request) {
  listen({.requests_per_connection_max = 2});
  RawClient it = client();
  it.send(kGet);
  EXPECT_EQ(it.receive_answer().find("Connection: close"), std::string::npos);
  it.send(kGet);
  EXPECT_NE(it.receive_all().find("Connection: close"), std::string::npos);
}

TEST_F(HttpServerTest, a_thousand_connections_leave_no_descriptor) {
  listen();
  const std::size_t before = descriptors();
  for (int round = 0; round < 10; ++round) {
    std::vector<RawClient> many;
    for (int i = 0; i < 100; ++i) many.push_back(client());
    for (std::size_t i = 0; i < many.size(); ++i) {
      if (i % 4 == 1) many[i].send("GET /ec");
      if (i % 4 == 2) many[i].send(kGet);
      if (i % 4 == 3) many[i].send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nx");
    }
    for (std::size_t i = 0; i < many.size(); i += 2) many[i].reset();
  }
  EXPECT_TRUE(all_closed(1000));
  EXPECT_EQ(descriptors(), before);
  EXPECT_EQ(server->counters().connections_accepted, 1000U);
}

TEST_F(HttpServerTest, drain_closes_the_idle_and_lets_exchanges_end) {
  listen();
  RawClient idle = client(), busy = client();
  idle.send(kGet);
  idle.receive_answer();
  busy.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  busy.receive_until("\r\n\r\n");
  std::thread drains([&] { EXPECT_EQ(server->drain(seconds(10)), 0U); });
  EXPECT_EQ(idle.receive_all(), "");
  busy.send("ok");
  const std::string answer = busy.receive_all();
  EXPECT_TRUE(answer.ends_with("POST /echo|ok"));
  busy.close();
  drains.join();
  EXPECT_FALSE(client().connected());
}

TEST_F(HttpServerTest, drain_cancels_what_outlasts_its_limit) {
  listen();
  RawClient it = client();
  it.send("GET /hang HTTP/1.1\r\nHost: h\r\n\r\n");
  handler.hang_began.get_future().wait();
  EXPECT_EQ(server->drain(milliseconds(20)), 1U);
  EXPECT_EQ(handler.shut.load(), 1);
  EXPECT_TRUE(it.receive_all().starts_with("HTTP/1.1 500 "));
}

TEST_F(HttpServerTest, drain_cuts_a_client_that_is_still_sending_its_head) {
  listen({.header_timeout = seconds(60)});
  RawClient it = client();
  it.send(std::string(kGet) + "GET /echo HTTP/1.1\r\nHo");  // in one packet
  it.receive_answer();
  const Deadline began = Clock::now();
  EXPECT_EQ(server->drain(milliseconds(20)), 0U) << "no exchange had begun";
  EXPECT_LT(Clock::now() - began, ServerLimits{}.cancel_grace);
  EXPECT_EQ(server->counters().connections_open, 0U);
}

TEST_F(HttpServerTest, drain_does_not_wait_for_ever_for_a_handler_that_ignores_it) {
  listen({.cancel_grace = milliseconds(20)});
  RawClient it = client();
  it.send("GET /deaf HTTP/1.1\r\nHost: h\r\n\r\n");
  handler.hang_began.get_future().wait();
  EXPECT_EQ(server->drain(milliseconds(0)), 1U);
  EXPECT_EQ(server->counters().connections_open, 1U) << "it still runs";
  handler.hears_again = true;
  EXPECT_TRUE(all_closed());
}

TEST_F(HttpServerTest, a_unix_socket_is_served_by_all_loops_and_removed_at_the_end) {
  listen();
  const std::string path = "/tmp/plimsoll_test_" + std::to_string(::getpid()) + ".sock";
  ASSERT_TRUE(server->listen({.address = "unix:" + path}).has_value());
  for (int i = 0; i < 4; ++i) {
    RawClient it(path);
    it.send(kGet);
    EXPECT_TRUE(it.receive_answer().ends_with("GET /echo|"));
  }
  server->drain(milliseconds(0));
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

TEST_F(HttpServerTest, an_address_in_use_and_a_wrong_one_are_told) {
  listen();
  Server second(loops, handler, {});
  auto taken = second.listen({.address = "256.0.0.1:80"});
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().kind, ErrorKind::io_failed);
  taken = second.listen({.address = "localhost"});
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().kind, ErrorKind::config_invalid);
}

}  // namespace
}  // namespace plimsoll::net
