#include "checks/reply_checks.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "checks/compiled_pattern.h"
#include "checks/excerpt.h"
#include "facts/condition.h"
#include "facts/request_facts.h"

namespace plimsoll::checks {
namespace {

/// What an answer as JSON is held to.
struct Wanted {
  bool json = false;
  const JsonSchema* clients = nullptr;
  const Request* request = nullptr;
};

/// Collects what is wrong with one choice.
class Findings {
 public:
  Findings(Verdict& verdict, std::size_t choice, std::size_t choices)
      : verdict_(verdict),
        where_(fmt::format("choice {}", choice)),
        inside_(choices > 1 ? where_ + " " : "") {}

  /// What a schema found: its places are inside the answer.
  void add(std::vector<Violation> violations) {
    for (Violation& violation : violations) {
      violation.where.insert(0, inside_);
      verdict_.violations.push_back(std::move(violation));
    }
  }

  void add(std::string_view check, std::string expected, std::string found) {
    verdict_.violations.push_back({.check = std::string(check),
                                   .where = where_,
                                   .expected = std::move(expected),
                                   .found = std::move(found)});
  }

 private:
  Verdict& verdict_;
  std::string where_;
  std::string inside_;  // stands before a place inside the answer
};

/// How much a kind outweighs another when choices fail differently.
int weight(ErrorKind kind) noexcept {
  if (kind == ErrorKind::reply_refused) return 2;
  return kind == ErrorKind::reply_truncated ? 1 : 0;
}

void raise_to(Verdict& verdict, ErrorKind kind) noexcept {
  if (weight(kind) > weight(verdict.kind)) verdict.kind = kind;
}

bool is_blank(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string_view kind_name(json::Kind kind) noexcept {
  switch (kind) {
    case json::Kind::null: return "null";
    case json::Kind::boolean: return "a boolean";
    case json::Kind::integer:
    case json::Kind::number: return "a number";
    case json::Kind::string: return "a string";
    case json::Kind::array: return "an array";
    case json::Kind::object: return "an object";
  }
  return "nothing";
}

Result<std::vector<CompiledPattern>> compile_all(const std::vector<std::string>& sources) {
  std::vector<CompiledPattern> patterns;
  patterns.reserve(sources.size());
  for (const std::string& source : sources) {
    PLIMSOLL_TRY(auto pattern, CompiledPattern::compile(source));
    patterns.push_back(std::move(pattern));
  }
  return patterns;
}

}  // namespace

struct ReplyChecks::Rules {
  OutputRules said;
  std::vector<CompiledPattern> must_match, must_not_match;
  std::vector<facts::Requirement> require;
  bool require_json = false;  // some requirement reads the answer as JSON
  std::optional<JsonSchema> schema;

  void judge_choice(const Choice& choice, const Wanted& wanted, Verdict& verdict,
                    Findings out) const;
  void judge_text(std::string_view text, const Wanted& wanted, Findings& out) const;
  void judge_json(std::string_view text, const Wanted& wanted, Findings& out) const;
  void judge_keys(const json::Value& value, Findings& out) const;
  void judge_wording(std::string_view text, Findings& out) const;
  void judge_length(std::string_view text, Findings& out) const;
  void judge_requirements(std::string_view text, const json::Value* answer, const Request& request,
                          Findings& out) const;
};

ReplyChecks::ReplyChecks(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

Result<ReplyChecks> ReplyChecks::compile(const OutputRules& rules) {
  auto compiled = std::make_shared<Rules>();
  compiled->said = rules;
  PLIMSOLL_TRY(compiled->must_match, compile_all(rules.must_match));
  PLIMSOLL_TRY(compiled->must_not_match, compile_all(rules.must_not_match));
  for (const std::string& source : rules.require) {
    PLIMSOLL_TRY(auto made, facts::Requirement::compile(source, facts::answer_names()));
    compiled->require_json |= facts::reads(made.program(), facts::Fact::answer);
    compiled->require.push_back(std::move(made));
  }
  if (rules.schema) {
    JsonSchema::Options options;
    options.formats = rules.formats ? JsonSchema::Formats::check : JsonSchema::Formats::annotate;
    PLIMSOLL_TRY(compiled->schema, JsonSchema::compile(rules.schema->text, options));
  }
  return ReplyChecks(std::move(compiled));
}

Verdict ReplyChecks::judge(const Answer& answer, const Request& request,
                           const JsonSchema* clients) const {
  Verdict verdict;
  const OutputRules& said = rules_->said;
  const Wanted wanted{
      .json = wants_json() || request.json_asked, .clients = clients, .request = &request};
  const std::size_t choices = answer.choices.size();
  if (choices == 0 && (said.non_empty || said.is_contract()))
    Findings(verdict, 0, 1).add("non_empty", "at least one choice", "no choices");
  for (std::size_t i = 0; i < choices; ++i)
    rules_->judge_choice(answer.choices[i], wanted, verdict, Findings(verdict, i, choices));
  return verdict;
}

bool ReplyChecks::wants_json() const noexcept {
  return rules_->said.json || rules_->said.schema || !rules_->said.json_required.empty() ||
         rules_->require_json;
}

const std::optional<JsonSchema>& ReplyChecks::schema() const noexcept { return rules_->schema; }

void ReplyChecks::Rules::judge_choice(const Choice& choice, const Wanted& wanted, Verdict& verdict,
                                      Findings out) const {
  if (!choice.refusal.empty() || choice.finish == Finish::content_filter) {
    raise_to(verdict, ErrorKind::reply_refused);
    return out.add("not_refused", "an answer, not a refusal",
                   choice.refusal.empty() ? "stopped by the provider's content filter"
                                          : excerpt(choice.refusal));
  }
  if (said.not_truncated && choice.finish == Finish::length) {
    raise_to(verdict, ErrorKind::reply_truncated);
    return out.add(
        "not_truncated", "an answer that ends within its token limit",
        fmt::format("cut by the token limit after {} characters", code_points(choice.text)));
  }
  if (choice.text.empty() && !choice.tool_calls.empty()) return;
  if (said.non_empty && choice.tool_calls.empty() && is_blank(choice.text))
    return out.add("non_empty", "some text or a tool call", "neither");
  judge_text(choice.text, wanted, out);
}

void ReplyChecks::Rules::judge_text(std::string_view text, const Wanted& wanted,
                                    Findings& out) const {
  if (wanted.json)
    judge_json(text, wanted, out);
  else
    judge_requirements(text, nullptr, *wanted.request, out);
  judge_wording(text, out);
  judge_length(text, out);
}

void ReplyChecks::Rules::judge_json(std::string_view text, const Wanted& wanted,
                                    Findings& out) const {
  // Its buffers are worth keeping; answers are judged one at a time per thread.
  thread_local json::Document document;
  const auto value = document.parse(text);
  if (!value)
    return out.add("json", "one JSON value, without prose or a code fence around it",
                   excerpt(fmt::format("{}; it begins: {}", value.error().what, text)));
  judge_keys(*value, out);
  if (schema) out.add(schema->judge(*value, text).violations);
  judge_requirements(text, &*value, *wanted.request, out);
  if (wanted.clients == nullptr) return;
  auto judgement = wanted.clients->judge(*value, text);
  if (judgement.outcome == JsonSchema::Outcome::breaks) out.add(std::move(judgement.violations));
}

/// Evidence quotes the fields that the condition names, and nothing else.
void ReplyChecks::Rules::judge_requirements(std::string_view text, const json::Value* answer,
                                            const Request& request, Findings& out) const {
  if (require.empty()) return;
  facts::RequestFacts known(request);
  known.set(facts::Fact::answer_text, cel::Value::string(text));
  known.set(facts::Fact::answer,
            answer == nullptr ? cel::Value::null() : cel::Value::json(*answer));
  for (const facts::Requirement& one : require) {
    known.read_for(one.program());
    const std::string objection = one.objection(known.values(), known.arena());
    if (!objection.empty())
      out.add("require", fmt::format("{} to hold", excerpt(one.program().source())),
              excerpt(objection));
  }
}

void ReplyChecks::Rules::judge_keys(const json::Value& value, Findings& out) const {
  for (const std::string& key : said.json_required) {
    if (value.kind() != json::Kind::object)
      return out.add("json_required", fmt::format("an object with the key {}", json::quoted(key)),
                     std::string(kind_name(value.kind())));
    if (!value.get(key))
      out.add("json_required", fmt::format("the top-level key {}", json::quoted(key)),
              "no such key");
  }
}

void ReplyChecks::Rules::judge_wording(std::string_view text, Findings& out) const {
  for (const std::string& literal : said.must_contain)
    if (text.find(literal) == std::string_view::npos)
      out.add("must_contain", fmt::format("text that contains {}", json::quoted(literal)),
              excerpt(text));
  for (const CompiledPattern& pattern : must_match)
    if (!pattern.find_in(text))
      out.add("must_match", fmt::format("text that matches /{}/", pattern.source()), excerpt(text));
  for (const CompiledPattern& pattern : must_not_match)
    if (const auto match = pattern.find_in(text))
      out.add("must_not_match", fmt::format("no text that matches /{}/", pattern.source()),
              excerpt(*match));
}

void ReplyChecks::Rules::judge_length(std::string_view text, Findings& out) const {
  if (!said.min_chars && !said.max_chars) return;
  const std::size_t length = code_points(text);
  if (said.min_chars && length < *said.min_chars)
    out.add("min_chars", fmt::format("at least {} characters", *said.min_chars),
            fmt::format("{} characters", length));
  if (said.max_chars && length > *said.max_chars)
    out.add("max_chars", fmt::format("at most {} characters", *said.max_chars),
            fmt::format("{} characters", length));
}

}  // namespace plimsoll::checks
