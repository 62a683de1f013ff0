// Goal: the ledger keeps every field of a trail, refuses folders it must not
// touch, and tells what it could not keep.
// Method: trails written by the real ledger in a folder of the test and read
// back by the reader, or by a bare SQLite connection.
#include "store/embedded/ledger.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>
#include <vector>

#include "store/embedded/ledger_reader.h"
#include "store/embedded/ledger_test_trails.h"
#include "store/embedded/schema.h"
#include "store/embedded/sqlite.h"

namespace plimsoll::store {
namespace {

using namespace std::chrono_literals;

class LedgerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Ledger> open() {
    auto ledger = Ledger::open(rules);
    EXPECT_TRUE(ledger) << ledger.error().what;
    return std::move(*ledger);
  }
  LedgerReader reader() {
    auto reader = LedgerReader::open(folder.path());
    EXPECT_TRUE(reader) << reader.error().what;
    return std::move(*reader);
  }
  static std::int64_t integer(const Rows& rows, std::size_t row, std::string_view column) {
    return std::get<std::int64_t>(rows.at(row, column));
  }
  static std::string text(const Rows& rows, std::size_t row, std::string_view column) {
    return std::get<std::string>(rows.at(row, column));
  }
  static bool unknown(const Rows& rows, std::size_t row, std::string_view column) {
    return std::holds_alternative<std::monostate>(rows.at(row, column));
  }

  TemporaryFolder folder;
  LedgerRules rules{.folder = folder.path()};
};

TEST_F(LedgerTest, keeps_every_field_of_a_call) {
  auto ledger = open();
  ledger->take(trail_of("c_1"));
  ASSERT_TRUE(ledger->flush());
  EXPECT_EQ(ledger->written(), 1U);
  const auto story = reader().story("c_1");
  ASSERT_TRUE(story) << story.error().what;
  const Rows& call = story->call;
  EXPECT_EQ(text(call, 0, "call_id"), "c_1");
  EXPECT_EQ(text(call, 0, "trace_id"), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(integer(call, 0, "started_ns"), 1'767'225'600'000'000'000);
  EXPECT_EQ(text(call, 0, "tenant"), "acme");
  EXPECT_EQ(text(call, 0, "key_id"), "team-a");
  EXPECT_EQ(text(call, 0, "client_address"), "127.0.0.1");
  EXPECT_EQ(text(call, 0, "endpoint"), "/v1/chat/completions");
  EXPECT_EQ(text(call, 0, "feature"), "bot");
  EXPECT_EQ(text(call, 0, "model_asked"), "bot");
  EXPECT_EQ(text(call, 0, "policy_version"), "9c1185a5");
  EXPECT_EQ(text(call, 0, "request_hash"), "00112233445566778899aabbccddeeff");
  EXPECT_EQ(integer(call, 0, "request_bytes"), 412);
  EXPECT_EQ(integer(call, 0, "streamed"), 0);
  EXPECT_EQ(text(call, 0, "mode"), "verified");
  EXPECT_EQ(text(call, 0, "cache"), "off");
  EXPECT_TRUE(unknown(call, 0, "error"));
  EXPECT_EQ(integer(call, 0, "http_status"), 200);
  EXPECT_EQ(integer(call, 0, "bytes_released"), 900);
  EXPECT_EQ(integer(call, 0, "first_byte_ns"), 300'000'000);
  EXPECT_EQ(integer(call, 0, "duration_ns"), 320'000'000);
  EXPECT_EQ(integer(call, 0, "attempts"), 2);
  EXPECT_EQ(integer(call, 0, "input_tokens"), 200);
  EXPECT_EQ(integer(call, 0, "output_tokens"), 40);
  EXPECT_EQ(integer(call, 0, "cost_nanos"), 8'000);
}

TEST_F(LedgerTest, keeps_every_attempt_and_what_ran_on_it) {
  auto ledger = open();
  ledger->take(trail_of("c_1"));
  ASSERT_TRUE(ledger->flush());
  const auto story = reader().story("c_1");
  ASSERT_TRUE(story);
  const Rows& attempts = story->attempts;
  ASSERT_EQ(attempts.rows.size(), 2U);
  EXPECT_EQ(text(attempts, 0, "provider"), "openai");
  EXPECT_EQ(text(attempts, 0, "model"), "gpt-5-mini");
  EXPECT_EQ(integer(attempts, 0, "started_ns"), 1'000'000);
  EXPECT_EQ(integer(attempts, 0, "first_byte_ns"), 100'000'000);
  EXPECT_TRUE(unknown(attempts, 0, "first_content_ns")) << "it never came";
  EXPECT_EQ(integer(attempts, 0, "ended_ns"), 120'000'000);
  EXPECT_EQ(integer(attempts, 0, "status"), 200);
  EXPECT_EQ(text(attempts, 0, "status_class"), "2xx");
  EXPECT_EQ(text(attempts, 0, "error"), "reply_invalid");
  EXPECT_EQ(text(attempts, 0, "verdict"), "reply_invalid");
  EXPECT_EQ(text(attempts, 1, "verdict"), "passed");
  EXPECT_TRUE(unknown(attempts, 1, "error"));
  EXPECT_EQ(integer(attempts, 0, "cached_input_tokens"), 64);
  EXPECT_EQ(integer(attempts, 0, "reasoning_output_tokens"), 3);
  EXPECT_EQ(integer(attempts, 0, "reserved_nanos"), 9'000);
  EXPECT_EQ(integer(attempts, 1, "rung"), 1);
  EXPECT_EQ(integer(attempts, 1, "waited_before_ns"), 50'000'000);
  EXPECT_EQ(std::get<double>(attempts.at(1, "probability")), 0.25);
  EXPECT_EQ(text(attempts, 1, "request_hash"), "00112233445566778899aabbccddeeff");
  const Rows& controls = story->controls;
  ASSERT_EQ(controls.rows.size(), 3U);
  EXPECT_EQ(text(controls, 0, "control"), "admit");
  EXPECT_TRUE(unknown(controls, 0, "attempt"));
  EXPECT_EQ(integer(controls, 0, "took_ns"), 900);
  EXPECT_EQ(integer(controls, 1, "passed"), 0);
  EXPECT_EQ(integer(controls, 1, "attempt"), 0);
  EXPECT_EQ(text(controls, 2, "note"), "odd \"note\"");
}

TEST_F(LedgerTest, no_words_of_an_answer_are_kept_unless_the_trail_carries_its_text) {
  auto ledger = open();
  ledger->take(trail_of("c_1"));
  auto kept = trail_of("c_2");
  kept->request_text = "the question";
  kept->answer_text = "the answer";
  ledger->take(kept);
  ASSERT_TRUE(ledger->flush());
  auto all = reader();
  const auto without = all.story("c_1");
  EXPECT_TRUE(unknown(without->call, 0, "request_text"));
  EXPECT_TRUE(unknown(without->call, 0, "answer_text"));
  ASSERT_EQ(without->violations.rows.size(), 1U);
  EXPECT_EQ(text(without->violations, 0, "check_name"), "json");
  EXPECT_TRUE(unknown(without->violations, 0, "found"));
  const auto with = all.story("c_2");
  EXPECT_EQ(text(with->call, 0, "answer_text"), "the answer");
  EXPECT_EQ(text(with->violations, 0, "found"), "Sure! secret words");
  ledger.reset();
  std::ifstream file(folder.path() + "/ledger.db", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(bytes.find("secret words"), bytes.rfind("secret words")) << "once, from c_2";
}

TEST_F(LedgerTest, an_unknown_price_is_null_and_never_zero) {
  auto ledger = open();
  auto trail = trail_of("c_1");
  trail->attempts[1].cost.reset();
  trail->attempts[1].usage.reset();
  trail->attempts[1].status = 0;
  ledger->take(trail);
  ASSERT_TRUE(ledger->flush());
  const auto story = reader().story("c_1");
  EXPECT_TRUE(unknown(story->call, 0, "cost_nanos"));
  EXPECT_TRUE(unknown(story->attempts, 1, "cost_nanos"));
  EXPECT_TRUE(unknown(story->attempts, 1, "input_tokens"));
  EXPECT_TRUE(unknown(story->attempts, 1, "status"));
  EXPECT_EQ(integer(story->attempts, 0, "cost_nanos"), 4'000);
}

TEST_F(LedgerTest, a_second_ledger_on_the_folder_is_refused_and_a_later_one_is_not) {
  auto ledger = open();
  const auto second = Ledger::open(rules);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::storage_failed);
  EXPECT_EQ(second.error().what,
            fmt::format("the state folder {} is in use by another plimsoll (process {})",
                        folder.path(), getpid()));
  ledger.reset();
  EXPECT_TRUE(Ledger::open(rules));
}

TEST_F(LedgerTest, a_ledger_of_a_newer_version_is_refused_and_not_touched) {
  open().reset();
  const std::string path = folder.path() + "/ledger.db";
  {
    auto database = Database::open(path, Database::Access::write);
    ASSERT_TRUE(database->run("PRAGMA user_version = 99"));
  }
  const auto refused = Ledger::open(rules);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what,
            fmt::format("the ledger {} is of version 99; this plimsoll knows up to {}", path,
                        kSchemaVersion));
  EXPECT_FALSE(LedgerReader::open(folder.path()));
  auto database = Database::open(path, Database::Access::read_only);
  EXPECT_EQ(database->integer("PRAGMA user_version").value(), 99);
}

TEST_F(LedgerTest, a_damaged_file_is_an_error_and_not_a_new_ledger) {
  std::ofstream(folder.path() + "/ledger.db") << std::string(8'192, 'x');
  const auto refused = Ledger::open(rules);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("not a database"), std::string::npos) << refused.error().what;
}

TEST_F(LedgerTest, its_files_are_for_its_user_alone) {
  auto ledger = open();
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    EXPECT_EQ(entry.status().permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
        << entry.path();
}

TEST_F(LedgerTest, closing_writes_what_waits_and_reopening_keeps_it) {
  rules.flush_interval = 1h;
  auto ledger = open();
  for (int i = 0; i < 10; ++i) ledger->take(trail_of(fmt::format("c_{}", i)));
  ledger.reset();
  ledger = open();
  ledger->take(trail_of("c_10"));
  ASSERT_TRUE(ledger->flush());
  EXPECT_EQ(reader().calls({.limit = 0})->rows.size(), 11U);
}

TEST_F(LedgerTest, what_finds_no_room_is_counted_and_the_rest_is_kept) {
  rules.flush_interval = 1h;
  rules.queue_max = 1;
  auto ledger = open();
  // A reader of our own holds the write lock, so the writer cannot keep up.
  auto blocker = Database::open(ledger->path(), Database::Access::write);
  ASSERT_TRUE(blocker->run("BEGIN IMMEDIATE"));
  for (int i = 0; i < 5; ++i) ledger->take(trail_of(fmt::format("c_{}", i)));
  EXPECT_EQ(ledger->dropped(), 4U);
  ASSERT_TRUE(blocker->run("ROLLBACK"));
  ASSERT_TRUE(ledger->flush());
  EXPECT_EQ(ledger->written(), 1U);
}

TEST_F(LedgerTest, a_refused_write_leaves_its_rows_waiting_and_they_come_later) {
  auto ledger = open();
  {
    auto other = Database::open(ledger->path(), Database::Access::write);
    ASSERT_TRUE(other->run("ALTER TABLE violations RENAME TO hidden"));
  }
  ledger->take(trail_of("c_1"));
  const auto refused = ledger->flush();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::storage_failed);
  EXPECT_EQ(ledger->waiting(), 1U);
  {
    auto other = Database::open(ledger->path(), Database::Access::write);
    EXPECT_EQ(other->integer("SELECT count(*) FROM calls").value(), 0) << "no torn call";
    ASSERT_TRUE(other->run("ALTER TABLE hidden RENAME TO violations"));
  }
  ASSERT_TRUE(ledger->flush());
  EXPECT_EQ(reader().calls({})->rows.size(), 1U);
}

TEST_F(LedgerTest, filters_find_what_they_name) {
  auto ledger = open();
  for (int i = 0; i < 6; ++i) {
    auto trail = trail_of(fmt::format("c_{}", i), i % 2 == 0 ? "bot" : "shop");
    trail->started_wall += std::chrono::seconds{i};
    if (i >= 4) {
      trail->error = ErrorKind::rate_limited;
      trail->http_status = 429;
    }
    ledger->take(trail);
  }
  ASSERT_TRUE(ledger->flush());
  auto all = reader();
  const auto ids = [&](const CallFilter& filter) {
    std::string joined;
    const auto rows = all.calls(filter);
    EXPECT_TRUE(rows) << rows.error().what;
    for (std::size_t i = 0; i < rows->rows.size(); ++i) joined += text(*rows, i, "call_id") + " ";
    return joined;
  };
  EXPECT_EQ(ids({}), "c_5 c_4 c_3 c_2 c_1 c_0 ") << "newest first";
  EXPECT_EQ(ids({.limit = 2}), "c_5 c_4 ");
  EXPECT_EQ(ids({.feature = "shop"}), "c_5 c_3 c_1 ");
  EXPECT_EQ(ids({.model = "gpt-5-mini", .limit = 1}), "c_5 ");
  EXPECT_EQ(ids({.model = "shop", .limit = 1}), "c_5 ");
  EXPECT_EQ(ids({.model = "none"}), "");
  EXPECT_EQ(ids({.status = "answered"}), "c_3 c_2 c_1 c_0 ");
  EXPECT_EQ(ids({.status = "failed"}), "c_5 c_4 ");
  EXPECT_EQ(ids({.feature = "bot", .status = "rate_limited"}), "c_4 ");
  EXPECT_EQ(ids({.status = "429"}), "c_5 c_4 ");
  EXPECT_EQ(ids({.since = WallTime{std::chrono::seconds{1'767'225'604}}}), "c_5 c_4 ");
  EXPECT_EQ(ids({.feature = "bot' OR 1=1 --"}), "");
  EXPECT_FALSE(all.story("c_9"));
}

TEST_F(LedgerTest, a_summary_counts_per_feature) {
  auto ledger = open();
  for (int i = 1; i <= 100; ++i) {
    auto trail = trail_of(fmt::format("c_{}", i));
    trail->duration = milliseconds{i};
    ledger->take(trail);
  }
  auto failed = trail_of("c_x");
  failed->error = ErrorKind::upstream_timeout_headers;
  failed->attempts[0].cost.reset();
  failed->duration = milliseconds{60'000};
  ledger->take(failed);
  ledger->take(trail_of("c_y", "shop"));
  ASSERT_TRUE(ledger->flush());
  const auto summary = reader().summary({});
  ASSERT_TRUE(summary);
  ASSERT_EQ(summary->size(), 2U);
  const FeatureSummary& bot = (*summary)[0];
  EXPECT_EQ(bot.feature, "bot");
  EXPECT_EQ(bot.calls, 101);
  EXPECT_EQ(bot.answered, 100);
  EXPECT_EQ(bot.attempts, 202);
  EXPECT_EQ(bot.input_tokens, 20'200);
  EXPECT_EQ(bot.cost, Money{800'000});
  EXPECT_EQ(bot.cost_unknown, 1);
  ASSERT_EQ(bot.errors.size(), 1U);
  EXPECT_EQ(bot.errors[0].first, "upstream_timeout_headers");
  EXPECT_EQ(bot.p50, 50ms);
  EXPECT_EQ(bot.p95, 95ms);
  EXPECT_EQ(bot.p99, 99ms);
  EXPECT_EQ((*summary)[1].feature, "shop");
}

TEST_F(LedgerTest, a_reader_reads_while_the_server_writes_and_after_it_has_gone) {
  auto ledger = open();
  ledger->take(trail_of("c_1"));
  ASSERT_TRUE(ledger->flush());
  auto all = reader();
  EXPECT_EQ(all.calls({})->rows.size(), 1U);
  ledger->take(trail_of("c_2"));
  ASSERT_TRUE(ledger->flush());
  EXPECT_EQ(all.calls({})->rows.size(), 2U);
  ledger.reset();
  EXPECT_EQ(reader().calls({})->rows.size(), 2U);
}

TEST_F(LedgerTest, without_a_ledger_the_reader_says_so) {
  const auto none = LedgerReader::open(folder.path());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().what, "there is no ledger in " + folder.path());
}

TEST_F(LedgerTest, many_threads_may_take_at_once) {
  auto ledger = open();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&ledger, t] {
      for (int i = 0; i < 500; ++i) ledger->take(trail_of(fmt::format("c_{}_{}", t, i)));
    });
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(ledger->flush());
  EXPECT_EQ(ledger->written(), 2'000U);
  EXPECT_EQ(ledger->dropped(), 0U);
  EXPECT_EQ(reader().calls({.limit = 0})->rows.size(), 2'000U);
}

}  // namespace
}  // namespace plimsoll::store
