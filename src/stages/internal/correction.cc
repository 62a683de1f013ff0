#include "stages/internal/correction.h"

#include <fmt/format.h>

#include <ranges>

#include "base/json.h"
#include "checks/strict_schema.h"

namespace plimsoll::stages {
namespace {

/// A longer schema is not told in words: it would cost more than it helps.
constexpr std::size_t kSchemaBytesMax = 8 * 1024;
constexpr std::size_t kViolationsTold = 8;

constexpr std::string_view kTemplate =
    "Your last answer was refused, because it breaks rules that every answer must keep:\n"
    "{violations}\n"
    "{contract}"
    "Answer the request again, from the start, and keep every rule. Give only the answer itself, "
    "without an apology, an explanation or a code fence.";
constexpr std::string_view kTemplateBefore =
    "{contract}Give only the answer itself, without an explanation or a code fence.";

/// The verdict of the call's last answer that was judged, when it broke the contract.
const Verdict* last_refused(const Trail& trail) {
  for (const AttemptTrail& attempt : trail.attempts | std::views::reverse) {
    if (!attempt.verdict_known) continue;
    const bool broken =
        !attempt.verdict.passed() && attempt.verdict.kind == ErrorKind::reply_invalid;
    return broken ? &attempt.verdict : nullptr;
  }
  return nullptr;
}

/// Without the place in the schema: " (#/properties/a/type)".
std::string_view told(std::string_view expected) {
  const std::size_t place = expected.rfind(" (#");
  const bool ends = place != std::string_view::npos && expected.ends_with(')');
  return ends ? expected.substr(0, place) : expected;
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  return text;
}

std::string line_of(const Violation& violation) {
  const bool whole = violation.where.empty() || violation.where.starts_with("choice ");
  return one_line(fmt::format("- {}: expected {}; found {}",
                              whole ? "the whole answer" : "at " + violation.where,
                              told(violation.expected), violation.found));
}

std::string lines_of(const Verdict& verdict) {
  std::string lines;
  std::size_t told = 0;
  for (const Violation& violation : verdict.violations | std::views::take(kViolationsTold)) {
    if (told++ > 0) lines += '\n';
    lines += line_of(violation);
  }
  if (verdict.violations.size() > told)
    lines += fmt::format("\n- and {} more", verdict.violations.size() - told);
  return lines;
}

void replace(std::string& text, std::string_view mark, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += with.size())
    text.replace(at, mark.size(), with);
}

std::string words_of(const OutputRules& rules, const std::string& schema) {
  const bool json = rules.json || rules.schema || !rules.json_required.empty();
  if (!json) return {};
  if (!schema.empty())
    return "It must be one JSON value that fits this JSON Schema:\n" + schema + "\n";
  if (rules.json_required.empty()) return "It must be one JSON value.\n";
  return fmt::format("It must be one JSON object with the keys {}.\n",
                     fmt::join(rules.json_required, ", "));
}

}  // namespace

Corrections::Corrections(const Plan& plan) {
  for (const Feature& feature : plan.features) {
    Contract contract;
    if (const auto& file = feature.output.schema) {
      json::Document document;
      const auto root = document.parse(file->text);
      if (root) contract.schema = root->dump();
      contract.strict = root && checks::keeps_strict_rules(*root);
      if (contract.schema.size() > kSchemaBytesMax) contract.schema.clear();
    }
    contract.words = words_of(feature.output, contract.schema);
    by_feature_.push_back(std::move(contract));
  }
}

std::shared_ptr<const Correction> Corrections::of(const Call& call, const Rung& rung,
                                                  const ModelEntry& model) const {
  const Verdict* refused = last_refused(*call.trail);
  if (!rung.tighten.value_or(refused != nullptr)) return nullptr;
  static const Contract none;
  const bool declared = call.feature != &call.plan->default_feature;
  const Contract& contract = declared ? by_feature_[call.feature->index] : none;
  auto correction = std::make_shared<Correction>();
  const bool asked_by_client = call.request->json_asked;
  const bool native = model.abilities.strict_schema && contract.strict && !asked_by_client;
  if (native) {
    correction->schema = contract.schema;
    correction->strict = true;
  }
  const std::string& own = call.feature->output.correction;
  std::string words(refused == nullptr ? kTemplateBefore : own.empty() ? kTemplate : own);
  replace(words, "{contract}", native ? std::string_view() : contract.words);
  // Last: what was found is the model's own text, in which no mark means anything.
  if (refused != nullptr) replace(words, "{violations}", lines_of(*refused));
  correction->words = std::move(words);
  return correction;
}

}  // namespace plimsoll::stages
