#include "config/rules_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/candidates.h"
#include "base/json.h"
#include "config/yaml.h"
#include "rules/table.h"

namespace plimsoll::config {
namespace {

using yaml::Node;

bool is_number(std::string_view text) noexcept {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() &&
         text.find_first_of("0123456789") != std::string_view::npos &&
         text.find_first_not_of("0123456789.eE+-") == std::string_view::npos;
}

/// A scalar that is no text: a number, true, false, null.
bool is_bare(const Node& node) noexcept {
  if (node.kind == yaml::Kind::null) return true;
  if (node.kind != yaml::Kind::scalar || node.quoted) return false;
  return node.text == "true" || node.text == "false" || node.text == "null" || is_number(node.text);
}

enum class As : std::uint8_t {
  json,
  cel,  // a text that begins with = is an expression
};

std::string written(const Node& node, As as) {
  if (node.kind == yaml::Kind::null) return "null";
  if (is_bare(node)) return node.text;
  if (node.kind == yaml::Kind::scalar) {
    if (as == As::cel && node.text.starts_with('=')) return "(" + node.text.substr(1) + ")";
    return json::quoted(node.text);
  }
  std::string out;
  for (const Node& item : node.items) out += (out.empty() ? "" : ", ") + written(item, as);
  for (const yaml::Entry& entry : node.entries)
    out +=
        (out.empty() ? "" : ", ") + json::quoted(entry.key.text) + ": " + written(entry.value, as);
  return node.kind == yaml::Kind::sequence ? "[" + out + "]" : "{" + out + "}";
}

const Node* member(const Node& node, std::string_view key) noexcept {
  for (const yaml::Entry& entry : node.entries)
    if (entry.key.text == key) return &entry.value;
  return nullptr;
}

class Reader {
 public:
  Reader(std::string_view path, std::string_view text, const Environment& environment,
         std::vector<RulesProblem>& problems)
      : path_(path), text_(text), environment_(environment), problems_(problems) {}

  std::shared_ptr<const RuleTable> run() {
    auto table = std::make_shared<RuleTable>();
    table->path = path_;
    const auto document = yaml::parse(text_);
    if (!document) {
      add(document.error().at, document.error().what, document.error().fix);
      return table;
    }
    if (document->kind != yaml::Kind::mapping) {
      add(0, "a rule table is a section", "begin it with hit: first");
      return table;
    }
    known_keys(*document, {"hit", "from", "facts", "rows", "tests"}, "a rule table");
    modes(*document, *table);
    schema(*document, *table);
    rows(*document, *table);
    tests(*document, *table);
    if (problems_.empty()) judge(*table);
    return table;
  }

 private:
  void add(std::size_t at, std::string what, std::string fix) {
    const std::string_view before = text_.substr(0, std::min(at, text_.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto feed = before.rfind('\n');
    const std::size_t column =
        feed == std::string_view::npos ? before.size() : before.size() - feed - 1;
    problems_.push_back({.what = fmt::format("{}:{}:{}: {}", path_, line, column + 1, what),
                         .fix = std::move(fix)});
  }

  void known_keys(const Node& node, const std::vector<std::string_view>& known,
                  std::string_view where) {
    for (const yaml::Entry& entry : node.entries) {
      if (std::ranges::find(known, std::string_view(entry.key.text)) != known.end()) continue;
      const auto near = nearest_names(entry.key.text, known);
      add(entry.key.place.begin, fmt::format("unknown key \"{}\" in {}", entry.key.text, where),
          fmt::format("{}known keys: {}",
                      near.empty() ? "" : fmt::format("did you mean {}? ", quoted_choice(near)),
                      quoted_choice(known)));
    }
  }

  template <class T>
  void choice(const Node* node, const std::vector<std::pair<std::string_view, T>>& words, T& out) {
    if (node == nullptr) return;
    std::vector<std::string_view> names;
    for (const auto& [word, value] : words) {
      if (node->text == word) {
        out = value;
        return;
      }
      names.push_back(word);
    }
    add(node->place.begin, fmt::format("unknown word \"{}\"", node->text),
        fmt::format("write {}", quoted_choice(names)));
  }

  void modes(const Node& document, RuleTable& table) {
    using Hit = RuleTable::Hit;
    using From = RuleTable::From;
    choice<Hit>(member(document, "hit"),
                {{"first", Hit::first}, {"unique", Hit::unique}, {"collect", Hit::collect}},
                table.hit);
    choice<From>(
        member(document, "from"),
        {{"message", From::message}, {"metadata", From::metadata}, {"tool_call", From::tool_call}},
        table.from);
  }

  void schema(const Node& document, RuleTable& table) {
    const Node* const facts = member(document, "facts");
    if (facts == nullptr)
      return add(0, "the table does not say what its facts are",
                 "add facts: {type: object, properties: {...}, required: [...]}");
    if (facts->kind != yaml::Kind::scalar) {
      table.schema = written(*facts, As::json);
      return;
    }
    auto text = environment_.read_file(facts->text);
    if (!text)
      return add(facts->place.begin, "the schema of the facts cannot be read: " + text.error().what,
                 "correct the path; it starts at the folder of plimsoll.yaml");
    table.schema = std::move(*text);
  }

  void rows(const Node& document, RuleTable& table) {
    const Node* const rows = member(document, "rows");
    if (rows == nullptr || rows->kind != yaml::Kind::sequence)
      return add(rows == nullptr ? 0 : rows->place.begin, "the table has no list of rows",
                 "add rows: [{when: {...}, then: {...}}]");
    for (const Node& node : rows->items) row(node, table);
  }

  void row(const Node& node, RuleTable& table) {
    known_keys(node, {"when", "then"}, "a row");
    RuleRow row{.at = node.place.begin};
    const Node* const then = member(node, "then");
    if (then == nullptr)
      return add(node.place.begin, "a row does not say what it answers", "add then: {...}");
    row.then = written(*then, As::cel);
    row.then_at = then->place.begin;
    if (const Node* const when = member(node, "when")) {
      if (when->kind == yaml::Kind::scalar) row.when = when->text;
      for (const yaml::Entry& entry : when->entries)
        row.cells.push_back(
            {.column = entry.key.text,
             .text = is_bare(entry.value) ? written(entry.value, As::json) : entry.value.text,
             .json = is_bare(entry.value),
             .at = entry.value.place.begin});
    }
    table.rows.push_back(std::move(row));
  }

  void tests(const Node& document, RuleTable& table) {
    const Node* const tests = member(document, "tests");
    if (tests == nullptr) return;
    for (const Node& node : tests->items) {
      known_keys(node, {"facts", "then"}, "a test");
      const Node* const facts = member(node, "facts");
      const Node* const then = member(node, "then");
      table.examples.push_back({.facts = facts == nullptr ? "{}" : written(*facts, As::json),
                                .then = then == nullptr ? "" : written(*then, As::json),
                                .at = node.place.begin});
    }
  }

  void judge(const RuleTable& source) {
    std::vector<rules::Problem> found;
    const auto table = rules::Table::compile(source, found);
    if (table) {
      auto linted = rules::lint(*table, source);
      auto failed = rules::run_examples(*table, source);
      found = std::move(linted.problems);
      found.insert(found.end(), failed.begin(), failed.end());
    }
    for (rules::Problem& problem : found)
      add(problem.at, std::move(problem.what), std::move(problem.fix));
  }

  std::string_view path_, text_;
  const Environment& environment_;
  std::vector<RulesProblem>& problems_;
};

}  // namespace

std::shared_ptr<const RuleTable> read_rules(std::string_view path, std::string_view text,
                                            const Environment& environment,
                                            std::vector<RulesProblem>& problems) {
  return Reader(path, text, environment, problems).run();
}

}  // namespace plimsoll::config
