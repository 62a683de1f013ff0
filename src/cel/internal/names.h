#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cel/ast.h"
#include "cel/program.h"

namespace plimsoll::cel {

/// A name that a macro brought in: where its value stands, and its type.
struct Local {
  std::string name;
  std::uint32_t index = 0;
  Type type;
};

/// What names mean in one environment.
class Names {
 public:
  explicit Names(const Environment& environment) : environment_(environment) {}

  /// The index of the variable that a dotted name means: in the container first,
  /// then in what encloses it.
  std::optional<std::uint32_t> variable(std::string_view name, bool absolute) const;
  /// The name of the type it denotes: "int" -> "int", "net.IP".
  static std::optional<std::string_view> type(std::string_view name);
  /// The variables that may have been meant, for a fix.
  std::string suggestion(std::string_view name) const;

 private:
  std::optional<std::uint32_t> exactly(std::string_view name) const;
  const Environment& environment_;
};

/// The dotted name that selections spell ("a.b.c"), if they do and nothing else.
std::optional<std::string> dotted_name(const Ast& ast, const Expr& expr);
/// The first identifier of such a name.
const Expr* root_of(const Ast& ast, const Expr& expr);

}  // namespace plimsoll::cel
