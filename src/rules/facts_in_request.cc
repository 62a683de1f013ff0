#include <fmt/core.h>

#include <optional>

#include "base/json.h"
#include "rules/table.h"

namespace plimsoll::rules {
namespace {

/// A user's words: a text, or the texts of its parts.
std::optional<std::string> words_of(const json::Value& content) {
  if (const auto text = content.as_string()) return std::string(*text);
  const auto parts = content.as_array();
  if (!parts) return {};
  std::optional<std::string> words;
  for (const json::Value part : *parts)
    if (const auto text = part.get_string("text"))
      words = words ? *words + "\n" + std::string(*text) : std::string(*text);
  return words;
}

/// The arguments of the last tool call in a message, in either dialect.
std::optional<std::string> arguments_in(const json::Value& message) {
  std::optional<std::string> found;
  const auto calls = message.get("tool_calls");
  if (const auto list = calls ? calls->as_array() : std::nullopt)
    for (const json::Value call : *list)
      if (const auto function = call.get("function"))
        if (const auto text = function->get_string("arguments")) found = std::string(*text);
  const auto content = message.get("content");
  if (const auto parts = content ? content->as_array() : std::nullopt)
    for (const json::Value part : *parts)
      if (part.get_string("type") == "tool_use")
        if (const auto input = part.get("input")) found = input->dump();
  return found;
}

std::optional<std::string> last_message(const json::Value& root) {
  std::optional<std::string> found;
  const auto messages = root.get("messages");
  const auto list = messages ? messages->as_array() : std::nullopt;
  if (!list) return {};
  for (const json::Value message : *list) {
    if (message.get_string("role") != "user") continue;
    const auto content = message.get("content");
    auto words = content ? words_of(*content) : std::nullopt;
    if (words) found = std::move(words);
  }
  return found;
}

std::optional<std::string> last_tool_call(const json::Value& root) {
  std::optional<std::string> found;
  const auto messages = root.get("messages");
  const auto list = messages ? messages->as_array() : std::nullopt;
  if (!list) return {};
  for (const json::Value message : *list)
    if (auto arguments = arguments_in(message)) found = std::move(arguments);
  return found;
}

std::string_view place_of(RuleTable::From from) noexcept {
  switch (from) {
    case RuleTable::From::message: return "the user's last message";
    case RuleTable::From::metadata: return "metadata";
    case RuleTable::From::tool_call: return "the last tool call";
  }
  return "the request";
}

}  // namespace

Result<std::string> facts_of(const Request& request, RuleTable::From from) {
  json::Document document;
  PLIMSOLL_TRY(const json::Value root, document.parse(request.body));
  std::optional<std::string> found;
  if (from == RuleTable::From::message) found = last_message(root);
  if (from == RuleTable::From::tool_call) found = last_tool_call(root);
  if (from == RuleTable::From::metadata)
    if (const auto metadata = root.get("metadata")) found = metadata->dump();
  if (found) return std::move(*found);
  return fail(
      ErrorKind::input_rejected,
      fmt::format("the request carries no facts for the rules: nothing in {}", place_of(from)),
      fmt::format("send them as a JSON object in {}", place_of(from)));
}

}  // namespace plimsoll::rules
