#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "checks/json_schema.h"
#include "model/verdict.h"

namespace plimsoll::checks {

/// Reads a JSON text as it arrives and says, as soon as it is certain, that no
/// continuation can fit a schema: prose before the brace, another type, a name
/// that is not allowed, an enum or const that no longer matches, a text or a list
/// that is already too long, a member missing where the object ends.
///
/// It never refuses what JsonSchema::check would take; it may take longer to see
/// what that refuses, and some it never sees (not, if, unevaluated..., contains,
/// uniqueItems, propertyNames): the whole answer is judged all the same.
///
/// One per text; not thread-safe. Memory grows with the text's depth and its
/// longest string.
class PrefixValidator {
 public:
  /// Without a schema: any JSON value.
  explicit PrefixValidator(std::optional<JsonSchema> schema);
  ~PrefixValidator();
  PrefixValidator(PrefixValidator&&) noexcept;
  PrefixValidator& operator=(PrefixValidator&&) noexcept;

  /// Takes the next bytes. False once no continuation can fit; it stays so.
  bool feed(std::string_view bytes);

  /// The text is over: false when it is no whole value, or was refused before.
  bool finish();

  /// Bytes taken until it was certain; all of them while it is not.
  std::size_t bytes() const noexcept;

  /// What was wrong; to be asked only after a refusal.
  Violation violation() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace plimsoll::checks
