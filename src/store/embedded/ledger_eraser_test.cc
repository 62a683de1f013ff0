// Goal: what is erased is gone from the file, and nothing else is.
// Method: a real ledger with calls of two tenants and two ages; its bytes are searched.
#include "store/embedded/ledger_eraser.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "store/embedded/ledger.h"
#include "store/embedded/ledger_test_trails.h"
#include "store/embedded/sqlite.h"

namespace plimsoll::store {
namespace {

using namespace std::chrono_literals;
const WallTime kNow = WallTime{} + 1'767'225'600s;

class LedgerEraserTest : public ::testing::Test {
 protected:
  std::string folder;

  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "plimsoll-erase-XXXXXX").string();
    folder = ::mkdtemp(name.data());
    auto ledger = Ledger::open({.folder = folder});
    ASSERT_TRUE(ledger);
    for (int i = 0; i < 6'000; ++i) (*ledger)->take(call(i));
    ASSERT_TRUE((*ledger)->flush());
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  /// Even numbers are acme's; every third is a year old.
  static std::shared_ptr<const Trail> call(int i) {
    auto trail = std::make_shared<Trail>();
    trail->call_id = "c_" + std::to_string(i);
    trail->tenant = i % 2 == 0 ? "acme" : "other";
    trail->request_text = i % 2 == 0 ? "the secret of acme" : "the text of other";
    trail->started_wall = kNow - (i % 3 == 0 ? 24h * 365 : 1h);
    trail->attempts.emplace_back();
    return trail;
  }
  std::int64_t count(const std::string& sql) const {
    auto database = Database::open(folder + "/ledger.db", Database::Access::read_only);
    return database->integer(sql).value_or(-1);
  }
  std::string bytes() const {
    std::string all;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      std::ifstream in(file.path(), std::ios::binary);
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }
};

TEST_F(LedgerEraserTest, a_tenant_is_gone_from_every_byte_of_the_file) {
  ASSERT_NE(bytes().find("the secret of acme"), std::string::npos);
  EXPECT_EQ(erase_calls(folder, {.tenant = "acme"}), 3'000);
  EXPECT_EQ(count("SELECT count(*) FROM calls"), 3'000);
  EXPECT_EQ(count("SELECT count(*) FROM attempts"), 3'000);
  EXPECT_EQ(bytes().find("the secret of acme"), std::string::npos);
  EXPECT_NE(bytes().find("the text of other"), std::string::npos);
}

TEST_F(LedgerEraserTest, an_age_erases_what_is_older) {
  EXPECT_EQ(erase_calls(folder, {.before = kNow - 24h * 90}), 2'000);
  EXPECT_EQ(erase_calls(folder, {.tenant = "acme", .before = kNow}), 2'000);
  EXPECT_EQ(count("SELECT count(*) FROM calls"), 2'000);
}

TEST_F(LedgerEraserTest, a_ledger_that_is_being_written_loses_nothing) {
  auto ledger = Ledger::open({.folder = folder});
  ASSERT_TRUE(ledger);
  (*ledger)->take(call(6'001));
  EXPECT_EQ(erase_calls(folder, {.tenant = "acme"}), 3'000);
  (*ledger)->take(call(6'003));
  ASSERT_TRUE((*ledger)->flush());
  EXPECT_EQ(count("SELECT count(*) FROM calls"), 3'002);
}

TEST_F(LedgerEraserTest, everything_is_not_what_nobody_said) {
  EXPECT_EQ(erase_calls(folder, {}).error().kind, ErrorKind::request_invalid);
  EXPECT_EQ(count("SELECT count(*) FROM calls"), 6'000);
}

}  // namespace
}  // namespace plimsoll::store
