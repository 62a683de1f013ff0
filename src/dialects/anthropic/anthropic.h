#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sse.h"
#include "dialects/codec.h"
#include "model/event.h"
#include "model/prompt.h"
#include "model/request.h"

/// Anthropic Messages, both ends (POST /v1/messages). Pure: bytes and values in,
/// bytes and values out. Source: Anthropic's documents and SDK types of API
/// version 2023-06-01 and 2026-10-21, and recorded traffic.
namespace plimsoll::dialects::anthropic {

/// The version we speak where we translate; a client's own is passed on.
inline constexpr std::string_view kVersion = "2023-06-01";

/// Reads a client's request body, which it takes over; that of count_tokens too,
/// which has no max_tokens.
///
/// Errors
///   request_invalid   not a JSON object; a top-level key twice; `model` or
///                     `messages` missing, empty or of a wrong type; max_tokens,
///                     stream or tools of a wrong type
[[nodiscard]] Result<std::shared_ptr<const Request>> decode_call(std::string body);

/// The same request in words that every dialect shares.
///
/// Errors
///   request_invalid   it names a file by its id
[[nodiscard]] Result<Prompt> read_prompt(const Request& request);

/// The body for an upstream of this dialect: `model` replaced, max_tokens lowered
/// or set. Every other byte stays.
[[nodiscard]] std::string encode_call(const Request& request, const CallEdits& edits);

/// A body of this dialect with what the rung of `edits` wants; what has no place
/// is named in `dropped`.
[[nodiscard]] std::string edit_call(std::string body, const CallEdits& edits,
                                    std::vector<std::string>& dropped);

/// Appends what the client gets for an event of this dialect: its raw bytes.
void append_event(std::string& out, const Event& event, const Request& request);

/// The JSON body of an error answer: Anthropic's shape, ours under "plimsoll" of
/// its error object. With `error.remote` holding an Anthropic-shaped 4xx, its
/// body is kept and only the extra key is added.
[[nodiscard]] std::string encode_error(const Error& error, const ErrorFrame& frame);

/// The same as the event that ends a stream; never followed by message_stop.
[[nodiscard]] std::string encode_stream_error(const Error& error, const ErrorFrame& frame);

/// The status that clients of this dialect expect where others say `status`.
[[nodiscard]] int shown_status(int status, ErrorKind kind) noexcept;

/// The body of an answer to count_tokens.
[[nodiscard]] std::string encode_token_count(std::int64_t tokens);

/// The body of GET /v1/models for these ids, and of GET /v1/models/{id}.
[[nodiscard]] std::string encode_models(const std::vector<std::string>& ids);
[[nodiscard]] std::string encode_model(std::string_view id);

/// The body for an upstream in the words of `prompt`. Names what it leaves out
/// in `dropped`.
///
/// Errors
///   request_invalid   a part that this dialect cannot hold, such as an image type
[[nodiscard]] Result<std::string> write_call(const Prompt& prompt, const CallEdits& edits,
                                             std::vector<std::string>& dropped);

/// Reads the body of a 2xx answer that is not a stream, which it takes over.
///
/// Errors
///   upstream_malformed   not a message object
///   the kinds of `classify`, when the body is an error object in spite of the 2xx
[[nodiscard]] Result<Event> decode_whole(std::string body);

/// Reads a stream. Complete means: message_stop came.
class StreamDecoder final : public EventDecoder {
 public:
  void feed(std::string_view bytes) override { reader_.feed(bytes); }
  [[nodiscard]] Result<std::optional<Event>> next() override;
  void end_of_input() noexcept override { reader_.end_of_input(); }
  [[nodiscard]] Result<void> verdict() const override;

 private:
  /// What became of the content block with this index.
  struct Block {
    enum class Kind : std::uint8_t { unknown, text, thinking, tool };
    Kind kind = Kind::unknown;
    int tool = 0;           // counts the tool calls of the answer
    std::string arguments;  // that stood in its start, for when no fragment comes
    bool fragments = false;
  };

  Result<void> read(const json::Value& root, Event& event);
  Result<void> start_block(const json::Value& root, Event& event);
  Result<void> add_to_block(const json::Value& root, Event& event);
  Result<void> stop_block(const json::Value& root, Event& event);
  void read_message_delta(const json::Value& root, Event& event);
  Result<Block*> block_of(const json::Value& root);

  SseReader reader_;
  std::vector<Block> blocks_;
  int tools_ = 0;
  Usage usage_;
  bool begun_ = false, stopped_ = false;
};

/// Tells what an upstream's error answer means, from status, headers and body.
/// Sets `retry_after` and `remote`. Never says "no error".
[[nodiscard]] Error classify(int status, const HeaderList& headers, std::string_view body);

}  // namespace plimsoll::dialects::anthropic
