#include "stages/internal/cache_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/json.h"

namespace plimsoll::stages {
namespace {

struct Member {
  std::string_view key, value;
};

std::vector<Member> members_of(std::string_view body) {
  struct Walk {
    std::string_view body;
    std::vector<Member> members;
  } walk{body, {}};
  const auto visit = [](void* self, const json::RawMember& member) {
    auto& to = *static_cast<Walk*>(self);
    to.members.push_back(
        {member.key, to.body.substr(member.value.begin, member.value.end - member.value.begin)});
  };
  (void)json::for_each_raw_member(body, visit, &walk);
  return std::move(walk.members);
}

void append_compact(std::string& out, std::string_view json) {
  bool in_string = false, escaped = false;
  for (const char c : json) {
    const bool space = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (space && !in_string) continue;
    out += c;
    if (in_string) {
      in_string = escaped || c != '"';
      escaped = c == '\\' && !escaped;
    } else {
      in_string = c == '"';
    }
  }
}

bool says_how_to_send(std::string_view key) {
  return key == "model" || key == "stream" || key == "stream_options";
}

std::string_view value_of(const std::vector<Member>& members, std::string_view key) {
  for (const Member& member : members)
    if (member.key == key) return member.value;
  return {};
}

/// The answer to these has parts that a kept answer does not have, or an order of
/// them, or the provider keeps something of its own.
bool asks_for_more(const std::vector<Member>& members) {
  constexpr std::array<std::string_view, 15> kParts{"logprobs",
                                                    "top_logprobs",
                                                    "audio",
                                                    "store",
                                                    "background",
                                                    "conversation",
                                                    "thinking",
                                                    "previous_response_id",
                                                    "include",
                                                    "container",
                                                    "stop_sequences",
                                                    "mcp_servers",
                                                    "prompt",
                                                    "functions",
                                                    "web_search_options"};
  const std::string_view modalities = value_of(members, "modalities");
  return modalities.find("audio") != std::string_view::npos ||
         std::ranges::any_of(kParts, [&](std::string_view part) {
           const std::string_view value = value_of(members, part);
           return !value.empty() && value != "false" && value != "null" && value != "0";
         });
}

/// True when every tool is a function that the client runs: what a provider's own
/// tools add to an answer is not kept.
bool has_own_tools_only(std::string_view tools) {
  json::Document document;
  const auto root = document.parse(tools);
  const auto list = root ? root->as_array() : std::nullopt;
  if (!list) return false;
  for (const json::Value tool : *list) {
    const std::string_view type = tool.get_string("type").value_or("custom");
    const bool own = type == "function" || (type == "custom" && !tool.get("custom"));
    if (!own) return false;
  }
  return true;
}

/// Without the line `cache` no step of an agent is kept; with it, those with the
/// client's own tools.
bool may_have(std::string_view tools, CacheRules::Use use) {
  if (tools.empty() || tools == "null" || tools == "[]") return true;
  return use == CacheRules::Use::on && has_own_tools_only(tools);
}

/// What is kept is what was said, not the bytes; other answers are passed on only.
bool is_kept_as_said(Dialect dialect) {
  return dialect == Dialect::openai_chat || dialect == Dialect::openai_responses ||
         dialect == Dialect::anthropic;
}

bool is_zero(std::string_view number) {
  return !number.empty() && number.find_first_not_of("0.") == std::string_view::npos;
}

/// Length before each part, so that no two lists of parts make one text.
void append_part(std::string& text, std::string_view part) {
  fmt::format_to(std::back_inserter(text), "{}:", part.size());
  text += part;
}

std::string ladder_of(const Plan& plan, const Feature& feature) {
  std::string text;
  for (const Rung& rung : feature.ladder) {
    if (!rung.asks_model()) continue;
    const ModelEntry& model = plan.models[rung.model];
    const Provider& provider = plan.providers[model.provider];
    append_part(text, provider.name);
    append_part(text, provider.base_url);
    append_part(text, model.upstream_model);
    for (const Alternative& one : rung.any) {
      const ModelEntry& other = plan.models[one.model];
      append_part(text, plan.providers[other.provider].base_url);
      append_part(text, other.upstream_model);
    }
    append_part(text, fmt::format("{} {} {}", rung.temperature.value_or(-1), rung.seed.value_or(-1),
                                  rung.output_tokens_max.value_or(-1)));
  }
  for (const RouteRule& rule : feature.route) {
    const ModelEntry& model = plan.models[rule.model];
    append_part(text, plan.providers[model.provider].base_url);
    append_part(text, model.upstream_model);
  }
  return text;
}

/// Whose answers these are. A client that brings its own credential to a provider is
/// a tenant of its own; without tenants each key is.
std::string owner_of(const Call& call) {
  std::string owner;
  append_part(owner, call.tenant);
  append_part(owner, call.tenant.empty() ? call.account : "");
  const bool passed = std::ranges::any_of(call.plan->providers, &Provider::pass_client_key);
  const bool has_own = passed && call.client_credential && !call.client_credential->empty();
  append_part(owner, has_own ? fingerprint(call.client_credential->reveal()) : "");
  return owner;
}

}  // namespace

std::string canonical(std::string_view body) {
  std::vector<Member> members = members_of(body);
  std::ranges::sort(members, {}, &Member::key);
  std::string text;
  text.reserve(body.size());
  for (const Member& member : members) {
    if (says_how_to_send(member.key)) continue;
    append_part(text, member.key);
    append_compact(text, member.value);
    text += ',';
  }
  return text;
}

CacheKeys::CacheKeys(const Plan& plan) {
  for (const Feature& feature : plan.features) ladders_.push_back(ladder_of(plan, feature));
}

std::optional<ports::CacheKey> CacheKeys::of(const Call& call) const {
  const bool declared = call.feature != &call.plan->default_feature;
  const CacheRules& rules = call.feature->cache;
  // What a rule table decides is decided anew: the table may have changed.
  if (!declared || call.feature->critical || call.feature->output.confirm ||
      rules.use == CacheRules::Use::off || ladders_[call.feature->index].empty() ||
      !is_kept_as_said(call.request->dialect))
    return std::nullopt;
  const std::vector<Member> members = members_of(call.request->body);
  const bool wanted = rules.use == CacheRules::Use::on || is_zero(value_of(members, "temperature"));
  if (!wanted || asks_for_more(members) || !may_have(value_of(members, "tools"), rules.use))
    return std::nullopt;
  // Unless told not to, that provider keeps the answer under an id of its own.
  if (call.request->dialect == Dialect::openai_responses && value_of(members, "store") != "false")
    return std::nullopt;
  ports::CacheKey key;
  append_part(key.text, owner_of(call));
  append_part(key.text, call.feature->name);
  append_part(key.text, ladders_[call.feature->index]);
  append_part(key.text, fmt::to_string(static_cast<int>(call.request->dialect)));
  if (call.passed_on) {
    for (const auto& [name, value] : call.passed_on->headers) append_part(key.text, name + value);
    append_part(key.text, call.passed_on->query);
  }
  // The client's own schema is enforced on whole answers, and not on every stream.
  if (call.request->json_schema) append_part(key.text, call.request->stream ? "stream" : "whole");
  key.text += canonical(call.request->body);
  return key;
}

}  // namespace plimsoll::stages
