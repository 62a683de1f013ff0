// Goal: every ports::Accounts keeps the same promises about money.
// Method: typed tests over a Subject that opens an account with a cap and shows
// its books; assertions are on the books.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "ports/accounts.h"

namespace plimsoll::contract {

struct ShownBooks {
  Money held, spent;
};

/// A Subject has: `ports::Accounts& accounts()`, `void open(name, cap)`,
/// `ShownBooks books(name)`.
template <class Subject>
class AccountsContract : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Hold>> reserve(std::string_view account, std::int64_t nanos) {
    return subject.accounts().reserve(account, Money{nanos}, kNoDeadline).run_ready();
  }
  Subject subject;
};

TYPED_TEST_SUITE_P(AccountsContract);

TYPED_TEST_P(AccountsContract, charges_what_was_used_and_frees_the_rest) {
  this->subject.open("a", Money{100});
  {
    auto hold = this->reserve("a", 100);
    ASSERT_TRUE(hold);
    EXPECT_EQ(this->subject.books("a").held, Money{100});
    (*hold)->settle(Money{30});
    EXPECT_EQ(this->subject.books("a").held, Money{0}) << "freed at settlement already";
  }
  EXPECT_EQ(this->subject.books("a").spent, Money{30});
  EXPECT_EQ(this->subject.books("a").held, Money{0});
  EXPECT_TRUE(this->reserve("a", 70));
}

TYPED_TEST_P(AccountsContract, a_dropped_hold_gives_everything_back) {
  this->subject.open("a", Money{100});
  {
    ASSERT_TRUE(this->reserve("a", 100));
  }
  EXPECT_EQ(this->subject.books("a").held, Money{0});
  EXPECT_EQ(this->subject.books("a").spent, Money{0});
  EXPECT_TRUE(this->reserve("a", 100));
}

TYPED_TEST_P(AccountsContract, one_nano_too_much_is_refused_and_changes_nothing) {
  this->subject.open("a", Money{100});
  auto first = this->reserve("a", 60);
  ASSERT_TRUE(first);
  const auto second = this->reserve("a", 41);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::budget_exhausted);
  EXPECT_EQ(this->subject.books("a").held, Money{60});
  EXPECT_TRUE(this->reserve("a", 40));
}

TYPED_TEST_P(AccountsContract, an_account_without_a_cap_covers_any_amount) {
  this->subject.open("free", std::nullopt);
  auto hold = this->reserve("free", 4'000'000'000'000'000'000);
  ASSERT_TRUE(hold);
  (*hold)->settle(Money{1});
  EXPECT_EQ(this->subject.books("free").spent, Money{1});
}

TYPED_TEST_P(AccountsContract, accounts_do_not_share_their_books) {
  this->subject.open("a", Money{10});
  this->subject.open("b", Money{10});
  auto of_a = this->reserve("a", 10);
  ASSERT_TRUE(of_a);
  EXPECT_TRUE(this->reserve("b", 10));
  EXPECT_FALSE(this->reserve("a", 1));
}

TYPED_TEST_P(AccountsContract, a_hold_of_nothing_is_a_hold) {
  this->subject.open("a", Money{0});
  auto hold = this->reserve("a", 0);
  ASSERT_TRUE(hold);
  (*hold)->settle(Money{0});
  EXPECT_EQ(this->subject.books("a").spent, Money{0});
}

REGISTER_TYPED_TEST_SUITE_P(AccountsContract, charges_what_was_used_and_frees_the_rest,
                            a_dropped_hold_gives_everything_back,
                            one_nano_too_much_is_refused_and_changes_nothing,
                            an_account_without_a_cap_covers_any_amount,
                            accounts_do_not_share_their_books, a_hold_of_nothing_is_a_hold);

}  // namespace plimsoll::contract
