#pragma once

#include <memory>
#include <optional>

#include "base/result.h"
#include "checks/json_schema.h"
#include "model/answer.h"
#include "model/plan.h"
#include "model/request.h"
#include "model/verdict.h"

namespace plimsoll::checks {

/// The output contract of a feature, compiled. Immutable, thread-safe, cheap to
/// copy; needs nothing of the rules it came from.
class ReplyChecks {
 public:
  /// Errors
  ///   config_invalid   a pattern or the schema does not compile
  [[nodiscard]] static Result<ReplyChecks> compile(const OutputRules& rules);

  /// Judges a whole answer to `request`; every choice is checked. JSON is also
  /// asked for when the request asked for it (response_format).
  ///
  /// Per choice: a refusal (refusal text, or stopped by a content filter) or a
  /// truncation is the only thing said; a choice of tool calls and no text has
  /// nothing to check; any other text runs through every rule. The verdict's
  /// kind is the gravest met: reply_refused, reply_truncated, reply_invalid.
  ///
  /// Names of checks: not_refused, not_truncated, non_empty, json,
  /// json_required, json_schema, must_contain, must_match, must_not_match,
  /// min_chars, max_chars, require. `found` may quote the answer. `clients` is a schema
  /// that came with the request; where it cannot decide, it objects to nothing.
  Verdict judge(const Answer& answer, const Request& request,
                const JsonSchema* clients = nullptr) const;

  /// Whether every answer must be JSON; and the schema it must fit, if any.
  bool wants_json() const noexcept;
  const std::optional<JsonSchema>& schema() const noexcept;

 private:
  struct Rules;
  explicit ReplyChecks(std::shared_ptr<const Rules> rules);
  std::shared_ptr<const Rules> rules_;
};

}  // namespace plimsoll::checks
