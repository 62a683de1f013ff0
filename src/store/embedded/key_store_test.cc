// Goal: a secret is shown once and stored never; every change is audited; a gateway
// sees changes of another process in time.
// Method: real files in a folder of the test's own; made-up instants, except for the
// ring's thread, which is waited for by its promise.
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "store/embedded/key_ring.h"
#include "store/embedded/key_store.h"

namespace plimsoll::store {
namespace {

using State = ports::FoundKey::State;
using namespace std::chrono_literals;

const WallTime kNow = WallTime{} + 1'000'000h;

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "plimsoll-keys-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

std::string bytes_of(const std::string& folder) {
  std::string all;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(file.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(in), {});
  }
  return all;
}

/// Asks until the answer is as expected or the ring's promise is broken.
State state_within_promise(const KeyRing& ring, const Secret& secret, State expected) {
  const auto patience = Clock::now() + KeyRing::kStaleness + 8s;  // a busy machine's grace
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  while (true) {
    const State state = ring.find(secret.reveal(), kNow).state;
    if (state == expected || Clock::now() > patience) return state;
    never.wait_for(lock, 10ms);
  }
}

TEST(KeyStoreTest, a_secret_has_256_bits_a_prefix_and_is_never_stored) {
  Folder folder;
  auto keys = KeyStore::open(folder.path);
  ASSERT_TRUE(keys) << keys.error().what;
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    const auto secret = keys->create({.id = "k" + std::to_string(i)}, kNow);
    ASSERT_TRUE(secret) << secret.error().what;
    EXPECT_TRUE(secret->reveal().starts_with(kKeyPrefix));
    EXPECT_EQ(secret->reveal().size(), kKeyPrefix.size() + 43);
    EXPECT_TRUE(seen.insert(secret->reveal()).second);
    EXPECT_EQ(bytes_of(folder.path).find(secret->reveal().substr(8, 20)), std::string::npos);
  }
  EXPECT_NE(bytes_of(folder.path).find(to_hex(sha256(*seen.begin()))), std::string::npos);
}

TEST(KeyStoreTest, what_a_key_may_do_is_read_as_it_was_written) {
  Folder folder;
  auto keys = KeyStore::open(folder.path);
  ClientKey key{.id = "team-a", .tenant = "acme", .features = {"bot", "mail"}};
  key.limits = {.requests = Rate{.count = 60, .period = 1min},
                .tokens = Rate{.count = 7, .period = 24h},
                .concurrent = 8};
  key.expires = kNow + 5h;
  key.budget = BudgetRule{.cap = Money{7}, .period = BudgetPeriod::month};
  ASSERT_TRUE(keys->create(key, kNow));
  const auto all = keys->all();
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1U);
  const ClientKey& read = all->front().key;
  EXPECT_EQ(read.id, "team-a");
  EXPECT_EQ(read.tenant, "acme");
  EXPECT_EQ(read.features, key.features);
  EXPECT_EQ(read.limits, key.limits);
  EXPECT_EQ(read.expires, key.expires);
  ASSERT_TRUE(read.budget);
  EXPECT_EQ(read.budget->cap, Money{7});
  EXPECT_EQ(read.budget->period, BudgetPeriod::month);
  EXPECT_EQ(all->front().created, kNow);
}

TEST(KeyStoreTest, an_id_is_taken_once_and_a_revoked_key_stays_revoked) {
  Folder folder;
  auto keys = KeyStore::open(folder.path);
  ASSERT_TRUE(keys->create({.id = "a"}, kNow));
  EXPECT_EQ(keys->create({.id = "a"}, kNow).error().what, "there is a key \"a\" already");
  EXPECT_EQ(keys->revoke("b", kNow).error().what, "there is no key \"b\"");
  ASSERT_TRUE(keys->revoke("a", kNow));
  EXPECT_EQ(keys->revoke("a", kNow).error().what, "key \"a\" is revoked");
  EXPECT_EQ(keys->rotate("a", 1h, kNow).error().what, "key \"a\" is revoked");
}

TEST(KeyStoreTest, every_change_has_its_line_and_a_refused_one_has_none) {
  Folder folder;
  auto keys = KeyStore::open(folder.path);
  ASSERT_TRUE(keys->create({.id = "a"}, kNow));
  ASSERT_FALSE(keys->create({.id = "a"}, kNow));
  ASSERT_TRUE(keys->rotate("a", 60s, kNow + 1s));
  ASSERT_TRUE(keys->revoke("a", kNow + 2s));
  const auto changes = keys->changes();
  ASSERT_TRUE(changes);
  ASSERT_EQ(changes->size(), 3U);
  EXPECT_EQ((*changes)[0].what, "created");
  EXPECT_EQ((*changes)[1].detail, "earlier secrets work for 60 s more");
  EXPECT_EQ((*changes)[2].at, kNow + 2s);
  EXPECT_FALSE((*changes)[2].by.empty());
}

TEST(KeyRingTest, a_key_is_valid_until_it_expires) {
  Folder folder;
  auto keys = KeyStore::open(folder.path);
  const auto secret = keys->create({.id = "a", .expires = kNow + 1h}, kNow);
  auto ring = KeyRing::open(folder.path);
  ASSERT_TRUE(ring) << ring.error().what;
  EXPECT_EQ((*ring)->find(secret->reveal(), kNow).state, State::valid);
  EXPECT_EQ((*ring)->find(secret->reveal(), kNow).key->id, "a");
  EXPECT_EQ((*ring)->find(secret->reveal(), kNow + 1h).state, State::expired);
  EXPECT_EQ((*ring)->find("plim_something-else", kNow).state, State::unknown);
  EXPECT_EQ((*ring)->find("", kNow).state, State::unknown);
}

TEST(KeyRingTest, both_secrets_work_while_a_rotation_overlaps) {
  Folder folder;
  auto keys = KeyStore::open(folder.path);
  const auto first = keys->create({.id = "a"}, kNow);
  const auto second = keys->rotate("a", 1h, kNow);
  auto ring = KeyRing::open(folder.path);
  EXPECT_EQ((*ring)->find(first->reveal(), kNow).state, State::valid);
  EXPECT_EQ((*ring)->find(second->reveal(), kNow).state, State::valid);
  EXPECT_EQ((*ring)->find(first->reveal(), kNow + 1h).state, State::expired);
  EXPECT_EQ((*ring)->find(second->reveal(), kNow + 1h).state, State::valid);
}

TEST(KeyRingTest, a_running_gateway_sees_what_another_process_changes) {
  Folder folder;
  auto ring = KeyRing::open(folder.path);
  ASSERT_TRUE(ring) << "there is no store yet";
  auto keys = KeyStore::open(folder.path);
  const auto secret = keys->create({.id = "a"}, kNow);
  EXPECT_EQ(state_within_promise(**ring, *secret, State::valid), State::valid);
  ASSERT_TRUE(keys->revoke("a", kNow));
  EXPECT_EQ(state_within_promise(**ring, *secret, State::revoked), State::revoked);
}

TEST(KeyRingTest, one_of_many_keys_is_found) {
  Folder folder;
  {
    auto keys = KeyStore::open(folder.path);
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(keys->create({.id = "k" + std::to_string(i)}, kNow));
  }
  auto keys = KeyStore::open(folder.path);
  const auto secret = keys->create({.id = "last"}, kNow);
  auto ring = KeyRing::open(folder.path);
  EXPECT_EQ((*ring)->size(), 201U);
  EXPECT_EQ((*ring)->find(secret->reveal(), kNow).key->id, "last");
}

}  // namespace
}  // namespace plimsoll::store
