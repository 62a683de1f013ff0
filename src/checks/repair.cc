#include "checks/repair.h"

#include <algorithm>
#include <charconv>

#include "checks/json_pieces.h"
#include "checks/schema_walk.h"

namespace plimsoll::checks {
namespace {

constexpr int kDepthMax = 64;
constexpr std::size_t kStepsMax = 50;  // that are named

bool is_json(std::string_view text) {
  thread_local json::Document document;
  return document.parse(text).has_value();
}

/// The only object or array in `text`; empty when there is none, or several.
std::optional<std::string_view> only_container(std::string_view text) {
  constexpr int kTriesMax = 32;
  std::optional<std::string_view> found;
  int tries = 0;
  for (std::size_t at = 0; (at = text.find_first_of("{[", at)) != std::string_view::npos;) {
    if (++tries > kTriesMax) return std::nullopt;
    const std::size_t end = container_end(text, at);
    if (end == std::string_view::npos) return std::nullopt;  // cut: what is inside is a part
    const std::string_view whole = text.substr(at, end - at);
    at = end;
    if (!is_json(whole)) continue;
    if (found) return std::nullopt;
    found = whole;
  }
  return found;
}

/// Rewrites a JSON text along its schema.
class Rewriter {
 public:
  Rewriter(const RepairRules& rules, const json::Value& schema, Repaired& to)
      : rules_(rules), walk_(schema), to_(to) {}

  void value(std::string_view raw, SchemaAt schema, const std::string& path, int depth);

 private:
  void object(std::string_view raw, SchemaAt schema, const std::string& path, int depth);
  void array(std::string_view raw, SchemaAt schema, const std::string& path, int depth);
  bool coerce(std::string_view raw, SchemaAt schema, const std::string& path);
  void note(std::string_view what, const std::string& path) {
    if (to_.steps.size() < kStepsMax) to_.steps.push_back(std::string(what) + " " + path);
  }

  const RepairRules& rules_;
  SchemaWalk walk_;
  Repaired& to_;
};

void Rewriter::value(std::string_view raw, SchemaAt schema, const std::string& path, int depth) {
  const bool followed = schema && depth < kDepthMax;
  if (followed && raw.starts_with('{')) return object(raw, schema, path, depth);
  if (followed && raw.starts_with('[')) return array(raw, schema, path, depth);
  if (followed && rules_.coerce && raw.starts_with('"') && coerce(raw, schema, path)) return;
  to_.text += raw;
}

void Rewriter::object(std::string_view raw, SchemaAt schema, const std::string& path, int depth) {
  const std::size_t begin = to_.text.size();
  to_.text += '{';
  bool first = true;
  for (const Piece& piece : members_of(raw)) {
    const std::string at = path + "/" + std::string(piece.key);
    if (rules_.drop_unknown && walk_.forbids(schema, piece.key)) {
      note("dropped", at);
      continue;
    }
    if (!std::exchange(first, false)) to_.text += ',';
    to_.text += piece.head;  // the key, the colon and the spaces around them
    value(piece.value, walk_.member(schema, piece.key), at, depth + 1);
  }
  to_.text += '}';
  // Untouched: the bytes as they were, white space and all.
  if (to_.steps.empty()) to_.text.replace(begin, std::string::npos, raw);
}

void Rewriter::array(std::string_view raw, SchemaAt schema, const std::string& path, int depth) {
  const std::size_t begin = to_.text.size();
  to_.text += '[';
  std::size_t index = 0;
  for (const std::string_view item : items_of(raw)) {
    if (index > 0) to_.text += ',';
    value(item, walk_.item(schema, index), path + "/" + std::to_string(index), depth + 1);
    ++index;
  }
  to_.text += ']';
  if (to_.steps.empty()) to_.text.replace(begin, std::string::npos, raw);
}

/// A whole number is written without a fraction; both as JSON spells them.
bool Rewriter::coerce(std::string_view raw, SchemaAt schema, const std::string& path) {
  const std::string_view inside = raw.substr(1, raw.size() - 2);
  const std::string_view type = walk_.only_type(schema);
  const bool boolean = type == "boolean" && (inside == "true" || inside == "false");
  const bool digits = inside.find_first_not_of("+-.0123456789eE") == std::string_view::npos;
  const bool whole = digits && inside.find_first_of(".eE") == std::string_view::npos;
  const bool number = (type == "integer" && whole) || (type == "number" && digits);
  if (!boolean && !(number && is_json(inside))) return false;
  note("coerced", path);
  to_.text += inside;
  return true;
}

/// The brackets that are open at the end of `text`, if its last value is whole and
/// the schema has nothing more to say of any of them.
std::optional<std::string> missing_brackets(std::string_view text, const json::Value& schema) {
  const auto open = open_containers(text);
  // A number at the end may have had more digits.
  const std::string_view said = trimmed(text);
  const bool cut = said.empty() || (said.back() >= '0' && said.back() <= '9');
  if (!open || open->empty() || cut) return std::nullopt;
  std::string closing;
  for (const OpenContainer& one : *open) closing.insert(0, 1, one.is_object ? '}' : ']');
  const std::string whole = std::string(text) + closing;
  if (!is_json(whole)) return std::nullopt;
  SchemaWalk walk(schema);
  SchemaAt at = walk.root();
  for (const OpenContainer& one : *open) {
    const std::string_view raw =
        std::string_view(whole).substr(one.begin, container_end(whole, one.begin) - one.begin);
    if (!at || !(one.is_object ? walk.object_is_full(at, raw) : walk.array_is_full(at, raw)))
      return std::nullopt;
    at = one.is_object ? walk.member(at, one.last_key) : walk.item(at, one.last_index);
  }
  return closing;
}

}  // namespace

std::optional<Repaired> repair_json(std::string_view text, const RepairRules& rules,
                                    const std::optional<json::Value>& schema) {
  Repaired repaired;
  std::string_view json = text;
  std::string closed;
  if (!is_json(json)) {
    const std::size_t begin = std::min(text.find_first_of("{["), text.size());
    const auto inside = rules.strip ? only_container(text) : std::nullopt;
    const bool at_start =
        text.substr(0, begin).find_first_not_of(" \t\r\n") == std::string_view::npos;
    if (inside) {
      json = *inside;
      repaired.steps.emplace_back("stripped");
    } else if (rules.close && schema && (at_start || rules.strip)) {
      const std::string_view cut = text.substr(begin);
      const auto brackets = missing_brackets(cut, *schema);
      if (!brackets) return std::nullopt;
      closed = std::string(cut) + *brackets;
      json = closed;
      if (!at_start) repaired.steps.emplace_back("stripped");
      repaired.steps.emplace_back("closed");
    } else {
      return std::nullopt;
    }
  }
  if (!schema || !(rules.coerce || rules.drop_unknown)) {
    repaired.text = json;
  } else {
    Repaired rewritten;
    SchemaWalk walk(*schema);
    Rewriter(rules, *schema, rewritten).value(trimmed(json), walk.root(), "", 0);
    repaired.text = std::move(rewritten.text);
    for (std::string& step : rewritten.steps) repaired.steps.push_back(std::move(step));
  }
  if (repaired.steps.empty()) return std::nullopt;
  return repaired;
}

}  // namespace plimsoll::checks
