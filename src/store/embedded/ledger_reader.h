#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "base/time.h"

namespace plimsoll::store {

/// One value of a row; monostate: never happened, or not known.
using Cell = std::variant<std::monostate, std::int64_t, double, std::string>;

struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;  // each as long as `columns`

  /// The cell under `column`, which must be one of `columns`.
  const Cell& at(std::size_t row, std::string_view column) const;
};

/// Which calls to read. What is absent does not restrict.
struct CallFilter {
  std::optional<WallTime> since;
  std::optional<std::string> feature;
  std::optional<std::string> model;   // as asked for, or as any attempt used it
  std::optional<std::string> status;  // "answered", "failed", an error token or an HTTP status
  std::size_t limit = 50;             // newest first; 0: all
};

/// All calls of one feature, summed.
struct FeatureSummary {
  std::string feature;
  std::int64_t calls = 0, answered = 0, attempts = 0;
  std::int64_t input_tokens = 0, output_tokens = 0;
  Money cost;                                                // of the calls whose cost is known
  std::int64_t cost_unknown = 0;                             // calls whose cost is not
  std::vector<std::pair<std::string, std::int64_t>> errors;  // kind and count, most first
  std::chrono::nanoseconds p50{0}, p95{0}, p99{0};           // of answered calls; nearest rank
};

/// Reads a ledger, also while a server writes it. One thread at a time.
class LedgerReader {
 public:
  /// `folder` as state_folder gives it.
  ///
  /// Errors
  ///   storage_failed   there is no ledger, it cannot be read, or it is of
  ///                    another version
  [[nodiscard]] static Result<LedgerReader> open(const std::string& folder);

  LedgerReader(LedgerReader&&) noexcept;
  LedgerReader& operator=(LedgerReader&&) noexcept;
  ~LedgerReader();

  [[nodiscard]] Result<Rows> calls(const CallFilter& filter);

  /// The whole story of one call: its row with every column, then what belongs
  /// to it, oldest first.
  struct Story {
    Rows call, attempts, controls, violations;
  };
  /// Errors
  ///   storage_failed   no such call, or it cannot be read
  [[nodiscard]] Result<Story> story(std::string_view call_id);

  /// Per feature, by name; `filter.limit` is not looked at.
  [[nodiscard]] Result<std::vector<FeatureSummary>> summary(const CallFilter& filter);

  /// What may be a group of spending, in the order of the words of `--by`.
  enum class SpendBy : std::uint8_t { feature, key, tenant, provider, model, day };

  /// Money, tokens and resolutions of each group, dearest first. A call counts
  /// under each model that it tried; `resolved` are calls that were answered,
  /// every check of theirs passed. `filter.limit` is not looked at.
  [[nodiscard]] Result<Rows> spend(const CallFilter& filter, std::span<const SpendBy> by);

 private:
  struct State;
  explicit LedgerReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace plimsoll::store
