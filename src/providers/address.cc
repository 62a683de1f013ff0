#include "providers/address.h"

#include <fmt/format.h>

namespace plimsoll::providers {
namespace {

/// OpenAI's own servers have both; what they are asked in one they are asked in it.
bool serves_responses(const Provider& provider) noexcept {
  constexpr std::string_view kOpenai = "https://api.openai.com/";
  return provider.responses.value_or(provider.base_url.starts_with(kOpenai));
}

/// Anthropic's clients leave the version out of the base_url, OpenAI's put it in.
std::string_view messages_target(const net::Origin& origin, const PassedOn* passed_on,
                                 std::string& made) {
  const std::string_view plain = origin.base_path.ends_with("/v1") ? "/messages" : "/v1/messages";
  if (passed_on == nullptr || passed_on->query.empty()) return plain;
  return made = fmt::format("{}?{}", plain, passed_on->query);
}

}  // namespace

Dialect spoken_with(const Provider& provider, Dialect client) noexcept {
  const bool both = provider.dialect == Dialect::openai_chat && serves_responses(provider);
  return both && client == Dialect::openai_responses ? client : provider.dialect;
}

const PassedOn* passed_on_of(const Call& call, Dialect spoken) noexcept {
  return call.request->dialect == spoken ? call.passed_on.get() : nullptr;
}

std::string_view target_of(const Call& call, Dialect spoken, const net::Origin& origin,
                           std::string& made) {
  switch (spoken) {
    case Dialect::openai_chat: return "/chat/completions";
    case Dialect::openai_responses: return "/responses";
    case Dialect::anthropic: return messages_target(origin, passed_on_of(call, spoken), made);
  }
  return "/chat/completions";
}

Credential credential_of(const Provider& provider, const Secret& key) {
  // A token of Anthropic's own log-in is no key; it goes as a bearer there too.
  constexpr std::string_view kToken = "sk-ant-oat";
  if (key.empty()) return {};
  const std::string& value = key.reveal();
  if (provider.dialect == Dialect::anthropic && !value.starts_with(kToken))
    return {.header = "x-api-key", .value = value};
  return {.header = "authorization", .value = "Bearer " + value};
}

}  // namespace plimsoll::providers
