// Goal: a ledger killed at any point holds whole calls only, and all that flush
// had acknowledged.
// Method: a child process appends and writes one byte to a pipe after each
// flush; we kill it with SIGKILL after a random number of acknowledgements, at a
// random moment of its next writes, several times over one file.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "store/embedded/ledger.h"
#include "store/embedded/ledger_test_trails.h"
#include "store/embedded/sqlite.h"

namespace plimsoll::store {
namespace {

constexpr int kRounds = 12;
constexpr int kRowsPerFlush = 20;

/// Never returns: appends until it is killed.
[[noreturn]] void append_for_ever(const std::string& folder, int round, int acknowledge) {
  auto ledger = Ledger::open({.folder = folder, .flush_interval = milliseconds{1}});
  if (!ledger) _exit(3);
  for (int flush = 0;; ++flush) {
    for (int i = 0; i < kRowsPerFlush; ++i)
      (*ledger)->take(trail_of(fmt::format("c_{}_{}_{}", round, flush, i)));
    if (!(*ledger)->flush()) _exit(4);
    if (write(acknowledge, "x", 1) != 1) _exit(5);
  }
}

int acknowledged_before_kill(const std::string& folder, int round, std::mt19937& random) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    append_for_ever(folder, round, ends[1]);
  }
  close(ends[1]);
  const int wanted = 1 + static_cast<int>(random() % 8);
  char byte = 0;
  int acknowledged = 0;
  while (acknowledged < wanted && read(ends[0], &byte, 1) == 1) ++acknowledged;
  for (volatile unsigned spin = random() % 2'000'000; spin > 0; spin = spin - 1) continue;
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself: " << WEXITSTATUS(status);
  while (read(ends[0], &byte, 1) == 1) ++acknowledged;
  close(ends[0]);
  return acknowledged;
}

TEST(LedgerKillTest, holds_whole_calls_and_all_that_was_acknowledged) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  TemporaryFolder folder;
  for (int round = 0; round < kRounds; ++round) {
    const int acknowledged = acknowledged_before_kill(folder.path(), round, random);
    ASSERT_GT(acknowledged, 0);
    // Reopening as the server would: recovers, and proves the lock went with the dead.
    auto reopened = Ledger::open({.folder = folder.path()});
    ASSERT_TRUE(reopened) << reopened.error().what;
    auto database = Database::open((*reopened)->path(), Database::Access::read_only);
    ASSERT_TRUE(database);
    const auto count = [&](const std::string& sql) { return database->integer(sql).value(); };
    EXPECT_EQ(count("SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    EXPECT_GE(count(fmt::format("SELECT count(*) FROM calls WHERE call_id LIKE 'c\\_{}\\_%' "
                                "ESCAPE '\\'",
                                round)),
              acknowledged * kRowsPerFlush);
    EXPECT_EQ(count("SELECT count(*) FROM attempts WHERE call NOT IN (SELECT id FROM calls)"), 0);
    EXPECT_EQ(count("SELECT count(*) FROM violations WHERE call NOT IN (SELECT id FROM calls)"), 0);
    EXPECT_EQ(count("SELECT count(*) FROM calls WHERE attempts != (SELECT count(*) FROM attempts "
                    "WHERE call = calls.id)"),
              0);
    EXPECT_EQ(count("SELECT count(*) FROM calls WHERE (SELECT count(*) FROM violations WHERE "
                    "call = calls.id) != 1"),
              0);
  }
}

}  // namespace
}  // namespace plimsoll::store
