#include "checks/schema/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "checks/excerpt.h"
#include "checks/schema/machine_frames.h"
#include "checks/schema/marks.h"
#include "checks/schema/values.h"
#include "checks/schema/words.h"

namespace plimsoll::checks::schema {
namespace {

/// Runs a program over one value. Schemas within schemas recurse, so what is rare
/// or large stays out of the frames that do. With kTell it does not stop at the first thing
/// that is wrong, and says all; without, a failure is only `false`.
template <bool kTell>
class Machine {
 public:
  Machine(const Program& program, const Subject& subject, Steps steps)
      : program_(program), tape_(subject.tape), numbers_(tape_, subject.text), steps_(steps) {}

  bool run_root(json::Place at) { return apply(program_.root, {at, nullptr, nullptr, nullptr}); }
  bool undecided() const noexcept { return steps_ < 0 || too_deep_; }
  std::vector<Violation> take() {
    std::vector<Violation> told;
    for (Finding& one : found_)
      told.push_back(
          {.check = "json_schema",
           .where = std::move(one.where),
           .expected = fmt::format("{} ({})", one.expected, program_.path_to(one.source, one.rule)),
           .found = std::move(one.found)});
    if (told.empty())
      told.push_back({"json_schema", "/", "a value that fits the schema (#)", "one that does not"});
    return told;
  }

 private:
  bool apply(BlockId id, const Frame& frame);
  bool apply_parts(const Block& block, std::uint8_t kind, const Frame& frame);
  bool part(const Block& block, Part part, const Frame& frame);
  bool instruction(const Instruction& code, const Frame& frame);

  [[gnu::noinline]] bool wrong_kind(const Block& block, const Frame& frame);
  [[gnu::noinline]] bool is_integer(json::Place at);
  bool one_of_values(const Instruction& code, const Frame& frame);
  [[gnu::noinline]] bool has_value(const Instruction& code, json::Place at);
  [[gnu::noinline]] bool all_of(const Instruction& code, const Frame& frame);
  [[gnu::noinline]] bool any_of(const Instruction& code, const Frame& frame);
  [[gnu::noinline]] bool one_of(const Instruction& code, const Frame& frame);
  [[gnu::noinline]] bool negation(const Instruction& code, const Frame& frame);
  [[gnu::noinline]] bool condition(const Instruction& code, const Frame& frame);
  [[gnu::noinline]] bool dynamic(const Instruction& code, const Frame& frame);
  bool bound(const Instruction& code, const Frame& frame);
  std::strong_ordering compare(json::Place at, const Bound& bound);
  [[gnu::noinline]] bool multiple_of(const Instruction& code, const Frame& frame);
  [[gnu::noinline]] bool format(const Instruction& code, const Frame& frame);
  bool length(const Instruction& code, const Frame& frame);
  [[gnu::noinline]] bool length_counted(const Instruction& code, const Frame& frame);
  bool pattern(const Instruction& code, const Frame& frame);
  bool matches(std::uint32_t pattern, std::string_view text);
  bool items(const Instruction& code, const Frame& frame);
  [[gnu::noinline]] bool contains(const Instruction& code, const Frame& frame);
  [[gnu::noinline]] bool unique(const Instruction& code, const Frame& frame);
  bool differ(json::Place a, json::Place b);
  bool members(const Instruction& code, const Frame& frame);
  bool plain_members(const MemberRules& rules, const Frame& frame);
  [[gnu::noinline]] bool member_count(const MemberRules& rules, const Instruction& code,
                                      const Frame& frame);
  bool member(const MemberRules& rules, const Property* property, json::Place key,
              const Instruction& code, const Frame& frame, bool& evaluated);
  [[gnu::noinline]] bool missing(const MemberRules& rules, const Instruction& code,
                                 const Frame& frame);
  [[gnu::noinline]] bool dependent(const Instruction& code, const Frame& frame);
  [[gnu::noinline]] bool unevaluated_items(const Instruction& code, const Frame& frame);
  [[gnu::noinline]] bool unevaluated_properties(const Instruction& code, const Frame& frame);

  /// A branch of its own: what it finds wrong is put into `told`, not with the rest.
  bool branch(BlockId id, const Frame& frame, std::vector<Finding>* told = nullptr);
  /// The same for a schema that is only asked: nothing is told.
  bool asks(BlockId id, const Frame& frame, Marks* marks);
  bool nearest_form(const Instruction& code, const Frame& frame,
                    std::vector<std::vector<Finding>>& forms);

  /// Notes what is wrong; `words` is only called when it will be told.
  template <class Words>
  [[gnu::noinline]] bool wrong(const Frame& frame, std::uint8_t source, json::Place where,
                               const Words& words);
  template <class Words>
  bool wrong(const Frame& frame, const Instruction& code, const Words& words) {
    return wrong(frame, code.source, code.where, words);
  }

  const Program& program_;
  json::Tape tape_;
  RawNumbers numbers_;
  Steps steps_;
  int depth_ = 0;
  int silent_ = 0;
  int worded_ = 0;
  bool too_deep_ = false;
  std::vector<Finding> found_;
};

template <bool kTell>
template <class Words>
bool Machine<kTell>::wrong(const Frame& frame, std::uint8_t source, json::Place where,
                           const Words& words) {
  if constexpr (kTell) {
    if (silent_ > 0 || found_.size() >= JsonSchema::kViolationsMax || worded_ >= kWordedMax)
      return false;
    ++worded_;
    Said said = words();
    const std::string pointer = pointer_of(frame.path);
    found_.push_back({.where = pointer.empty() ? "/" : pointer,
                      .expected = std::move(said.expected),
                      .found = std::move(said.found),
                      .source = source,
                      .rule = where,
                      .kind = said.kind});
  }
  return false;
}

// ---- applying a schema ------------------------------------------------------

template <bool kTell>
bool Machine<kTell>::apply(BlockId id, const Frame& frame) {
  if (id == kAccept) return true;
  if (--steps_ < 0) return false;
  const Block& block = program_.blocks[id];
  const std::uint8_t kind = kind_bit(tape_.tag(frame.at));
  if ((block.kinds & kind) == 0 ||
      (kind == kNumber && block.integers_only && !is_integer(frame.at)))
    return wrong_kind(block, frame);
  if (block.parts.front() == block.parts.back()) return true;
  if (depth_ >= JsonSchema::kRunDepthMax) {
    too_deep_ = true;
    return false;
  }
  ++depth_;
  bool fits = false;
  const bool enters =
      program_.has_dynamic && (frame.scope == nullptr || frame.scope->resource != block.resource);
  const Scope scope{frame.scope, block.resource};
  Frame inner{frame.at, enters ? &scope : frame.scope, frame.marks, frame.path};
  if (block.keeps_marks) {
    Marks marks;
    inner.marks = &marks;
    fits = apply_parts(block, kind, inner);
    if (fits && frame.marks != nullptr) frame.marks->add(marks);
  } else {
    fits = apply_parts(block, kind, inner);
  }
  --depth_;
  return fits;
}

template <bool kTell>
bool Machine<kTell>::apply_parts(const Block& block, std::uint8_t kind, const Frame& frame) {
  bool fits = part(block, Part::any, frame);
  if (!kTell && !fits) return false;
  if (kind < kNumber) return fits;
  const auto own = static_cast<Part>(std::countr_zero(kind) - 1);
  return part(block, own, frame) && fits;
}

template <bool kTell>
bool Machine<kTell>::part(const Block& block, Part part, const Frame& frame) {
  const auto index = static_cast<std::size_t>(part);
  bool fits = true;
  for (std::uint32_t i = block.parts[index]; i < block.parts[index + 1]; ++i) {
    if (instruction(program_.code[i], frame)) continue;
    fits = false;
    if (!kTell || undecided()) return false;
  }
  return fits;
}

template <bool kTell>
bool Machine<kTell>::instruction(const Instruction& code, const Frame& frame) {
  switch (code.op) {
    case Op::one_of_values: return one_of_values(code, frame);
    case Op::all_of: return all_of(code, frame);
    case Op::any_of: return any_of(code, frame);
    case Op::one_of: return one_of(code, frame);
    case Op::negation: return negation(code, frame);
    case Op::condition: return condition(code, frame);
    case Op::reference: return apply(code.a, frame);
    case Op::dynamic: return dynamic(code, frame);
    case Op::minimum:
    case Op::maximum:
    case Op::above:
    case Op::below: return bound(code, frame);
    case Op::multiple_of: return multiple_of(code, frame);
    case Op::length: return length(code, frame);
    case Op::pattern: return pattern(code, frame);
    case Op::format: return format(code, frame);
    case Op::items: return items(code, frame);
    case Op::contains: return contains(code, frame);
    case Op::unique: return unique(code, frame);
    case Op::members: return members(code, frame);
    case Op::dependent: return dependent(code, frame);
    case Op::unevaluated_items: return unevaluated_items(code, frame);
    case Op::unevaluated_properties: return unevaluated_properties(code, frame);
  }
  return false;
}

template <bool kTell>
bool Machine<kTell>::wrong_kind(const Block& block, const Frame& frame) {
  return wrong(frame, block.source, block.where_type == 0 ? block.where : block.where_type, [&] {
    return Said{kinds_in_words(block.kinds, block.integers_only), shown(tape_, frame.at), true};
  });
}

template <bool kTell>
bool Machine<kTell>::is_integer(json::Place at) {
  if (tape_.tag(at) != 'd') return true;
  const double number = tape_.real(at);
  if (std::trunc(number) != number) return false;
  return numbers_.exactly(at).is_integer();
}

// ---- any kind ---------------------------------------------------------------

template <bool kTell>
bool Machine<kTell>::has_value(const Instruction& code, json::Place at) {
  const Values& values = program_.values[code.a];
  if (tape_.tag(at) == '"') {
    const std::string_view text = tape_.string(at);
    if (values.strings.size() > 8) return std::ranges::binary_search(values.strings, text);
    return std::ranges::find(values.strings, text) != values.strings.end();
  }
  if (values.only_strings) return false;
  const json::Tape& wanted = program_.sources[code.source]->tape;
  RawNumbers exact(wanted, program_.sources[code.source]->text);
  return std::ranges::any_of(values.places, [&](json::Place place) {
    return same_value({tape_, at, numbers_}, {wanted, place, exact}, steps_);
  });
}

template <bool kTell>
bool Machine<kTell>::one_of_values(const Instruction& code, const Frame& frame) {
  if (has_value(code, frame.at)) return true;
  return wrong(frame, code,
               [&] { return Said{values_in_words(program_, code), shown(tape_, frame.at)}; });
}

template <bool kTell>
bool Machine<kTell>::all_of(const Instruction& code, const Frame& frame) {
  bool fits = true;
  for (std::uint32_t i = 0; i < code.b; ++i) {
    if (apply(program_.lists[code.a + i], frame)) continue;
    fits = false;
    if (!kTell || undecided()) return false;
  }
  return fits;
}

template <bool kTell>
bool Machine<kTell>::branch(BlockId id, const Frame& frame, std::vector<Finding>* told) {
  Marks marks;
  Frame own = frame;
  if (frame.marks != nullptr) own.marks = &marks;
  std::vector<Finding> before;
  if constexpr (kTell) before.swap(found_);
  const bool fits = apply(id, own);
  if constexpr (kTell) {
    before.swap(found_);
    if (told != nullptr) *told = std::move(before);
  }
  if (fits && frame.marks != nullptr) frame.marks->add(marks);
  return fits;
}

template <bool kTell>
bool Machine<kTell>::asks(BlockId id, const Frame& frame, Marks* marks) {
  Frame own = frame;
  own.marks = marks;
  ++silent_;
  const bool fits = apply(id, own);
  --silent_;
  return fits;
}

template <bool kTell>
bool Machine<kTell>::any_of(const Instruction& code, const Frame& frame) {
  std::vector<std::vector<Finding>> forms;
  if constexpr (kTell) forms.resize(code.b);
  bool fits = false;
  for (std::uint32_t i = 0; i < code.b && !undecided(); ++i) {
    fits = branch(program_.lists[code.a + i], frame, kTell ? &forms[i] : nullptr) || fits;
    if (fits && frame.marks == nullptr) return true;
  }
  return (fits && !undecided()) || nearest_form(code, frame, forms);
}

template <bool kTell>
bool Machine<kTell>::one_of(const Instruction& code, const Frame& frame) {
  std::vector<std::vector<Finding>> forms;
  if constexpr (kTell) forms.resize(code.b);
  std::uint32_t fitting = 0, last = 0, first = 0;
  for (std::uint32_t i = 0; i < code.b && !undecided(); ++i) {
    if (!branch(program_.lists[code.a + i], frame, kTell ? &forms[i] : nullptr)) continue;
    if (++fitting == 1) first = i;
    last = i;
    if (fitting == 2) break;
  }
  if (undecided()) return false;
  if (fitting == 1) return true;
  if (fitting == 0) return nearest_form(code, frame, forms);
  return wrong(frame, code, [&] {
    return Said{fmt::format("a value that fits one form only, not both {} and {}", first, last),
                shown(tape_, frame.at)};
  });
}

template <bool kTell>
bool Machine<kTell>::nearest_form(const Instruction& code, const Frame& frame,
                                  std::vector<std::vector<Finding>>& forms) {
  if constexpr (!kTell) return false;
  if (undecided() || forms.empty()) return false;
  const std::string pointer = pointer_of(frame.path);
  const std::string own = pointer.empty() ? "/" : pointer;
  const auto nearest =
      std::ranges::min_element(forms, {}, [&](const auto& form) { return distance(form, own); });
  wrong(frame, code, [&] {
    const auto index = nearest - forms.begin();
    return Said{fmt::format("a value of one of {} forms; form {} is nearest", forms.size(), index),
                outlined(tape_, frame.at)};
  });
  if (silent_ > 0) return false;
  for (Finding& one : *nearest)
    if (found_.size() < JsonSchema::kViolationsMax) found_.push_back(std::move(one));
  return false;
}

template <bool kTell>
bool Machine<kTell>::negation(const Instruction& code, const Frame& frame) {
  Marks nobody_asks;
  const bool fits = asks(code.a, frame, frame.marks == nullptr ? nullptr : &nobody_asks);
  if (undecided()) return false;
  if (!fits) return true;
  return wrong(frame, code,
               [&] { return Said{"a value that does not fit this", shown(tape_, frame.at)}; });
}

template <bool kTell>
bool Machine<kTell>::condition(const Instruction& code, const Frame& frame) {
  const Condition& condition = program_.conditions[code.a];
  Marks marks;
  const bool holds = asks(condition.question, frame, frame.marks == nullptr ? nullptr : &marks);
  if (undecided()) return false;
  if (holds && frame.marks != nullptr) frame.marks->add(marks);
  return apply(holds ? condition.yes : condition.no, frame);
}

template <bool kTell>
bool Machine<kTell>::dynamic(const Instruction& code, const Frame& frame) {
  BlockId target = code.a;
  const DynamicName& name = program_.dynamics[code.b];
  for (const Scope* scope = frame.scope; scope != nullptr; scope = scope->outer) {
    --steps_;
    for (const auto& [resource, block] : name.by_resource)
      if (resource == scope->resource) target = block;
  }
  return apply(target, frame);
}

// ---- numbers ----------------------------------------------------------------

template <bool kTell>
std::strong_ordering Machine<kTell>::compare(json::Place at, const Bound& bound) {
  const char tag = tape_.tag(at);
  if (tag == 'l' && bound.whole) return tape_.int64(at) <=> *bound.whole;
  const double number = tag == 'l'   ? static_cast<double>(tape_.int64(at))
                        : tag == 'u' ? static_cast<double>(tape_.uint64(at))
                                     : tape_.real(at);
  // Rounding keeps the order: only where both round to the same is there doubt.
  if (number < bound.nearest) return std::strong_ordering::less;
  if (number > bound.nearest) return std::strong_ordering::greater;
  return numbers_.exactly(at) <=> bound.exact;
}

template <bool kTell>
bool Machine<kTell>::bound(const Instruction& code, const Frame& frame) {
  const auto order = compare(frame.at, program_.numbers[code.a]);
  std::string_view words;
  bool fits = false;
  switch (code.op) {
    case Op::minimum: fits = order >= 0, words = "at least"; break;
    case Op::maximum: fits = order <= 0, words = "at most"; break;
    case Op::above: fits = order > 0, words = "more than"; break;
    default: fits = order < 0, words = "less than"; break;
  }
  if (fits) return true;
  return wrong(frame, code, [&] {
    return Said{fmt::format("a number of {} {}", words, bound_in_words(program_, code)),
                shown(tape_, frame.at)};
  });
}

template <bool kTell>
bool Machine<kTell>::multiple_of(const Instruction& code, const Frame& frame) {
  const Bound& divisor = program_.numbers[code.a];
  const bool plain = tape_.tag(frame.at) == 'l' && divisor.whole;
  const bool fits = plain ? tape_.int64(frame.at) % *divisor.whole == 0
                          : numbers_.exactly(frame.at).is_multiple_of(divisor.exact);
  if (fits) return true;
  return wrong(frame, code, [&] {
    return Said{fmt::format("a multiple of {}", bound_in_words(program_, code)),
                shown(tape_, frame.at)};
  });
}

// ---- strings ----------------------------------------------------------------

template <bool kTell>
bool Machine<kTell>::format(const Instruction& code, const Frame& frame) {
  const auto format = static_cast<Format>(code.a);
  const std::string_view text = tape_.string(frame.at);
  steps_ -= static_cast<Steps>(text.size() / 64);
  if (has_format(format, text)) return true;
  return wrong(frame, code, [&] {
    return Said{fmt::format("text of the format {}", name_of(format)), shown(tape_, frame.at)};
  });
}

template <bool kTell>
bool Machine<kTell>::length(const Instruction& code, const Frame& frame) {
  const std::string_view text = tape_.string(frame.at);
  // A code point takes 1 to 4 bytes, which mostly says enough.
  const std::size_t enough = code.a <= 1 ? code.a : std::size_t{code.a} * 4;
  if (text.size() >= enough && text.size() <= code.b) return true;
  return length_counted(code, frame);
}

template <bool kTell>
bool Machine<kTell>::length_counted(const Instruction& code, const Frame& frame) {
  const std::string_view text = tape_.string(frame.at);
  const std::size_t count = code_points(text);
  if (count >= code.a && (count <= code.b || code.b == kNone)) return true;
  return wrong(frame, code, [&] {
    const bool few = count < code.a;
    return Said{size_in_words(few ? "at least" : "at most", few ? code.a : code.b, "character",
                              "characters"),
                fmt::format("{} in {}", count, shown(tape_, frame.at))};
  });
}

template <bool kTell>
bool Machine<kTell>::matches(std::uint32_t pattern, std::string_view text) {
  steps_ -= static_cast<Steps>(text.size() / 64);
  return program_.patterns[pattern].matches(text);
}

template <bool kTell>
bool Machine<kTell>::pattern(const Instruction& code, const Frame& frame) {
  if (matches(code.a, tape_.string(frame.at))) return true;
  return wrong(frame, code, [&] {
    return Said{
        fmt::format("text that matches the pattern {}", excerpt(program_.patterns[code.a].source)),
        shown(tape_, frame.at)};
  });
}

// ---- arrays -----------------------------------------------------------------

template <bool kTell>
bool Machine<kTell>::items(const Instruction& code, const Frame& frame) {
  const ItemRules& rules = program_.item_rules[code.a];
  const std::size_t count = tape_.count(frame.at);
  bool fits = true;
  if (count < rules.least)
    fits = wrong(frame, code.source, rules.where_least, [&] {
      return Said{size_in_words("at least", rules.least, "item", "items"),
                  fmt::format("{}", count)};
    });
  if (count > rules.most)
    fits = wrong(frame, code.source, rules.where_most, [&] {
      return Said{size_in_words("at most", rules.most, "item", "items"), fmt::format("{}", count)};
    });
  if ((!kTell && !fits) || (rules.prefix.empty() && !rules.has_rest)) return fits;
  std::size_t index = 0;
  for (json::Place item = json::Tape::first(frame.at), end = tape_.last(frame.at); item < end;
       item = tape_.after(item), ++index) {
    const bool in_prefix = index < rules.prefix.size();
    if (!in_prefix && !rules.has_rest) break;
    if (frame.marks != nullptr) frame.marks->add(index);
    const Path path{frame.path, {}, index, true};
    if (apply(in_prefix ? rules.prefix[index] : rules.rest, {item, frame.scope, nullptr, &path}))
      continue;
    fits = false;
    if (!kTell || undecided()) return false;
  }
  return fits;
}

template <bool kTell>
bool Machine<kTell>::contains(const Instruction& code, const Frame& frame) {
  const ContainRules& rules = program_.contain_rules[code.a];
  std::size_t found = 0, index = 0;
  for (json::Place item = json::Tape::first(frame.at), end = tape_.last(frame.at); item < end;
       item = tape_.after(item), ++index) {
    const Path path{frame.path, {}, index, true};
    if (!asks(rules.block, {item, frame.scope, nullptr, &path}, nullptr)) continue;
    ++found;
    if (frame.marks != nullptr && rules.marks) frame.marks->add(index);
    if (frame.marks == nullptr && rules.most == kNone && found >= rules.least) return true;
  }
  if (undecided()) return false;
  if (found >= rules.least && found <= rules.most) return true;
  const bool few = found < rules.least;
  const json::Place where = few ? rules.where_least : rules.where_most;
  return wrong(frame, code.source, where, [&] {
    return Said{size_in_words(few ? "at least" : "at most", few ? rules.least : rules.most,
                              "item that fits", "items that fit"),
                fmt::format("{} of {}", found, tape_.count(frame.at))};
  });
}

template <bool kTell>
bool Machine<kTell>::differ(json::Place a, json::Place b) {
  return !same_value({tape_, a, numbers_}, {tape_, b, numbers_}, steps_);
}

template <bool kTell>
bool Machine<kTell>::unique(const Instruction& code, const Frame& frame) {
  if (tape_.count(frame.at) < 2) return true;
  struct Hashed {
    std::uint64_t hash;
    json::Place at;
  };
  thread_local std::vector<Hashed> items;
  items.clear();
  for (json::Place item = json::Tape::first(frame.at), end = tape_.last(frame.at); item < end;
       item = tape_.after(item))
    items.push_back({hash_value(tape_, item, steps_), item});
  std::ranges::sort(items, [](const Hashed& a, const Hashed& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.at < b.at;
  });
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (std::size_t j = i + 1; j < items.size() && items[j].hash == items[i].hash; ++j) {
      if (undecided()) return false;
      if (differ(items[i].at, items[j].at)) continue;
      return wrong(frame, code, [&] {
        return Said{"items that all differ", fmt::format("twice {}", shown(tape_, items[i].at))};
      });
    }
  }
  return !undecided();
}

// ---- objects ----------------------------------------------------------------

template <bool kTell>
bool Machine<kTell>::member_count(const MemberRules& rules, const Instruction& code,
                                  const Frame& frame) {
  const std::size_t count = tape_.count(frame.at);
  if (count >= rules.least && count <= rules.most) return true;
  const bool few = count < rules.least;
  return wrong(frame, code.source, few ? rules.where_least : rules.where_most, [&] {
    return Said{size_in_words(few ? "at least" : "at most", few ? rules.least : rules.most,
                              "member", "members"),
                fmt::format("{}", count)};
  });
}

template <bool kTell>
bool Machine<kTell>::members(const Instruction& code, const Frame& frame) {
  const MemberRules& rules = program_.member_rules[code.a];
  if constexpr (!kTell)
    if (rules.plain) return plain_members(rules, frame);
  bool fits = member_count(rules, code, frame);
  if (!kTell && !fits) return false;
  Marks seen;
  std::size_t next = 0, index = 0;
  for (json::Place key = json::Tape::first(frame.at), end = tape_.last(frame.at); key < end;
       key = tape_.after(key + 1), ++index) {
    --steps_;
    const Property* property = rules.find(tape_.string(key), next);
    if (property != nullptr && property->required != kNone) seen.add(property->required);
    bool evaluated = false;
    if (!member(rules, property, key, code, frame, evaluated)) {
      fits = false;
      if (!kTell || undecided()) return false;
    }
    if (evaluated && frame.marks != nullptr) frame.marks->add(index);
  }
  if (seen.has_first(rules.required)) return fits;
  return missing(rules, code, frame);
}

/// The same for the rules that most schemas have, when nothing is told.
template <bool kTell>
bool Machine<kTell>::plain_members(const MemberRules& rules, const Frame& frame) {
  Marks seen;
  std::size_t next = 0, index = 0;
  Frame inner{0, frame.scope, nullptr, nullptr};
  for (json::Place key = json::Tape::first(frame.at), end = tape_.last(frame.at); key < end;
       key = tape_.after(key + 1), ++index) {
    const Property* property = rules.find(tape_.string(key), next);
    inner.at = key + 1;
    if (property != nullptr && property->required != kNone) seen.add(property->required);
    if (property != nullptr && property->declared) {
      if (!apply(property->block, inner)) return false;
    } else if (rules.has_additional) {
      if (!apply(rules.additional, inner)) return false;
    } else {
      --steps_;
      continue;
    }
    if (frame.marks != nullptr) frame.marks->add(index);
  }
  return seen.has_first(rules.required);
}

template <bool kTell>
bool Machine<kTell>::member(const MemberRules& rules, const Property* property, json::Place key,
                            const Instruction& code, const Frame& frame, bool& evaluated) {
  const std::string_view name = tape_.string(key);
  const Path path{frame.path, name};
  const Frame inner{key + 1, frame.scope, nullptr, &path};
  bool fits = true;
  if (property != nullptr && property->declared) {
    evaluated = true;
    fits = apply(property->block, inner);
  }
  for (const auto& [pattern, block] : rules.patterns) {
    if (!matches(pattern, name)) continue;
    evaluated = true;
    fits = apply(block, inner) && fits;
  }
  if (rules.blind) evaluated = true;
  if (!evaluated && rules.has_additional) {
    evaluated = true;
    if (rules.additional == kReject)
      fits = wrong(inner, code.source, rules.where_additional, [&] {
        const std::string names = names_in_words(rules);
        return Said{names.empty() ? "no member of this name" : "only the members " + names,
                    fmt::format("{}: {}", json::quoted(name), shown(tape_, key + 1))};
      });
    else
      fits = apply(rules.additional, inner) && fits;
  }
  if (rules.names == kAccept) return fits;
  return apply(rules.names, {key, frame.scope, nullptr, &path}) && fits;
}

template <bool kTell>
bool Machine<kTell>::missing(const MemberRules& rules, const Instruction& code,
                             const Frame& frame) {
  if constexpr (!kTell) return false;
  for (const Property& property : rules.properties) {
    if (property.required == kNone || tape_.member(frame.at, property.key) != 0) continue;
    wrong(frame, code.source, rules.where_required, [&] {
      return Said{fmt::format("a member {}", json::quoted(property.key)),
                  outlined(tape_, frame.at)};
    });
  }
  return false;
}

template <bool kTell>
bool Machine<kTell>::dependent(const Instruction& code, const Frame& frame) {
  bool fits = true;
  for (const Dependent& rule : program_.dependents[code.a]) {
    steps_ -= static_cast<Steps>(tape_.count(frame.at) * (1 + rule.required.size()));
    if (undecided()) return false;
    if (tape_.member(frame.at, rule.key) == 0) continue;
    for (const std::string_view needed : rule.required) {
      if (tape_.member(frame.at, needed) != 0) continue;
      fits = wrong(frame, code, [&] {
        return Said{fmt::format("a member {}, because there is {}", json::quoted(needed),
                                json::quoted(rule.key)),
                    outlined(tape_, frame.at)};
      });
    }
    fits = apply(rule.block, frame) && fits;
    if (!kTell && !fits) return false;
  }
  return fits;
}

// ---- what nobody has looked at ----------------------------------------------

template <bool kTell>
bool Machine<kTell>::unevaluated_items(const Instruction& code, const Frame& frame) {
  bool fits = true;
  std::size_t index = 0;
  for (json::Place item = json::Tape::first(frame.at), end = tape_.last(frame.at); item < end;
       item = tape_.after(item), ++index) {
    if (frame.marks->has(index)) continue;
    const Path path{frame.path, {}, index, true};
    if (apply(code.a, {item, frame.scope, nullptr, &path})) continue;
    fits = false;
    if (!kTell || undecided()) return false;
  }
  frame.marks->add_all();
  return fits;
}

template <bool kTell>
bool Machine<kTell>::unevaluated_properties(const Instruction& code, const Frame& frame) {
  bool fits = true;
  std::size_t index = 0;
  for (json::Place key = json::Tape::first(frame.at), end = tape_.last(frame.at); key < end;
       key = tape_.after(key + 1), ++index) {
    if (frame.marks->has(index)) continue;
    const Path path{frame.path, tape_.string(key)};
    if (apply(code.a, {key + 1, frame.scope, nullptr, &path})) continue;
    fits = false;
    if (!kTell || undecided()) return false;
  }
  frame.marks->add_all();
  return fits;
}

}  // namespace

Outcome run(const Program& program, const Subject& subject) {
  Machine<false> machine(program, subject, program.steps_max);
  const bool fits = machine.run_root(subject.at);
  if (machine.undecided()) return Outcome::undecided;
  return fits ? Outcome::fits : Outcome::breaks;
}

Judgement tell(const Program& program, const Subject& subject) {
  Machine<true> machine(program, subject, program.steps_max);
  const bool fits = machine.run_root(subject.at);
  if (!machine.undecided()) return {fits ? Outcome::fits : Outcome::breaks, machine.take()};
  Violation bound{.check = "json_schema",
                  .where = "/",
                  .expected = fmt::format("a value that can be judged within {} steps, {} deep",
                                          program.steps_max, JsonSchema::kRunDepthMax),
                  .found = "a value or a schema that takes more"};
  return {Outcome::undecided, {std::move(bound)}};
}

}  // namespace plimsoll::checks::schema
