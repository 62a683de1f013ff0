#include "dialects/anthropic/blocks.h"

#include <algorithm>
#include <array>

namespace plimsoll::dialects::anthropic {
namespace {

bool take_count(std::int64_t& to, const json::Value& object, std::string_view key) {
  const auto count = object.get_int(key);
  if (count) to = std::max<std::int64_t>(0, *count);
  return count.has_value();
}

}  // namespace

bool merge_usage(Usage& usage, const json::Value& object) {
  if (object.kind() != json::Kind::object) return false;
  std::int64_t plain = usage.input - usage.cached_input - usage.cache_write_input;
  bool named = take_count(plain, object, "input_tokens");
  named |= take_count(usage.cached_input, object, "cache_read_input_tokens");
  named |= take_count(usage.cache_write_input, object, "cache_creation_input_tokens");
  named |= take_count(usage.output, object, "output_tokens");
  usage.input = plain + usage.cached_input + usage.cache_write_input;
  if (const auto details = object.get("output_tokens_details"))
    take_count(usage.reasoning_output, *details, "thinking_tokens");
  return named;
}

Finish finish_of(std::optional<std::string_view> reason) noexcept {
  struct Row {
    std::string_view word;
    Finish finish;
  };
  static constexpr std::array kRows{
      Row{"end_turn", Finish::stop},       Row{"stop_sequence", Finish::stop},
      Row{"pause_turn", Finish::other},  // the client is to send it on
      Row{"max_tokens", Finish::length},   Row{"model_context_window_exceeded", Finish::length},
      Row{"tool_use", Finish::tool_calls}, Row{"refusal", Finish::content_filter},
  };
  if (!reason || reason->empty()) return Finish::none;
  const auto* row = std::ranges::find(kRows, *reason, &Row::word);
  return row == kRows.end() ? Finish::other : row->finish;
}

std::string_view refusal_of(const json::Value& object) {
  const auto details = object.get("stop_details");
  if (!details) return {};
  return details->get_string("explanation").value_or(std::string_view());
}

void append_delta(std::vector<Delta>& out, Delta::Kind kind, std::string_view text, int tool) {
  if (!text.empty()) out.push_back({.kind = kind, .tool = tool, .text = std::string(text)});
}

}  // namespace plimsoll::dialects::anthropic
