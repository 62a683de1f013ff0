#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::config {

/// The page of a diagnostic token, an error kind or a field. A field may be
/// named by its path in the table, as it stands in a file
/// ("features.support-bot.retry"), or by its last steps ("latency.p95"); when
/// several fit, all are shown. Empty when nothing has this name.
std::optional<std::string> explain(std::string_view topic);

/// Everything that has a page, one line each.
std::string explain_list();

/// All topics, for candidates.
std::vector<std::string_view> topics();

/// docs/errors.md: all error kinds and diagnostic tokens.
std::string errors_markdown();

}  // namespace plimsoll::config
