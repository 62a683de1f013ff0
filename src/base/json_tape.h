#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/json.h"

namespace plimsoll::json {

/// A place in a parsed document: a small number, so that code which visits every
/// value passes it in a register. Only the Tape it came from can read it.
using Place = std::uint32_t;

/// A parsed document read at full speed: what json::Value answers by a call, this
/// answers inline. Valid as long as the Values of the same Document. The caller
/// asks `tag` first and reads only what that tag has.
class Tape {
 public:
  /// The first byte of a value's JSON would tell as much: 'n' null, 't', 'f',
  /// 'l' a 64-bit integer, 'u' one above that, 'd' a double, '"', '[', '{'.
  using Tag = char;

  /// An empty tape; read nothing from it.
  Tape() = default;
  /// The tape that `value` stands on.
  explicit Tape(const Value& value) noexcept;

  /// Where `value` stands.
  static Place place_of(const Value& value) noexcept;
  Value value_at(Place at) const noexcept;
  /// The document's whole value.
  static constexpr Place kRoot = 1;

  Tag tag(Place at) const noexcept { return static_cast<Tag>(words_[at] >> 56U); }

  /// The place behind the value at `at`: the next item, or the next member's key.
  Place after(Place at) const noexcept {
    switch (tag(at)) {
      case '{':
      case '[': return static_cast<Place>(words_[at]);
      case 'l':
      case 'u':
      case 'd': return at + 2;
      default: return at + 1;
    }
  }

  /// Containers: the first item or key, and the place behind the last.
  static Place first(Place at) noexcept { return at + 1; }
  Place last(Place at) const noexcept { return static_cast<Place>(words_[at]) - 1; }

  /// Items or members of the container at `at`.
  std::size_t count(Place at) const noexcept {
    const auto counted = static_cast<std::size_t>((words_[at] >> 32U) & kCountMax);
    return counted < kCountMax ? counted : count_slowly(at);
  }

  std::string_view string(Place at) const noexcept {
    const char* start = strings_ + (words_[at] & kPayload);
    std::uint32_t size = 0;
    __builtin_memcpy(&size, start, sizeof(size));
    return {start + sizeof(size), size};
  }
  std::int64_t int64(Place at) const noexcept { return static_cast<std::int64_t>(words_[at + 1]); }
  std::uint64_t uint64(Place at) const noexcept { return words_[at + 1]; }
  double real(Place at) const noexcept { return std::bit_cast<double>(words_[at + 1]); }

  /// The value of the first member `key` of the object at `at`; 0 when absent.
  Place member(Place at, std::string_view key) const noexcept {
    for (Place key_at = first(at), end = last(at); key_at < end; key_at = after(key_at + 1))
      if (string(key_at) == key) return key_at + 1;
    return 0;
  }

 private:
  static constexpr std::uint64_t kPayload = 0x00FF'FFFF'FFFF'FFFF;
  static constexpr std::size_t kCountMax = 0xFF'FFFF;  // there the parser stops counting

  std::size_t count_slowly(Place at) const noexcept;

  const std::uint64_t* words_ = nullptr;
  const char* strings_ = nullptr;
  const void* document_ = nullptr;
};

}  // namespace plimsoll::json
