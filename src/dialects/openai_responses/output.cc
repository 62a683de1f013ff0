#include "dialects/openai_responses/output.h"

#include <algorithm>

#include "dialects/json_reading.h"
#include "dialects/openai_responses/reasoning.h"

namespace plimsoll::dialects::openai_responses {
namespace {

std::int64_t count_in(const json::Value& object, std::string_view key) {
  return std::max<std::int64_t>(0, object.get_int(key).value_or(0));
}

std::int64_t detail_in(const json::Value& usage, std::string_view group, std::string_view key) {
  const auto details = usage.get(group);
  return details ? count_in(*details, key) : 0;
}

bool calls_a_tool(const json::Value& response) {
  const auto output = array_at(response, "output");
  if (!output) return false;
  for (const json::Value item : *output)
    if (item.get_string("type") == "function_call") return true;
  return false;
}

/// Texts in the parts of `list`, under `key`.
void append_texts(std::vector<Delta>& out, Delta::Kind kind, const json::Value& holder,
                  std::string_view list, std::string_view key) {
  const auto parts = array_at(holder, list);
  if (!parts) return;
  for (const json::Value part : *parts)
    append_delta(out, kind, part.get_string(key).value_or(std::string_view()));
}

}  // namespace

std::optional<Usage> usage_in(const json::Value& response) {
  const auto usage = response.get("usage");
  if (!usage || !usage->get_int("input_tokens")) return {};
  Usage read;
  read.input = count_in(*usage, "input_tokens");
  read.output = count_in(*usage, "output_tokens");
  read.cached_input = detail_in(*usage, "input_tokens_details", "cached_tokens");
  read.cache_write_input = detail_in(*usage, "input_tokens_details", "cache_write_tokens");
  read.reasoning_output = detail_in(*usage, "output_tokens_details", "reasoning_tokens");
  return read;
}

Finish finish_of(const json::Value& response) {
  const std::string status = string_at(response, "status");
  if (status == "completed") return calls_a_tool(response) ? Finish::tool_calls : Finish::stop;
  if (status == "in_progress" || status == "queued") return Finish::none;
  if (status != "incomplete") return Finish::other;
  const auto details = response.get("incomplete_details");
  const std::string reason = details ? string_at(*details, "reason") : std::string();
  if (reason == "max_output_tokens") return Finish::length;
  return reason == "content_filter" ? Finish::content_filter : Finish::other;
}

void append_delta(std::vector<Delta>& out, Delta::Kind kind, std::string_view text, int tool) {
  if (!text.empty()) out.push_back({.kind = kind, .tool = tool, .text = std::string(text)});
}

void append_proof(std::vector<Delta>& out, const json::Value& item) {
  const Thought proof = unsealed(string_at(item, "encrypted_content"));
  append_delta(out, Delta::Kind::signature, proof.signature);
  append_delta(out, Delta::Kind::redacted, proof.redacted);
}

void append_item(std::vector<Delta>& out, const json::Value& item, int tool) {
  using Kind = Delta::Kind;
  const std::string type = string_at(item, "type");
  if (type == "message") {
    append_texts(out, Kind::text, item, "content", "text");
    append_texts(out, Kind::refusal, item, "content", "refusal");
  } else if (type == "reasoning") {
    append_texts(out, Kind::reasoning, item, "summary", "text");
    append_texts(out, Kind::reasoning, item, "content", "text");
    append_proof(out, item);
  } else if (type == "function_call") {
    append_delta(out, Kind::tool_id, string_at(item, "call_id"), tool);
    append_delta(out, Kind::tool_name, string_at(item, "name"), tool);
    append_delta(out, Kind::tool_arguments, string_at(item, "arguments"), tool);
  }
}

}  // namespace plimsoll::dialects::openai_responses
