#pragma once

#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "ports/accounts.h"

namespace plimsoll::ports {

/// Keeps books in memory, on one thread. Tests read the books, they never count
/// calls. `books` is what all accounts share unless `own_books` names them.
class FakeAccounts final : public Accounts {
 public:
  struct Books {
    Money balance{std::numeric_limits<std::int64_t>::max()};  // what may still be held or spent
    Money held{}, spent{};
  };
  Books books;
  std::map<std::string, Books, std::less<>> own_books;
  bool down = false;

  Task<Result<std::unique_ptr<Hold>>> reserve(std::string_view account, Money amount,
                                              Deadline) override {
    if (down) co_return fail(ErrorKind::storage_failed, "accounts are unreachable");
    Books& own = books_of(account);
    if (amount > own.balance - own.held)
      co_return fail(ErrorKind::budget_exhausted, "the balance is too low");
    own.held += amount;
    co_return std::unique_ptr<Hold>(std::make_unique<FakeHold>(own, amount));
  }

 private:
  struct FakeHold final : Hold {
    FakeHold(Books& own, Money reserved) : books(own), amount(reserved) {}
    ~FakeHold() override { release(); }
    void settle(Money actual) noexcept override {
      books.spent += actual;
      books.balance = books.balance - actual;
      release();
    }
    void release() noexcept { books.held = books.held - std::exchange(amount, Money{}); }
    Books& books;
    Money amount;
  };

  Books& books_of(std::string_view account) {
    const auto own = own_books.find(account);
    return own == own_books.end() ? books : own->second;
  }
};

}  // namespace plimsoll::ports
