// Macros: what looks like a function, but brings names in or does not look at a value.
#include <fmt/core.h>

#include <algorithm>

#include "base/result.h"
#include "cel/internal/lowering.h"

namespace plimsoll::cel {

std::optional<Lowering::Outcome> Lowering::macro(const Expr& at) {
  static constexpr Macro kLoops[] = {
      {"all", Op::all, 2, false, false},
      {"all", Op::all, 3, true, false},
      {"exists", Op::exists, 2, false, false},
      {"exists", Op::exists, 3, true, false},
      {"exists_one", Op::exists_one, 2, false, false},
      {"exists_one", Op::exists_one, 3, true, false},
      {"existsOne", Op::exists_one, 2, false, false},
      {"existsOne", Op::exists_one, 3, true, false},
      {"filter", Op::filter, 2, false, false},
      {"map", Op::transform, 2, false, false},
      {"map", Op::transform, 3, false, true},
      {"transformList", Op::transform, 3, true, false},
      {"transformList", Op::transform, 4, true, true},
      {"transformMap", Op::transform_map, 3, true, false},
      {"transformMap", Op::transform_map, 4, true, true},
  };
  if (!at.receiver) {
    if (at.text == "has" && at.children.size() == 1 && !at.absolute) return has(at);
    return {};
  }
  const Expr& operand = expr(at.children[0]);
  if (operand.kind == ExprKind::identifier && operand.text == "cel")
    if (auto made = cel_macro(at, at.text)) return made;
  const std::size_t arguments = at.children.size() - 1;
  if (arguments == 2 && at.text == "optMap") return optional_map(at, Op::optional_map);
  if (arguments == 2 && at.text == "optFlatMap") return optional_map(at, Op::optional_flat_map);
  const auto found = std::ranges::find_if(kLoops, [&](const Macro& candidate) {
    return candidate.name == at.text && candidate.arguments == arguments;
  });
  if (found == std::end(kLoops)) return {};
  return loop(at, *found);
}

std::optional<Lowering::Outcome> Lowering::cel_macro(const Expr& at, const std::string& name) {
  const std::size_t arguments = at.children.size() - 1;
  if (name == "bind" && arguments == 3) return bind(at);
  if (name == "block" && arguments == 2) return block(at);
  if (name != "index" && name != "iterVar") return {};
  for (ExprId id = 0; id < ast_.nodes.size(); ++id) {
    if (&ast_.nodes[id] != &at) continue;
    const auto spelled = variable_name(id);
    const Local* const found = spelled ? local(*spelled) : nullptr;
    if (found == nullptr) break;
    Node node;
    node.op = Op::local;
    node.index = found->index;
    return add(node, at, {}, found->type);
  }
  return refuse(at, fmt::format("cel.{} names nothing here", name), "use it inside cel.block");
}

/// The name that a macro is to bind: an identifier, or cel.index / cel.iterVar with
/// literal numbers.
std::optional<std::string> Lowering::variable_name(ExprId id) const {
  const Expr& at = expr(id);
  if (at.kind == ExprKind::identifier && !at.absolute) return at.text;
  const bool numbered = at.kind == ExprKind::call && at.receiver &&
                        (at.text == "index" || at.text == "iterVar") &&
                        expr(at.children[0]).text == "cel";
  if (!numbered) return {};
  std::string name = "@" + at.text;
  for (std::size_t i = 1; i < at.children.size(); ++i) {
    if (expr(at.children[i]).kind != ExprKind::integer) return {};
    name += fmt::format(":{}", expr(at.children[i]).magnitude);
  }
  return name;
}

std::expected<std::uint32_t, Fault> Lowering::open_locals(const Expr& at,
                                                          std::vector<Local> locals) {
  const auto first = static_cast<std::uint32_t>(scope_.size());
  if (scope_.size() + locals.size() > kLocalsMax)
    return fault(at, fmt::format("more than {} names are bound here", kLocalsMax),
                 "nest fewer macros");
  std::uint32_t index = first;
  for (Local& local : locals) {
    local.index = index++;
    scope_.push_back(std::move(local));
  }
  code_.locals = std::max(code_.locals, index);
  return first;
}

void Lowering::close_locals(std::size_t count) { scope_.resize(scope_.size() - count); }

Lowering::Outcome Lowering::has(const Expr& at) {
  const Expr& field = expr(at.children[0]);
  if (field.kind != ExprKind::select || field.optional)
    return fault(at, "has() asks for a field", "write has(x.field)");
  if (const auto name = dotted_name(ast_, field)) {
    const Expr& root = *root_of(ast_, field);
    const bool bound = !root.absolute && local(root.text) != nullptr;
    // A dotted variable is one value: it is there when it is set.
    if (!bound && names_.variable(*name, root.absolute)) {
      PLIMSOLL_TRY(Lowered variable, lower(at.children[0]));
      Node node;
      node.op = Op::is_set;
      return add(node, at, {variable.id}, Kind::boolean);
    }
  }
  PLIMSOLL_TRY(Lowered operand, lower(field.children[0]));
  const Type& type = operand.type;
  if (strict() && !type.is_dyn() && !type.is(Kind::map) && !type.is(Kind::optional))
    return fault(field, fmt::format("a value of type {} has no fields", type.text()),
                 "ask for a field of a map");
  Node node;
  node.op = Op::has;
  node.constant = Value::string(text(field.text));
  return add(node, at, {operand.id}, Kind::boolean);
}

std::pair<Type, Type> Lowering::loop_types(const Type& range, bool pair) {
  if (range.is(Kind::map)) return {range.key(), range.element()};
  if (!range.is(Kind::list)) return {};
  return pair ? std::pair{Type(Kind::integer), range.element()}
              : std::pair{range.element(), Type()};
}

Type Lowering::loop_result(const Macro& macro, const Type& range, const Type& body) {
  switch (macro.op) {
    case Op::filter: return range.is(Kind::list) ? range : Type::list(range.key());
    case Op::transform: return Type::list(body);
    case Op::transform_map:
      return Type::map(range.is(Kind::map) ? range.key() : Type(Kind::integer), body);
    default: return Kind::boolean;
  }
}

Lowering::Outcome Lowering::loop(const Expr& at, const Macro& macro) {
  PLIMSOLL_TRY(Lowered range, lower(at.children[0]));
  const Type& type = range.type;
  if (strict() && !type.is_dyn() && !type.is(Kind::list) && !type.is(Kind::map))
    return fault(
        at, fmt::format("{}() goes over a list or a map, not over a {}", macro.name, type.text()),
        "call it on a list");
  const auto [first_type, second_type] = loop_types(type, macro.pair);
  std::vector<Local> locals;
  for (std::size_t i = 1; i <= (macro.pair ? 2U : 1U); ++i) {
    auto name = variable_name(at.children[i]);
    if (!name)
      return fault(expr(at.children[i]), fmt::format("{}() needs a plain name here", macro.name),
                   fmt::format("write x.{}(item, ...)", macro.name));
    locals.push_back(
        {.name = std::move(*name), .index = 0, .type = i == 1 ? first_type : second_type});
  }
  const std::size_t count = locals.size();
  PLIMSOLL_TRY(const std::uint32_t first, open_locals(at, std::move(locals)));
  std::vector<std::uint32_t> children = {range.id};
  Type body;
  const bool predicate = macro.op != Op::transform && macro.op != Op::transform_map;
  for (std::size_t i = 1 + count; i < at.children.size(); ++i) {
    const bool last = i + 1 == at.children.size();
    PLIMSOLL_TRY(Lowered made, !last || predicate ? condition(at.children[i], "what is asked")
                                                  : lower(at.children[i]));
    children.push_back(made.id);
    body = std::move(made.type);
  }
  close_locals(count);
  Node node;
  node.op = macro.op;
  node.pair = macro.pair;
  node.guarded = macro.guarded;
  node.index = first;
  return add(node, at, std::move(children), loop_result(macro, type, body));
}

Lowering::Outcome Lowering::optional_map(const Expr& at, Op op) {
  PLIMSOLL_TRY(Lowered target, lower(at.children[0]));
  auto name = variable_name(at.children[1]);
  if (!name || (strict() && !target.type.may_be(Kind::optional)))
    return fault(at, fmt::format("{}() is called on an optional and needs a name", at.text),
                 fmt::format("write x.?field.{}(value, ...)", at.text));
  std::vector<Local> locals;
  locals.push_back({.name = std::move(*name), .index = 0, .type = target.type.element()});
  PLIMSOLL_TRY(const std::uint32_t first, open_locals(at, std::move(locals)));
  PLIMSOLL_TRY(Lowered body, lower(at.children[2]));
  close_locals(1);
  Node node;
  node.op = op;
  node.index = first;
  return add(node, at, {target.id, body.id},
             op == Op::optional_map ? Type::optional(body.type) : body.type);
}

Lowering::Outcome Lowering::bind(const Expr& at) {
  auto name = variable_name(at.children[1]);
  if (!name) return fault(at, "cel.bind() needs a plain name", "write cel.bind(x, value, result)");
  PLIMSOLL_TRY(Lowered value, lower(at.children[2]));
  std::vector<Local> locals;
  locals.push_back({.name = std::move(*name), .index = 0, .type = value.type});
  PLIMSOLL_TRY(const std::uint32_t first, open_locals(at, std::move(locals)));
  PLIMSOLL_TRY(Lowered result, lower(at.children[3]));
  close_locals(1);
  Node node;
  node.op = Op::block;
  node.index = first;
  return add(node, at, {value.id, result.id}, result.type);
}

Lowering::Outcome Lowering::block(const Expr& at) {
  const Expr& values = expr(at.children[1]);
  if (values.kind != ExprKind::list)
    return fault(at, "cel.block() needs a list of values", "write cel.block([...], result)");
  std::vector<std::uint32_t> children;
  std::uint32_t first = static_cast<std::uint32_t>(scope_.size());
  for (std::size_t i = 0; i < values.children.size(); ++i) {
    PLIMSOLL_TRY(Lowered value, lower(values.children[i]));
    children.push_back(value.id);
    std::vector<Local> locals;
    locals.push_back({.name = fmt::format("@index:{}", i), .index = 0, .type = value.type});
    PLIMSOLL_TRY([[maybe_unused]] const std::uint32_t index, open_locals(at, std::move(locals)));
  }
  PLIMSOLL_TRY(Lowered result, lower(at.children[2]));
  close_locals(values.children.size());
  children.push_back(result.id);
  Node node;
  node.op = Op::block;
  node.index = first;
  return add(node, at, std::move(children), result.type);
}

}  // namespace plimsoll::cel
