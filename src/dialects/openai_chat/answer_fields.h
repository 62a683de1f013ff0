#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "model/answer.h"
#include "model/event.h"

/// How the parts of answers and chunks are read, for whole and streamed alike.
namespace plimsoll::dialects::openai_chat {

/// Limits on indexes that an upstream names, so that it cannot make us allocate.
inline constexpr int kChoiceIndexMax = 127;
inline constexpr int kToolIndexMax = 1023;

/// `usage` of an answer or a chunk, or Groq's `x_groq.usage`; empty when there is
/// none or it holds no counts. Negative counts are 0.
std::optional<Usage> usage_in(const json::Value& object);

/// Finish::none for null, absent or empty.
Finish finish_of(std::optional<std::string_view> reason) noexcept;

/// How this dialect says it; "stop" for those it has no word for.
std::string_view word_of(Finish finish) noexcept;

/// `usage` as this dialect writes it.
std::string usage_json(const Usage& usage);

/// True for a finish_reason that says the generation itself failed.
bool is_failure(std::string_view reason) noexcept;

/// The delta that the `text` of a completion's choice brings.
void append_text_of(std::vector<Delta>& out, int choice, const json::Value& object);

/// The deltas that a message or a delta object brings, appended to `out`. Texts
/// without bytes bring none.
///
/// Errors
///   upstream_malformed   an index of a tool call is not 0..kToolIndexMax
[[nodiscard]] Result<void> append_deltas(std::vector<Delta>& out, int choice,
                                         const json::Value& message);

/// `index` of a choice or tool call, or `otherwise` when it names none.
///
/// Errors
///   upstream_malformed   not an integer of 0..max
[[nodiscard]] Result<int> index_of(const json::Value& object, int otherwise, int max);

/// The error a 2xx body or an event carries instead of an answer: an `error`
/// member that is not null, or an object that calls itself one.
bool carries_error(const json::Value& object);

}  // namespace plimsoll::dialects::openai_chat
