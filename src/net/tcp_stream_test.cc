// Goal: a stream delivers every byte, waits only when it must, ends each wait by
// data, deadline or cancellation, and tells a half-close from a hang-up.
// Method: real sockets on the loopback, a blocking peer in this thread.
#include "net/internal/tcp_stream.h"

#include <gtest/gtest.h>

#include <array>
#include <future>
#include <string>
#include <thread>

#include "net/testing/socket_pair.h"

namespace plimsoll::net {
namespace {

using std::chrono::milliseconds;

class TcpStreamTest : public ::testing::Test {
 protected:
  TcpStreamTest() {
    loops.start();
    const auto pair = testing::tcp_pair();
    peer = pair.first;
    ours = pair.second;
  }
  ~TcpStreamTest() override { close_peer(); }
  void close_peer() {
    if (peer >= 0) ::close(std::exchange(peer, -1));
  }
  std::string receive_all() {
    std::string all;
    std::array<char, 65536> part;
    for (ssize_t n; (n = ::recv(peer, part.data(), part.size(), 0)) > 0;) {
      all.append(part.data(), static_cast<std::size_t>(n));
    }
    return all;
  }

  LoopGroup loops{1};
  int peer = -1, ours = -1;
};

Task<void> echo(Loop& loop, int fd, std::string& seen) {
  TcpStream stream(loop, fd);
  std::array<char, 4> room;  // smaller than the message: several reads
  while (true) {
    auto got = co_await stream.read_some(room, kNoDeadline, {});
    if (!got || *got == 0) break;
    seen.append(room.data(), *got);
  }
  auto written = co_await stream.write_all("head:", seen, kNoDeadline, {});
  EXPECT_TRUE(written.has_value());
}

TEST_F(TcpStreamTest, bytes_come_in_order_and_head_and_body_leave_in_order) {
  ASSERT_EQ(::send(peer, "0123456789", 10, 0), 10);
  ::shutdown(peer, SHUT_WR);
  std::string seen;
  loops.run_on(0, [&](Loop& loop) { return echo(loop, ours, seen); });
  EXPECT_EQ(seen, "0123456789");
  EXPECT_EQ(receive_all(), "head:0123456789");
}

Task<void> write_much(Loop& loop, int fd, const std::string& body) {
  TcpStream stream(loop, fd);
  auto written = co_await stream.write_all("h", body, kNoDeadline, {});
  EXPECT_TRUE(written.has_value());
}

TEST_F(TcpStreamTest, a_body_larger_than_the_sockets_buffers_arrives_whole) {
  const std::string body(32 * 1024 * 1024, 'x');
  std::string received;
  std::thread reader([&] { received = receive_all(); });
  loops.run_on(0, [&](Loop& loop) { return write_much(loop, ours, body); });
  reader.join();
  EXPECT_EQ(received.size(), body.size() + 1);
}

Task<void> read_until_deadline(Loop& loop, int fd, ErrorKind& kind, std::string& after) {
  TcpStream stream(loop, fd);
  std::array<char, 16> room;
  auto got = co_await stream.read_some(room, Clock::now() + milliseconds(20), {});
  kind = got ? ErrorKind::internal_bug : got.error().kind;
  auto hello = co_await stream.write_all("?", "", kNoDeadline, {});
  EXPECT_TRUE(hello.has_value());
  got = co_await stream.read_some(room, kNoDeadline, {});
  if (got) after.assign(room.data(), *got);
}

TEST_F(TcpStreamTest, a_deadline_ends_the_wait_and_loses_no_byte_that_comes_later) {
  std::thread answers([&] {
    char asked = 0;
    ASSERT_EQ(::recv(peer, &asked, 1, 0), 1);
    ASSERT_EQ(::send(peer, "late", 4, 0), 4);
  });
  ErrorKind kind = ErrorKind::internal_bug;
  std::string after;
  loops.run_on(0, [&](Loop& loop) { return read_until_deadline(loop, ours, kind, after); });
  answers.join();
  EXPECT_EQ(kind, ErrorKind::deadline_exceeded);
  EXPECT_EQ(after, "late");
}

Task<void> read_cancelled(Loop& loop, int fd, ErrorKind& kind) {
  TcpStream stream(loop, fd);
  CancelSource source;
  loop.post([&source] { source.cancel(CancelReason::shutdown); });
  std::array<char, 16> room;
  auto got = co_await stream.read_some(room, kNoDeadline, source.token());
  kind = got ? ErrorKind::internal_bug : got.error().kind;
}

TEST_F(TcpStreamTest, a_cancelled_read_ends_as_cancelled) {
  ErrorKind kind = ErrorKind::internal_bug;
  loops.run_on(0, [&](Loop& loop) { return read_cancelled(loop, ours, kind); });
  EXPECT_EQ(kind, ErrorKind::cancelled);
}

Task<void> write_to_nobody(Loop& loop, int fd, ErrorKind& kind) {
  TcpStream stream(loop, fd);
  const std::string much(64 * 1024 * 1024, 'x');
  auto written = co_await stream.write_all("", much, Clock::now() + milliseconds(50), {});
  kind = written ? ErrorKind::internal_bug : written.error().kind;
}

TEST_F(TcpStreamTest, a_peer_that_does_not_read_is_given_up_at_the_deadline) {
  ErrorKind kind = ErrorKind::internal_bug;
  loops.run_on(0, [&](Loop& loop) { return write_to_nobody(loop, ours, kind); });
  EXPECT_EQ(kind, ErrorKind::deadline_exceeded);
}

Task<void> idle_states(Loop& loop, int fd, int peer, std::array<bool, 3>& open) {
  TcpStream stream(loop, fd);
  open[0] = stream.idle_and_open();
  std::array<char, 16> room;
  EXPECT_FALSE(stream.try_read(room).has_value());
  open[1] = stream.idle_and_open();
  EXPECT_EQ(::send(peer, "x", 1, 0), 1);
  auto got = co_await stream.read_some(room, kNoDeadline, {});
  EXPECT_TRUE(got && *got == 1 && room[0] == 'x');
  EXPECT_EQ(::send(peer, "y", 1, 0), 1);
  auto turn = co_await loop.sleep_until(Clock::now() + milliseconds(1), {});
  EXPECT_TRUE(turn.has_value());
  open[2] = stream.idle_and_open();
}

TEST_F(TcpStreamTest, an_idle_stream_is_open_until_something_comes) {
  std::array<bool, 3> open{};
  loops.run_on(0, [&](Loop& loop) { return idle_states(loop, ours, peer, open); });
  EXPECT_EQ(open, (std::array<bool, 3>{true, true, false}));
}

/// Reads until the end, and notes how much had come when posted work had its turn.
Task<void> read_all_and_share(Loop& loop, int fd, std::size_t& at_turn, std::size_t& all) {
  TcpStream stream(loop, fd);
  std::array<char, 64> room;
  bool had_a_turn = false;
  loop.post([&had_a_turn] { had_a_turn = true; });
  while (true) {
    auto got = co_await stream.read_some(room, kNoDeadline, {});
    if (!got || *got == 0) break;
    all += *got;
    if (!had_a_turn) at_turn = all;
  }
}

TEST_F(TcpStreamTest, a_peer_that_is_always_ahead_lets_other_work_have_a_turn) {
  const std::string much(64 * 1024, 'x');
  ASSERT_EQ(::send(peer, much.data(), much.size(), 0), static_cast<ssize_t>(much.size()));
  ::shutdown(peer, SHUT_WR);
  std::size_t at_turn = 0, all = 0;
  loops.run_on(0, [&](Loop& loop) { return read_all_and_share(loop, ours, at_turn, all); });
  EXPECT_EQ(all, much.size());
  EXPECT_LT(at_turn, 8'000U) << "a few rounds of 16 reads, then somebody else";
}

struct Watch {
  Loop& loop;
  CancelSource half, full;
  static void seen(void* self, Stream::Hangup what) {
    auto& watch = *static_cast<Watch*>(self);
    (what == Stream::Hangup::closed ? watch.full : watch.half).cancel(CancelReason::client_gone);
  }
};

Task<void> watch_until(Loop& loop, int fd, std::promise<void>& half, std::promise<void>& full) {
  TcpStream stream(loop, fd);
  Watch watch{loop, {}, {}};
  stream.watch_hangup(&Watch::seen, &watch);
  auto waited = co_await loop.sleep_until(kNoDeadline, watch.half.token());
  EXPECT_FALSE(waited.has_value());
  EXPECT_FALSE(watch.full.token().cancelled()) << "a half-close is not a hang-up";
  auto written = co_await stream.write_all("still here", "", kNoDeadline, {});
  EXPECT_TRUE(written.has_value());
  half.set_value();
  waited = co_await loop.sleep_until(kNoDeadline, watch.full.token());
  EXPECT_FALSE(waited.has_value());
  full.set_value();
}

TEST_F(TcpStreamTest, a_half_close_is_told_apart_from_a_reset) {
  std::promise<void> half, full;
  loops.at(0).post([&] {
    static Scope scope;
    scope.spawn(
        [](Outlives<Loop> loop, int fd, Outlives<std::promise<void>> half_closed,
           Outlives<std::promise<void>> closed) {
          return watch_until(loop.object, fd, half_closed.object, closed.object);
        },
        Outlives<Loop>{loops.at(0)}, ours, Outlives<std::promise<void>>{half},
        Outlives<std::promise<void>>{full});
  });
  ::shutdown(peer, SHUT_WR);
  half.get_future().wait();
  std::array<char, 32> room;
  EXPECT_EQ(::recv(peer, room.data(), room.size(), 0), 10);
  testing::reset_on_close(peer);
  close_peer();
  full.get_future().wait();
}

}  // namespace
}  // namespace plimsoll::net
