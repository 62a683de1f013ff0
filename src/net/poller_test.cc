// Goal: what is registered is told what happens to it, and never after it ended,
// not even for what the kernel has already reported.
// Method: eventfds in one poller, turned by hand.
#include "net/internal/poller.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <string>

namespace plimsoll::net {
namespace {

/// An eventfd that is readable from the start, and who is told.
struct Source {
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  ~Source() {
    registration.end();
    ::close(fd);
  }

  void watch(Poller& poller, std::string& log, char letter) {
    told = &log;
    name = letter;
    const auto begun = registration.begin(poller, fd, EPOLLIN | EPOLLET, &Source::run, this);
    ASSERT_TRUE(begun.has_value());
  }
  static void run(void* self, std::uint32_t events) {
    auto& source = *static_cast<Source*>(self);
    *source.told += source.name;
    if (events == 0) *source.told += '!';
    if (source.ends != nullptr) source.ends->registration.end();
    if (source.asks_again-- > 0) source.registration.again(0);
  }

  int fd = ::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
  std::string* told = nullptr;
  char name = '?';
  Source* ends = nullptr;
  int asks_again = 0;
  Registration registration;
};

void turn(Poller& poller) {
  poller.wait(0);
  poller.dispatch();
}

TEST(PollerTest, an_edge_is_told_once) {
  Poller poller;
  std::string log;
  Source a;
  a.watch(poller, log, 'a');
  turn(poller);
  turn(poller);
  EXPECT_EQ(log, "a");
}

TEST(PollerTest, one_that_another_has_ended_is_not_told_what_was_seen_already) {
  Poller poller;
  std::string log;
  Source a, b;
  a.ends = &b;
  b.ends = &a;
  a.watch(poller, log, 'a');
  b.watch(poller, log, 'b');
  turn(poller);
  EXPECT_EQ(log.size(), 1U) << "the first of the two that ran has ended the other";
}

TEST(PollerTest, who_asks_again_has_a_turn_behind_the_others) {
  Poller poller;
  std::string log;
  Source a, b;
  a.asks_again = 2;
  a.watch(poller, log, 'a');
  b.watch(poller, log, 'b');
  turn(poller);
  EXPECT_TRUE(log == "aba!" || log == "baa!") << log;
  EXPECT_TRUE(poller.has_work());
  turn(poller);
  EXPECT_EQ(log.substr(4), "a!");
  EXPECT_FALSE(poller.has_work());
}

TEST(PollerTest, who_has_ended_has_no_turn_left) {
  Poller poller;
  std::string log;
  Source a;
  a.watch(poller, log, 'a');
  a.registration.again(0);
  a.registration.end();
  turn(poller);
  EXPECT_EQ(log, "");
}

TEST(PollerTest, a_descriptor_that_cannot_be_watched_is_told) {
  Poller poller;
  Registration registration;
  const auto begun = registration.begin(poller, -1, EPOLLIN, &Source::run, nullptr);
  ASSERT_FALSE(begun.has_value());
  EXPECT_EQ(begun.error().kind, ErrorKind::io_failed);
  EXPECT_FALSE(registration.begun());
}

}  // namespace
}  // namespace plimsoll::net
