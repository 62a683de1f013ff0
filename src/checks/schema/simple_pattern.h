#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace plimsoll::checks::schema {

/// A pattern of the plain kind that most schemas use, "^[A-Z]{2}-\d+$": anchored at
/// both ends, a row of ASCII characters and classes with repeats, and never in
/// doubt which of them takes the next byte. It runs without a regex engine, in one
/// pass and without memory.
class SimplePattern {
 public:
  /// Empty when the pattern is of another kind; then a regex engine must run it.
  static std::optional<SimplePattern> parse(std::string_view ecma);

  bool matches(std::string_view text) const noexcept;

 private:
  struct Step {
    std::array<std::uint64_t, 2> bytes{};  // the ASCII characters it takes
    std::uint32_t least = 1, most = 1;

    bool has(char c) const noexcept {
      const auto byte = static_cast<unsigned char>(c);
      return byte < 0x80 && ((bytes[byte >> 6U] >> (byte & 63U)) & 1U) != 0;
    }
    void add(char c) noexcept {
      const auto byte = static_cast<unsigned char>(c);
      bytes[byte >> 6U] |= std::uint64_t{1} << (byte & 63U);
    }
    void add_range(char low, char high) noexcept {
      const unsigned last = static_cast<unsigned char>(high);
      for (unsigned c = static_cast<unsigned char>(low); c <= last; ++c) add(static_cast<char>(c));
    }
    bool meets(const Step& other) const noexcept {
      return ((bytes[0] & other.bytes[0]) | (bytes[1] & other.bytes[1])) != 0;
    }
  };

  static bool take_atom(std::string_view& rest, Step& step);
  static bool take_class(std::string_view& rest, Step& step);
  static bool take_escape(std::string_view& rest, Step& step);
  static bool take_repeat(std::string_view& rest, Step& step);
  bool is_certain() const noexcept;

  std::vector<Step> steps_;
};

}  // namespace plimsoll::checks::schema
