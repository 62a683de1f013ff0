#include "store/embedded/key_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <map>
#include <utility>

#include "store/embedded/sqlite.h"

namespace plimsoll::store {
namespace {

// keys     one row per key. A NULL limit is no limit; `features` has one name a line;
//          times are nanoseconds since 1970, UTC.
// secrets  the SHA-256, in hex, of every secret that may be sent for a key
// changes  the audit: appended, never changed
constexpr std::int64_t kVersion = 1;
constexpr const char* kSchema = R"sql(
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS keys(
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, features TEXT NOT NULL,
  requests INTEGER, requests_period_ns INTEGER, tokens INTEGER, tokens_period_ns INTEGER,
  concurrent INTEGER, budget_nanos INTEGER, budget_period INTEGER,
  created_ns INTEGER NOT NULL, expires_ns INTEGER, revoked_ns INTEGER);
CREATE TABLE IF NOT EXISTS secrets(
  hash TEXT PRIMARY KEY, id TEXT NOT NULL REFERENCES keys(id), created_ns INTEGER NOT NULL,
  expires_ns INTEGER);
CREATE TABLE IF NOT EXISTS changes(
  n INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, by TEXT NOT NULL, what TEXT NOT NULL,
  id TEXT NOT NULL, detail TEXT NOT NULL);
PRAGMA user_version = 1;
COMMIT;)sql";

std::string path_of(const std::string& folder) { return folder + "/keys.db"; }

std::int64_t nanos(WallTime when) { return when.time_since_epoch().count(); }

std::optional<WallTime> time_at(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return WallTime{std::chrono::nanoseconds{row.integer_at(column)}};
}

/// 256 bits of the system's randomness as 43 characters of base64url.
Result<Secret> new_secret() {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<unsigned char, 33> bytes{};  // the last one stays 0
  if (::getrandom(bytes.data(), 32, 0) != 32)
    return fail(ErrorKind::io_failed, "the system gives no randomness");
  std::string text(kKeyPrefix);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const unsigned group = unsigned{bytes[i]} << 16U | unsigned{bytes[i + 1]} << 8U | bytes[i + 2];
    for (const unsigned shift : {18U, 12U, 6U, 0U}) text += kDigits[group >> shift & 63U];
  }
  text.resize(kKeyPrefix.size() + 43);
  return Secret(std::move(text));
}

std::string user_name() {
  const passwd* user = ::getpwuid(::getuid());
  return user != nullptr ? user->pw_name : fmt::format("uid {}", ::getuid());
}

std::optional<Rate> rate_at(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return Rate{.count = row.integer_at(column),
              .period = std::chrono::nanoseconds{row.integer_at(column + 1)}};
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

StoredKey key_at(const Statement& row) {
  StoredKey stored;
  ClientKey& key = stored.key;
  key.id = row.text_at(0);
  key.tenant = row.text_at(1);
  key.features = lines_of(row.text_at(2));
  key.limits.requests = rate_at(row, 3);
  key.limits.tokens = rate_at(row, 5);
  if (!row.is_null(7)) key.limits.concurrent = row.integer_at(7);
  if (!row.is_null(8))
    key.budget = BudgetRule{.name = "of the key",
                            .scope = BudgetScope::key,
                            .cap = Money{row.integer_at(8)},
                            .period = static_cast<BudgetPeriod>(row.integer_at(9))};
  stored.created = WallTime{std::chrono::nanoseconds{row.integer_at(10)}};
  key.expires = time_at(row, 11);
  stored.revoked = time_at(row, 12);
  return stored;
}

Sha256 hash_from_hex(std::string_view hex) {
  const auto digit = [](char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  };
  Sha256 hash{};
  for (std::size_t i = 0; i < hash.size() && 2 * i + 1 < hex.size(); ++i)
    hash[i] = static_cast<std::uint8_t>(digit(hex[2 * i]) << 4U | digit(hex[2 * i + 1]));
  return hash;
}

std::string detail_of(const ClientKey& key) {
  return fmt::format("tenant \"{}\", features {}, {}", key.tenant,
                     key.features.empty() ? "all" : fmt::format("{}", fmt::join(key.features, " ")),
                     key.expires ? "expires" : "does not expire");
}

}  // namespace

struct KeyStore::State {
  Database database;

  Result<void> add_secret(const std::string& id, const Secret& secret, WallTime now) {
    const std::string hash = to_hex(sha256(secret.reveal()));
    PLIMSOLL_TRY(Statement row,
                 Statement::prepare(database, "INSERT INTO secrets VALUES(?,?,?,NULL)"));
    return row.text(hash).text(id).integer(nanos(now)).execute();
  }

  Result<void> note(std::string_view what, const std::string& id, const std::string& detail,
                    WallTime now) {
    const std::string by = user_name();
    PLIMSOLL_TRY(Statement row,
                 Statement::prepare(database, "INSERT INTO changes VALUES(NULL,?,?,?,?,?)"));
    return row.integer(nanos(now)).text(by).text(what).text(id).text(detail).execute();
  }

  Result<void> add_key(const ClientKey& key, WallTime now);
  Result<void> must_be_live(const std::string& id);
  Result<void> expire_secrets(const std::string& id, WallTime when);
};

namespace {

/// Runs `change` in one transaction.
template <class Change>
Result<void> all_or_nothing(Database& database, Change change) {
  if (auto begun = database.run("BEGIN IMMEDIATE"); !begun) return begun;
  Result<void> done = change();
  if (done) done = database.run("COMMIT");
  if (!done) (void)database.run("ROLLBACK");
  return done;
}

Statement& bind_rate(Statement& row, const std::optional<Rate>& rate) {
  if (!rate) return row.null().null();
  return row.integer(rate->count).integer(rate->period.count());
}

}  // namespace

Result<void> KeyStore::State::add_key(const ClientKey& key, WallTime now) {
  PLIMSOLL_TRY(Statement known, Statement::prepare(database, "SELECT 1 FROM keys WHERE id = ?"));
  known.text(key.id);
  PLIMSOLL_TRY(const bool taken, known.step());
  if (taken)
    return fail(ErrorKind::request_invalid, fmt::format("there is a key \"{}\" already", key.id),
                fmt::format("choose another id, or `plimsoll keys rotate {}`", key.id));
  const std::string features = fmt::format("{}", fmt::join(key.features, "\n"));
  PLIMSOLL_TRY(
      Statement row,
      Statement::prepare(database, "INSERT INTO keys VALUES(?,?,?,?,?,?,?,?,?,?,?,?,NULL)"));
  row.text(key.id).text(key.tenant).text(features);
  bind_rate(bind_rate(row, key.limits.requests), key.limits.tokens)
      .integer_or_null(key.limits.concurrent);
  if (key.budget)
    row.integer(key.budget->cap.nanos).integer(static_cast<std::int64_t>(key.budget->period));
  else
    row.null().null();
  row.integer(nanos(now));
  key.expires ? row.integer(nanos(*key.expires)) : row.null();
  return row.execute();
}

Result<void> KeyStore::State::must_be_live(const std::string& id) {
  PLIMSOLL_TRY(Statement row,
               Statement::prepare(database, "SELECT revoked_ns FROM keys WHERE id = ?"));
  row.text(id);
  PLIMSOLL_TRY(const bool known, row.step());
  if (known && row.is_null(0)) return {};
  return fail(
      ErrorKind::request_invalid,
      known ? fmt::format("key \"{}\" is revoked", id) : fmt::format("there is no key \"{}\"", id),
      "`plimsoll keys list` shows all keys");
}

Result<void> KeyStore::State::expire_secrets(const std::string& id, WallTime when) {
  PLIMSOLL_TRY(Statement row,
               Statement::prepare(database,
                                  "UPDATE secrets SET expires_ns = min(coalesce(expires_ns, ?1), "
                                  "?1) WHERE id = ?2"));
  return row.integer(nanos(when)).text(id).execute();
}

KeyStore::KeyStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
KeyStore::KeyStore(KeyStore&&) noexcept = default;
KeyStore& KeyStore::operator=(KeyStore&&) noexcept = default;
KeyStore::~KeyStore() = default;

bool KeyStore::exists(const std::string& folder) {
  std::error_code error;
  return std::filesystem::exists(path_of(folder), error);
}

Result<KeyStore> KeyStore::open(const std::string& folder) {
  std::error_code error;
  if (std::filesystem::create_directories(folder, error))
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  const std::string path = path_of(folder);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor >= 0) ::close(descriptor);
  PLIMSOLL_TRY(Database database, Database::open(path, Database::Access::write));
  PLIMSOLL_TRY(const std::int64_t version, database.integer("PRAGMA user_version"));
  if (version > kVersion)
    return fail(ErrorKind::storage_failed,
                fmt::format("the keys {} are of version {}; this plimsoll knows {}", path, version,
                            kVersion),
                "use the newer plimsoll that wrote them");
  if (version == 0)
    if (auto made = database.run(kSchema); !made) return std::unexpected(std::move(made).error());
  auto state = std::make_unique<State>();
  state->database = std::move(database);
  return KeyStore(std::move(state));
}

Result<Secret> KeyStore::create(const ClientKey& key, WallTime now) {
  PLIMSOLL_TRY(Secret secret, new_secret());
  auto done = all_or_nothing(state_->database, [&]() -> Result<void> {
    if (auto added = state_->add_key(key, now); !added) return added;
    if (auto added = state_->add_secret(key.id, secret, now); !added) return added;
    return state_->note("created", key.id, detail_of(key), now);
  });
  if (!done) return std::unexpected(std::move(done).error());
  return secret;
}

Result<void> KeyStore::revoke(const std::string& id, WallTime now) {
  return all_or_nothing(state_->database, [&]() -> Result<void> {
    if (auto live = state_->must_be_live(id); !live) return live;
    PLIMSOLL_TRY(Statement row, Statement::prepare(state_->database,
                                                   "UPDATE keys SET revoked_ns = ? WHERE id = ?"));
    if (auto done = row.integer(nanos(now)).text(id).execute(); !done) return done;
    return state_->note("revoked", id, "", now);
  });
}

Result<Secret> KeyStore::rotate(const std::string& id, std::chrono::seconds overlap, WallTime now) {
  PLIMSOLL_TRY(Secret secret, new_secret());
  auto done = all_or_nothing(state_->database, [&]() -> Result<void> {
    if (auto live = state_->must_be_live(id); !live) return live;
    if (auto old = state_->expire_secrets(id, now + overlap); !old) return old;
    if (auto added = state_->add_secret(id, secret, now); !added) return added;
    return state_->note("rotated", id,
                        fmt::format("earlier secrets work for {} s more", overlap.count()), now);
  });
  if (!done) return std::unexpected(std::move(done).error());
  return secret;
}

Result<std::vector<StoredKey>> KeyStore::all() {
  std::vector<StoredKey> keys;
  std::map<std::string, std::size_t, std::less<>> places;
  PLIMSOLL_TRY(Statement row,
               Statement::prepare(state_->database, "SELECT * FROM keys ORDER BY id"));
  while (true) {
    PLIMSOLL_TRY(const bool more, row.step());
    if (!more) break;
    places[std::string(row.text_at(0))] = keys.size();
    keys.push_back(key_at(row));
  }
  PLIMSOLL_TRY(Statement secret,
               Statement::prepare(state_->database,
                                  "SELECT id, hash, expires_ns FROM secrets ORDER BY created_ns"));
  while (true) {
    PLIMSOLL_TRY(const bool more, secret.step());
    if (!more) break;
    const auto place = places.find(secret.text_at(0));
    if (place != places.end())
      keys[place->second].secrets.push_back(
          {.hash = hash_from_hex(secret.text_at(1)), .expires = time_at(secret, 2)});
  }
  return keys;
}

Result<std::vector<KeyChange>> KeyStore::changes() {
  std::vector<KeyChange> changes;
  PLIMSOLL_TRY(Statement row,
               Statement::prepare(state_->database,
                                  "SELECT at_ns, by, what, id, detail FROM changes ORDER BY n"));
  while (true) {
    PLIMSOLL_TRY(const bool more, row.step());
    if (!more) return changes;
    changes.push_back({.at = WallTime{std::chrono::nanoseconds{row.integer_at(0)}},
                       .by = std::string(row.text_at(1)),
                       .what = std::string(row.text_at(2)),
                       .key_id = std::string(row.text_at(3)),
                       .detail = std::string(row.text_at(4))});
  }
}

Result<std::int64_t> KeyStore::version() { return state_->database.integer("PRAGMA data_version"); }

}  // namespace plimsoll::store
