// Operators and functions.
#include <fmt/format.h>

#include <algorithm>

#include "base/candidates.h"
#include "base/result.h"
#include "cel/internal/lowering.h"

namespace plimsoll::cel {
namespace {

Type type_of_letter(char letter) {
  if (letter == 'D') return {};
  if (letter == 'S') return Type::list(Kind::string);
  return kind_of_letter(letter);
}

bool is_numeric(const Type& type) {
  return type.is(Kind::integer) || type.is(Kind::uinteger) || type.is(Kind::real);
}

bool takes_numbers(const Overload& row) {
  return row.parameters.find_first_not_of("iud") == std::string_view::npos;
}

bool has_dyn(const std::vector<Lowering::Lowered>& arguments) {
  return std::ranges::any_of(arguments, [](const auto& one) { return one.type.is_dyn(); });
}

/// Where an argument is not known it may be a number of a document, which turns the
/// other numbers into doubles: then every row of numbers stays possible.
bool may_fit(const Overload& row, const std::vector<Lowering::Lowered>& arguments) {
  const bool mixing = takes_numbers(row) && has_dyn(arguments);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Type& type = arguments[i].type;
    if (type.is_dyn() || (mixing && is_numeric(type))) continue;
    if (!matches_letter(row.parameters[i], type.kind())) return false;
  }
  return true;
}

/// What may come of these rows: their common type, with what an argument tells.
Type result_of(const std::vector<const Overload*>& rows,
               const std::vector<Lowering::Lowered>& arguments) {
  Type result = type_of_letter(rows.front()->result);
  for (const Overload* row : rows) result = join(result, type_of_letter(row->result));
  const bool adds_lists = result.is(Kind::list) && rows.front()->name == "_+_";
  if (adds_lists && arguments.size() == 2) return join(arguments[0].type, arguments[1].type);
  return result;
}

std::string types_of(const std::vector<Lowering::Lowered>& arguments, std::size_t from) {
  std::vector<std::string> names;
  for (std::size_t i = from; i < arguments.size(); ++i) names.push_back(arguments[i].type.text());
  return fmt::format("{}", fmt::join(names, ", "));
}

/// "int + double", "size(int)", "string.contains(int)".
std::string written(const std::string& name, bool receiver,
                    const std::vector<Lowering::Lowered>& arguments) {
  if (name == "-_") return "-" + arguments[0].type.text();
  if (name.size() == 3 && name.starts_with('_'))
    return fmt::format("{} {} {}", arguments[0].type.text(), name.substr(1, 1),
                       arguments[1].type.text());
  if (receiver)
    return fmt::format("{}.{}({})", arguments[0].type.text(), name, types_of(arguments, 1));
  return fmt::format("{}({})", name, types_of(arguments, 0));
}

}  // namespace

Lowering::Outcome Lowering::call(const Expr& at) {
  if (auto made = language(at)) return std::move(*made);
  if (auto made = macro(at)) return std::move(*made);
  if (!at.receiver) return function(at, at.text, false, at.children);
  const Expr& operand = expr(at.children[0]);
  const auto prefix = dotted_name(ast_, operand);
  if (prefix && local(root_of(ast_, operand)->text) == nullptr) {
    const std::string name = *prefix + "." + at.text;
    if (is_function(name))
      return function(at, name, false, {at.children.begin() + 1, at.children.end()});
  }
  return function(at, at.text, true, at.children);
}

/// What is part of the language and no function: logic, comparisons, selections.
std::optional<Lowering::Outcome> Lowering::language(const Expr& at) {
  static constexpr std::pair<std::string_view, Op> kOperators[] = {{"_&&_", Op::both},
                                                                   {"_||_", Op::either},
                                                                   {"!_", Op::negation},
                                                                   {"_==_", Op::equal},
                                                                   {"_!=_", Op::not_equal},
                                                                   {"_<_", Op::less},
                                                                   {"_<=_", Op::less_or_equal},
                                                                   {"_>_", Op::greater},
                                                                   {"_>=_", Op::greater_or_equal},
                                                                   {"@in", Op::in},
                                                                   {"_[_]", Op::index},
                                                                   {"_[?_]", Op::optional_index},
                                                                   {"_?_:_", Op::conditional}};
  const auto found =
      std::ranges::find(kOperators, at.text, [](const auto& row) { return row.first; });
  if (found == std::end(kOperators)) return {};
  switch (found->second) {
    case Op::both:
    case Op::either:
    case Op::negation: return logic(at, found->second);
    case Op::index: return index(at, false);
    case Op::optional_index: return index(at, true);
    case Op::conditional: return conditional(at);
    default: return comparison(at, found->second);
  }
}

Lowering::Outcome Lowering::condition(ExprId id, std::string_view where) {
  PLIMSOLL_TRY(Lowered made, lower(id));
  if (strict() && !made.type.may_be(Kind::boolean))
    return fault(expr(id), fmt::format("{} is a {}, not a bool", where, made.type.text()),
                 "compare it with something: == != < <= > >=");
  return made;
}

Lowering::Outcome Lowering::logic(const Expr& at, Op op) {
  std::vector<std::uint32_t> children;
  for (const ExprId child : at.children) {
    PLIMSOLL_TRY(Lowered made, condition(child, "this operand"));
    children.push_back(made.id);
  }
  Node node;
  node.op = op;
  return add(node, at, std::move(children), Kind::boolean);
}

Lowering::Outcome Lowering::conditional(const Expr& at) {
  PLIMSOLL_TRY(Lowered asked, condition(at.children[0], "what stands before ?"));
  PLIMSOLL_TRY(Lowered then, lower(at.children[1]));
  PLIMSOLL_TRY(Lowered otherwise, lower(at.children[2]));
  Node node;
  node.op = Op::conditional;
  return add(node, at, {asked.id, then.id, otherwise.id}, join(then.type, otherwise.type));
}

Lowering::Outcome Lowering::comparison(const Expr& at, Op op) {
  PLIMSOLL_TRY(Lowered left, lower(at.children[0]));
  PLIMSOLL_TRY(Lowered right, lower(at.children[1]));
  const Type &a = left.type, &b = right.type;
  const bool known = !a.is_dyn() && !b.is_dyn();
  const bool alike = known && (a.kind() == b.kind() || (is_numeric(a) && is_numeric(b)));
  const bool null = a.is(Kind::null) || b.is(Kind::null);
  const std::string mark = op == Op::in ? "in" : at.text.substr(1, at.text.size() - 2);
  const auto refused = [&](std::string fix) {
    return fault(at, fmt::format("{} {} {} can never hold", a.text(), mark, b.text()),
                 std::move(fix));
  };
  if (strict() && op == Op::in) {
    if (!b.is_dyn() && !b.is(Kind::list) && !b.is(Kind::map))
      return refused("look in a list or a map; in a text use contains()");
  } else if (strict() && known && !alike && !(null && (op == Op::equal || op == Op::not_equal))) {
    return refused("convert one side: int(x), double(x), string(x)");
  }
  Node node;
  node.op = op;
  return add(node, at, {left.id, right.id}, Kind::boolean);
}

Lowering::Outcome Lowering::function(const Expr& at, const std::string& name, bool receiver,
                                     std::vector<ExprId> arguments) {
  if (name == "math.greatest" || name == "math.least")
    if (arguments.size() != 1) return extreme(at, name, arguments);
  if (name == "matches")
    if (auto made = literal_pattern(at, arguments)) return std::move(*made);
  auto rows = find_overloads(name, receiver, arguments.size());
  if (rows.empty()) return unknown_function(at, name, receiver, arguments.size());
  std::vector<Lowered> lowered;
  std::vector<std::uint32_t> children;
  for (const ExprId argument : arguments) {
    PLIMSOLL_TRY(Lowered made, lower(argument));
    children.push_back(made.id);
    lowered.push_back(std::move(made));
  }
  if (strict()) {
    std::erase_if(rows, [&lowered](const Overload* row) { return !may_fit(*row, lowered); });
    if (rows.empty())
      return fault(at, fmt::format("no such overload: {}", written(name, receiver, lowered)),
                   "convert an argument: int(x), double(x), string(x)");
  }
  Node node;
  node.op = Op::call;
  node.constant = Value::string(text(name));
  node.overload = static_cast<std::uint32_t>(code_.overloads.size());
  node.overloads = static_cast<std::uint32_t>(rows.size());
  code_.overloads.insert(code_.overloads.end(), rows.begin(), rows.end());
  return add(node, at, std::move(children), result_of(rows, lowered));
}

/// math.greatest(a, b, c) is math.greatest([a, b, c]).
Lowering::Outcome Lowering::extreme(const Expr& at, const std::string& name,
                                    const std::vector<ExprId>& arguments) {
  if (arguments.empty()) return unknown_function(at, name, false, 0);
  std::vector<std::uint32_t> children;
  for (const ExprId argument : arguments) {
    PLIMSOLL_TRY(Lowered made, lower(argument));
    children.push_back(made.id);
  }
  Node items;
  items.op = Op::list;
  PLIMSOLL_TRY(Lowered list, add(items, at, std::move(children), Kind::list));
  const auto rows = find_overloads(name, false, 1);
  Node node;
  node.op = Op::call;
  node.constant = Value::string(text(name));
  node.overload = static_cast<std::uint32_t>(code_.overloads.size());
  node.overloads = static_cast<std::uint32_t>(rows.size());
  code_.overloads.insert(code_.overloads.end(), rows.begin(), rows.end());
  return add(node, at, {list.id}, {});
}

Lowering::Outcome Lowering::unknown_function(const Expr& at, const std::string& name, bool receiver,
                                             std::size_t arguments) {
  const auto known = function_names();
  if (std::ranges::find(known, name) != known.end())
    return refuse(at,
                  fmt::format("no such overload: {} with {} {} and {} receiver", name,
                              receiver ? arguments - 1 : arguments,
                              arguments == (receiver ? 2U : 1U) ? "argument" : "arguments",
                              receiver ? "a" : "no"),
                  "look at docs/guide/cel.md for its forms");
  const auto near = nearest_names(name, known);
  return refuse(at, fmt::format("unbound function {:?}", name),
                near.empty() ? std::string("look at docs/guide/cel.md for the functions there are")
                             : fmt::format("did you mean {}?", quoted_choice(near)));
}

/// A pattern that stands in the expression is compiled once, here.
std::optional<Lowering::Outcome> Lowering::literal_pattern(const Expr& at,
                                                           std::vector<ExprId> arguments) {
  if (arguments.size() != 2 || expr(arguments[1]).kind != ExprKind::string) return {};
  const std::string& pattern = expr(arguments[1]).text;
  RE2::Options options(RE2::Quiet);
  constexpr std::int64_t kPatternBytesMax = std::int64_t{8} * 1024 * 1024;
  options.set_max_mem(kPatternBytesMax);
  RE2& compiled = code_.patterns.emplace_back(pattern, options);
  if (!compiled.ok())
    return fault(expr(arguments[1]),
                 fmt::format("the pattern does not compile: {}", compiled.error()),
                 "write it in RE2's syntax: no look-around, no back-references");
  auto subject = lower(arguments[0]);
  if (!subject) return subject;
  if (strict() && !subject->type.may_be(Kind::string))
    return fault(at, fmt::format("no such overload: {}.matches(string)", subject->type.text()),
                 "match a string: string(x)");
  Node node;
  node.op = Op::matches;
  node.index = static_cast<std::uint32_t>(code_.patterns.size() - 1);
  return add(node, at, {subject->id}, Kind::boolean);
}

}  // namespace plimsoll::cel
