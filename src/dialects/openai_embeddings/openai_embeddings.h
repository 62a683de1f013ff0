#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "dialects/codec.h"
#include "model/event.h"
#include "model/request.h"

/// OpenAI's embeddings (POST /v1/embeddings): passed on to providers of OpenAI's
/// shape, and to no other. An answer has numbers and usage, and no text. Source:
/// OpenAI's OpenAPI document 2.3.0 and recorded traffic.
namespace plimsoll::dialects::openai_embeddings {

/// Reads a client's request body, which it takes over.
///
/// Errors
///   request_invalid   not a JSON object; a top-level key twice; `model` or `input`
///                     missing, empty or of a wrong type
[[nodiscard]] Result<std::shared_ptr<const Request>> decode_call(std::string body);

/// The body for the upstream: `model` replaced. Every other byte stays.
[[nodiscard]] std::string encode_call(const Request& request, const CallEdits& edits);

/// Reads the body of a 2xx answer, which it takes over; it has no choices.
///
/// Errors
///   upstream_malformed   not an object with a `data` array
///   the kinds of `classify`, when the body is an error object in spite of the 2xx
[[nodiscard]] Result<Event> decode_whole(std::string body);

}  // namespace plimsoll::dialects::openai_embeddings
