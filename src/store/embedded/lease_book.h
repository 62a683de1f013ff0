#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "model/trail.h"

namespace plimsoll::store {

/// An attempt that may cost money and is not in the ledger yet, as a process that
/// died left it.
struct LeftLease {
  std::int64_t lease = 0;
  bool settled = false;  // `amount` is what it cost; else the most that it may have cost
  Money amount;
  std::size_t attempt = 0;
  WallTime call_started{};
  nanoseconds attempt_started{0};
  std::string call_id, feature, key_id, tenant, provider, model;
};

/// What attempts in flight may cost, in a file that is mapped into memory: a few
/// stores for each attempt and no system call, and yet a process that is killed
/// leaves it whole. (A power cut may take the last seconds, as it may of the
/// ledger.) An attempt stands here from its reservation until its row is in the
/// ledger.
///
/// Thread-safe: a short lock per lane of 16 guards the list of free slots, and a
/// thread uses its own lane while that has some.
class LeaseBook {
 public:
  static constexpr std::size_t kSlots = 16'384;  // 8 MiB, of which only what is used takes room

  /// Opens or creates `leases.bin` in `folder`, whose lock the caller holds.
  ///
  /// Errors
  ///   storage_failed   it cannot be mapped, or is of another version
  [[nodiscard]] static Result<std::unique_ptr<LeaseBook>> open(const std::string& folder);
  ~LeaseBook();
  LeaseBook(const LeaseBook&) = delete;
  LeaseBook& operator=(const LeaseBook&) = delete;

  /// What was found at opening, and is not released yet.
  const std::vector<LeftLease>& left() const noexcept { return left_; }

  /// Notes an attempt and returns its lease; -1 when every slot is taken.
  std::int64_t take(const Trail& trail, std::size_t attempt, Money worst) noexcept;
  /// The attempt has cost `actual`; the ledger does not know yet.
  void settle(std::int64_t lease, Money actual) noexcept;
  /// The ledger knows, or the attempt has cost nothing. -1 is no lease; one that was
  /// released before stays so.
  void release(std::int64_t lease) noexcept;

  std::size_t used() const;

 private:
  struct Slot;
  struct alignas(64) Lane {
    mutable std::mutex mutex;
    std::vector<std::int64_t> free;  // the last one is used next: few pages are touched
  };
  static constexpr std::size_t kLanes = 16;

  LeaseBook() = default;
  void read_left();
  std::int64_t free_slot() noexcept;

  Slot* slots_ = nullptr;
  std::vector<LeftLease> left_;
  std::array<Lane, kLanes> lanes_;
};

}  // namespace plimsoll::store
