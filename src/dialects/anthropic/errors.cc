// What an error answer of Anthropic means:
//   error = { "type": "error", "error": { "type", "message",
//             "details": { "error_code" } }, "request_id" }
// What it shares with other providers is read with theirs; here stands its own.
#include <algorithm>
#include <array>

#include "dialects/anthropic/anthropic.h"
#include "dialects/openai_chat/openai_chat.h"
#include "dialects/retry_after.h"

namespace plimsoll::dialects::anthropic {
namespace {

struct Said {
  std::string type, code, message;
};

std::string string_at(const json::Value& object, std::string_view key) {
  return std::string(object.get_string(key).value_or(std::string_view()));
}

Said read(std::string_view body) {
  json::Document document;
  const auto root = document.parse(body);
  const auto error = root ? root->get("error") : std::nullopt;
  if (!error) return {};
  Said said{.type = string_at(*error, "type"), .code = {}, .message = string_at(*error, "message")};
  if (const auto details = error->get("details")) said.code = string_at(*details, "error_code");
  return said;
}

bool mentions(const Said& said, std::string_view words) {
  return said.message.find(words) != std::string::npos;
}

bool says_money_gone(const Said& said) {
  return said.type == "billing_error" || said.code.find("spend_limit") != std::string::npos ||
         mentions(said, "credit balance is too low") ||
         mentions(said, "reached your specified API usage limits");
}

bool says_slow_down(const Said& said) { return said.code == "ramp_limit_exceeded"; }

bool says_overloaded(const Said& said) { return said.type == "overloaded_error"; }

bool says_rate_limited(const Said& said) { return said.type == "rate_limit_error"; }

bool says_too_long(const Said& said) { return mentions(said, "prompt is too long"); }

struct Rule {
  bool (*says)(const Said&);
  ErrorKind kind;
  std::string_view hint;
};

constexpr std::array<Rule, 5> kRules{{
    {says_money_gone, ErrorKind::upstream_money_gone,
     "add credit to the account at the provider, or a model of another one to the ladder"},
    {says_slow_down, ErrorKind::upstream_ramping,
     "grow the traffic more slowly, or spread it over more models"},
    {says_overloaded, ErrorKind::upstream_overloaded, "try again later"},
    {says_rate_limited, ErrorKind::upstream_rate_limited,
     "send less, or add a model of another provider to the ladder"},
    {says_too_long, ErrorKind::upstream_context_too_long,
     "shorten the messages, or choose a model with a longer context"},
}};

}  // namespace

Error classify(int status, const HeaderList& headers, std::string_view body) {
  Error error = openai_chat::classify(status, headers, body);
  const Said said = read(body);
  const auto* rule =
      std::ranges::find_if(kRules, [&](const Rule& each) { return each.says(said); });
  if (rule != kRules.end()) {
    error.kind = rule->kind;
    error.hint = rule->hint;
  }
  const bool may_wait =
      error.kind == ErrorKind::upstream_rate_limited || error.kind == ErrorKind::upstream_ramping;
  if (!error.retry_after && may_wait) error.retry_after = reset_wait_of(headers);
  return error;
}

}  // namespace plimsoll::dialects::anthropic
