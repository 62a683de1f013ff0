// What each keyword becomes.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/candidates.h"
#include "checks/schema/compiler.h"
#include "checks/schema/raw_numbers.h"

namespace plimsoll::checks::schema {
namespace {

constexpr std::string_view kTypeNames[] = {"null",   "boolean", "integer", "number",
                                           "string", "array",   "object"};

/// The bit of a type's name; `integer` is a number's.
std::uint8_t bit_of_type(std::string_view name) {
  if (name == "null") return kNull;
  if (name == "boolean") return kBoolean;
  if (name == "number" || name == "integer") return kNumber;
  if (name == "string") return kString;
  if (name == "array") return kArray;
  return name == "object" ? kObject : 0;
}

Bound bound_of(const json::Tape& tape, json::Place at, const std::string& text) {
  RawNumbers numbers(tape, text);
  const json::Value value = tape.value_at(at);
  Bound bound{.nearest = value.as_double().value_or(0), .whole = {}, .exact = numbers.exactly(at)};
  if (tape.tag(at) == 'l') bound.whole = tape.int64(at);
  return bound;
}

}  // namespace

void Compiler::types(Hand& hand, Block& block) {
  const json::Place at = hand.found[Word::type];
  if (at == 0) return;
  block.where_type = at;
  std::vector<std::string_view> names;
  if (tape(hand).tag(at) == '"')
    names = {tape(hand).string(at)};
  else
    names = names_at(hand, at);
  std::uint8_t kinds = 0;
  bool integer = false, number = false;
  for (const std::string_view name : names) {
    const std::uint8_t bit = bit_of_type(name);
    if (bit == 0) {
      const auto near = nearest_names(name, kTypeNames);
      wrong(hand, at, fmt::format("{} is no type", json::quoted(name)),
            near.empty() ? fmt::format("one of {}", fmt::join(kTypeNames, ", "))
                         : fmt::format("did you mean {}?", quoted_choice(near)));
    }
    kinds |= bit;
    integer = integer || name == "integer";
    number = number || name == "number";
  }
  block.kinds = kinds;
  block.integers_only = integer && !number;
}

void Compiler::values(Hand& hand) {
  const json::Tape& tape = this->tape(hand);
  for (const Word word : {Word::one_of_values, Word::constant}) {
    const json::Place at = hand.found[word];
    if (at == 0) continue;
    Values values;
    values.is_const = word == Word::constant;
    if (values.is_const) {
      values.places.push_back(at);
    } else if (tape.tag(at) == '[') {
      for (json::Place item = json::Tape::first(at); item < tape.last(at); item = tape.after(item))
        values.places.push_back(item);
    } else {
      wrong(hand, at, "must be a list of values");
    }
    for (const json::Place place : values.places)
      if (tape.tag(place) == '"') values.strings.push_back(tape.string(place));
    std::ranges::sort(values.strings);
    values.only_strings = values.strings.size() == values.places.size();
    emit(hand, Part::any, Op::one_of_values, at,
         static_cast<std::uint32_t>(program_.values.size()));
    program_.values.push_back(std::move(values));
  }
}

std::uint32_t Compiler::list_of(const Hand& hand, json::Place at, std::uint32_t& count) {
  const json::Tape& tape = this->tape(hand);
  const auto first = static_cast<std::uint32_t>(program_.lists.size());
  count = 0;
  if (tape.tag(at) != '[' || tape.count(at) == 0) {
    wrong(hand, at, "must be a list of at least one schema");
    return first;
  }
  for (json::Place item = json::Tape::first(at); item < tape.last(at); item = tape.after(item)) {
    program_.lists.push_back(child(hand, item));
    ++count;
  }
  return first;
}

void Compiler::combinations(Hand& hand) {
  struct Combination {
    Word word;
    Op op;
  };
  for (const auto& [word, op] :
       {Combination{Word::all_of, Op::all_of}, Combination{Word::any_of, Op::any_of},
        Combination{Word::one_of, Op::one_of}}) {
    const json::Place at = hand.found[word];
    if (at == 0) continue;
    std::uint32_t count = 0;
    const std::uint32_t first = list_of(hand, at, count);
    if (count > 0) emit(hand, Part::any, op, at, first, count);
  }
  if (const json::Place at = hand.found[Word::negation])
    emit(hand, Part::any, Op::negation, at, child(hand, at));
  const json::Place question = hand.found[Word::question];
  const json::Place yes = hand.found[Word::yes];
  const json::Place no = hand.found[Word::no];
  if (question == 0) {
    // They say nothing then, but they must be schemas.
    for (const json::Place at : {yes, no})
      if (at != 0) child(hand, at);
    return;
  }
  Condition condition;
  condition.question = child(hand, question);
  if (yes != 0) condition.yes = child(hand, yes);
  if (no != 0) condition.no = child(hand, no);
  emit(hand, Part::any, Op::condition, question,
       static_cast<std::uint32_t>(program_.conditions.size()));
  program_.conditions.push_back(condition);
}

void Compiler::numbers(Hand& hand) {
  struct Comparison {
    Word word;
    Op op;
  };
  for (const auto& [word, op] :
       {Comparison{Word::minimum, Op::minimum}, Comparison{Word::maximum, Op::maximum},
        Comparison{Word::exclusive_minimum, Op::above},
        Comparison{Word::exclusive_maximum, Op::below},
        Comparison{Word::multiple_of, Op::multiple_of}}) {
    const json::Place at = hand.found[word];
    if (at == 0) continue;
    if (kind_bit(tape(hand).tag(at)) != kNumber) {
      wrong(hand, at, "must be a number");
      continue;
    }
    Bound bound = bound_of(tape(hand), at, program_.sources[hand.location.source]->text);
    if (op == Op::multiple_of) {
      if (bound.exact <= Decimal("0")) {
        wrong(hand, at, "must be a number above 0");
        continue;
      }
      if (bound.exact.digits() > Decimal::kDivisorDigitsMax) {
        wrong(hand, at, fmt::format("more than {} digits", Decimal::kDivisorDigitsMax));
        continue;
      }
    }
    emit(hand, Part::number, op, at, static_cast<std::uint32_t>(program_.numbers.size()));
    program_.numbers.push_back(std::move(bound));
  }
}

void Compiler::strings(Hand& hand) {
  const json::Place least_at = hand.found[Word::min_length];
  const json::Place most_at = hand.found[Word::max_length];
  if (least_at != 0 || most_at != 0) {
    const std::uint32_t least = count_at(hand, Word::min_length, 0);
    const std::uint32_t most = count_at(hand, Word::max_length, kNone);
    if (least_at != 0) emit(hand, Part::string, Op::length, least_at, least, kNone);
    if (most_at != 0) emit(hand, Part::string, Op::length, most_at, 0, most);
  }
  if (const json::Place at = hand.found[Word::format]) {
    const bool named =
        (library_.resource(hand.location.resource).vocabulary & kFormatAssertion) != 0;
    const bool checked = named || options_.formats == JsonSchema::Formats::check;
    if (tape(hand).tag(at) != '"')
      wrong(hand, at, "must be a name in quotes");
    else if (const auto format = format_named(tape(hand).string(at)); checked && format)
      emit(hand, Part::string, Op::format, at, static_cast<std::uint32_t>(*format));
  }
  if (const json::Place at = hand.found[Word::pattern]) {
    if (tape(hand).tag(at) != '"')
      wrong(hand, at, "must be a pattern in quotes");
    else if (const auto pattern = pattern_at(hand, at, tape(hand).string(at)))
      emit(hand, Part::string, Op::pattern, at, *pattern);
  }
}

void Compiler::arrays(Hand& hand) {
  const json::Tape& tape = this->tape(hand);
  ItemRules rules;
  rules.where_least = hand.found[Word::min_items];
  rules.where_most = hand.found[Word::max_items];
  rules.least = count_at(hand, Word::min_items, 0);
  rules.most = count_at(hand, Word::max_items, kNone);
  const json::Place items = hand.found[Word::items];
  json::Place prefix = hand.found[Word::prefix_items];
  json::Place rest = items;
  if (hand.draft != kDraft2020 && items != 0 && tape.tag(items) == '[') {
    prefix = items;
    rest = hand.found[Word::additional_items];
  }
  if (prefix != 0 && tape.tag(prefix) != '[') {
    wrong(hand, prefix, "must be a list of schemas");
  } else if (prefix != 0) {
    for (json::Place item = json::Tape::first(prefix); item < tape.last(prefix);
         item = tape.after(item))
      rules.prefix.push_back(child(hand, item));
  }
  rules.has_rest = rest != 0;
  if (rest != 0) rules.rest = child(hand, rest);
  const json::Place unique = hand.found[Word::unique_items];
  if (rules.where_least != 0 || rules.where_most != 0 || prefix != 0 || rest != 0) {
    emit(hand, Part::array, Op::items, items != 0 ? items : prefix,
         static_cast<std::uint32_t>(program_.item_rules.size()));
    program_.item_rules.push_back(std::move(rules));
  }
  if (unique == 0) return;
  if (tape.tag(unique) == 't')
    emit(hand, Part::array, Op::unique, unique);
  else if (tape.tag(unique) != 'f')
    wrong(hand, unique, "must be true or false");
}

void Compiler::contains(Hand& hand) {
  const json::Place at = hand.found[Word::contains];
  if (at == 0) return;
  ContainRules rules;
  rules.block = child(hand, at);
  rules.least = count_at(hand, Word::min_contains, 1);
  rules.most = count_at(hand, Word::max_contains, kNone);
  rules.marks = hand.draft == kDraft2020;
  rules.where_least = hand.found.has(Word::min_contains) ? hand.found[Word::min_contains] : at;
  rules.where_most = hand.found[Word::max_contains];
  emit(hand, Part::array, Op::contains, at,
       static_cast<std::uint32_t>(program_.contain_rules.size()));
  program_.contain_rules.push_back(rules);
}

void Compiler::objects(Hand& hand) {
  MemberRules rules;
  rules.where_required = hand.found[Word::required];
  rules.where_least = hand.found[Word::min_properties];
  rules.where_most = hand.found[Word::max_properties];
  rules.least = count_at(hand, Word::min_properties, 0);
  rules.most = count_at(hand, Word::max_properties, kNone);
  properties(hand, rules);
  pattern_properties(hand, rules);
  required(hand, rules);
  if (const json::Place at = hand.found[Word::additional_properties]) {
    rules.where_additional = at;
    rules.has_additional = !rules.blind;
    rules.additional = tape(hand).tag(at) == 'f' ? kReject : child(hand, at);
  }
  if (const json::Place at = hand.found[Word::property_names]) rules.names = child(hand, at);
  const bool says_something = !rules.properties.empty() || !rules.patterns.empty() ||
                              rules.has_additional || rules.names != kAccept || rules.blind ||
                              rules.where_least != 0 || rules.where_most != 0;
  if (!says_something) return;
  rules.plain = rules.patterns.empty() && rules.names == kAccept && !rules.blind &&
                rules.where_least == 0 && rules.where_most == 0;
  rules.index();
  emit(hand, Part::object, Op::members, hand.location.at,
       static_cast<std::uint32_t>(program_.member_rules.size()));
  program_.member_rules.push_back(std::move(rules));
}

void Compiler::properties(Hand& hand, MemberRules& rules) {
  const json::Place at = hand.found[Word::properties];
  if (at == 0 || !is_object(hand, at)) return;
  const json::Tape& tape = this->tape(hand);
  std::unordered_map<std::string_view, bool> seen;
  for (json::Place key = json::Tape::first(at); key < tape.last(at); key = tape.after(key + 1)) {
    const std::string_view name = tape.string(key);
    if (!seen.emplace(name, true).second) {
      wrong(hand, key + 1, fmt::format("{} stands twice", json::quoted(name)));
      continue;
    }
    rules.properties.push_back({.key = name, .block = child(hand, key + 1), .declared = true});
  }
}

void Compiler::pattern_properties(Hand& hand, MemberRules& rules) {
  const json::Place at = hand.found[Word::pattern_properties];
  if (at == 0 || !is_object(hand, at)) return;
  const json::Tape& tape = this->tape(hand);
  for (json::Place key = json::Tape::first(at); key < tape.last(at); key = tape.after(key + 1)) {
    const auto pattern = pattern_at(hand, key + 1, tape.string(key));
    if (pattern)
      rules.patterns.emplace_back(*pattern, child(hand, key + 1));
    else
      rules.blind = true;
  }
}

void Compiler::required(Hand& hand, MemberRules& rules) {
  const json::Place at = hand.found[Word::required];
  if (at == 0) return;
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < rules.properties.size(); ++i)
    places.emplace(rules.properties[i].key, i);
  for (const std::string_view name : names_at(hand, at)) {
    const auto [place, is_new] = places.emplace(name, rules.properties.size());
    if (is_new) rules.properties.push_back({.key = name});
    Property& property = rules.properties[place->second];
    if (property.required == kNone) property.required = rules.required++;
  }
}

void Compiler::dependents(Hand& hand) {
  for (const Word word : {Word::dependent_required, Word::dependent_schemas, Word::dependencies}) {
    const json::Place at = hand.found[word];
    if (at == 0 || !is_object(hand, at)) continue;
    std::vector<Dependent> rules;
    dependent_members(hand, at, rules);
    emit(hand, Part::object, Op::dependent, at,
         static_cast<std::uint32_t>(program_.dependents.size()));
    program_.dependents.push_back(std::move(rules));
  }
}

void Compiler::dependent_members(Hand& hand, json::Place at, std::vector<Dependent>& rules) {
  const json::Tape& tape = this->tape(hand);
  for (json::Place key = json::Tape::first(at); key < tape.last(at); key = tape.after(key + 1)) {
    Dependent rule{.key = tape.string(key)};
    if (tape.tag(key + 1) == '[')
      rule.required = names_at(hand, key + 1);
    else
      rule.block = child(hand, key + 1);
    rules.push_back(std::move(rule));
  }
}

void Compiler::unevaluated(Hand& hand, Block& block) {
  if (const json::Place at = hand.found[Word::unevaluated_items]) {
    emit(hand, Part::array, Op::unevaluated_items, at, child(hand, at));
    block.keeps_marks = true;
  }
  if (const json::Place at = hand.found[Word::unevaluated_properties]) {
    emit(hand, Part::object, Op::unevaluated_properties, at, child(hand, at));
    block.keeps_marks = true;
  }
}

}  // namespace plimsoll::checks::schema
