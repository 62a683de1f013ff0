#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sse.h"
#include "dialects/codec.h"
#include "model/event.h"
#include "model/prompt.h"
#include "model/request.h"

/// OpenAI's Responses, both ends (POST /v1/responses). Pure: bytes and values in,
/// bytes and values out. Source: OpenAI's OpenAPI document 2.3.0 and recorded
/// traffic. Nothing is stored here: between equals the fields that refer to what a
/// server keeps pass as they came, towards other dialects they are refused.
namespace plimsoll::dialects::openai_responses {

/// Reads a client's request body, which it takes over.
///
/// Errors
///   request_invalid   not a JSON object; a top-level key twice; `model` missing;
///                     input, stream, max_output_tokens, tools or text of a wrong type
[[nodiscard]] Result<std::shared_ptr<const Request>> decode_call(std::string body);

/// The same request in words that every dialect shares.
///
/// Errors
///   request_invalid   it refers to what a server keeps (previous_response_id,
///                     conversation, prompt, item_reference, files by id), wants to
///                     run in the background, or holds an item no other dialect has
[[nodiscard]] Result<Prompt> read_prompt(const Request& request);

/// The body for an upstream of this dialect: `model` replaced, max_output_tokens
/// lowered or set. Every other byte stays.
[[nodiscard]] std::string encode_call(const Request& request, const CallEdits& edits);

/// A body of this dialect with what the rung of `edits` wants; what has no place
/// is named in `dropped`.
[[nodiscard]] std::string edit_call(std::string body, const CallEdits& edits,
                                    std::vector<std::string>& dropped);

/// The body for an upstream in the words of `prompt`, with `store` false. Names
/// what it leaves out in `dropped`.
[[nodiscard]] Result<std::string> write_call(const Prompt& prompt, const CallEdits& edits,
                                             std::vector<std::string>& dropped);

/// Reads the body of a 2xx answer that is not a stream, which it takes over.
///
/// Errors
///   upstream_malformed   not a response object, or one that is not finished
///   the kinds of `classify`, when the response failed or is an error object
[[nodiscard]] Result<Event> decode_whole(std::string body);

/// Reads a stream. Complete means: response.completed or response.incomplete came.
class StreamDecoder final : public EventDecoder {
 public:
  void feed(std::string_view bytes) override { reader_.feed(bytes); }
  [[nodiscard]] Result<std::optional<Event>> next() override;
  void end_of_input() noexcept override { reader_.end_of_input(); }
  [[nodiscard]] Result<void> verdict() const override;

 private:
  /// What became of the output item with this index.
  struct Item {
    int tool = -1;      // counts the calls of the answer
    bool told = false;  // a delta of it came, so what follows at its end is known
  };

  Result<void> read(const json::Value& root, Event& event);
  Result<void> begin_item(const json::Value& root, Event& event);
  Result<void> add_to_item(std::string_view type, const json::Value& root, Event& event);
  Result<void> end_item(const json::Value& root, Event& event);
  Result<void> finish(const json::Value& root, Event& event);
  void name_tool(Item& item, const json::Value& value, Event& event);
  Result<Item*> item_of(const json::Value& root);

  SseReader reader_;
  std::vector<Item> items_;
  int tools_ = 0;
  bool begun_ = false, finished_ = false;
};

/// Appends what the client gets for an event of this dialect: its raw bytes.
void append_event(std::string& out, const Event& event, const Request& request);

/// The event that ends a stream that broke: response.failed, then error.
[[nodiscard]] std::string encode_stream_error(const Error& error, const ErrorFrame& frame);

/// Writes replies of other dialects as responses and their events.
std::unique_ptr<ReplyEncoder> reply_encoder(const ReplyFrame& frame);

}  // namespace plimsoll::dialects::openai_responses
