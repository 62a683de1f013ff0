// Goal: the fake and the embedded accounts keep one contract.
// Method: accounts_contract.h over both.
#include "store/embedded/accounts.h"
#include "ports/fakes/fake_accounts.h"
#include "tests/contract/accounts_contract.h"

namespace plimsoll::contract {
namespace {

class Fake {
 public:
  ports::Accounts& accounts() { return accounts_; }
  void open(const std::string& name, std::optional<Money> cap) {
    ports::FakeAccounts::Books books;
    if (cap) books.balance = *cap;
    accounts_.own_books[name] = books;
  }
  ShownBooks books(const std::string& name) {
    return {accounts_.own_books[name].held, accounts_.own_books[name].spent};
  }

 private:
  ports::FakeAccounts accounts_;
};

class Embedded {
 public:
  ports::Accounts& accounts() { return accounts_; }
  void open(const std::string& name, std::optional<Money> cap) {
    EXPECT_TRUE(accounts_.set_cap(name, cap));
  }
  ShownBooks books(const std::string& name) {
    const auto books = accounts_.books(name);
    return {books.held, books.spent};
  }

 private:
  store::EmbeddedAccounts accounts_;
};

using Subjects = ::testing::Types<Fake, Embedded>;
INSTANTIATE_TYPED_TEST_SUITE_P(All, AccountsContract, Subjects);

}  // namespace
}  // namespace plimsoll::contract
