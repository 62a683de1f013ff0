#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "store/embedded/ledger_reader.h"

namespace plimsoll::cli {

/// The point in time that `text` names: an age before `now` ("90s", "15m", "1h",
/// "7d", "2w") or a date or time in UTC ("2026-01-31", "2026-01-31T14:00:00Z").
/// Empty when it is neither.
std::optional<WallTime> parse_since(std::string_view text, WallTime now);

/// An array of objects, one a line; flags are true or false, the unknown is null.
std::string as_json(const store::Rows& rows);
/// RFC 4180 with a line of names first; the unknown is empty.
std::string as_csv(const store::Rows& rows);

/// For people: aligned, shortened, control characters shown as '?'.
std::string calls_table(const store::Rows& calls);
std::string story_text(const store::LedgerReader::Story& story);
std::string story_json(const store::LedgerReader::Story& story);

/// Spending, its groups first; money in dollars.
std::string spend_table(const store::Rows& spend);

/// A summary in the shape of any other table, errors as "kind count, ...".
store::Rows summary_rows(const std::vector<store::FeatureSummary>& summary);
std::string summary_table(const std::vector<store::FeatureSummary>& summary);
/// As as_json, but errors are an object of counts by kind.
std::string summary_json(const std::vector<store::FeatureSummary>& summary);

}  // namespace plimsoll::cli
