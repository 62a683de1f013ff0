#include "checks/schema/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <functional>

namespace plimsoll::checks::schema {
namespace {

/// Mixes both ends of the key, which is all of a key up to 16 bytes; a longer one
/// is hashed whole. Equality is checked anyway.
std::uint64_t hash_of(std::string_view key) noexcept {
  if (key.size() > 16) return std::hash<std::string_view>{}(key);
  std::uint64_t head = 0, tail = 0;
  const std::size_t size = std::min<std::size_t>(key.size(), 8);
  __builtin_memcpy(&head, key.data(), size);
  __builtin_memcpy(&tail, key.data() + (key.size() - size), size);
  using Wide = unsigned __int128;
  const Wide mixed =
      Wide{head ^ 0xA076'1D64'78BD'642FU ^ key.size()} * (tail ^ 0xE703'7ED1'A0B4'28DBU);
  return static_cast<std::uint64_t>(mixed) ^ static_cast<std::uint64_t>(mixed >> 64U);
}

}  // namespace

void MemberRules::index() {
  slots.assign(std::bit_ceil(properties.size() * 2 + 2), kNone);
  const std::size_t mask = slots.size() - 1;
  for (std::uint32_t i = 0; i < properties.size(); ++i) {
    std::size_t slot = hash_of(properties[i].key) & mask;
    while (slots[slot] != kNone) slot = (slot + 1) & mask;
    slots[slot] = i;
  }
}

const Property* MemberRules::find_by_hash(std::string_view key, std::size_t& next) const noexcept {
  if (properties.empty()) return nullptr;
  const std::size_t mask = slots.size() - 1;
  for (std::size_t slot = hash_of(key) & mask; slots[slot] != kNone; slot = (slot + 1) & mask) {
    if (properties[slots[slot]].key != key) continue;
    next = slots[slot] + 1;
    return &properties[slots[slot]];
  }
  return nullptr;
}

void append_step(std::string& pointer, std::string_view key) {
  pointer += '/';
  for (const char c : key) {
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  }
}

std::string Program::path_to(std::uint8_t source, json::Place where) const {
  const json::Tape& tape = sources[source]->tape;
  std::string path = (source == 0 ? "" : sources[source]->uri) + "#";
  json::Place at = json::Tape::kRoot;
  while (at != where && (tape.tag(at) == '{' || tape.tag(at) == '[')) {
    const bool object = tape.tag(at) == '{';
    std::size_t index = 0;
    json::Place child = json::Tape::first(at);
    for (const json::Place end = tape.last(at); child < end; ++index) {
      const json::Place value = object ? child + 1 : child;
      if (where < tape.after(value)) break;
      child = tape.after(value);
    }
    if (child >= tape.last(at)) break;
    append_step(path, object ? tape.string(child) : fmt::format("{}", index));
    at = object ? child + 1 : child;
  }
  return path;
}

}  // namespace plimsoll::checks::schema
