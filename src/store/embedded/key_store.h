#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "base/sha256.h"
#include "base/time.h"
#include "model/client_key.h"

namespace plimsoll::store {

/// What every secret of ours begins with, so that a leaked one is recognised.
inline constexpr std::string_view kKeyPrefix = "plim_";

/// One secret of a key, as it is stored.
struct StoredSecret {
  Sha256 hash{};
  std::optional<WallTime> expires;  // set when a rotation replaced it
};

struct StoredKey {
  ClientKey key;
  WallTime created{};
  std::optional<WallTime> revoked;
  std::vector<StoredSecret> secrets;  // several while a rotation overlaps
};

/// A line of the audit: every change there ever was, in order.
struct KeyChange {
  WallTime at{};
  std::string by;    // the user of the operating system
  std::string what;  // created, revoked, rotated
  std::string key_id, detail;
};

/// The keys of clients: SQLite in the state folder, beside the ledger. Secrets
/// are 256 random bits and stored as SHA-256 only. Each change is one transaction
/// together with its audit line. One thread at a time; several processes may have
/// it open, the gateway too.
class KeyStore {
 public:
  /// Opens or creates the store in `folder`.
  ///
  /// Errors
  ///   storage_failed   it cannot be opened, or is of a newer version
  [[nodiscard]] static Result<KeyStore> open(const std::string& folder);
  static bool exists(const std::string& folder);

  KeyStore(KeyStore&&) noexcept;
  KeyStore& operator=(KeyStore&&) noexcept;
  ~KeyStore();

  /// Makes a key and returns its secret, which nobody can read again.
  ///
  /// Errors
  ///   request_invalid   there is a key of that id
  ///   storage_failed    nothing was changed
  [[nodiscard]] Result<Secret> create(const ClientKey& key, WallTime now);

  /// From now on the key is refused, for ever: its id stays in the ledger.
  ///
  /// Errors
  ///   request_invalid   there is no such key, or it is revoked already
  [[nodiscard]] Result<void> revoke(const std::string& id, WallTime now);

  /// Gives the key another secret; the earlier ones work until `overlap` is over.
  ///
  /// Errors: as revoke.
  [[nodiscard]] Result<Secret> rotate(const std::string& id, std::chrono::seconds overlap,
                                      WallTime now);

  [[nodiscard]] Result<std::vector<StoredKey>> all();
  [[nodiscard]] Result<std::vector<KeyChange>> changes();

  /// Another number whenever another process has changed the store.
  [[nodiscard]] Result<std::int64_t> version();

 private:
  struct State;
  explicit KeyStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace plimsoll::store
