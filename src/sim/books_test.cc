// Goal: the books stay bounded, whatever is asked, and a reset forgets what is over
// but not what still runs.
// Method: the books alone, with more models, closes and prompts than they keep.
#include "sim/books.h"

#include <gtest/gtest.h>

namespace plimsoll::sim {
namespace {

TEST(BooksTest, only_the_last_early_closes_are_kept) {
  Books books;
  const std::uint64_t more = Books::kRecentMax + 5;
  for (std::uint64_t i = 0; i < more; ++i) {
    const std::uint64_t request = books.opened();
    books.closed({.request = request, .by = ClosedBy::us, .body_bytes = 2});
  }
  const Counts counts = books.counts();
  EXPECT_EQ(counts.closed_by_us, more);
  EXPECT_EQ(counts.response_bytes, 2 * more);
  ASSERT_EQ(counts.recent_closes.size(), Books::kRecentMax);
  EXPECT_EQ(counts.recent_closes.back().request, more - 1);
}

TEST(BooksTest, a_model_beyond_the_limit_is_counted_among_the_others) {
  Books books;
  Ask ask;
  for (std::size_t i = 0; i <= Books::kModelsMax; ++i) {
    ask.model = "m" + std::to_string(i);
    books.decided(ask, Decision{});
  }
  ask.model = "m0";
  books.decided(ask, Decision{});
  const Counts counts = books.counts();
  EXPECT_EQ(counts.by_model.size(), Books::kModelsMax + 1);
  EXPECT_EQ(counts.by_model.at("(other)"), 1U);
  EXPECT_EQ(counts.by_model.at("m0"), 2U) << "a model that has its line keeps it";
}

TEST(BooksTest, a_reset_forgets_all_but_what_still_runs) {
  Books books;
  books.opened();
  const std::uint64_t over = books.opened();
  books.closed({.request = over});
  EXPECT_EQ(books.asked_before("m", "p"), 0U);
  EXPECT_EQ(books.asked_before("m", "p"), 1U);
  books.reset();
  EXPECT_EQ(books.counts().requests, 0U);
  EXPECT_EQ(books.counts().completed, 0U);
  EXPECT_EQ(books.counts().in_flight, 1U);
  EXPECT_EQ(books.asked_before("m", "p"), 0U);
}

}  // namespace
}  // namespace plimsoll::sim
