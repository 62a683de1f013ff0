#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace plimsoll {

/// A string that must never be shown: it prints as "***". `reveal` is the one
/// way in; reviewers grep for it.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  const std::string& reveal() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  friend std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }
  friend std::string_view format_as(const Secret&) { return "***"; }

 private:
  std::string text_;
};

}  // namespace plimsoll
