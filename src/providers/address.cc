#include "providers/address.h"

#include <fmt/format.h>

namespace plimsoll::providers {
namespace {

/// OpenAI's own servers have both; what they are asked in one they are asked in it.
bool serves_responses(const Provider& provider) noexcept {
  if (!provider.api_version.empty()) return false;  // Azure has it at its newer address only
  constexpr std::string_view kOpenai = "https://api.openai.com/";
  return provider.responses.value_or(provider.base_url.starts_with(kOpenai));
}

/// A name as one segment of a path: it must not open another one, or a query.
std::string segment(std::string_view name) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

std::string_view openai_target(Dialect spoken) {
  switch (spoken) {
    case Dialect::openai_responses: return "/responses";
    case Dialect::openai_completions: return "/completions";
    case Dialect::openai_embeddings: return "/embeddings";
    default: return "/chat/completions";
  }
}

std::string_view gemini_target(const Call& call, const net::Origin& origin, std::string& made) {
  const bool versioned = origin.base_path.ends_with("/v1beta") || origin.base_path.ends_with("/v1");
  return made = fmt::format(
             "{}/models/{}:{}", versioned ? "" : "/v1beta",
             segment(call.target.model->upstream_model),
             call.request->stream ? "streamGenerateContent?alt=sse" : "generateContent");
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
  const bool like_openai =
      provider.dialect == Dialect::openai_chat || provider.dialect == Dialect::openai_responses;
  const bool passed_only =
      client == Dialect::openai_embeddings || client == Dialect::openai_completions;
  if (like_openai && passed_only) return client;
  const bool both = provider.dialect == Dialect::openai_chat && serves_responses(provider);
  return both && client == Dialect::openai_responses ? client : provider.dialect;
}

const PassedOn* passed_on_of(const Call& call, Dialect spoken) noexcept {
  return call.request->dialect == spoken ? call.passed_on.get() : nullptr;
}

std::string_view target_of(const Call& call, Dialect spoken, const net::Origin& origin,
                           std::string& made) {
  switch (spoken) {
    case Dialect::anthropic: return messages_target(origin, passed_on_of(call, spoken), made);
    case Dialect::gemini: return gemini_target(call, origin, made);
    default: break;
  }
  const Provider& provider = *call.target.provider;
  const std::string_view plain = openai_target(spoken);
  if (provider.api_version.empty()) return plain;
  return made = fmt::format("/openai/deployments/{}{}?api-version={}",
                            segment(call.target.model->upstream_model), plain,
                            segment(provider.api_version));
}

Credential credential_of(const Provider& provider, const Secret& key) {
  // A token of Anthropic's own log-in is no key; it goes as a bearer there too.
  constexpr std::string_view kToken = "sk-ant-oat";
  if (key.empty()) return {};
  const std::string& value = key.reveal();
  if (provider.dialect == Dialect::anthropic && !value.starts_with(kToken))
    return {.header = "x-api-key", .value = value};
  if (provider.dialect == Dialect::gemini) return {.header = "x-goog-api-key", .value = value};
  if (!provider.api_version.empty()) return {.header = "api-key", .value = value};
  return {.header = "authorization", .value = "Bearer " + value};
}

}  // namespace plimsoll::providers
