// What an upstream's error answer means. The body decides before the status: a
// 429 is a rate limit, a ramp, an empty account or a used-up day.
//   error = { "error": { "message", "type", "param", "code", any other } }
//         / { "error": string } / { "detail": ... } / { "message": ..., "type", "code" }
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dialects/members.h"
#include "dialects/openai_chat/openai_chat.h"
#include "dialects/retry_after.h"
#include "dialects/scrub.h"

namespace plimsoll::dialects::openai_chat {
namespace {

constexpr std::size_t kRemoteBytesMax = 64 * 1024;
constexpr std::size_t kShownBytesMax = 400;

/// An error answer, read as far as it can be read.
struct Said {
  int status = 0;
  std::string message;
  std::string words;  // code, type and the like, in lower case, each with a space around
  std::string text;   // message and details in lower case
  std::optional<std::chrono::milliseconds> retry_delay{};
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

std::string text_of(const json::Value& value) {
  if (const auto text = value.as_string()) return std::string(*text);
  return value.is_null() ? std::string() : value.dump();
}

std::string text_at(const json::Value& object, std::string_view key) {
  const auto value = object.get(key);
  return value ? text_of(*value) : std::string();
}

void add_word(Said& said, const json::Value& object, std::string_view key) {
  said.words += " " + lower(text_at(object, key)) + " ";
}

/// A status that the body names: needed where the answer itself was a 200.
int status_in(const json::Value& error) {
  for (const std::string_view key : {"status_code", "code", "status"}) {
    const auto value = error.get(key);
    if (!value) continue;
    std::optional<std::int64_t> number = value->as_int();
    if (const auto text = value->as_string(); text && text->size() == 3)
      if (const auto wait = duration_of(*text)) number = wait->count() / 1'000;
    if (number && *number >= 400 && *number <= 599) return static_cast<int>(*number);
  }
  return 0;
}

/// Google puts the wait into details[].retryDelay and the quota's name beside it.
void read_details(Said& said, const json::Value& error) {
  const auto details = error.get("details");
  if (!details) return;
  said.text += " " + lower(text_of(*details));
  const auto list = details->as_array();
  if (!list) return;
  for (const json::Value detail : *list)
    if (const auto delay = detail.get_string("retryDelay")) said.retry_delay = duration_of(*delay);
}

void read_object(Said& said, const json::Value& error) {
  said.message = text_at(error, "message");
  for (const std::string_view key : {"code", "type", "status", "reason", "error_type", "__type"})
    add_word(said, error, key);
  if (const auto inner = error.get("innererror")) add_word(said, *inner, "code");
  read_details(said, error);
  if (said.status < 400)
    if (const int named = status_in(error)) said.status = named;
}

void read_body(Said& said, const json::Value& root) {
  // Some wrap the object into an array.
  if (const auto list = root.as_array(); list && list->size() == 1)
    return read_body(said, *list->begin());
  const auto error = root.get("error");
  if (error && error->kind() == json::Kind::object) return read_object(said, *error);
  read_object(said, root);
  if (error && error->kind() == json::Kind::string) said.message = text_of(*error);
  if (said.message.empty()) said.message = text_at(root, "detail");
}

Said read(int status, std::string_view body) {
  Said said{.status = status};
  json::Document document;
  const std::string_view start = body.substr(0, kRemoteBytesMax);
  if (const auto root = document.parse(start))
    read_body(said, *root);
  else
    said.message = std::string(start.substr(0, kShownBytesMax));
  said.text += " " + lower(said.message);
  return said;
}

bool has_one_word(const Said& said, std::string_view word) {
  for (std::size_t at = said.words.find(word); at != std::string::npos;
       at = said.words.find(word, at + 1))
    if (said.words[at - 1] == ' ' && said.words[at + word.size()] == ' ') return true;
  return false;
}

template <class... Word>
bool has_word(const Said& said, Word... words) {
  return (has_one_word(said, words) || ...);
}

template <class... Part>
bool mentions(const Said& said, Part... parts) {
  return (
      (said.words.find(parts) != std::string::npos || said.text.find(parts) != std::string::npos) ||
      ...);
}

bool is_client_side(int status) { return status >= 400 && status < 500; }
bool is_request_side(int status) { return is_client_side(status) && status < 429; }

bool says_money_gone(const Said& said) {
  return said.status == 402 ||
         has_word(said, "insufficient_quota", "credit_balance_exhausted",
                  "organization_spend_limit_exceeded", "project_spend_limit_exceeded",
                  "organization_usage_limit_exceeded", "billing_hard_limit_reached",
                  "billing_not_active", "billing_error", "insufficient_balance",
                  "insufficient_credits", "payment_required", "arrearage") ||
         (said.status != 422 &&
          mentions(said, "insufficient balance", "credit balance is too low", "out of credits",
                   "used all available credits", "spend_limit_reached", "spending limit",
                   "reached your specified api usage limits", "enable billing"));
}

bool says_day_used_up(const Said& said) {
  return (said.status == 429 || said.status == 403) &&
         mentions(said, "per day", "perday", "per-day", "(rpd)", "(tpd)", "/ day", "daily",
                  "per month", "/ month");
}

bool says_overloaded(const Said& said) {
  return said.status == 503 || said.status == 529 || said.status == 498 ||
         (!is_request_side(said.status) &&
          mentions(said, "overloaded", "at capacity", "over capacity")) ||
         has_word(said, "service_unavailable_error", "unavailable_error", "capacity_exceeded",
                  "service_tier_capacity_exceeded");
}

bool says_rate_limited(const Said& said) {
  return said.status == 429 ||
         has_word(said, "rate_limit_exceeded", "rate_limit_error", "ratelimitreached",
                  "too_many_requests", "resource_exhausted", "throttlingexception",
                  "servicequotaexceededexception");
}

bool says_filtered(const Said& said) {
  return has_word(said, "content_filter", "content_policy_violation", "moderation_blocked",
                  "responsibleaipolicyviolation", "invalid_prompt", "bio_policy",
                  "data_inspection_failed", "datainspectionfailed") ||
         mentions(said, "content management policy", "content filtering policy",
                  "content exists risk", "violating our usage policy") ||
         (said.status == 403 && mentions(said, "moderation", "flagged"));
}

bool says_too_long(const Said& said) {
  return has_word(said, "context_length_exceeded", "exceed_context_size_error",
                  "context_window_exceeded", "string_above_max_length", "too_many_tokens",
                  "too_many_prompt_tokens") ||
         (said.status < 429 &&
          mentions(said, "context length", "context window", "context size", "prompt is too long",
                   "prompt too long", "input is too long", "input tokens exceeded",
                   "input token count", "maximum number of tokens", "too many tokens",
                   "max_new_tokens` must be")) ||
         (said.status == 413 && mentions(said, "tokens"));
}

bool says_bad_key(const Said& said) {
  return said.status == 401 || said.status == 403 ||
         has_word(said, "invalid_api_key", "api_key_invalid", "authentication_error",
                  "permission_denied") ||
         mentions(said, "api key not valid", "api key expired", "incorrect api key",
                  "invalid api key", "user location is not supported");
}

bool says_not_found(const Said& said) {
  return said.status == 404 || said.status == 405 || said.status == 410 ||
         has_word(said, "model_not_found", "deploymentnotfound", "not_found_error",
                  "model_decommissioned", "model_not_supported", "model_not_available",
                  "invalid_model") ||
         (said.status < 429 &&
          mentions(said, "model identifier is invalid", "not a valid model", "model not exist",
                   "access to the model", "access to model")) ||
         (said.status < 429 && mentions(said, "the model ") && mentions(said, "does not exist"));
}

/// The answer was the model's fault: it did not call the tool as it was told.
bool says_generation_failed(const Said& said) { return has_word(said, "tool_use_failed"); }

bool says_request_wrong(const Said& said) {
  const bool transient =
      said.status == 408 || said.status == 409 || said.status == 424 || said.status == 425;
  if (is_client_side(said.status)) return !transient;
  return said.status < 300 && has_word(said, "invalid_request_error", "invalid_argument");
}

bool says_slow_down(const Said& said) {
  return has_word(said, "slow_down") ||
         (said.status == 429 && mentions(said, "ramp_limit_exceeded", "usage increase rate"));
}

ErrorKind kind_of(const Said& said) {
  struct Rule {
    bool (*says)(const Said&);
    ErrorKind kind;
  };
  // From the most telling to the least: codes of the body first, classes of
  // statuses last.
  static constexpr std::array<Rule, 11> kRules{{
      {says_money_gone, ErrorKind::upstream_money_gone},
      {says_slow_down, ErrorKind::upstream_ramping},
      {says_day_used_up, ErrorKind::upstream_daily_quota},
      {says_generation_failed, ErrorKind::reply_invalid},
      {says_filtered, ErrorKind::upstream_content_filtered},
      {says_too_long, ErrorKind::upstream_context_too_long},
      {says_overloaded, ErrorKind::upstream_overloaded},
      {says_rate_limited, ErrorKind::upstream_rate_limited},
      {says_not_found, ErrorKind::upstream_not_found},
      {says_bad_key, ErrorKind::upstream_credential},
      {says_request_wrong, ErrorKind::upstream_request_invalid},
  }};
  for (const Rule& rule : kRules)
    if (rule.says(said)) return rule.kind;
  const bool redirected = said.status >= 300 && said.status < 400;
  return redirected ? ErrorKind::upstream_malformed : ErrorKind::upstream_server_error;
}

std::string_view hint_for(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::upstream_money_gone:
      return "add credit to the account at the provider, or a model of another one to the ladder";
    case ErrorKind::upstream_ramping:
      return "grow the traffic more slowly, or spread it over more models";
    case ErrorKind::upstream_daily_quota:
      return "wait for the next day, or add a model of another provider to the ladder";
    case ErrorKind::upstream_rate_limited:
      return "send less, or add a model of another provider to the ladder";
    case ErrorKind::upstream_overloaded:
    case ErrorKind::upstream_server_error: return "try again later";
    case ErrorKind::upstream_credential: return "check the key of the provider";
    case ErrorKind::upstream_not_found: return "check the model's name and the base_url";
    case ErrorKind::upstream_context_too_long:
      return "shorten the messages, or choose a model with a longer context";
    case ErrorKind::upstream_content_filtered: return "change the text that was refused";
    case ErrorKind::reply_invalid: return "loosen the tool's schema, or use another model";
    case ErrorKind::upstream_malformed: return "check the base_url; redirects are not followed";
    default: return "correct the request as the upstream's message says";
  }
}

/// At most `kShownBytesMax` bytes, cut between characters, on one line.
std::string shown(std::string_view message) {
  std::string text = without_keys(message);
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  if (text.size() <= kShownBytesMax) return text;
  std::size_t end = kShownBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::string what_of(int status, const Said& said) {
  const std::string answered =
      status >= 300 ? fmt::format("the upstream answered {}", status)
                    : fmt::format("the upstream sent an error in its {} answer", status);
  if (said.message.empty()) return answered + " without a message";
  return fmt::format("{}: {}", answered, shown(said.message));
}

std::string header_value(const HeaderList& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (lower(key) == name) return value;
  return {};
}

/// Amazon names the error in a header: "ThrottlingException:http://...".
void add_amazon_word(Said& said, const HeaderList& headers) {
  const std::string type = header_value(headers, "x-amzn-errortype");
  said.words += " " + lower(type.substr(0, type.find(':'))) + " ";
}

/// "Please try again in 1m30s.", "Please retry in 48.9s": for want of a header.
std::optional<std::chrono::milliseconds> wait_in_words(const Said& said) {
  for (const std::string_view before : {"try again in ", "retry in "}) {
    const auto at = said.text.find(before);
    if (at == std::string::npos) continue;
    std::string_view rest = std::string_view(said.text).substr(at + before.size());
    rest = rest.substr(0, rest.find_first_of(" ,;\n"));
    while (rest.ends_with('.')) rest.remove_suffix(1);
    if (const auto wait = duration_of(rest)) return wait;
  }
  return {};
}

bool is_pace(ErrorKind kind) {
  return kind == ErrorKind::upstream_rate_limited || kind == ErrorKind::upstream_ramping;
}

}  // namespace

Error classify(int status, const HeaderList& headers, std::string_view body) {
  Said said = read(status, body);
  add_amazon_word(said, headers);
  Error error{.kind = kind_of(said), .what = what_of(status, said)};
  error.hint = hint_for(error.kind);
  // On a 2xx the header describes a token bucket, not a wait.
  if (status >= 300) error.retry_after = retry_after_of(headers);
  if (!error.retry_after) error.retry_after = said.retry_delay;
  if (!error.retry_after && is_pace(error.kind)) error.retry_after = reset_wait_of(headers);
  if (!error.retry_after && is_pace(error.kind)) error.retry_after = wait_in_words(said);
  auto remote = std::make_shared<RemoteAnswer>();
  remote->status = said.status;
  remote->content_type = header_value(headers, "content-type");
  remote->body = std::string(body.substr(0, kRemoteBytesMax));
  error.remote = std::move(remote);
  return error;
}

}  // namespace plimsoll::dialects::openai_chat
