#include "checks/schema/compiler.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/candidates.h"

namespace plimsoll::checks::schema {

void Compiler::compile() {
  program_.blocks.resize(2);
  program_.blocks[kReject].kinds = 0;
  locations_.resize(2);
  const std::uint32_t root = library_.resource_at(0, json::Tape::kRoot, 0);
  program_.root = block_for({0, json::Tape::kRoot, root});
  drain();
  // A name that is said anew may lead to schemas that say others anew.
  while (dynamics_done_ < program_.dynamics.size() || !waiting_.empty()) {
    finish_dynamics();
    drain();
  }
  finish_dynamics();
  drain();
  find_loops();
  if (problems_.count() == 0 && !program_.has_dynamic) shorten();
  const bool inverts = std::ranges::any_of(program_.code, [](const Instruction& code) {
    return code.op == Op::negation || code.op == Op::condition || code.op == Op::one_of ||
           code.op == Op::contains;
  });
  if (inverts && !program_.unchecked.empty())
    problems_.add(program_.unchecked.front(),
                  "this pattern cannot be checked, and the schema holds not, if, oneOf or contains",
                  "leave the pattern out or say it without look-around");
}

void Compiler::drain() {
  while (!waiting_.empty()) {
    const BlockId id = waiting_.front();
    waiting_.pop_front();
    compile_block(id);
  }
}

BlockId Compiler::block_for(const Location& location) {
  const json::Tape& tape = library_.tape(location.source);
  const char tag = tape.tag(location.at);
  if (tag == 't') return kAccept;
  const std::uint64_t key = (std::uint64_t{location.source} << 32U) | location.at;
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  const auto id = static_cast<BlockId>(program_.blocks.size());
  known_.emplace(key, id);
  Block& block = program_.blocks.emplace_back();
  block.source = location.source;
  block.where = location.at;
  block.resource = location.resource;
  locations_.push_back(location);
  if (tag == 'f') {
    block.kinds = 0;
  } else if (tag != '{') {
    problems_.add(program_.path_to(location.source, location.at),
                  "a schema is an object, true or false");
  } else if (program_.blocks.size() > JsonSchema::kBlocksMax) {
    if (program_.blocks.size() == JsonSchema::kBlocksMax + 1)
      problems_.add("#", fmt::format("more than {} schemas", JsonSchema::kBlocksMax));
  } else {
    waiting_.push_back(id);
  }
  return id;
}

BlockId Compiler::child(const Hand& hand, json::Place at) {
  const std::uint8_t source = hand.location.source;
  return block_for({source, at, library_.resource_at(source, at, hand.location.resource)});
}

void Compiler::compile_block(BlockId id) {
  Hand hand;
  hand.location = locations_[id];
  hand.draft = library_.resource(hand.location.resource).draft;
  hand.found = library_.keywords_at(hand.location);
  Block block = program_.blocks[id];  // the list grows under our feet
  if (hand.draft == kDraft7 && hand.found.has(Word::ref)) {
    reference(hand, hand.found[Word::ref]);
  } else {
    check_keywords(hand);
    types(hand, block);
    values(hand);
    references(hand);
    combinations(hand);
    numbers(hand);
    strings(hand);
    arrays(hand);
    contains(hand);
    objects(hand);
    dependents(hand);
    unevaluated(hand, block);
  }
  for (std::size_t part = 0; part < kParts; ++part) {
    block.parts[part] = static_cast<std::uint32_t>(program_.code.size());
    program_.code.insert(program_.code.end(), hand.parts[part].begin(), hand.parts[part].end());
  }
  block.parts[kParts] = static_cast<std::uint32_t>(program_.code.size());
  program_.blocks[id] = block;
}

void Compiler::check_keywords(const Hand& hand) {
  const json::Tape& tape = this->tape(hand);
  const bool ours = options_.author == JsonSchema::Author::ourselves && hand.location.source == 0;
  if (!ours) return;
  for (json::Place key = json::Tape::first(hand.location.at), end = tape.last(hand.location.at);
       key < end; key = tape.after(key + 1)) {
    const std::string_view name = tape.string(key);
    const Keyword* keyword = keyword_named(name);
    if (tape.member(hand.location.at, name) != key + 1)
      wrong(hand, key + 1, fmt::format("{} stands twice", json::quoted(name)));
    if (is_annotation(name)) continue;
    if (keyword != nullptr && (keyword->drafts & hand.draft) != 0) continue;
    std::vector<std::string_view> names;
    for (const Keyword& one : keywords())
      if ((one.drafts & hand.draft) != 0) names.push_back(one.name);
    const auto near = nearest_names(name, names);
    wrong(hand, key + 1,
          fmt::format("{} is no keyword of this draft, so it says nothing", json::quoted(name)),
          near.empty() ? "remove it, or begin its name with x- if it is a note"
                       : fmt::format("did you mean {}?", quoted_choice(near)));
  }
}

void Compiler::emit(Hand& hand, Part part, Op op, json::Place where, std::uint32_t a,
                    std::uint32_t b) {
  hand.parts[static_cast<std::size_t>(part)].push_back(
      {.op = op, .source = hand.location.source, .a = a, .b = b, .where = where});
}

void Compiler::wrong(const Hand& hand, json::Place at, std::string what, std::string hint) {
  problems_.add(program_.path_to(hand.location.source, at), std::move(what), std::move(hint));
}

// ---- references -------------------------------------------------------------

void Compiler::references(Hand& hand) {
  if (const json::Place at = hand.found[Word::ref]) reference(hand, at);
  if (const json::Place at = hand.found[Word::dynamic_ref]) dynamic_reference(hand, at);
  if (const json::Place at = hand.found[Word::recursive_ref]) recursive_reference(hand, at);
}

std::optional<Location> Compiler::target_of(const Hand& hand, json::Place at) {
  if (tape(hand).tag(at) != '"') {
    wrong(hand, at, "a reference is a URI in quotes");
    return {};
  }
  std::string why;
  const std::string_view reference = tape(hand).string(at);
  const auto target = library_.resolve(hand.location.resource, reference, why);
  if (!target)
    wrong(hand, at,
          fmt::format("the reference {} leads nowhere: {}", json::quoted(reference), why));
  return target;
}

void Compiler::reference(Hand& hand, json::Place at) {
  const auto target = target_of(hand, at);
  if (target) emit(hand, Part::any, Op::reference, at, block_for(*target));
}

/// Dynamic only when it first leads to a name that may be said anew.
void Compiler::dynamic_reference(Hand& hand, json::Place at) {
  const auto target = target_of(hand, at);
  if (!target) return;
  const std::string_view text = tape(hand).string(at);
  const auto hash = text.find('#');
  const std::string name(hash == std::string_view::npos ? "" : text.substr(hash + 1));
  const auto& names = library_.resource(target->resource).dynamic_anchors;
  const auto known = names.find(name);
  if (known == names.end() || known->second != target->at)
    return emit(hand, Part::any, Op::reference, at, block_for(*target));
  emit_dynamic(hand, at, *target, "#" + name);
}

void Compiler::recursive_reference(Hand& hand, json::Place at) {
  const auto target = target_of(hand, at);
  if (!target) return;
  if (!library_.resource(target->resource).recursive)
    return emit(hand, Part::any, Op::reference, at, block_for(*target));
  emit_dynamic(hand, at, *target, "");  // no anchor is called that
}

void Compiler::emit_dynamic(Hand& hand, json::Place at, const Location& target, std::string name) {
  const auto fresh = static_cast<std::uint32_t>(program_.dynamics.size());
  const auto [entry, is_new] = dynamic_names_.try_emplace(std::move(name), fresh);
  if (is_new) program_.dynamics.emplace_back();
  emit(hand, Part::any, Op::dynamic, at, block_for(target), entry->second);
}

/// Every resource that says a dynamic name anew gets its block.
void Compiler::finish_dynamics() {
  dynamics_done_ = program_.dynamics.size();
  for (const auto& [name, index] : dynamic_names_) {
    auto& known = program_.dynamics[index].by_resource;
    for (std::uint32_t id = 0; id < library_.resources(); ++id) {
      const Resource& resource = library_.resource(id);
      json::Place at = 0;
      if (name.empty()) {
        at = resource.recursive ? resource.root : 0;
      } else if (const auto anchor = resource.dynamic_anchors.find(name.substr(1));
                 anchor != resource.dynamic_anchors.end()) {
        at = anchor->second;
      }
      if (at == 0) continue;
      const BlockId block = block_for({resource.source, at, id});
      const bool listed =
          std::ranges::any_of(known, [&](const auto& one) { return one.first == id; });
      if (!listed) known.emplace_back(id, block);
    }
    if (known.size() > 1) program_.has_dynamic = true;
  }
}

// ---- loops ------------------------------------------------------------------

/// The schemas that `id` applies to its own value.
std::vector<BlockId> Compiler::applied_in_place(BlockId id) const {
  std::vector<BlockId> blocks;
  const Block& block = program_.blocks[id];
  for (std::uint32_t i = block.parts.front(); i < block.parts.back(); ++i) {
    const Instruction& code = program_.code[i];
    switch (code.op) {
      case Op::reference:
      case Op::dynamic:
      case Op::negation: blocks.push_back(code.a); break;
      case Op::all_of:
      case Op::any_of:
      case Op::one_of:
        for (std::uint32_t at = 0; at < code.b; ++at) blocks.push_back(program_.lists[code.a + at]);
        break;
      case Op::condition: {
        const Condition& condition = program_.conditions[code.a];
        blocks.insert(blocks.end(), {condition.question, condition.yes, condition.no});
        break;
      }
      case Op::dependent:
        for (const Dependent& rule : program_.dependents[code.a]) blocks.push_back(rule.block);
        break;
      default: break;
    }
  }
  return blocks;
}

/// A schema that applies itself to the same value would never end.
void Compiler::find_loops() {
  enum class State : std::uint8_t { fresh, open, done };
  std::vector<State> states(program_.blocks.size(), State::fresh);
  struct Visit {
    BlockId id;
    std::vector<BlockId> next;
  };
  for (BlockId start = 2; start < program_.blocks.size(); ++start) {
    if (states[start] != State::fresh) continue;
    std::vector<Visit> path;
    path.push_back({start, applied_in_place(start)});
    states[start] = State::open;
    while (!path.empty()) {
      if (path.back().next.empty()) {
        states[path.back().id] = State::done;
        path.pop_back();
        continue;
      }
      const BlockId id = path.back().next.back();
      path.back().next.pop_back();
      if (states[id] == State::open) {
        const Block& block = program_.blocks[id];
        problems_.add(program_.path_to(block.source, block.where),
                      "the schema applies itself to the same value, without end");
        return;
      }
      if (states[id] == State::done) continue;
      states[id] = State::open;
      path.push_back({id, applied_in_place(id)});
    }
  }
}

// ---- shortcuts --------------------------------------------------------------

/// Where a schema that is only a reference leads to. There are no loops any more.
BlockId Compiler::end_of(BlockId id) const {
  while (true) {
    const Block& block = program_.blocks[id];
    const bool only_one = block.parts.back() - block.parts.front() == 1;
    if (!only_one || block.kinds != kAnyKind || block.keeps_marks) return id;
    const Instruction& code = program_.code[block.parts.front()];
    if (code.op != Op::reference) return id;
    id = code.a;
  }
}

void Compiler::shorten() {
  const auto shorten = [&](BlockId& id) { id = end_of(id); };
  for (Instruction& code : program_.code)
    if (code.op == Op::reference || code.op == Op::negation || code.op == Op::unevaluated_items ||
        code.op == Op::unevaluated_properties)
      shorten(code.a);
  for (BlockId& id : program_.lists) shorten(id);
  for (MemberRules& rules : program_.member_rules) {
    for (Property& property : rules.properties) shorten(property.block);
    for (auto& [pattern, block] : rules.patterns) shorten(block);
    shorten(rules.additional);
    shorten(rules.names);
  }
  for (ItemRules& rules : program_.item_rules) {
    for (BlockId& id : rules.prefix) shorten(id);
    shorten(rules.rest);
  }
  for (ContainRules& rules : program_.contain_rules) shorten(rules.block);
  for (Condition& condition : program_.conditions)
    for (BlockId* id : {&condition.question, &condition.yes, &condition.no}) shorten(*id);
  for (auto& rules : program_.dependents)
    for (Dependent& rule : rules) shorten(rule.block);
  shorten(program_.root);
}

// ---- reading the values of keywords ------------------------------------------

std::uint32_t Compiler::count_at(const Hand& hand, Word word, std::uint32_t fallback) {
  const json::Place at = hand.found[word];
  if (at == 0) return fallback;
  const json::Value value = tape(hand).value_at(at);
  const auto number = value.as_double();
  const bool whole = value.as_int().has_value() || number.value_or(0) >= 1e15;
  if (!number || *number < 0 || !whole) {
    wrong(hand, at, fmt::format("must be a whole number, 0 or more, not {}", value.dump()));
    return fallback;
  }
  return *number >= kNone ? kNone - 1 : static_cast<std::uint32_t>(*number);
}

std::vector<std::string_view> Compiler::names_at(const Hand& hand, json::Place at) {
  std::vector<std::string_view> names;
  const json::Tape& tape = this->tape(hand);
  bool fine = tape.tag(at) == '[';
  for (json::Place item = json::Tape::first(at); fine && item < tape.last(at);
       item = tape.after(item)) {
    fine = tape.tag(item) == '"';
    if (fine) names.push_back(tape.string(item));
  }
  if (!fine) wrong(hand, at, "must be a list of names in quotes");
  return names;
}

bool Compiler::is_object(const Hand& hand, json::Place at) {
  if (tape(hand).tag(at) == '{') return true;
  wrong(hand, at, "must be an object of schemas");
  return false;
}

std::optional<std::uint32_t> Compiler::pattern_at(const Hand& hand, json::Place where,
                                                  std::string_view pattern) {
  const bool client = options_.author == JsonSchema::Author::client;
  const std::size_t most = client ? JsonSchema::kClientPatternsMax : JsonSchema::kPatternsMax;
  if (program_.patterns.size() >= most) {
    wrong(hand, where, fmt::format("more than {} patterns", most));
    return {};
  }
  auto translated = to_re2(pattern);
  auto compiled = translated ? CompiledPattern::compile(
                                   *translated, client ? kClientPatternBytesMax : kPatternBytesMax)
                             : Result<CompiledPattern>(std::unexpected(translated.error()));
  if (compiled) {
    program_.patterns.push_back({.compiled = std::move(compiled).value(),
                                 .simple = SimplePattern::parse(pattern),
                                 .source = std::string(pattern)});
    return static_cast<std::uint32_t>(program_.patterns.size() - 1);
  }
  if (client)
    program_.unchecked.push_back(program_.path_to(hand.location.source, where));
  else
    wrong(hand, where, compiled.error().what, compiled.error().hint);
  return {};
}

}  // namespace plimsoll::checks::schema
