#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sim/performance.h"

namespace plimsoll::sim {

/// A scripted scenario: answers given in order, one per request, whatever it asks.
///
///   script := {"steps": [step, ...], "then": "answer" | "repeat" | "fail"}
///   step   := {"status": 200, "headers": {name: value}, "delay": "50ms",
///              "body": text or any JSON | "body_base64": text
///                | "chunks": [text, ...] | "sse": [text or any JSON, ...] | "raw": text,
///              "chunk_delay": "5ms", "cut_after": bytes,
///              "end": "finish" | "close" | "reset" | "hang", "repeat": 1}
///
/// `sse` frames each entry as `data: ...` and a blank line. `raw` is sent as it
/// stands, status line included, and the connection is closed after it. A status
/// of 0 sends nothing before `end`. After the last step (`then`): back to the
/// profile, from the first step again, or 500.
class Script {
 public:
  static constexpr std::size_t kStepsMax = 100'000;
  enum class Then : std::uint8_t { answer, repeat, fail };

  /// Errors
  ///   config_invalid   not such an object; says which step and member
  [[nodiscard]] static Result<Script> parse(std::string_view text);

  bool empty() const noexcept { return steps_.empty(); }
  /// The step for the k-th request (from 0); empty when the profile answers.
  std::optional<Performance> step(std::uint64_t k) const;

 private:
  std::vector<Performance> steps_;
  Then then_ = Then::answer;
};

}  // namespace plimsoll::sim
