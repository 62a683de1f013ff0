#include "config/field.h"

namespace plimsoll::config {
namespace {

std::string without_trailing_slash(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url);
}

Price& price_of(Draft& d) {
  if (!d.model().price) d.model().price.emplace();
  return *d.model().price;
}

Dialect dialect_named(std::string_view name) {
  if (name == "openai_responses") return Dialect::openai_responses;
  if (name == "gemini") return Dialect::gemini;
  return name == "anthropic" ? Dialect::anthropic : Dialect::openai_chat;
}

BreakerRules& breaker_of(Draft& d) { return d.provider().targets.breaker; }
ResendRules& resends_of(Draft& d) { return d.provider().targets.resends; }

constexpr Field kRows[] = {
    {.path = "providers",
     .kind = Kind::named,
     .sentence = "The upstream accounts: where they are and how to speak to them.",
     .presence = Presence::required},
    {.path = "providers.*",
     .sentence = "One account, under the name that models refer to.",
     .bind =
         [](Draft& d, const Value& v) {
           d.plan.providers.emplace_back();
           d.provider_keys.emplace_back();
           d.provider().name = v.text;
         }},
    {.path = "providers.*.dialect",
     .kind = Kind::choice,
     .sentence = "The protocol it speaks: `openai` is OpenAI's chat completions, "
                 "`openai_responses` its Responses, `anthropic` is Anthropic's Messages, `gemini` "
                 "Google's generateContent.",
     .fallback = "openai",
     .choices = "openai|openai_responses|anthropic|gemini",
     .later_choices = "bedrock",
     .bind = [](Draft& d, const Value& v) { d.provider().dialect = dialect_named(v.text); }},
    {.path = "providers.*.responses",
     .kind = Kind::boolean,
     .sentence = "With `dialect: openai`: it serves /responses too, and gets what clients of that "
                 "door send as it came. Default: true at api.openai.com.",
     .bind = [](Draft& d, const Value& v) { d.provider().responses = v.boolean; }},
    {.path = "providers.*.api_version",
     .kind = Kind::text,
     .sentence = "Azure's classic form: requests go to /openai/deployments/MODEL below base_url, "
                 "with this api-version, and the key goes as `api-key`.",
     .bind = [](Draft& d, const Value& v) { d.provider().api_version = v.text; }},
    {.path = "providers.*.base_url",
     .kind = Kind::url,
     .sentence = "What stands before /chat/completions, e.g. https://api.openai.com/v1, or before "
                 "/v1/messages, e.g. https://api.anthropic.com.",
     .presence = Presence::required,
     .bind = [](Draft& d,
                const Value& v) { d.provider().base_url = without_trailing_slash(v.text); }},
    {.path = "providers.*.key",
     .kind = Kind::secret,
     .sentence = "Our credential there; without it none is sent.",
     .bind = [](Draft& d, const Value& v) { d.provider().key = Secret(v.text); }},
    {.path = "providers.*.keys",
     .kind = Kind::list,
     .sentence =
         "Several credentials, in place of `key`: calls are spread over them, and each has "
         "waits and a breaker of its own. A request that names `provider/model` uses the first."},
    {.path = "providers.*.keys[]",
     .sentence = "One credential, or the reference alone.",
     .bind = [](Draft& d, const Value&) { d.provider_keys.back().emplace_back(); },
     .short_kind = Kind::secret,
     .short_bind = [](Draft& d,
                      const Value& v) { d.provider_keys.back().back() = Secret(v.text); }},
    {.path = "providers.*.keys[].key",
     .kind = Kind::secret,
     .sentence = "The credential.",
     .presence = Presence::required,
     .bind = [](Draft& d, const Value& v) { d.provider_keys.back().back() = Secret(v.text); }},
    {.path = "providers.*.ca_file",
     .kind = Kind::file,
     .sentence = "PEM file of the authorities to trust. Default: the system's.",
     .bind = [](Draft& d, const Value& v) { d.provider().ca_file = v.text; }},
    {.path = "providers.*.pass_client_key",
     .kind = Kind::boolean,
     .sentence = "Forwards the client's own credential instead of `key`.",
     .fallback = "false",
     .bind = [](Draft& d, const Value& v) { d.provider().pass_client_key = v.boolean; }},
    {.path = "providers.*.headers",
     .kind = Kind::headers,
     .sentence = "Headers added to every request; a value may be a reference.",
     .bind =
         [](Draft& d, const Value& v) {
           for (const auto& [name, text] : v.pairs)
             d.provider().headers.emplace_back(name, Secret(text));
         }},
    {.path = "providers.*.timeouts", .sentence = "How long the upstream may take."},
    {.path = "providers.*.timeouts.connect",
     .kind = Kind::duration,
     .sentence = "To make a connection, name look-up and TLS included.",
     .fallback = "5s",
     .least = "10ms",
     .most = "5m",
     .bind = [](Draft& d,
                const Value& v) { d.provider().connect_timeout = milliseconds(v.integer); }},
    {.path = "providers.*.connections",
     .kind = Kind::count,
     .sentence = "The most connections to it, per event loop.",
     .fallback = "1024",
     .least = "1",
     .most = "100k",
     .bind = [](Draft& d,
                const Value& v) { d.provider().connections_max = std::size_t(v.integer); }},
    {.path = "providers.*.output_limit_field",
     .kind = Kind::choice,
     .sentence = "Where our limit of output tokens is written when the client sent none there. "
                 "Default: told by the host, max_completion_tokens where nothing is known of it.",
     .choices = "max_completion_tokens|max_tokens",
     .bind =
         [](Draft& d, const Value& v) {
           d.provider().output_limit_field = v.text == "max_tokens"
                                                 ? OutputLimitField::max_tokens
                                                 : OutputLimitField::max_completion_tokens;
         }},
    {.path = "providers.*.breaker",
     .sentence = "When a model of this account that fails is left alone. Rate limits never count."},
    {.path = "providers.*.breaker.on",
     .kind = Kind::boolean,
     .sentence = "Leaves models alone that fail.",
     .fallback = "true",
     .bind = [](Draft& d, const Value& v) { breaker_of(d).on = v.boolean; }},
    {.path = "providers.*.breaker.failures",
     .kind = Kind::integer,
     .sentence = "So many failed attempts in a row open it.",
     .fallback = "5",
     .least = "1",
     .most = "1000",
     .bind = [](Draft& d,
                const Value& v) { breaker_of(d).failures = static_cast<int>(v.integer); }},
    {.path = "providers.*.breaker.error_ratio",
     .kind = Kind::ratio,
     .sentence = "Such a share of failed attempts within `window` opens it too.",
     .fallback = "0.5",
     .least = "0.01",
     .most = "1",
     .bind = [](Draft& d, const Value& v) { breaker_of(d).error_ratio = v.ratio; }},
    {.path = "providers.*.breaker.requests",
     .kind = Kind::integer,
     .sentence = "The fewest attempts within `window` from which a share is taken.",
     .fallback = "20",
     .least = "1",
     .most = "100000",
     .bind = [](Draft& d,
                const Value& v) { breaker_of(d).requests = static_cast<int>(v.integer); }},
    {.path = "providers.*.breaker.window",
     .kind = Kind::duration,
     .sentence = "How far back the share looks.",
     .fallback = "30s",
     .least = "100ms",
     .most = "1h",
     .bind = [](Draft& d, const Value& v) { breaker_of(d).window = milliseconds(v.integer); }},
    {.path = "providers.*.breaker.rest",
     .kind = Kind::duration,
     .sentence = "The first rest, after which one attempt probes; doubles while probes fail.",
     .fallback = "5s",
     .least = "10ms",
     .most = "1h",
     .bind = [](Draft& d, const Value& v) { breaker_of(d).rest = milliseconds(v.integer); }},
    {.path = "providers.*.breaker.rest_max",
     .kind = Kind::duration,
     .sentence = "The longest rest.",
     .fallback = "20s",
     .least = "10ms",
     .most = "1d",
     .bind = [](Draft& d, const Value& v) { breaker_of(d).rest_max = milliseconds(v.integer); }},
    {.path = "providers.*.resends",
     .sentence = "How much traffic repeated tries of one model may add after failures of the "
                 "transport; further tries go to the next rung."},
    {.path = "providers.*.resends.share",
     .kind = Kind::ratio,
     .sentence = "Of the attempts of the last seconds.",
     .fallback = "0.2",
     .least = "0",
     .most = "1",
     .bind = [](Draft& d, const Value& v) { resends_of(d).share = v.ratio; }},
    {.path = "providers.*.resends.per_second",
     .kind = Kind::integer,
     .sentence = "So many a second are free in any case.",
     .fallback = "3",
     .least = "0",
     .most = "1000000",
     .bind = [](Draft& d,
                const Value& v) { resends_of(d).per_second = static_cast<double>(v.integer); }},

    {.path = "models",
     .kind = Kind::named,
     .sentence = "The models, under the names that the team gives them."},
    {.path = "models.*",
     .sentence = "One model of one provider.",
     .bind =
         [](Draft& d, const Value& v) {
           d.plan.models.emplace_back();
           d.model().name = v.text;
           d.model_providers.emplace_back();
         }},
    {.path = "models.*.provider",
     .kind = Kind::name,
     .sentence = "The name of an entry of `providers`.",
     .presence = Presence::required,
     .bind = [](Draft& d, const Value& v) { d.model_providers.back() = v.text; }},
    {.path = "models.*.model",
     .kind = Kind::text,
     .sentence = "What the provider calls it.",
     .presence = Presence::required,
     .bind = [](Draft& d, const Value& v) { d.model().upstream_model = v.text; }},
    {.path = "models.*.price",
     .sentence = "Dollars per million tokens. Default: the built-in catalogue's list price.",
     .presence = Presence::absent},
    {.path = "models.*.price.input",
     .kind = Kind::money,
     .sentence = "For a million input tokens.",
     .least = "$0",
     .most = "$10000",
     .presence = Presence::required,
     .bind = [](Draft& d, const Value& v) { price_of(d).input = v.integer; }},
    {.path = "models.*.price.output",
     .kind = Kind::money,
     .sentence = "For a million output tokens, reasoning included.",
     .least = "$0",
     .most = "$10000",
     .presence = Presence::required,
     .bind = [](Draft& d, const Value& v) { price_of(d).output = v.integer; }},
    {.path = "models.*.price.cached_input",
     .kind = Kind::money,
     .sentence = "For a million input tokens that the provider had cached. Default: as `input`.",
     .least = "$0",
     .most = "$10000",
     .bind = [](Draft& d, const Value& v) { price_of(d).cached_input = v.integer; }},
    {.path = "models.*.price.cache_write",
     .kind = Kind::money,
     .sentence = "For a million input tokens that the provider wrote to its cache. Default: as "
                 "`input`.",
     .least = "$0",
     .most = "$10000",
     .bind = [](Draft& d, const Value& v) { price_of(d).cache_write = v.integer; }},
    {.path = "models.*.output_tokens",
     .kind = Kind::count,
     .sentence = "The most output tokens it can give. Default: the catalogue's figure.",
     .least = "1",
     .most = "100M",
     .bind = [](Draft& d, const Value& v) { d.model().output_tokens_max = v.integer; }},
};

}  // namespace

std::span<const Field> upstream_fields() { return kRows; }

}  // namespace plimsoll::config
