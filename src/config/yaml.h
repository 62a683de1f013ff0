#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::config::yaml {

/// Half-open byte range of the source text.
struct Place {
  std::size_t begin = 0, end = 0;
};

enum class Kind : std::uint8_t { null, scalar, sequence, mapping };

struct Entry;

/// One value of the document. Aliases are expanded into copies of what they
/// name; a node keeps the place at which it was written (an alias: its own).
struct Node {
  Kind kind = Kind::null;
  std::string text;     // scalar
  bool quoted = false;  // scalar: written with quotes or as a block
  Place place;
  std::vector<Node> items;     // sequence
  std::vector<Entry> entries;  // mapping, in order, duplicates included
};

struct Entry {
  Node key;
  Node value;
};

/// Why a text is not one YAML document within our bounds.
struct Fault {
  std::string token;   // config_syntax, config_tab, config_too_large, config_too_deep
  std::size_t at = 0;  // byte offset
  std::string what;
  std::string fix;
};

inline constexpr std::size_t kTextMax = 1 << 20;  // bytes
inline constexpr std::size_t kDepthMax = 32;
inline constexpr std::size_t kNodesMax = 100'000;  // after expanding aliases

/// Parses `text` (UTF-8, YAML 1.2, one document). An empty document is a null
/// node. Pure; time and memory are bounded by the three limits above.
[[nodiscard]] std::expected<Node, Fault> parse(std::string_view text);

}  // namespace plimsoll::config::yaml
