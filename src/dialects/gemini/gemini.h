#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sse.h"
#include "dialects/codec.h"
#include "model/event.h"
#include "model/prompt.h"

/// Google's Gemini API, as an upstream only (POST /v1beta/models/{model}:generateContent
/// and :streamGenerateContent?alt=sse). Pure: bytes and values in, bytes and values out.
/// Source: Google's reference of v1beta and recorded traffic.
namespace plimsoll::dialects::gemini {

/// The body for an upstream in the words of `prompt`, with what the rung of `edits`
/// wants. Names what it leaves out in
/// `dropped`.
///
/// Errors
///   request_invalid   the result of a tool that was never called
[[nodiscard]] Result<std::string> write_call(const Prompt& prompt, const CallEdits& edits,
                                             std::vector<std::string>& dropped);

/// `body` as it is: `write_call` writes what the rung of `edits` wants.
[[nodiscard]] std::string edit_call(std::string body, const CallEdits& edits,
                                    std::vector<std::string>& dropped);

/// Reads the body of a 2xx answer that is not a stream, which it takes over.
///
/// Errors
///   upstream_malformed   not an object with candidates or a blocked prompt
///   reply_invalid        the model called its tools in a wrong way
///   the kinds of `classify`, when the body is an error object in spite of the 2xx
[[nodiscard]] Result<Event> decode_whole(std::string body);

/// Reads a stream, each event of which is a piece of the answer. There is no end
/// mark: complete means that a reason to finish was named.
class StreamDecoder final : public EventDecoder {
 public:
  void feed(std::string_view bytes) override { reader_.feed(bytes); }
  [[nodiscard]] Result<std::optional<Event>> next() override;
  void end_of_input() noexcept override { reader_.end_of_input(); }
  [[nodiscard]] Result<void> verdict() const override;

 private:
  SseReader reader_;
  int tools_ = 0;
  bool finished_ = false;
};

/// Tells what an upstream's error answer means, from status, headers and body.
[[nodiscard]] Error classify(int status, const HeaderList& headers, std::string_view body);

}  // namespace plimsoll::dialects::gemini
