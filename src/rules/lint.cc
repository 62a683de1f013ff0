// Exact judgement of a table. A row that only compares facts with constants has the
// same truth everywhere between two neighbouring constants, so one input of each such
// region stands for all of it: the regions are enumerated and the rows are asked.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "cel/ast.h"
#include "cel/parser.h"
#include "rules/compiled.h"

namespace plimsoll::rules {
namespace {

constexpr std::size_t kRegionsMax = 200'000;
constexpr std::size_t kToldMax = 10;  // problems told of one table ...
constexpr std::size_t kGapsMax = 3;   // ... and gaps among them

/// The constants that conditions compare one fact with.
struct Constants {
  std::set<std::int64_t> integers;
  std::set<double> reals;
  std::set<std::string> texts;
};

/// Collects the constants of a condition, and says whether it only compares.
class Scan {
 public:
  Scan(const cel::Ast& ast, std::map<std::string, Constants>& constants)
      : ast_(ast), constants_(constants) {}

  bool condition(cel::ExprId id) {
    const cel::Expr& node = ast_.at(id);
    if (node.kind == cel::ExprKind::boolean) return true;
    if (is_fact(node)) return constants_.contains(node.text);  // a bool fact by itself
    if (node.kind != cel::ExprKind::call || node.receiver) return false;
    if (node.text == "_&&_" || node.text == "_||_" || node.text == "!_")
      return std::ranges::all_of(node.children, [this](cel::ExprId one) { return condition(one); });
    static constexpr std::array<std::string_view, 6> kComparisons = {"_==_", "_!=_", "_<_",
                                                                     "_<=_", "_>_",  "_>=_"};
    if (std::ranges::find(kComparisons, node.text) != kComparisons.end())
      return comparison(node.children[0], node.children[1]) ||
             comparison(node.children[1], node.children[0]);
    return node.text == "@in" && membership(node.children[0], node.children[1]);
  }

 private:
  bool is_fact(const cel::Expr& node) const {
    return node.kind == cel::ExprKind::identifier && constants_.contains(node.text);
  }

  bool comparison(cel::ExprId fact, cel::ExprId constant) {
    return is_fact(ast_.at(fact)) && note(ast_.at(fact).text, ast_.at(constant));
  }

  bool membership(cel::ExprId fact, cel::ExprId list) {
    const cel::Expr& items = ast_.at(list);
    if (!is_fact(ast_.at(fact)) || items.kind != cel::ExprKind::list) return false;
    return std::ranges::all_of(
        items.children, [&](cel::ExprId item) { return note(ast_.at(fact).text, ast_.at(item)); });
  }

  bool note(const std::string& fact, const cel::Expr& constant) {
    Constants& known = constants_[fact];
    switch (constant.kind) {
      case cel::ExprKind::integer:
        known.integers.insert(static_cast<std::int64_t>(constant.magnitude));
        known.reals.insert(static_cast<double>(static_cast<std::int64_t>(constant.magnitude)));
        return true;
      case cel::ExprKind::real: known.reals.insert(constant.number); return true;
      case cel::ExprKind::string: known.texts.insert(constant.text); return true;
      case cel::ExprKind::boolean: return true;
      default: return false;
    }
  }

  const cel::Ast& ast_;
  std::map<std::string, Constants>& constants_;
};

/// One part of a fact's domain: a value that stands for all of it, and its name.
struct Part {
  cel::Value value;
  std::string name;
  std::int64_t first = 0, last = 0;  // of whole numbers
};

Part whole_numbers(std::int64_t first, std::int64_t last) {
  const std::string from = first == INT64_MIN ? "any" : fmt::format("{}", first);
  const std::string to = last == INT64_MAX ? "any" : fmt::format("{}", last);
  return {.value = cel::Value::integer(first == INT64_MIN ? last : first),
          .name = first == last ? from : fmt::format("{} to {}", from, to),
          .first = first,
          .last = last};
}

/// Between two neighbouring constants all whole numbers are alike; a comparison with a
/// double divides them at its next whole numbers.
std::vector<Part> integer_parts(const Fact& fact, const Constants& known) {
  std::set<std::int64_t> firsts = {fact.least};
  const auto divide = [&](std::int64_t at) {
    if (at > fact.least && at <= fact.most) firsts.insert(at);
    if (at != INT64_MAX && at + 1 > fact.least && at + 1 <= fact.most) firsts.insert(at + 1);
  };
  constexpr double kWholeMax = 9e18;
  for (const std::int64_t constant : known.integers) divide(constant);
  for (const double constant : known.reals)
    if (std::abs(constant) < kWholeMax) {
      divide(static_cast<std::int64_t>(std::floor(constant)));
      divide(static_cast<std::int64_t>(std::ceil(constant)));
    }
  std::vector<Part> parts;
  for (auto it = firsts.begin(); it != firsts.end(); ++it)
    parts.push_back(
        whole_numbers(*it, std::next(it) == firsts.end() ? fact.most : *std::next(it) - 1));
  return parts;
}

std::vector<Part> real_parts(const Constants& known) {
  std::vector<Part> parts;
  const std::vector<double> all(known.reals.begin(), known.reals.end());
  if (all.empty()) return {{.value = cel::Value::real(0), .name = "any"}};
  parts.push_back({.value = cel::Value::real(all.front() - 1 - std::abs(all.front())),
                   .name = fmt::format("below {}", all.front())});
  for (std::size_t i = 0; i < all.size(); ++i) {
    parts.push_back({.value = cel::Value::real(all[i]), .name = fmt::format("{}", all[i])});
    const bool last = i + 1 == all.size();
    parts.push_back({.value = cel::Value::real(last ? all[i] + 1 + std::abs(all[i])
                                                    : all[i] + (all[i + 1] - all[i]) / 2),
                     .name = last ? fmt::format("above {}", all[i])
                                  : fmt::format("between {} and {}", all[i], all[i + 1])});
  }
  return parts;
}

/// Texts live as long as `texts`, a set that only grows.
std::vector<Part> text_parts(const Fact& fact, const Constants& known,
                             std::set<std::string>& texts) {
  std::vector<Part> parts;
  const auto add = [&](const std::string& text, std::string name) {
    parts.push_back(
        {.value = cel::Value::string(*texts.insert(text).first), .name = std::move(name)});
  };
  if (fact.domain == Fact::Domain::enumeration) {
    for (const std::string& word : fact.words) add(word, word);
    return parts;
  }
  std::string other = "another text";
  while (known.texts.contains(other)) other += '.';
  for (const std::string& text : known.texts) add(text, text);
  add(other, "any other text");
  return parts;
}

/// Looks at every region of the inputs and gathers what is wrong.
class Judge {
 public:
  Judge(const Table& table, const RuleTable& source) : table_(table.compiled()), source_(source) {}

  Lint run() {
    for (const Fact& fact : table_.facts)
      if (fact.required && fact.domain != Fact::Domain::other) constants_[fact.name];
    scan_rows();
    make_parts();
    if (!within_bounds()) return std::move(lint_);
    covered_.assign(table_.rows.size(), false);
    reached_.assign(table_.rows.size(), false);
    visit(0);
    tell_rows();
    return std::move(lint_);
  }

 private:
  void scan_rows() {
    closed_.assign(table_.rows.size(), true);
    for (std::size_t i = 0; i < table_.rows.size(); ++i)
      for (const cel::Program& condition : table_.rows[i].conditions) {
        const auto ast = cel::parse(condition.source());
        if (!ast || !Scan(*ast, constants_).condition(ast->root)) closed_[i] = false;
      }
    for (std::size_t i = 0; i < closed_.size(); ++i)
      if (!closed_[i])
        lint_.notes.push_back(fmt::format(
            "row {} does more than compare facts with constants: it is not judged exactly", i + 1));
    all_closed_ = std::ranges::find(closed_, false) == closed_.end();
  }

  void make_parts() {
    for (const Fact& fact : table_.facts) {
      const auto known = constants_.find(fact.name);
      std::vector<Part>& parts = parts_.emplace_back();
      if (known == constants_.end()) {
        parts.push_back({.value = cel::Value::error("not judged"), .name = ""});
        continue;
      }
      switch (fact.domain) {
        case Fact::Domain::boolean:
          parts = {{.value = cel::Value::boolean(true), .name = "true"},
                   {.value = cel::Value::boolean(false), .name = "false"}};
          break;
        case Fact::Domain::integer: parts = integer_parts(fact, known->second); break;
        case Fact::Domain::real: parts = real_parts(known->second); break;
        default: parts = text_parts(fact, known->second, texts_); break;
      }
    }
    parts_.push_back({{.value = cel::Value::error("not judged"), .name = ""}});  // `facts`
    values_.resize(parts_.size(), cel::Value::error("not judged"));
    chosen_.resize(parts_.size());
    for (std::size_t i = 0; i < table_.facts.size(); ++i)
      if (table_.facts[i].domain == Fact::Domain::integer &&
          constants_.contains(table_.facts[i].name))
        join_alike(i);
  }

  /// Joins neighbouring whole numbers that no condition tells apart.
  void join_alike(std::size_t fact) {
    std::vector<const cel::Program*> conditions;
    for (std::size_t row = 0; row < table_.rows.size(); ++row)
      for (const cel::Program& condition : table_.rows[row].conditions) {
        const auto reads = condition.reads();
        if (!closed_[row] || std::ranges::find(reads, fact) == reads.end()) continue;
        if (reads.size() > 1) return;
        conditions.push_back(&condition);
      }
    const auto truth = [&](const Part& part) {
      values_[fact] = part.value;
      std::vector<bool> found;
      for (const cel::Program* condition : conditions) {
        arena_.reset();
        found.push_back(condition->evaluate(values_, arena_).is_true());
      }
      return found;
    };
    std::vector<Part> joined;
    for (const Part& part : parts_[fact]) {
      if (!joined.empty() && truth(joined.back()) == truth(part))
        joined.back() = whole_numbers(joined.back().first, part.last);
      else
        joined.push_back(part);
    }
    parts_[fact] = std::move(joined);
  }

  bool within_bounds() {
    lint_.regions = 1;
    for (const auto& parts : parts_) {
      lint_.regions *= parts.size();
      if (lint_.regions > kRegionsMax) {
        lint_.notes.push_back(fmt::format(
            "the table has more than {} regions of inputs: gaps and overlaps are not judged",
            kRegionsMax));
        return false;
      }
    }
    return true;
  }

  void visit(std::size_t fact) {
    if (fact == parts_.size()) return region();
    for (const Part& part : parts_[fact]) {
      values_[fact] = part.value;
      chosen_[fact] = &part;
      visit(fact + 1);
    }
  }

  bool holds(std::size_t row) {
    return std::ranges::all_of(table_.rows[row].conditions, [this](const cel::Program& condition) {
      arena_.reset();
      return condition.evaluate(values_, arena_).is_true();
    });
  }

  void region() {
    std::vector<std::size_t> held;
    for (std::size_t i = 0; i < table_.rows.size(); ++i)
      if (closed_[i] && holds(i)) held.push_back(i);
    for (const std::size_t row : held) covered_[row] = true;
    if (!held.empty() && table_.hit == RuleTable::Hit::first) reached_[held.front()] = true;
    if (held.empty() && all_closed_ && table_.hit != RuleTable::Hit::collect && gaps_++ < kGapsMax)
      tell(source_.rows.front().at, fmt::format("no row covers {}", input()),
           "add a row for it, or a last row without conditions");
    if (held.size() > 1 && table_.hit == RuleTable::Hit::unique &&
        overlaps_.insert({held[0], held[1]}).second)
      tell(source_.rows[held[1]].at,
           fmt::format("rows {} and {} both cover {}", held[0] + 1, held[1] + 1, input()),
           "make their conditions exclude each other, or write hit: first");
  }

  std::string input() const {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < table_.facts.size(); ++i)
      if (!chosen_[i]->name.empty())
        words.push_back(fmt::format("{} = {}", table_.facts[i].name, chosen_[i]->name));
    return fmt::format("{}", fmt::join(words, ", "));
  }

  void tell(std::size_t at, std::string what, std::string fix) {
    if (lint_.problems.size() < kToldMax)
      lint_.problems.push_back({.at = at, .what = std::move(what), .fix = std::move(fix)});
  }

  void tell_rows() {
    for (std::size_t i = 0; i < table_.rows.size(); ++i) {
      if (!closed_[i]) continue;
      if (!covered_[i])
        tell(source_.rows[i].at, fmt::format("row {} can never hold", i + 1),
             "correct its conditions, or remove it");
      else if (table_.hit == RuleTable::Hit::first && !reached_[i])
        tell(
            source_.rows[i].at,
            fmt::format("row {} is never reached: the rows above it cover all that it does", i + 1),
            "move it up, or remove it");
    }
  }

  const Table::Compiled& table_;
  const RuleTable& source_;
  Lint lint_;
  std::map<std::string, Constants> constants_;
  std::set<std::string> texts_;
  std::vector<bool> closed_;
  bool all_closed_ = true;
  std::size_t gaps_ = 0;
  std::vector<std::vector<Part>> parts_;
  std::vector<cel::Value> values_;
  std::vector<const Part*> chosen_;
  std::vector<bool> covered_, reached_;
  std::set<std::pair<std::size_t, std::size_t>> overlaps_;
  cel::Arena arena_;
};

}  // namespace

Lint lint(const Table& table, const RuleTable& source) { return Judge(table, source).run(); }

}  // namespace plimsoll::rules
