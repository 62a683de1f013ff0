#include "cel/internal/lowering.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/candidates.h"
#include "base/result.h"

namespace plimsoll::cel {

std::string_view Lowering::text(std::string text) {
  return code_.texts.emplace_back(std::move(text));
}

std::unexpected<Fault> Lowering::fault(const Expr& at, std::string what, std::string fix) {
  return std::unexpected(Fault{
      .offset = at.offset, .length = at.length, .what = std::move(what), .fix = std::move(fix)});
}

Lowering::Outcome Lowering::refuse(const Expr& at, std::string what, std::string fix) {
  if (strict()) return fault(at, std::move(what), std::move(fix));
  Node node;
  node.op = Op::unknown;
  node.constant = Value::error(text(std::move(what)));
  return add(node, at, {}, {});
}

Lowering::Outcome Lowering::add(Node node, const Expr& at, std::vector<std::uint32_t> children,
                                Type type) {
  node.offset = at.offset;
  node.first = static_cast<std::uint32_t>(code_.children.size());
  node.count = static_cast<std::uint32_t>(children.size());
  code_.children.insert(code_.children.end(), children.begin(), children.end());
  code_.nodes.push_back(node);
  return Lowered{.id = static_cast<std::uint32_t>(code_.nodes.size() - 1), .type = std::move(type)};
}

Lowering::Outcome Lowering::constant(const Expr& at, Value value, Type type) {
  Node node;
  node.op = Op::constant;
  node.constant = value;
  return add(node, at, {}, std::move(type));
}

Lowering::Outcome Lowering::run() {
  auto root = lower(ast_.root);
  if (!root) return root;
  code_.root = root->id;
  code_.type = root->type;
  std::ranges::sort(code_.reads);
  const auto repeated = std::ranges::unique(code_.reads);
  code_.reads.erase(repeated.begin(), repeated.end());
  return root;
}

Lowering::Outcome Lowering::lower(ExprId id) {
  const Expr& at = expr(id);
  switch (at.kind) {
    case ExprKind::identifier: return identifier(at);
    case ExprKind::select: return select(at);
    case ExprKind::call: return call(at);
    case ExprKind::list: return list(at);
    case ExprKind::map: return map(at);
    default: return literal(at);
  }
}

Lowering::Outcome Lowering::literal(const Expr& at) {
  switch (at.kind) {
    case ExprKind::boolean: return constant(at, Value::boolean(at.magnitude != 0), Kind::boolean);
    case ExprKind::integer:
      return constant(at, Value::integer(static_cast<std::int64_t>(at.magnitude)), Kind::integer);
    case ExprKind::uinteger: return constant(at, Value::uinteger(at.magnitude), Kind::uinteger);
    case ExprKind::real: return constant(at, Value::real(at.number), Kind::real);
    case ExprKind::string: return constant(at, Value::string(text(at.text)), Kind::string);
    case ExprKind::bytes: return constant(at, Value::bytes(text(at.text)), Kind::bytes);
    default: return constant(at, Value::null(), Kind::null);
  }
}

// ---- names

const Local* Lowering::local(std::string_view name) const {
  for (auto it = scope_.rbegin(); it != scope_.rend(); ++it)
    if (it->name == name) return &*it;
  return nullptr;
}

Lowering::Outcome Lowering::identifier(const Expr& at) {
  if (!at.absolute)
    if (const Local* found = local(at.text)) {
      Node node;
      node.op = Op::local;
      node.index = found->index;
      return add(node, at, {}, found->type);
    }
  return named(at, at.text);
}

/// A variable or a type of that dotted name.
Lowering::Outcome Lowering::named(const Expr& at, const std::string& name) {
  const bool absolute = root_of(ast_, at)->absolute;
  if (const auto slot = names_.variable(name, absolute)) {
    code_.reads.push_back(*slot);
    const Variable& variable = environment_.variables[*slot];
    Node node;
    node.op = Op::slot;
    node.index = *slot;
    node.constant = Value::string(text(variable.name));
    return add(node, at, {}, variable.type);
  }
  if (const auto type = Names::type(name)) return constant(at, Value::type(*type), Kind::type);
  return refuse(at, fmt::format("no such variable {:?}", name), names_.suggestion(name));
}

/// A whole dotted name that means one thing; empty when the dots are selections.
std::optional<Lowering::Outcome> Lowering::qualified(const Expr& at) {
  const auto name = dotted_name(ast_, at);
  if (!name) return {};
  const Expr& root = *root_of(ast_, at);
  if (!root.absolute && local(root.text) != nullptr) return {};
  if (names_.variable(*name, root.absolute) || Names::type(*name)) return named(at, *name);
  if (!strict() || root.absolute) return {};
  // Nothing that the name begins with is known: say so of the whole name.
  for (std::size_t dot = name->size(); dot != std::string::npos && dot > 0;
       dot = name->rfind('.', dot - 1))
    if (names_.variable(name->substr(0, dot), false)) return {};
  Expr whole = at;
  whole.offset = root.offset;
  whole.length = at.offset + at.length - root.offset;
  return refuse(whole, fmt::format("no such variable {:?}", *name), names_.suggestion(*name));
}

Lowering::Outcome Lowering::select(const Expr& at) {
  if (auto whole = qualified(at)) return std::move(*whole);
  PLIMSOLL_TRY(Lowered operand, lower(at.children[0]));
  const Type& type = operand.type;
  if (strict() && !type.is_dyn() && !type.is(Kind::map) && !type.is(Kind::optional))
    return fault(at, fmt::format("a value of type {} has no fields", type.text()),
                 "select from a map, or remove the dot");
  Node node;
  node.op = at.optional ? Op::optional_select : Op::select;
  node.constant = Value::string(text(at.text));
  Type result = type.element();
  if (at.optional || type.is(Kind::optional)) result = Type::optional({});
  return add(node, at, {operand.id}, std::move(result));
}

Lowering::Outcome Lowering::index(const Expr& at, bool optional) {
  PLIMSOLL_TRY(Lowered operand, lower(at.children[0]));
  PLIMSOLL_TRY(Lowered key, lower(at.children[1]));
  const Type& type = operand.type;
  if (strict() && !type.is_dyn() && !type.is(Kind::map) && !type.is(Kind::list) &&
      !type.is(Kind::optional))
    return fault(at, fmt::format("a value of type {} cannot be indexed", type.text()),
                 "index a list or a map");
  Node node;
  node.op = optional ? Op::optional_index : Op::index;
  Type result = type.element();
  if (optional || type.is(Kind::optional)) result = Type::optional({});
  return add(node, at, {operand.id, key.id}, std::move(result));
}

// ---- literals of lists and maps

std::uint32_t Lowering::keep_marks(const std::vector<bool>& marks) {
  if (std::ranges::find(marks, true) == marks.end()) return 0;
  const auto first = static_cast<std::uint32_t>(code_.marks.size()) + 1;
  code_.marks.insert(code_.marks.end(), marks.begin(), marks.end());
  return first;
}

Lowering::Outcome Lowering::list(const Expr& at) {
  std::vector<std::uint32_t> children;
  Type element;
  for (std::size_t i = 0; i < at.children.size(); ++i) {
    PLIMSOLL_TRY(Lowered item, lower(at.children[i]));
    const Type type = at.marks[i] ? item.type.element() : item.type;
    element = i == 0 ? type : join(element, type);
    children.push_back(item.id);
  }
  Node node;
  node.op = Op::list;
  node.marks = keep_marks(at.marks);
  return add(node, at, std::move(children), Type::list(std::move(element)));
}

Lowering::Outcome Lowering::map(const Expr& at) {
  std::vector<std::uint32_t> children;
  Type keys, values;
  for (std::size_t i = 0; i + 1 < at.children.size(); i += 2) {
    PLIMSOLL_TRY(Lowered key, lower(at.children[i]));
    PLIMSOLL_TRY(Lowered value, lower(at.children[i + 1]));
    const Type type = at.marks[i / 2] ? value.type.element() : value.type;
    keys = i == 0 ? key.type : join(keys, key.type);
    values = i == 0 ? type : join(values, type);
    children.push_back(key.id);
    children.push_back(value.id);
  }
  Node node;
  node.op = Op::map;
  node.marks = keep_marks(at.marks);
  return add(node, at, std::move(children), Type::map(std::move(keys), std::move(values)));
}

}  // namespace plimsoll::cel
