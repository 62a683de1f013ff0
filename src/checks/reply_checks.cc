#include "checks/reply_checks.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "checks/compiled_pattern.h"
#include "checks/excerpt.h"

namespace plimsoll::checks {
namespace {

/// Collects what is wrong with one choice.
class Findings {
 public:
  Findings(Verdict& verdict, std::size_t choice)
      : verdict_(verdict), where_(fmt::format("choice {}", choice)) {}

  void add(std::string_view check, std::string expected, std::string found) {
    verdict_.violations.push_back({.check = std::string(check),
                                   .where = where_,
                                   .expected = std::move(expected),
                                   .found = std::move(found)});
  }

 private:
  Verdict& verdict_;
  std::string where_;
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

  void judge_choice(const Choice& choice, bool json_wanted, Verdict& verdict, Findings out) const;
  void judge_text(std::string_view text, bool json_wanted, Findings& out) const;
  void judge_json(std::string_view text, Findings& out) const;
  void judge_wording(std::string_view text, Findings& out) const;
  void judge_length(std::string_view text, Findings& out) const;
};

ReplyChecks::ReplyChecks(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

Result<ReplyChecks> ReplyChecks::compile(const OutputRules& rules) {
  auto compiled = std::make_shared<Rules>();
  compiled->said = rules;
  PLIMSOLL_TRY(compiled->must_match, compile_all(rules.must_match));
  PLIMSOLL_TRY(compiled->must_not_match, compile_all(rules.must_not_match));
  return ReplyChecks(std::move(compiled));
}

Verdict ReplyChecks::judge(const Answer& answer, const Request& request) const {
  Verdict verdict;
  const bool json_wanted =
      rules_->said.json || !rules_->said.json_required.empty() || request.json_asked;
  if (answer.choices.empty() && (rules_->said.non_empty || rules_->said.is_contract()))
    Findings(verdict, 0).add("non_empty", "at least one choice", "no choices");
  for (std::size_t i = 0; i < answer.choices.size(); ++i)
    rules_->judge_choice(answer.choices[i], json_wanted, verdict, Findings(verdict, i));
  return verdict;
}

void ReplyChecks::Rules::judge_choice(const Choice& choice, bool json_wanted, Verdict& verdict,
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
  judge_text(choice.text, json_wanted, out);
}

void ReplyChecks::Rules::judge_text(std::string_view text, bool json_wanted, Findings& out) const {
  if (json_wanted) judge_json(text, out);
  judge_wording(text, out);
  judge_length(text, out);
}

void ReplyChecks::Rules::judge_json(std::string_view text, Findings& out) const {
  // Its buffers are worth keeping; answers are judged one at a time per thread.
  thread_local json::Document document;
  const auto value = document.parse(text);
  if (!value)
    return out.add("json", "one JSON value, without prose or a code fence around it",
                   excerpt(fmt::format("{}; it begins: {}", value.error().what, text)));
  for (const std::string& key : said.json_required) {
    if (value->kind() != json::Kind::object)
      return out.add("json_required", fmt::format("an object with the key {}", json::quoted(key)),
                     std::string(kind_name(value->kind())));
    if (!value->get(key))
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
