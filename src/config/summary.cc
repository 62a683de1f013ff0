#include "config/summary.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "config/forms.h"
#include "config/units.h"

namespace plimsoll::config {
namespace {

using Words = std::vector<std::string>;

std::string joined(const Words& words, std::string_view none) {
  return words.empty() ? std::string(none) : fmt::format("{}", fmt::join(words, ", "));
}

std::string counted(std::size_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

void proportion(Words& out, std::string_view name, const std::optional<ProportionTarget>& target) {
  if (target)
    out.push_back(
        fmt::format("{} >= {} at {} confidence", name, target->at_least, target->confidence));
}

void latency(Words& out, std::string_view name, const std::optional<milliseconds>& most) {
  if (most) out.push_back(fmt::format("{} <= {}", name, duration_text(*most)));
}

std::string promises(const Objectives& o) {
  Words out;
  proportion(out, "accuracy", o.accuracy);
  proportion(out, "valid", o.valid);
  latency(out, "p50", o.p50);
  latency(out, "p95", o.p95);
  latency(out, "p99", o.p99);
  latency(out, "first token p95", o.first_token_p95);
  if (o.cost_per_resolution)
    out.push_back(fmt::format("cost per resolution <= {}", to_string(*o.cost_per_resolution)));
  return joined(out, "nothing: plimsoll gate has nothing to judge");
}

std::string ceilings(const Objectives& o) {
  Words out;
  if (o.input_tokens_max) out.push_back(fmt::format("{} input tokens", *o.input_tokens_max));
  if (o.output_tokens_max) out.push_back(fmt::format("{} output tokens", *o.output_tokens_max));
  if (o.cost_per_request)
    out.push_back(fmt::format("{} a request", to_string(*o.cost_per_request)));
  return joined(out, "none");
}

std::string contract(const OutputRules& rules) {
  Words out;
  if (rules.non_empty) out.emplace_back("not empty");
  if (rules.not_truncated) out.emplace_back("not truncated");
  if (rules.schema)
    out.push_back(fmt::format("JSON that fits {}", rules.schema->path));
  else if (rules.json)
    out.emplace_back("JSON");
  if (!rules.json_required.empty())
    out.push_back(counted(rules.json_required.size(), "required key"));
  if (!rules.must_contain.empty()) out.push_back(counted(rules.must_contain.size(), "text"));
  const std::size_t patterns = rules.must_match.size() + rules.must_not_match.size();
  if (patterns > 0) out.push_back(counted(patterns, "pattern"));
  if (rules.confirm) out.push_back(fmt::format("confirmed by {}", rules.confirm->path));
  if (!rules.require.empty()) out.push_back(counted(rules.require.size(), "condition"));
  if (rules.min_chars || rules.max_chars) out.emplace_back("length");
  return fmt::format(
      "{}; streams {}", joined(out, "none"),
      rules.mode() == StreamMode::verified ? "verified before release" : "passed on as they come");
}

std::string named(const Plan& plan, const ModelEntry& model) {
  const std::string keys =
      model.twins.empty() ? "" : fmt::format(", {} keys", model.twins.size() + 1);
  return fmt::format("{} ({} {}{})", model.name, plan.providers[model.provider].name,
                     model.upstream_model, keys);
}

std::string ladder(const Plan& plan, const Feature& feature) {
  Words out;
  for (const Rung& rung : feature.ladder) {
    if (!rung.asks_model()) {
      out.emplace_back(rung.table ? fmt::format("the rules of {}", rung.table->path)
                                  : std::string("a fixed text"));
      continue;
    }
    std::vector<std::string> equals;
    for (const Alternative& one : rung.any) equals.push_back(named(plan, plan.models[one.model]));
    if (equals.empty()) equals.push_back(named(plan, plan.models[rung.model]));
    out.push_back(fmt::format("{}", fmt::join(equals, " or ")));
  }
  return fmt::format(
      "{}; at most {} in {}", fmt::join(out, " -> "),
      feature.retry.attempts == 1 ? "1 try" : fmt::format("{} tries", feature.retry.attempts),
      duration_text(feature.timeouts.total));
}

/// The one line that would add the most, for each layer that is off.
std::string off(const Feature& feature) {
  Words out;
  const Objectives& o = feature.objectives;
  if (!feature.output.is_contract()) out.emplace_back("output contract (output)");
  if (!o.accuracy) out.emplace_back("accuracy (objectives.accuracy)");
  if (!o.p95 && !o.p99) out.emplace_back("latency (objectives.latency)");
  if (!o.cost_per_request) out.emplace_back("cost ceiling (objectives.cost.per_request)");
  if (!feature.store_text) out.emplace_back("text in the ledger (store_text)");
  return joined(out, "nothing");
}

std::string listens(const Plan& plan) {
  Words out;
  for (const Listen& listen : plan.server.listen)
    out.push_back(fmt::format("{}{}{}", listen.address,
                              listen.tls_certificate_file.empty() ? "" : " (TLS)",
                              is_loopback(listen.address) ? "" : " (open to other machines)"));
  return joined(out, "nowhere");
}

}  // namespace

std::string summary(const Plan& plan) {
  const ServerRules& server = plan.server;
  std::string out = fmt::format("  listens   {}; admin {}\n", listens(plan),
                                server.admin_address.empty() ? "off" : server.admin_address);
  out += fmt::format("  admits    {}\n", server.auth == Auth::none
                                             ? "everybody who can connect"
                                             : "holders of " + counted(plan.keys.size(), "key"));
  out += fmt::format(
      "  ledger    {}\n",
      plan.ledger.on ? "on, flushed every " + duration_text(plan.ledger.flush_interval) : "off");
  for (const Feature& feature : plan.features) {
    out += fmt::format("feature {}{}\n", feature.name,
                       feature.owner.empty() ? "" : fmt::format(" of {}", feature.owner));
    out += fmt::format("  promises  {}\n", promises(feature.objectives));
    out += fmt::format("  ceilings  {}\n", ceilings(feature.objectives));
    out += fmt::format("  ladder    {}\n", ladder(plan, feature));
    out += fmt::format("  checks    {}\n", contract(feature.output));
    out += fmt::format("  off       {}\n", off(feature));
  }
  if (plan.features.empty()) out += "no features: requests name models directly\n";
  return out;
}

}  // namespace plimsoll::config
