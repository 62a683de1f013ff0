#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "model/plan.h"
#include "ports/trail_sink.h"
#include "store/embedded/lease_book.h"

namespace plimsoll::store {

/// The record of calls and attempts: SQLite in the state folder, written in
/// batches by a thread of its own, one batch per flush_interval.
///
/// A process killed at any point leaves whole calls only, and loses at most what
/// it took since the last flush. Where the disk refuses, rows wait (up to
/// queue_max) and are tried again; what finds no room is dropped, counted, and
/// told on stderr at most every ten seconds.
///
/// Thread-safe. No prompt or answer is stored unless the trail carries its text;
/// the same holds for the evidence of violations, which quotes the answer.
class Ledger final : public ports::TrailSink {
 public:
  /// Opens, creates or brings up to date the ledger in `rules.folder`.
  ///
  /// Errors
  ///   storage_failed   the folder cannot be used or another process has it; the
  ///                    file is of a newer version or damaged
  [[nodiscard]] static Result<std::unique_ptr<Ledger>> open(const LedgerRules& rules);

  /// What attempts may cost until their rows are here.
  LeaseBook& leases() noexcept;

  /// Writes what waits, then closes.
  ~Ledger() override;

  void take(const std::shared_ptr<const Trail>& trail) noexcept override;

  /// Waits until every trail taken before is in the file; for tests and shutdown,
  /// never on a loop.
  ///
  /// Errors
  ///   storage_failed   the disk refused; the rows still wait
  [[nodiscard]] Result<void> flush();

  std::uint64_t dropped() const noexcept;  // calls that found no room
  std::uint64_t written() const noexcept;  // calls in the file since it was opened
  std::size_t waiting() const noexcept;    // calls taken and not yet written
  const std::string& path() const noexcept;

 private:
  struct State;
  explicit Ledger(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace plimsoll::store
