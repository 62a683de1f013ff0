// Goal: what is kept stays within its bound, what is asked for often stays, and only
// the very same key finds it; a flight has one leader and ends once.
// Method: keys and answers of known size, one thread; then many threads for flights.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "store/embedded/flights.h"
#include "store/embedded/memory_answers.h"

namespace plimsoll::store {
namespace {

using ports::CacheKey;
using ports::Flight;
using ports::KeptAnswer;

const WallTime kNow = WallTime{std::chrono::seconds{1'767'225'600}};

KeptAnswer kept(std::string text, std::string feature = "bot") {
  KeptAnswer one{.feature = std::move(feature),
                 .model = "m",
                 .key_id = "k",
                 .kept_at = kNow,
                 .until = kNow + std::chrono::hours{1}};
  one.answer.choices.push_back({.text = std::move(text)});
  return one;
}

CacheKey key(int number) { return {.text = "key " + std::to_string(number)}; }

TEST(MemoryAnswersTest, only_the_same_key_finds_it_and_only_in_time) {
  MemoryAnswers answers(1024 * 1024);
  answers.keep(key(1), kept("one"));
  ASSERT_NE(answers.find(key(1), kNow), nullptr);
  EXPECT_EQ(answers.find(key(1), kNow)->answer.choices[0].text, "one");
  EXPECT_EQ(answers.find(key(2), kNow), nullptr);
  EXPECT_EQ(answers.find(key(1), kNow + std::chrono::hours{1}), nullptr);
  EXPECT_EQ(answers.counts().entries, 0U) << "what is over is thrown away";
}

TEST(MemoryAnswersTest, the_bound_holds_whatever_is_kept) {
  constexpr std::size_t kBound = 1024 * 1024;
  MemoryAnswers answers(kBound);
  for (int i = 0; i < 5'000; ++i) {
    answers.find(key(i), kNow);
    answers.keep(key(i), kept(std::string(static_cast<std::size_t>(i % 3'000), 'x')));
    ASSERT_LE(answers.counts().bytes, kBound);
  }
  EXPECT_GT(answers.counts().entries, 50U);
  answers.keep(key(-1), kept(std::string(kBound, 'x')));
  EXPECT_EQ(answers.find(key(-1), kNow), nullptr) << "too large for its share";
}

TEST(MemoryAnswersTest, what_is_asked_for_often_survives_a_scan) {
  MemoryAnswers answers(512 * 1024);
  for (int round = 0; round < 6; ++round)
    for (int i = 0; i < 100; ++i)
      if (answers.find(key(i), kNow) == nullptr)
        answers.keep(key(i), kept(std::string(1'000, 'x')));
  for (int i = 1'000; i < 6'000; ++i) {
    answers.find(key(i), kNow);
    answers.keep(key(i), kept(std::string(1'000, 'x')));
  }
  int survived = 0;
  for (int i = 0; i < 100; ++i) survived += answers.find(key(i), kNow) != nullptr ? 1 : 0;
  EXPECT_GT(survived, 80);
}

TEST(MemoryAnswersTest, purges_by_feature_by_model_by_key_and_all) {
  MemoryAnswers answers(1024 * 1024);
  for (int i = 0; i < 10; ++i) answers.keep(key(i), kept("x", i < 4 ? "a" : "b"));
  EXPECT_EQ(answers.purge({.feature = "a", .model = "other", .key_id = ""}), 0U);
  EXPECT_EQ(answers.purge({.feature = "a", .model = "m", .key_id = "k"}), 4U);
  EXPECT_EQ(answers.find(key(0), kNow), nullptr);
  EXPECT_NE(answers.find(key(5), kNow), nullptr);
  EXPECT_EQ(answers.purge({}), 6U);
  EXPECT_EQ(answers.counts().bytes, 0U);
}

TEST(FlightsTest, the_first_leads_and_the_others_get_its_answer) {
  EmbeddedFlights flights;
  auto leader = flights.board("k");
  ASSERT_TRUE(leader.lead);
  auto follower = flights.board("k");
  ASSERT_FALSE(follower.lead);
  EXPECT_TRUE(flights.board("other").lead);
  EXPECT_EQ(follower.flight->state(), Flight::State::under_way);
  leader.lead.answered(std::make_shared<const Answer>(Answer{.model = "m"}));
  EXPECT_EQ(follower.flight->state(), Flight::State::answered);
  EXPECT_EQ(follower.flight->answer()->model, "m");
  EXPECT_TRUE(flights.board("k").lead) << "whoever comes later begins anew";
}

TEST(FlightsTest, a_leader_that_is_dropped_has_left) {
  EmbeddedFlights flights;
  std::shared_ptr<Flight> flight;
  {
    auto leader = flights.board("k");
    flight = flights.board("k").flight;
  }
  EXPECT_EQ(flight->state(), Flight::State::left);
  EXPECT_EQ(flights.under_way(), 0U);
  auto next = flights.board("k");
  next.lead.failed();
  EXPECT_EQ(flights.under_way(), 0U);
}

TEST(FlightsTest, of_many_threads_one_leads) {
  EmbeddedFlights flights;
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> leaders{0}, boarded{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        auto boarding = flights.board("k");
        if (boarding.lead) ++leaders;
        ++boarded;
        while (boarded < 8) std::this_thread::yield();
      });
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(leaders, 1);
    ASSERT_EQ(flights.under_way(), 0U);
  }
}

}  // namespace
}  // namespace plimsoll::store
