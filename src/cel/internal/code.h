#pragma once

#include <re2/re2.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "cel/internal/context.h"
#include "cel/program.h"

namespace plimsoll::cel {

enum class Op : std::uint8_t {
  constant,
  slot,     // a variable: `index`
  local,    // a name of a macro: `index`
  unknown,  // an error: `constant` tells it
  select,   // children[0] . constant
  has,
  is_set,  // children[0] is a slot
  optional_select,
  index,  // children[0][children[1]]
  optional_index,
  list,
  map,
  negation,
  both,  // any number of children
  either,
  conditional,
  equal,
  not_equal,
  less,
  less_or_equal,
  greater,
  greater_or_equal,
  in,
  call,     // overloads [overload, overload + overloads)
  matches,  // children[0] against patterns[index]
  all,      // loops: children = range, [filter,] body; locals from `index` on
  exists,
  exists_one,
  filter,
  transform,
  transform_map,
  block,  // children = values of locals from `index` on, then the result
  optional_map,
  optional_flat_map,
};

struct Node {
  Op op = Op::constant;
  bool pair = false;     // a loop with two names
  bool guarded = false;  // a loop with a filter before its body
  std::uint32_t offset = 0;
  std::uint32_t first = 0;  // children: [first, first + count) of Code::children
  std::uint32_t count = 0;
  std::uint32_t index = 0;
  std::uint32_t overload = 0, overloads = 0;
  std::uint32_t marks = 0;  // list, map: first of its marks, plus one; 0: none
  Value constant;
};

inline constexpr std::uint32_t kLocalsMax = 128;

/// A compiled expression: a flat tree, and what its constants point at.
struct Program::Code {
  std::string source;
  Type type;
  std::vector<Node> nodes;
  std::vector<std::uint32_t> children;
  std::vector<const Overload*> overloads;
  std::vector<bool> marks;
  std::deque<std::string> texts;
  std::deque<RE2> patterns;
  std::vector<std::uint32_t> reads;
  std::uint32_t root = 0;
  std::uint32_t locals = 0;
};

}  // namespace plimsoll::cel
