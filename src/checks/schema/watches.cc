#include "checks/schema/watches.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "checks/excerpt.h"
#include "checks/schema/raw_numbers.h"
#include "checks/schema/words.h"

namespace plimsoll::checks::schema {
namespace {

constexpr std::size_t kDepthMax = 512;      // of values
constexpr std::size_t kWatchesMax = 4'096;  // over all open values
constexpr int kFormsDepthMax = 32;          // of schemas that apply in place

std::uint8_t kind_of_first(char first) {
  switch (first) {
    case '{':
    case '[':
    case '"':
    case 't':
    case 'f':
    case 'n': return kind_bit(first);
    default: return kNumber;
  }
}

/// The instructions of one part.
std::pair<const Instruction*, const Instruction*> part_of(const Program& program, BlockId id,
                                                          Part part) {
  const auto index = static_cast<std::size_t>(part);
  const Block& block = program.blocks[id];
  const Instruction* code = program.code.data();
  return {code + block.parts[index], code + block.parts[index + 1]};
}

}  // namespace

template <class Visit>
void Watches::each_instruction(std::uint32_t watch, Part part, const Visit& visit) {
  const auto [first, last] = part_of(program_, watches_[watch].block, part);
  for (const Instruction* code = first; code < last && !watches_[watch].broken; ++code)
    visit(*code);
}

/// The watches of the innermost value.
template <class Visit>
void Watches::each_watch(const Visit& visit) {
  for (std::size_t i = scalar_first_; i < watches_.size() && !refused_; ++i) {
    const Watch& one = watches_[i];
    if (!one.broken && !one.choice) visit(static_cast<std::uint32_t>(i));
  }
}

// ---- which schemas a value must fit -------------------------------------------

bool Watches::value_begins(char first) {
  if (lost_) return true;
  const std::size_t begin = watches_.size();
  if (depth_ == 0) {
    watch(program_.root, kNone, 0);
  } else {
    Level& level = levels_[depth_ - 1];
    scalar_first_ = level.first;
    if (!level.object) {
      children_.clear();
      children_of_item(level.count++);
      if (refused_) return false;
    }
    // Naming the values first: watching grows the list that we read.
    for (std::size_t i = 0; i < children_.size(); ++i) {
      const Child child = children_[i];
      watch(child.first, child.second, 0);
    }
  }
  if (depth_ >= kDepthMax || watches_.size() > kWatchesMax) {
    lost_ = true;
    return true;
  }
  scalar_first_ = begin;
  if (first == '{' || first == '[') {
    if (levels_.size() == depth_) levels_.emplace_back();
    Level& level = levels_[depth_++];
    level.first = begin;
    level.object = first == '{';
    level.count = 0;
    level.key.clear();
  }
  each_watch([&](std::uint32_t one) { check_begin(one, first); });
  if (first == 't' || first == 'f' || first == 'n') leave();
  return !refused_;
}

void Watches::watch(BlockId id, std::uint32_t up, int depth) {
  if (id == kAccept || depth > kFormsDepthMax || watches_.size() > kWatchesMax) return;
  const auto self = static_cast<std::uint32_t>(watches_.size());
  watches_.push_back({.block = id, .up = up});
  const auto [first, last] = part_of(program_, id, Part::any);
  for (const Instruction* code = first; code < last; ++code) watch_in_place(*code, self, depth + 1);
}

void Watches::watch_in_place(const Instruction& code, std::uint32_t up, int depth) {
  // Only some instructions name a list; `a` means something else in the others.
  const auto list = [this, &code] { return program_.lists.data() + code.a; };
  switch (code.op) {
    case Op::reference: return watch(code.a, up, depth);
    case Op::dynamic:
      if (!program_.has_dynamic) watch(code.a, up, depth);
      return;
    case Op::all_of:
      for (std::uint32_t i = 0; i < code.b; ++i) watch(list()[i], up, depth);
      return;
    case Op::any_of:
    case Op::one_of: return watch_forms(list(), code.b, up, depth);
    case Op::condition: {
      const Condition& condition = program_.conditions[code.a];
      const std::array<BlockId, 2> forms = {condition.yes, condition.no};
      return watch_forms(forms.data(), forms.size(), up, depth);
    }
    default: return;
  }
}

/// One of the forms must fit. With one that we do not watch, we cannot tell.
void Watches::watch_forms(const BlockId* forms, std::size_t count, std::uint32_t up, int depth) {
  const bool all_watched =
      std::all_of(forms, forms + count, [](BlockId id) { return id != kAccept; });
  if (!all_watched || depth + 1 > kFormsDepthMax || watches_.size() + count > kWatchesMax) return;
  const auto self = static_cast<std::uint32_t>(watches_.size());
  watches_.push_back({.up = up, .forms = static_cast<std::uint32_t>(count), .choice = true});
  for (std::size_t i = 0; i < count; ++i) watch(forms[i], self, depth + 1);
}

void Watches::children_of_item(std::size_t index) {
  each_watch([&](std::uint32_t one) {
    each_instruction(one, Part::array, [&](const Instruction& code) {
      if (code.op != Op::items) return;
      const ItemRules& rules = program_.item_rules[code.a];
      if (index >= rules.most) return broken(one, Cause::most, &code);
      if (index < rules.prefix.size())
        children_.emplace_back(rules.prefix[index], one);
      else if (rules.has_rest)
        children_.emplace_back(rules.rest, one);
    });
  });
}

// ---- what is broken -------------------------------------------------------------

void Watches::broken(std::uint32_t watch, Cause cause, const Instruction* code) {
  const BlockId block = watches_[watch].block;
  while (watch != kNone) {
    Watch& one = watches_[watch];
    if (one.broken) return;
    if (one.choice && --one.forms > 0) return;
    one.broken = true;
    watch = one.up;
  }
  refused_ = true;
  cause_ = cause;
  cause_block_ = block;
  cause_code_ = code;
  where_.clear();
  for (std::size_t i = 0; i < depth_; ++i) {
    const Level& level = levels_[i];
    if (level.count == 0) break;
    append_step(where_, level.object ? level.key : fmt::format("{}", level.count - 1));
  }
}

bool Watches::check_begin(std::uint32_t watch, char first) {
  const Block& block = program_.blocks[watches_[watch].block];
  const std::uint8_t kind = kind_of_first(first);
  if ((block.kinds & kind) == 0) {
    broken(watch, Cause::kind);
    return false;
  }
  each_instruction(watch, Part::any, [&](const Instruction& code) {
    if (code.op != Op::one_of_values) return;
    const json::Tape& tape = program_.sources[code.source]->tape;
    const bool word = first == 't' || first == 'f';
    const bool possible =
        std::ranges::any_of(program_.values[code.a].places, [&](json::Place place) {
          const char tag = tape.tag(place);
          return word ? tag == first : kind_bit(tag) == kind;
        });
    if (!possible) broken(watch, Cause::value, &code);
  });
  return !refused_;
}

/// A value without parts is over.
void Watches::leave() {
  watches_.resize(scalar_first_);
  if (depth_ > 0) scalar_first_ = levels_[depth_ - 1].first;
}

// ---- strings and numbers ----------------------------------------------------------

bool Watches::string_grows(std::string_view so_far) {
  if (lost_) return true;
  each_watch([&](std::uint32_t one) {
    each_instruction(one, Part::any, [&](const Instruction& code) {
      if (code.op != Op::one_of_values) return;
      const auto& strings = program_.values[code.a].strings;
      const auto at = std::ranges::lower_bound(strings, so_far);
      if (at == strings.end() || !at->starts_with(so_far)) broken(one, Cause::value, &code);
    });
    each_instruction(one, Part::string, [&](const Instruction& code) {
      if (code.op != Op::length || so_far.size() <= code.b) return;
      if (code_points(so_far) > code.b) broken(one, Cause::length, &code);
    });
  });
  return !refused_;
}

bool Watches::string_ends(std::string_view all, bool certain) {
  if (lost_) return true;
  if (certain) each_watch([&](std::uint32_t one) { check_string(one, all); });
  if (!refused_) leave();
  return !refused_;
}

void Watches::check_string(std::uint32_t watch, std::string_view text) {
  each_instruction(watch, Part::any, [&](const Instruction& code) {
    if (code.op == Op::one_of_values &&
        !std::ranges::binary_search(program_.values[code.a].strings, text))
      broken(watch, Cause::value, &code);
  });
  each_instruction(watch, Part::string, [&](const Instruction& code) {
    if (code.op == Op::pattern && !program_.patterns[code.a].matches(text))
      broken(watch, Cause::pattern, &code);
    if (code.op == Op::format && !has_format(static_cast<Format>(code.a), text))
      broken(watch, Cause::format, &code);
    if (code.op != Op::length) return;
    const std::size_t count = code_points(text);
    if (count < code.a || (count > code.b && code.b != kNone)) broken(watch, Cause::length, &code);
  });
}

bool Watches::number_ends(std::string_view token) {
  if (lost_) return true;
  each_watch([&](std::uint32_t one) { check_number(one, token); });
  if (!refused_) leave();
  return !refused_;
}

void Watches::check_number(std::uint32_t watch, std::string_view token) {
  const Block& block = program_.blocks[watches_[watch].block];
  const auto [first, last] = part_of(program_, watches_[watch].block, Part::number);
  const auto [any_first, any_last] = part_of(program_, watches_[watch].block, Part::any);
  const bool plain = token.find_first_of(".eE") == std::string_view::npos;
  if (first == last && any_first == any_last && (plain || !block.integers_only)) return;
  const Decimal number(token);
  if (block.integers_only && !number.is_integer()) return broken(watch, Cause::kind);
  each_instruction(watch, Part::number, [&](const Instruction& code) {
    const Bound& bound = program_.numbers[code.a];
    const bool fits = code.op == Op::minimum   ? number >= bound.exact
                      : code.op == Op::maximum ? number <= bound.exact
                      : code.op == Op::above   ? number > bound.exact
                      : code.op == Op::below   ? number < bound.exact
                                               : number.is_multiple_of(bound.exact);
    if (!fits) broken(watch, Cause::bound, &code);
  });
  each_instruction(watch, Part::any, [&](const Instruction& code) {
    if (code.op != Op::one_of_values) return;
    const Source& source = *program_.sources[code.source];
    RawNumbers exact(source.tape, source.text);
    const bool known = std::ranges::any_of(program_.values[code.a].places, [&](json::Place place) {
      return kind_bit(source.tape.tag(place)) == kNumber && exact.exactly(place) == number;
    });
    if (!known) broken(watch, Cause::value, &code);
  });
}

// ---- objects and arrays -------------------------------------------------------------

bool Watches::key_begins() {
  if (lost_) return true;
  Level& level = levels_[depth_ - 1];
  level.key.clear();
  scalar_first_ = level.first;
  const std::size_t index = level.count++;
  each_watch([&](std::uint32_t one) {
    each_instruction(one, Part::object, [&](const Instruction& code) {
      if (code.op == Op::members && index >= program_.member_rules[code.a].most)
        broken(one, Cause::most, &code);
    });
  });
  return !refused_;
}

bool Watches::key_grows(std::string_view so_far) {
  if (lost_) return true;
  levels_[depth_ - 1].key = so_far;
  each_watch([&](std::uint32_t one) {
    each_instruction(one, Part::object, [&](const Instruction& code) {
      if (code.op != Op::members) return;
      const MemberRules& rules = program_.member_rules[code.a];
      if (!rules.has_additional || rules.additional != kReject || !rules.patterns.empty()) return;
      const auto begins = [&](const Property& one_name) {
        return one_name.declared && one_name.block != kReject && one_name.key.starts_with(so_far);
      };
      const auto& names = rules.properties;
      const std::size_t next = watches_[one].next;
      if (next < names.size() && begins(names[next])) return;
      if (std::ranges::none_of(names, begins)) broken(one, Cause::names, &code);
    });
  });
  return !refused_;
}

bool Watches::key_ends(std::string_view all, bool certain) {
  if (lost_) return true;
  levels_[depth_ - 1].key = all;
  children_.clear();
  if (!certain) {
    lost_ = true;  // which member this is, only the parser can say
    return true;
  }
  each_watch([&](std::uint32_t one) { member_of(one, all); });
  return !refused_;
}

/// Notes the schemas that the member's value must fit.
void Watches::member_of(std::uint32_t watch, std::string_view name) {
  each_instruction(watch, Part::object, [&](const Instruction& code) {
    if (code.op != Op::members) return;
    const MemberRules& rules = program_.member_rules[code.a];
    Watch& one = watches_[watch];
    const Property* property = rules.find(name, one.next);
    if (property != nullptr && property->required != kNone) one.seen.add(property->required);
    bool evaluated = rules.blind;
    if (property != nullptr && property->declared) {
      evaluated = true;
      children_.emplace_back(property->block, watch);
    }
    for (const auto& [pattern, block] : rules.patterns) {
      if (!program_.patterns[pattern].matches(name)) continue;
      evaluated = true;
      children_.emplace_back(block, watch);
    }
    if (evaluated || !rules.has_additional) return;
    if (rules.additional == kReject) return broken(watch, Cause::names, &code);
    children_.emplace_back(rules.additional, watch);
  });
}

bool Watches::container_ends() {
  if (lost_) return true;
  Level& level = levels_[depth_ - 1];
  scalar_first_ = level.first;
  each_watch([&](std::uint32_t one) { check_end(one, level); });
  if (refused_) return false;
  --depth_;
  leave();
  return true;
}

void Watches::check_end(std::uint32_t watch, const Level& level) {
  each_instruction(watch, level.object ? Part::object : Part::array, [&](const Instruction& code) {
    if (code.op == Op::items && level.count < program_.item_rules[code.a].least)
      return broken(watch, Cause::least, &code);
    if (code.op != Op::members) return;
    const MemberRules& rules = program_.member_rules[code.a];
    if (level.count < rules.least) return broken(watch, Cause::least, &code);
    if (!watches_[watch].seen.has_first(rules.required)) broken(watch, Cause::missing, &code);
  });
}

// ---- words --------------------------------------------------------------------------

Violation Watches::violation(std::string_view found) const {
  const Block& block = program_.blocks[cause_block_];
  std::uint8_t source = block.source;
  json::Place where = block.where_type != 0 ? block.where_type : block.where;
  std::string expected;
  if (cause_code_ != nullptr) {
    source = cause_code_->source;
    where = cause_code_->where;
  }
  switch (cause_) {
    case Cause::kind: expected = kinds_in_words(block.kinds, block.integers_only); break;
    case Cause::value: expected = values_in_words(program_, *cause_code_); break;
    case Cause::length:
      expected = cause_code_->b != kNone
                     ? size_in_words("at most", cause_code_->b, "character", "characters")
                     : size_in_words("at least", cause_code_->a, "character", "characters");
      break;
    case Cause::pattern:
      expected =
          "text that matches the pattern " + excerpt(program_.patterns[cause_code_->a].source);
      break;
    case Cause::format:
      expected = fmt::format("text of the format {}", name_of(static_cast<Format>(cause_code_->a)));
      break;
    case Cause::bound:
      expected = "a number within the bound " + bound_in_words(program_, *cause_code_);
      break;
    case Cause::most: expected = "no more items or members"; break;
    case Cause::least: expected = "more items or members"; break;
    case Cause::names:
      expected = "only the members " + names_in_words(program_.member_rules[cause_code_->a]);
      break;
    case Cause::missing: expected = "every member that is required"; break;
  }
  return {.check = "json_schema",
          .where = where_.empty() ? "/" : where_,
          .expected = fmt::format("{} ({})", expected, program_.path_to(source, where)),
          .found = std::string(found)};
}

}  // namespace plimsoll::checks::schema
