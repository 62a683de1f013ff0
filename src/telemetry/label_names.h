#pragma once

#include <cstddef>
#include <functional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_set>

namespace plimsoll::telemetry {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

/// The values that one label may take: the first kMost distinct ones, and
/// "other" for all that come later, so that a client who invents names cannot
/// fill the memory. Thread-safe.
class LabelNames {
 public:
  static constexpr std::size_t kMost = 200;
  static constexpr std::size_t kBytesMax = 128;  // longer values are cut

  /// What stands for `value` in the metrics: itself, "none" when it is empty, or
  /// "other".
  std::string admit(std::string_view value);

 private:
  std::shared_mutex mutex_;
  std::unordered_set<std::string, TextHash, std::equal_to<>> names_;
};

/// `value` inside the quotes of a label: backslash, quote and line end escaped.
std::string escape_label(std::string_view value);

}  // namespace plimsoll::telemetry
