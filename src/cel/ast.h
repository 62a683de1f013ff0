#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace plimsoll::cel {

enum class ExprKind : std::uint8_t {
  null,
  boolean,
  integer,
  uinteger,
  real,
  string,
  bytes,
  identifier,  // `text`; absolute when written with a leading dot
  select,      // children[0] . text; optional: .?
  call,        // text(children); with a receiver it is children[0]
  list,        // children; marks: elements written with ?
  map,         // keys and values in turn; marks: one per entry
};

using ExprId = std::uint32_t;

/// One node of what was written. Operators are calls with names such as "_+_",
/// "_&&_" (which takes any number of arguments) and "_[_]".
struct Expr {
  ExprKind kind = ExprKind::null;
  bool absolute = false;
  bool optional = false;
  bool receiver = false;
  std::uint32_t offset = 0;  // of what a message should point at
  std::uint32_t length = 1;
  std::uint32_t depth = 1;
  std::uint64_t magnitude = 0;  // boolean, integer (two's complement), uinteger
  double number = 0;
  std::string text;
  std::vector<ExprId> children;
  std::vector<bool> marks;
};

/// An expression as written: nodes by index, children before parents.
struct Ast {
  std::vector<Expr> nodes;
  ExprId root = 0;
  const Expr& at(ExprId id) const { return nodes[id]; }
};

/// The expression written again, every operator in brackets. What it prints reads
/// back as the same tree.
std::string print(const Ast& ast);

}  // namespace plimsoll::cel
