#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "checks/pattern.h"

namespace plimsoll::checks {

/// A pattern ready to run. Immutable and thread-safe; copies share the program.
class CompiledPattern {
 public:
  /// Errors
  ///   config_invalid   as of check_pattern
  [[nodiscard]] static Result<CompiledPattern> compile(std::string_view pattern,
                                                       std::size_t bytes_max = kPatternBytesMax);

  /// The leftmost place in `text` that matches, as a view of `text`; empty when
  /// none does. Time is linear in the text.
  std::optional<std::string_view> find_in(std::string_view text) const;

  /// Whether some place in `text` matches; quicker than finding it.
  bool matches(std::string_view text) const;

  const std::string& source() const noexcept;

 private:
  struct Program;
  explicit CompiledPattern(std::shared_ptr<const Program> program);
  std::shared_ptr<const Program> program_;
};

}  // namespace plimsoll::checks
