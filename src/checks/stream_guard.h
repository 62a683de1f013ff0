#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "checks/json_schema.h"
#include "checks/prefix_validator.h"
#include "model/event.h"
#include "model/verdict.h"

namespace plimsoll::checks {

/// Watches a streamed answer that must be JSON, so that an attempt which can no
/// longer succeed is not paid to its end. It objects to nothing that ReplyChecks
/// would take. One per answer; not thread-safe.
class StreamGuard {
 public:
  /// More choices than this are not watched.
  static constexpr std::size_t kChoicesMax = 16;

  /// A guard that watches nothing.
  StreamGuard() = default;
  /// Every text must fit each of `schemas`; without any it must be JSON.
  /// With `fences`, a text that begins with a code fence is left to who judges the
  /// whole of it: it may be taken out.
  enum class Fences : std::uint8_t { refuse, leave };
  explicit StreamGuard(std::vector<JsonSchema> schemas, Fences fences = Fences::refuse);

  /// What is wrong for certain with the answer as far as `event`; empty as long as
  /// some continuation may pass.
  std::optional<Violation> take(const Event& event);

 private:
  struct Text {
    std::vector<PrefixValidator> validators;
    bool watched = true, begun = false;
  };
  Text* text_of(int choice);

  bool on_ = false;
  Fences fences_ = Fences::refuse;
  std::vector<JsonSchema> schemas_;
  std::vector<Text> texts_;
};

}  // namespace plimsoll::checks
