#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sse.h"
#include "dialects/codec.h"
#include "model/answer_builder.h"
#include "model/event.h"
#include "model/request.h"

/// OpenAI chat completions, both ends (POST /v1/chat/completions). Pure: bytes
/// and values in, bytes and values out. Source: OpenAI's OpenAPI document 2.3.0
/// and recorded traffic. Files: decode_call.cc, encode_call.cc, decode_event.cc,
/// decode_whole.cc, encode_reply.cc, errors.cc (what an upstream's error means),
/// encode_error.cc (how an error is shown).
namespace plimsoll::dialects::openai_chat {

/// Reads a client's request body, which it takes over.
///
/// Errors
///   request_invalid   not a JSON object; a top-level key twice; `model` or
///                     `messages` missing, empty or of a wrong type; stream, n,
///                     max_tokens, response_format or stream_options of a wrong type
[[nodiscard]] Result<std::shared_ptr<const Request>> decode_call(std::string body);

using dialects::CallEdits;
using dialects::ErrorFrame;
using dialects::HeaderList;

/// The same request in words that every dialect shares.
///
/// Errors
///   request_invalid   it asks for what no other dialect has: several choices, audio,
///                     files by id, calls of tools that are no functions
[[nodiscard]] Result<Prompt> read_prompt(const Request& request);

/// The body for an upstream in the words of `prompt`. Names what it leaves out
/// in `dropped`.
///
/// Errors
///   request_invalid   a part that a chat cannot hold
[[nodiscard]] Result<std::string> write_call(const Prompt& prompt, const CallEdits& edits,
                                             std::vector<std::string>& dropped);

/// The status that clients of this dialect expect where others say `status`.
[[nodiscard]] int shown_status(int status, ErrorKind kind) noexcept;

/// The body for the upstream: `model` replaced, usage of a stream always asked.
[[nodiscard]] std::string encode_call(const Request& request, const CallEdits& edits);

/// A body of this dialect with what the rung of `edits` wants. A format of the
/// answer that the body asks for already is kept.
[[nodiscard]] std::string edit_call(std::string body, const CallEdits& edits,
                                    std::vector<std::string>& dropped);

/// Reads the body of a 2xx answer that is not a stream, which it takes over.
///
/// Errors
///   upstream_malformed   not a chat completion object
///   the kinds of `classify`, when the body is an error object in spite of the 2xx
[[nodiscard]] Result<Event> decode_whole(std::string body);

/// The same for an answer that nobody reads: finds usage and model among its
/// bytes and leaves Event::whole out. What does not look like a good answer with
/// usage goes through decode_whole, so errors are the same; but what stands inside
/// the choices is not checked.
[[nodiscard]] Result<Event> decode_unread(std::string body);

/// Reads a stream. Complete means: [DONE], or every choice that began has
/// finished and no frame is left unfinished.
class StreamDecoder final : public EventDecoder {
 public:
  void feed(std::string_view bytes) override;
  [[nodiscard]] Result<std::optional<Event>> next() override;
  void end_of_input() noexcept override { reader_.end_of_input(); }
  [[nodiscard]] Result<void> verdict() const override;

 private:
  SseReader reader_;
  std::vector<bool> begun_, finished_;
  bool done_ = false;
};

/// Appends what the client gets for `event`: its raw bytes, or nothing for a
/// usage event that the client did not ask for.
void append_event(std::string& out, const Event& event, const Request& request);

/// Tells what an upstream's error answer means, from status, headers and body.
/// Sets `retry_after` and `remote`. Never says "no error".
[[nodiscard]] Error classify(int status, const HeaderList& headers, std::string_view body);

/// The JSON body of an error answer: OpenAI's shape, ours under "plimsoll".
/// With `error.remote` holding an OpenAI-shaped 4xx, its body is kept and only
/// the extra key is added.
[[nodiscard]] std::string encode_error(const Error& error, const ErrorFrame& frame);

/// The same as an in-band event of a stream that has begun; never followed by
/// [DONE].
[[nodiscard]] std::string encode_stream_error(const Error& error, const ErrorFrame& frame);

/// The body of GET /v1/models for these ids.
[[nodiscard]] std::string encode_models(const std::vector<std::string>& ids);
/// The body of GET /v1/models/{id}.
[[nodiscard]] std::string encode_model(std::string_view id);

}  // namespace plimsoll::dialects::openai_chat
