#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace plimsoll::net {

/// A header field as it stands in a receive buffer or a literal.
struct HeaderView {
  std::string_view name, value;
};

/// Case-insensitive comparison of ASCII names.
bool same_name(std::string_view a, std::string_view b) noexcept;

/// Fields in order of arrival, as views: valid as long as the message they came
/// from says. Names keep their spelling.
class Headers {
 public:
  void add(std::string_view name, std::string_view value) {
    fields_.push_back({name, value});
    sizes_ |= size_bit(name);
  }
  void clear() noexcept {
    fields_.clear();
    sizes_ = 0;
  }
  /// The first field of that name.
  std::optional<std::string_view> get(std::string_view name) const noexcept;
  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }
  std::size_t size() const noexcept { return fields_.size(); }

 private:
  static std::uint64_t size_bit(std::string_view name) noexcept {
    return std::uint64_t{1} << (name.size() % 64);
  }

  std::vector<HeaderView> fields_;
  std::uint64_t sizes_ = 0;  // of the names; most names that are asked for are not there
};

}  // namespace plimsoll::net
