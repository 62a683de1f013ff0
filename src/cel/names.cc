#include "cel/internal/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/candidates.h"

namespace plimsoll::cel {

std::optional<std::uint32_t> Names::exactly(std::string_view name) const {
  const auto& all = environment_.variables;
  const auto found = std::ranges::find(all, name, &Variable::name);
  if (found == all.end()) return {};
  return static_cast<std::uint32_t>(found - all.begin());
}

std::optional<std::uint32_t> Names::variable(std::string_view name, bool absolute) const {
  std::string_view container = absolute ? "" : std::string_view(environment_.container);
  while (!container.empty()) {
    if (const auto found = exactly(fmt::format("{}.{}", container, name))) return found;
    const auto dot = container.rfind('.');
    container = dot == std::string_view::npos ? "" : container.substr(0, dot);
  }
  return exactly(name);
}

std::optional<std::string_view> Names::type(std::string_view name) {
  static constexpr std::array<std::string_view, 15> kTypes = {"bool",
                                                              "int",
                                                              "uint",
                                                              "double",
                                                              "string",
                                                              "bytes",
                                                              "list",
                                                              "map",
                                                              "null_type",
                                                              "type",
                                                              "google.protobuf.Timestamp",
                                                              "google.protobuf.Duration",
                                                              "optional_type",
                                                              "net.IP",
                                                              "net.CIDR"};
  const auto found = std::ranges::find(kTypes, name);
  if (found == kTypes.end()) return {};
  return *found;
}

std::string Names::suggestion(std::string_view name) const {
  std::vector<std::string_view> names;
  for (const Variable& variable : environment_.variables) names.push_back(variable.name);
  const auto near = nearest_names(name, names);
  if (!near.empty()) return fmt::format("did you mean {}?", quoted_choice(near));
  if (names.empty()) return "no variables are known here";
  constexpr std::size_t kShown = 20;
  if (names.size() > kShown) names.resize(kShown);
  return fmt::format("known here: {}", fmt::join(names, ", "));
}

std::optional<std::string> dotted_name(const Ast& ast, const Expr& expr) {
  if (expr.kind == ExprKind::identifier) return expr.text;
  if (expr.kind != ExprKind::select || expr.optional) return {};
  auto prefix = dotted_name(ast, ast.at(expr.children[0]));
  if (!prefix) return {};
  return *prefix + "." + expr.text;
}

const Expr* root_of(const Ast& ast, const Expr& expr) {
  const Expr* node = &expr;
  while (node->kind == ExprKind::select) node = &ast.at(node->children[0]);
  return node;
}

}  // namespace plimsoll::cel
