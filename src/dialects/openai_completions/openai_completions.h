#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "dialects/codec.h"
#include "dialects/openai_chat/openai_chat.h"
#include "model/event.h"
#include "model/request.h"

/// OpenAI's older completions (POST /v1/completions): passed on to providers of
/// OpenAI's shape, and to no other. Answers and streams are those of chats, with a
/// text in place of a message. Source: OpenAI's OpenAPI document 2.3.0 and recorded
/// traffic.
namespace plimsoll::dialects::openai_completions {

/// Reads a client's request body, which it takes over.
///
/// Errors
///   request_invalid   not a JSON object; a top-level key twice; `model` missing;
///                     prompt, stream, n, max_tokens or stream_options of a wrong type
[[nodiscard]] Result<std::shared_ptr<const Request>> decode_call(std::string body);

/// The body for the upstream: `model` replaced, max_tokens lowered or set, usage of a
/// stream always asked. Every other byte stays.
[[nodiscard]] std::string encode_call(const Request& request, const CallEdits& edits);

/// As openai_chat::decode_whole.
[[nodiscard]] Result<Event> decode_whole(std::string body);

/// As openai_chat::StreamDecoder.
class StreamDecoder final : public EventDecoder {
 public:
  void feed(std::string_view bytes) override { chunks_.feed(bytes); }
  [[nodiscard]] Result<std::optional<Event>> next() override;
  void end_of_input() noexcept override { chunks_.end_of_input(); }
  [[nodiscard]] Result<void> verdict() const override { return chunks_.verdict(); }

 private:
  openai_chat::StreamDecoder chunks_;
};

/// Writes the text of replies as completions and their chunks.
std::unique_ptr<ReplyEncoder> reply_encoder(const ReplyFrame& frame);

}  // namespace plimsoll::dialects::openai_completions
