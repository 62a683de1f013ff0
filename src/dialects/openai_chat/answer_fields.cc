#include "dialects/openai_chat/answer_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dialects/json_object.h"
#include "dialects/members.h"

namespace plimsoll::dialects::openai_chat {
namespace {

std::int64_t count_in(const json::Value& object, std::string_view key) {
  return std::max<std::int64_t>(0, object.get_int(key).value_or(0));
}

std::int64_t detail_in(const json::Value& usage, std::string_view group, std::string_view key) {
  const auto details = usage.get(group);
  return details ? count_in(*details, key) : 0;
}

void append_text(std::vector<Delta>& out, Delta::Kind kind, int choice,
                 std::optional<std::string_view> text, int tool = 0) {
  if (!text || text->empty()) return;
  out.push_back({.kind = kind, .choice = choice, .tool = tool, .text = std::string(*text)});
}

/// A part of a content array; Mistral puts its reasoning there too.
void append_part(std::vector<Delta>& out, int choice, const json::Value& part) {
  append_text(out, Delta::Kind::refusal, choice, part.get_string("refusal"));
  if (const auto thinking = part.get("thinking")) {
    append_text(out, Delta::Kind::reasoning, choice, thinking->as_string());
    if (const auto pieces = thinking->as_array())
      for (const json::Value piece : *pieces)
        append_text(out, Delta::Kind::reasoning, choice, piece.get_string("text"));
    return;
  }
  append_text(out, Delta::Kind::text, choice, part.get_string("text"));
}

void append_content(std::vector<Delta>& out, int choice, const json::Value& content) {
  append_text(out, Delta::Kind::text, choice, content.as_string());
  if (const auto parts = content.as_array())
    for (const json::Value part : *parts) append_part(out, choice, part);
}

/// Arguments are a string; a few servers send the object itself.
void append_arguments(std::vector<Delta>& out, int choice, int tool, const json::Value& body,
                      std::string_view key) {
  const auto arguments = body.get(key);
  if (!arguments || arguments->is_null()) return;
  if (arguments->kind() == json::Kind::string)
    append_text(out, Delta::Kind::tool_arguments, choice, arguments->as_string(), tool);
  else
    append_text(out, Delta::Kind::tool_arguments, choice, arguments->dump(), tool);
}

void append_function(std::vector<Delta>& out, int choice, int tool, const json::Value& body) {
  append_text(out, Delta::Kind::tool_name, choice, body.get_string("name"), tool);
  append_arguments(out, choice, tool, body, "arguments");
  append_arguments(out, choice, tool, body, "input");
}

Result<void> append_tool_calls(std::vector<Delta>& out, int choice, const json::Array& calls) {
  int position = 0;
  for (const json::Value call : calls) {
    PLIMSOLL_TRY(const int tool, index_of(call, position++, kToolIndexMax));
    append_text(out, Delta::Kind::tool_id, choice, call.get_string("id"), tool);
    for (const std::string_view kind : {"function", "custom"})
      if (const auto body = call.get(kind)) append_function(out, choice, tool, *body);
  }
  return {};
}

}  // namespace

std::optional<Usage> usage_in(const json::Value& object) {
  auto usage = object.get("usage");
  if (!usage || usage->kind() != json::Kind::object)
    if (const auto groq = object.get("x_groq")) usage = groq->get("usage");
  if (!usage || usage->kind() != json::Kind::object) return {};
  if (!usage->get_int("prompt_tokens") && !usage->get_int("completion_tokens")) return {};
  Usage read;
  read.input = count_in(*usage, "prompt_tokens");
  // Where reasoning is left out of completion_tokens (Gemini, xAI), it is in the total.
  read.output = std::max(count_in(*usage, "completion_tokens"),
                         count_in(*usage, "total_tokens") - read.input);
  read.cached_input = std::max(detail_in(*usage, "prompt_tokens_details", "cached_tokens"),
                               count_in(*usage, "prompt_cache_hit_tokens"));
  read.cache_write_input = detail_in(*usage, "prompt_tokens_details", "cache_write_tokens");
  read.reasoning_output = detail_in(*usage, "completion_tokens_details", "reasoning_tokens");
  return read;
}

Finish finish_of(std::optional<std::string_view> reason) noexcept {
  struct Row {
    std::string_view word;
    Finish finish;
  };
  static constexpr std::array kRows{
      Row{"stop", Finish::stop},
      Row{"eos", Finish::stop},
      Row{"end_turn", Finish::stop},
      Row{"length", Finish::length},
      Row{"model_length", Finish::length},
      Row{"max_tokens", Finish::length},
      Row{"tool_calls", Finish::tool_calls},
      Row{"function_call", Finish::tool_calls},
      Row{"content_filter", Finish::content_filter},
      Row{"sensitive", Finish::content_filter},
  };
  if (!reason || reason->empty()) return Finish::none;
  const auto* row = std::ranges::find(kRows, *reason, &Row::word);
  return row == kRows.end() ? Finish::other : row->finish;
}

bool is_failure(std::string_view reason) noexcept {
  return reason == "error" || reason == "network_error" || reason == "insufficient_system_resource";
}

std::string_view word_of(Finish finish) noexcept {
  switch (finish) {
    case Finish::length: return "length";
    case Finish::tool_calls: return "tool_calls";
    case Finish::content_filter: return "content_filter";
    case Finish::none:
    case Finish::stop:
    case Finish::other: return "stop";
  }
  return "stop";
}

Result<void> append_deltas(std::vector<Delta>& out, int choice, const json::Value& message) {
  const auto object = message.as_object();
  if (!object) return {};
  for (const json::Member member : *object) {
    if (member.key == "content") append_content(out, choice, member.value);
    if (member.key == "refusal")
      append_text(out, Delta::Kind::refusal, choice, member.value.as_string());
    if (member.key == "reasoning" || member.key == "reasoning_content")
      append_text(out, Delta::Kind::reasoning, choice, member.value.as_string());
    if (member.key == "function_call") append_function(out, choice, 0, member.value);
    if (member.key != "tool_calls") continue;
    const auto calls = member.value.as_array();
    if (!calls) continue;
    if (auto read = append_tool_calls(out, choice, *calls); !read) return read;
  }
  return {};
}

void append_text_of(std::vector<Delta>& out, int choice, const json::Value& object) {
  append_text(out, Delta::Kind::text, choice, object.get_string("text"));
}

Result<int> index_of(const json::Value& object, int otherwise, int max) {
  const auto value = object.get("index");
  std::int64_t index = otherwise;
  if (value && !value->is_null()) {
    const auto named = value->as_int();
    if (!named)
      return fail(ErrorKind::upstream_malformed,
                  fmt::format("an \"index\" of the answer is {}", name_of(value->kind())),
                  "try again, or choose another model");
    index = *named;
  }
  if (index < 0 || index > max)
    return fail(ErrorKind::upstream_malformed,
                fmt::format("an \"index\" of the answer is {}, beyond 0 to {}", index, max),
                "try again, or choose another model");
  return static_cast<int>(index);
}

bool carries_error(const json::Value& object) {
  if (const auto error = object.get("error"); error && !error->is_null()) return true;
  return object.get_string("object") == "error";
}

std::string usage_json(const Usage& usage) {
  std::string out;
  JsonObject object(out);
  object.integer("prompt_tokens", usage.input);
  object.integer("completion_tokens", usage.output);
  object.integer("total_tokens", usage.input + usage.output);
  JsonObject prompt(object.open("prompt_tokens_details"));
  prompt.integer("cached_tokens", usage.cached_input);
  prompt.integer("cache_write_tokens", usage.cache_write_input);
  prompt.end();
  JsonObject completion(object.open("completion_tokens_details"));
  completion.integer("reasoning_tokens", usage.reasoning_output);
  completion.end();
  object.end();
  return out;
}

}  // namespace plimsoll::dialects::openai_chat
