#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "dialects/members.h"
#include "model/request.h"

/// What the readers of requests have in common, whatever the dialect.
namespace plimsoll::dialects {

/// `key` holds something else than it must.
std::unexpected<Error> wrong_type(std::string_view key, const json::Value& value,
                                  std::string_view expected);

/// Top-level keys stand once: a reader that takes the last of two and one that
/// takes the first would see two different requests.
///
/// Errors: request_invalid.
[[nodiscard]] Result<void> refuse_duplicates(const std::vector<Field>& fields);

/// Reads `model` into the request.
///
/// Errors: request_invalid (no string, or empty).
[[nodiscard]] Result<void> read_model(const Field& field, Request& to);

/// There was no `model`.
std::unexpected<Error> missing_model();

}  // namespace plimsoll::dialects
