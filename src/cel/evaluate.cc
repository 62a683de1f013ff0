#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "cel/internal/code.h"

namespace plimsoll::cel {
namespace {

constexpr std::string_view kNotBoolean = "no such overload: a condition is not a bool";

/// The index that a number names, if it is whole.
bool whole_index(const Value& value, std::int64_t& index) noexcept {
  if (value.is(Kind::integer))
    index = value.as_integer();
  else if (value.is(Kind::uinteger) && value.as_uinteger() <= INT64_MAX)
    index = static_cast<std::int64_t>(value.as_uinteger());
  else if (value.is(Kind::real) && std::trunc(value.as_real()) == value.as_real() &&
           std::abs(value.as_real()) < 1e15)
    index = static_cast<std::int64_t>(value.as_real());
  else
    return false;
  return true;
}

}  // namespace

/// One run of a program: a walk over its tree. Errors are values, since && and ||
/// may turn them into nothing.
class Evaluation {
 public:
  Evaluation(const Program::Code& code, std::span<const Value> slots, Context context)
      : code_(code), slots_(slots), context_(context) {
    locals_ = context_.arena.array<Value>(code.locals);
  }

  Value run() { return at(code_.root); }

 private:
  const Node& node(std::uint32_t id) const { return code_.nodes[id]; }
  std::uint32_t child(const Node& parent, std::uint32_t i) const {
    return code_.children[parent.first + i];
  }
  Value of(const Node& parent, std::uint32_t i) { return at(child(parent, i)); }

  Value at(std::uint32_t id) {
    if (!context_.spend(1)) return Value::error(kCostGone);
    const Node& here = node(id);
    if (here.op == Op::constant) return here.constant;
    Value value = step(here);
    if (value.is_error() && value.offset() == 0) value.set_offset(here.offset + 1);
    return value;
  }

  Value step(const Node& here) {
    switch (here.op) {
      case Op::constant:
      case Op::unknown: return here.constant;
      case Op::slot: return slot(here);
      case Op::local: return locals_[here.index];
      case Op::select: return select(here);
      case Op::has: return has(here);
      case Op::is_set: return is_set(here);
      case Op::optional_select: return optional_lookup(of(here, 0), here.constant);
      case Op::index: return lookup_both(here);
      case Op::optional_index: return optional_lookup_both(here);
      case Op::list: return list(here);
      case Op::map: return map(here);
      case Op::negation: return negation(here);
      case Op::both: return all_of(here, false);
      case Op::either: return all_of(here, true);
      case Op::conditional: return conditional(here);
      case Op::equal:
      case Op::not_equal:
      case Op::less:
      case Op::less_or_equal:
      case Op::greater:
      case Op::greater_or_equal: return comparison(here);
      case Op::in: return contained(here);
      case Op::call: return call(here);
      case Op::matches: return matches(here);
      case Op::all:
      case Op::exists:
      case Op::exists_one:
      case Op::filter:
      case Op::transform:
      case Op::transform_map: return loop(here);
      case Op::block: return block(here);
      case Op::optional_map:
      case Op::optional_flat_map: return optional_map(here);
    }
    return Value::error(kNoOverload);
  }

  Value slot(const Node& here) {
    if (here.index < slots_.size() && !slots_[here.index].is_error()) return slots_[here.index];
    return context_.error(fmt::format("{} is not set", here.constant.text()));
  }

  // ---- fields and elements

  Value select(const Node& here) {
    const Value operand = of(here, 0);
    if (operand.is_error()) return operand;
    if (operand.is(Kind::optional)) return chained(operand, here.constant);
    if (!operand.is(Kind::map))
      return context_.error(
          fmt::format("type {} does not support field selection", kind_name(operand.kind())));
    return lookup(operand, here.constant);
  }

  Value lookup(const Value& operand, const Value& key) {
    if (operand.is(Kind::map)) return member(operand, key);
    if (operand.is(Kind::list)) return element(operand, key);
    return Value::error(kNoOverload);
  }

  Value member(const Value& map, const Value& key) {
    if (!context_.spend(map.size() / 16)) return Value::error(kCostGone);
    if (map.is_json()) {
      if (!key.is(Kind::string)) return no_such_key(key);
      const Value found = map.json_member(key.text());
      return found.is_error() ? no_such_key(key) : found;
    }
    const Value* const found = find_key(map.items(context_.arena), key);
    return found == nullptr ? no_such_key(key) : *found;
  }

  Value no_such_key(const Value& key) {
    return context_.error(fmt::format("no such key: {}", to_text(key, context_.arena)));
  }

  Value element(const Value& list, const Value& key) {
    std::int64_t index = 0;
    if (!whole_index(key, index)) return Value::error("an index of a list must be a whole number");
    if (index < 0 || static_cast<std::size_t>(index) >= list.size())
      return context_.error(
          fmt::format("index {} is out of range: the list has {} elements", index, list.size()));
    if (list.is_json() && !context_.spend(list.size())) return Value::error(kCostGone);
    return list.items(context_.arena)[static_cast<std::size_t>(index)];
  }

  Value boxed(const Value& value) {
    Value* const box = context_.arena.array<Value>(1);
    return Value::some(std::construct_at(box, value));
  }

  /// Whether a lookup of `key` finds something; `known` tells whether it may be asked.
  bool is_there(const Value& operand, const Value& key, bool& known) {
    known = operand.is(Kind::map) || operand.is(Kind::list);
    if (!known) return false;
    if (!operand.is(Kind::list)) return !member(operand, key).is_error();
    std::int64_t index = 0;
    return whole_index(key, index) && index >= 0 &&
           static_cast<std::size_t>(index) < operand.size();
  }

  /// A selection from an optional: none stays none, an absent key makes none.
  Value chained(const Value& optional, const Value& key) {
    if (optional.inner() == nullptr) return optional;
    return optional_lookup(*optional.inner(), key);
  }

  Value optional_lookup(const Value& operand, const Value& key) {
    if (operand.is_error()) return operand;
    if (key.is_error()) return key;
    if (operand.is(Kind::optional)) return chained(operand, key);
    bool known = false;
    const bool there = is_there(operand, key, known);
    if (!known) return no_such_key(key);
    return there ? boxed(lookup(operand, key)) : Value::none();
  }

  Value lookup_both(const Node& here) {
    const Value operand = of(here, 0);
    if (operand.is_error()) return operand;
    const Value key = of(here, 1);
    if (key.is_error()) return key;
    return operand.is(Kind::optional) ? chained(operand, key) : lookup(operand, key);
  }

  Value optional_lookup_both(const Node& here) {
    const Value operand = of(here, 0);
    return operand.is_error() ? operand : optional_lookup(operand, of(here, 1));
  }

  Value is_set(const Node& here) {
    const Node& variable = node(child(here, 0));
    return Value::boolean(variable.index < slots_.size() && !slots_[variable.index].is_error());
  }

  Value has(const Node& here) {
    const Value operand = of(here, 0);
    if (operand.is_error()) return operand;
    if (operand.is(Kind::optional)) {
      const Value found = chained(operand, here.constant);
      return found.is_error() ? found : Value::boolean(found.inner() != nullptr);
    }
    bool known = false;
    const bool there = is_there(operand, here.constant, known);
    if (!known || operand.is(Kind::list)) return Value::error(kNoOverload);
    return Value::boolean(there);
  }

  // ---- lists and maps

  bool marked(const Node& here, std::uint32_t i) const {
    return here.marks != 0 && code_.marks[here.marks - 1 + i];
  }

  Value list(const Node& here) {
    Value* const items = context_.arena.array<Value>(here.count);
    std::size_t made = 0;
    for (std::uint32_t i = 0; i < here.count; ++i) {
      Value item = of(here, i);
      if (item.is_error()) return item;
      if (marked(here, i)) {
        if (!item.is(Kind::optional)) return Value::error(kNoOverload);
        if (item.inner() == nullptr) continue;
        item = *item.inner();
      }
      std::construct_at(items + made++, item);
    }
    return Value::list({items, made});
  }

  Value map(const Node& here) {
    Value* const entries = context_.arena.array<Value>(here.count);
    std::size_t made = 0;
    for (std::uint32_t i = 0; i + 1 < here.count; i += 2) {
      const Value key = of(here, i);
      if (key.is_error()) return key;
      Value value = of(here, i + 1);
      if (value.is_error()) return value;
      if (marked(here, i / 2)) {
        if (!value.is(Kind::optional)) return Value::error(kNoOverload);
        if (value.inner() == nullptr) continue;
        value = *value.inner();
      }
      if (const Value refused = refused_key({entries, made}, key); refused.is_error())
        if (!refused.message().empty()) return refused;
      std::construct_at(entries + made++, key);
      std::construct_at(entries + made++, value);
    }
    return Value::map({entries, made});
  }

  /// An error when `key` may not join `entries`; an empty one when it may.
  Value refused_key(std::span<const Value> entries, const Value& key) {
    const bool fits = key.is(Kind::boolean) || key.is(Kind::integer) || key.is(Kind::uinteger) ||
                      key.is(Kind::string);
    if (!fits) return Value::error("unsupported key type: use bool, int, uint or string");
    if (!context_.spend(entries.size() / 16)) return Value::error(kCostGone);
    if (find_key(entries, key) != nullptr) return Value::error("a key is repeated in a map");
    return Value::error("");
  }

  // ---- logic

  Value negation(const Node& here) {
    const Value value = of(here, 0);
    if (value.is_error()) return value;
    return value.is(Kind::boolean) ? Value::boolean(!value.as_boolean())
                                   : Value::error(kNoOverload);
  }

  /// && (until a false) and || (until a true): what decides wins over errors.
  Value all_of(const Node& here, bool decisive) {
    Value trouble;
    bool troubled = false;
    for (std::uint32_t i = 0; i < here.count; ++i) {
      const Value value = of(here, i);
      if (value.is(Kind::boolean) && value.as_boolean() == decisive) return value;
      if (value.is(Kind::boolean) || troubled) continue;
      troubled = true;
      trouble = value.is_error() ? value : Value::error(kNotBoolean);
    }
    return troubled ? trouble : Value::boolean(!decisive);
  }

  Value conditional(const Node& here) {
    const Value condition = of(here, 0);
    if (condition.is_error()) return condition;
    if (!condition.is(Kind::boolean)) return Value::error(kNotBoolean);
    return of(here, condition.as_boolean() ? 1 : 2);
  }

  Value comparison(const Node& here) {
    const Value left = of(here, 0);
    if (left.is_error()) return left;
    const Value right = of(here, 1);
    if (right.is_error()) return right;
    if (here.op == Op::equal || here.op == Op::not_equal) {
      const bool same = equal(left, right, context_.arena, context_.budget);
      return Value::boolean(same == (here.op == Op::equal));
    }
    const Order found = order(left, right);
    if (!found.comparable) return Value::error(kNoOverload);
    if (found.unordered) return Value::boolean(false);
    switch (here.op) {
      case Op::less: return Value::boolean(found.less);
      case Op::less_or_equal: return Value::boolean(!found.greater);
      case Op::greater: return Value::boolean(found.greater);
      default: return Value::boolean(!found.less);
    }
  }

  Value contained(const Node& here) {
    const Value wanted = of(here, 0);
    if (wanted.is_error()) return wanted;
    const Value range = of(here, 1);
    if (range.is_error()) return range;
    if (range.is(Kind::map)) return Value::boolean(!member(range, wanted).is_error());
    if (!range.is(Kind::list)) return Value::error(kNoOverload);
    if (!context_.spend(range.size() / 4)) return Value::error(kCostGone);
    for (const Value& item : range.items(context_.arena))
      if (equal(item, wanted, context_.arena, context_.budget)) return Value::boolean(true);
    return Value::boolean(false);
  }

  // ---- functions

  Value call(const Node& here) {
    constexpr std::uint32_t kArgumentsMax = 8;
    std::array<Value, kArgumentsMax> arguments;
    const std::uint32_t count = std::min(here.count, kArgumentsMax);
    for (std::uint32_t i = 0; i < count; ++i) {
      arguments[i] = of(here, i);
      if (arguments[i].is_error()) return arguments[i];
    }
    const Overload* chosen = choose(here, {arguments.data(), count});
    if (chosen == nullptr) chosen = choose_loosely(here, {arguments.data(), count});
    if (chosen == nullptr) return no_overload(here, {arguments.data(), count});
    const bool loose = count > 0 && arguments[0].is_loose();
    const Value value = chosen->run(context_, arguments.data());
    if (context_.budget < 0) return Value::error(kCostGone);
    return loose && value.is_number() ? value.loosened() : value;
  }

  const Overload* choose(const Node& here, std::span<const Value> arguments) const {
    for (std::uint32_t i = 0; i < here.overloads; ++i) {
      const Overload* const row = code_.overloads[here.overload + i];
      bool fits = true;
      for (std::size_t k = 0; fits && k < arguments.size(); ++k)
        fits = matches_letter(row->parameters[k], arguments[k].kind());
      if (fits) return row;
    }
    return nullptr;
  }

  /// JSON knows one kind of number: where one that came from a document meets
  /// another kind, both are doubles.
  const Overload* choose_loosely(const Node& here, std::span<Value> arguments) const {
    bool loose = false;
    for (const Value& argument : arguments) {
      if (!argument.is_number()) return nullptr;
      loose = loose || argument.is_loose();
    }
    if (!loose) return nullptr;
    for (Value& argument : arguments) {
      if (argument.is(Kind::integer))
        argument = Value::real(static_cast<double>(argument.as_integer())).loosened();
      else if (argument.is(Kind::uinteger))
        argument = Value::real(static_cast<double>(argument.as_uinteger())).loosened();
    }
    return choose(here, arguments);
  }

  Value no_overload(const Node& here, std::span<const Value> arguments) {
    std::string text = fmt::format("{}: {}(", kNoOverload, here.constant.text());
    for (const Value& argument : arguments) {
      if (text.back() != '(') text += ", ";
      text += kind_name(argument.kind());
    }
    return context_.error(text + ")");
  }

  Value matches(const Node& here) {
    const Value text = of(here, 0);
    if (text.is_error()) return text;
    if (!text.is(Kind::string)) return Value::error(kNoOverload);
    const std::string_view subject = text.text();
    if (!context_.spend(subject.size() / 8)) return Value::error(kCostGone);
    return Value::boolean(
        RE2::PartialMatch({subject.data(), subject.size()}, code_.patterns[here.index]));
  }

  // ---- macros

  Value block(const Node& here) {
    for (std::uint32_t i = 0; i + 1 < here.count; ++i)
      std::construct_at(locals_ + here.index + i, of(here, i));
    return of(here, here.count - 1);
  }

  Value optional_map(const Node& here) {
    const Value target = of(here, 0);
    if (target.is_error()) return target;
    if (!target.is(Kind::optional)) return Value::error(kNoOverload);
    if (target.inner() == nullptr) return target;
    std::construct_at(locals_ + here.index, *target.inner());
    const Value value = of(here, 1);
    if (value.is_error()) return value;
    if (here.op == Op::optional_map) return boxed(value);
    return value.is(Kind::optional) ? value : Value::error(kNoOverload);
  }

  /// What a loop gathers on its way.
  struct Gathered {
    Value* items = nullptr;
    std::size_t size = 0;
    std::size_t holds = 0;  // of exists_one
    Value trouble;          // of all and exists: the first error
    bool troubled = false;
  };

  Value loop(const Node& here) {
    const Value range = of(here, 0);
    if (range.is_error()) return range;
    const bool over_map = range.is(Kind::map);
    if (!over_map && !range.is(Kind::list)) return Value::error(kNoOverload);
    if (!context_.spend(range.size())) return Value::error(kCostGone);
    const auto items = range.items(context_.arena);
    const std::size_t stride = over_map ? 2 : 1;
    Gathered gathered;
    if (here.op == Op::filter || here.op == Op::transform || here.op == Op::transform_map)
      gathered.items = context_.arena.array<Value>(items.size() / stride *
                                                   (here.op == Op::transform_map ? 2 : 1));
    for (std::size_t i = 0; i + stride <= items.size(); i += stride) {
      bind(here, items, i, over_map);
      const Value decided = turn(here, gathered);
      if (!decided.is_error() || !decided.message().empty()) return decided;
      if (context_.budget < 0) return Value::error(kCostGone);
    }
    return outcome(here, gathered);
  }

  void bind(const Node& here, std::span<const Value> items, std::size_t i, bool over_map) {
    Value* const names = locals_ + here.index;
    if (!here.pair) {
      std::construct_at(names, items[i]);
      return;
    }
    std::construct_at(names, over_map ? items[i] : Value::integer(static_cast<std::int64_t>(i)));
    std::construct_at(names + 1, items[i + (over_map ? 1 : 0)]);
  }

  /// One round. An empty error means: go on; anything else is the result.
  Value turn(const Node& here, Gathered& gathered) {
    const Value go_on = Value::error("");
    if (here.guarded) {
      const Value wanted = of(here, 1);
      if (wanted.is_error()) return wanted;
      if (!wanted.is(Kind::boolean)) return Value::error(kNotBoolean);
      if (!wanted.as_boolean()) return go_on;
    }
    const Value value = of(here, here.guarded ? 2 : 1);
    if (here.op == Op::all || here.op == Op::exists) {
      const bool decisive = here.op == Op::exists;
      if (value.is(Kind::boolean) && value.as_boolean() == decisive) return value;
      if (value.is(Kind::boolean) || gathered.troubled) return go_on;
      gathered.troubled = true;
      gathered.trouble = value.is_error() ? value : Value::error(kNotBoolean);
      return go_on;
    }
    if (value.is_error()) return value;
    return gather(here, value, gathered);
  }

  Value gather(const Node& here, const Value& value, Gathered& gathered) {
    const Value* const names = locals_ + here.index;
    const bool predicate = here.op == Op::filter || here.op == Op::exists_one;
    if (predicate && !value.is(Kind::boolean)) return Value::error(kNotBoolean);
    if (here.op == Op::exists_one) {
      gathered.holds += value.as_boolean() ? 1 : 0;
    } else if (here.op == Op::filter) {
      if (value.as_boolean()) std::construct_at(gathered.items + gathered.size++, names[0]);
    } else {
      if (here.op == Op::transform_map)
        std::construct_at(gathered.items + gathered.size++, names[0]);
      std::construct_at(gathered.items + gathered.size++, value);
    }
    return Value::error("");
  }

  static Value outcome(const Node& here, const Gathered& gathered) {
    if (gathered.troubled) return gathered.trouble;
    switch (here.op) {
      case Op::all: return Value::boolean(true);
      case Op::exists: return Value::boolean(false);
      case Op::exists_one: return Value::boolean(gathered.holds == 1);
      case Op::transform_map: return Value::map({gathered.items, gathered.size});
      default: return Value::list({gathered.items, gathered.size});
    }
  }

  const Program::Code& code_;
  std::span<const Value> slots_;
  Context context_;
  Value* locals_ = nullptr;
};

Value Program::evaluate(std::span<const Value> variables, Arena& arena,
                        std::int64_t cost_max) const {
  return Evaluation(*code_, variables, {.arena = arena, .budget = cost_max}).run();
}

}  // namespace plimsoll::cel
