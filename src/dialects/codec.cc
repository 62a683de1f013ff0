#include "dialects/codec.h"

#include <fmt/format.h>

#include "dialects/anthropic/anthropic.h"
#include "dialects/anthropic/reply_encoder.h"
#include "dialects/gemini/gemini.h"
#include "dialects/openai_chat/openai_chat.h"
#include "dialects/openai_chat/reply_encoder.h"
#include "dialects/openai_completions/openai_completions.h"
#include "dialects/openai_embeddings/openai_embeddings.h"
#include "dialects/openai_responses/openai_responses.h"

namespace plimsoll::dialects {
namespace {

template <class Decoder>
std::unique_ptr<EventDecoder> make_decoder() {
  return std::make_unique<Decoder>();
}

constexpr Codec kOpenaiChat{
    .dialect = Dialect::openai_chat,
    .decode_call = openai_chat::decode_call,
    .read_prompt = openai_chat::read_prompt,
    .append_event = openai_chat::append_event,
    .reply_encoder = openai_chat::reply_encoder,
    .encode_error = openai_chat::encode_error,
    .encode_stream_error = openai_chat::encode_stream_error,
    .shown_status = openai_chat::shown_status,
    .encode_call = openai_chat::encode_call,
    .write_call = openai_chat::write_call,
    .edit_call = openai_chat::edit_call,
    .stream_decoder = make_decoder<openai_chat::StreamDecoder>,
    .decode_whole = openai_chat::decode_whole,
    .decode_unread = openai_chat::decode_unread,
    .classify = openai_chat::classify,
};

constexpr Codec kOpenaiResponses{
    .dialect = Dialect::openai_responses,
    .decode_call = openai_responses::decode_call,
    .read_prompt = openai_responses::read_prompt,
    .append_event = openai_responses::append_event,
    .reply_encoder = openai_responses::reply_encoder,
    .encode_error = openai_chat::encode_error,
    .encode_stream_error = openai_responses::encode_stream_error,
    .shown_status = openai_chat::shown_status,
    .encode_call = openai_responses::encode_call,
    .write_call = openai_responses::write_call,
    .edit_call = openai_responses::edit_call,
    .stream_decoder = make_decoder<openai_responses::StreamDecoder>,
    .decode_whole = openai_responses::decode_whole,
    .decode_unread = openai_responses::decode_whole,
    .classify = openai_chat::classify,
};

/// The prompt of a request that only a provider of OpenAI's shape understands.
Result<Prompt> no_prompt(const Request& request) {
  const bool embeds = request.dialect == Dialect::openai_embeddings;
  return fail(ErrorKind::request_invalid,
              fmt::format("{} cannot be carried over to the provider of this model",
                          embeds ? "embeddings" : "a completion of the older kind"),
              "choose a model of a provider with dialect: openai");
}

constexpr Codec kOpenaiEmbeddings{
    .dialect = Dialect::openai_embeddings,
    .decode_call = openai_embeddings::decode_call,
    .read_prompt = no_prompt,
    .append_event = openai_chat::append_event,
    .reply_encoder = nullptr,
    .encode_error = openai_chat::encode_error,
    .encode_stream_error = openai_chat::encode_stream_error,
    .shown_status = openai_chat::shown_status,
    .encode_call = openai_embeddings::encode_call,
    .write_call = nullptr,
    .edit_call = nullptr,
    .stream_decoder = make_decoder<openai_chat::StreamDecoder>,
    .decode_whole = openai_embeddings::decode_whole,
    .decode_unread = openai_embeddings::decode_whole,
    .classify = openai_chat::classify,
};

constexpr Codec kOpenaiCompletions{
    .dialect = Dialect::openai_completions,
    .decode_call = openai_completions::decode_call,
    .read_prompt = no_prompt,
    .append_event = openai_chat::append_event,
    .reply_encoder = openai_completions::reply_encoder,
    .encode_error = openai_chat::encode_error,
    .encode_stream_error = openai_chat::encode_stream_error,
    .shown_status = openai_chat::shown_status,
    .encode_call = openai_completions::encode_call,
    .write_call = nullptr,
    .edit_call = nullptr,
    .stream_decoder = make_decoder<openai_completions::StreamDecoder>,
    .decode_whole = openai_completions::decode_whole,
    .decode_unread = openai_completions::decode_whole,
    .classify = openai_chat::classify,
};

constexpr Codec kGemini{
    .dialect = Dialect::gemini,
    .decode_call = nullptr,
    .read_prompt = nullptr,
    .append_event = nullptr,
    .reply_encoder = nullptr,
    .encode_error = nullptr,
    .encode_stream_error = nullptr,
    .shown_status = nullptr,
    .encode_call = nullptr,
    .write_call = gemini::write_call,
    .edit_call = gemini::edit_call,
    .stream_decoder = make_decoder<gemini::StreamDecoder>,
    .decode_whole = gemini::decode_whole,
    .decode_unread = gemini::decode_whole,
    .classify = gemini::classify,
};

constexpr Codec kAnthropic{
    .dialect = Dialect::anthropic,
    .decode_call = anthropic::decode_call,
    .read_prompt = anthropic::read_prompt,
    .append_event = anthropic::append_event,
    .reply_encoder = anthropic::reply_encoder,
    .encode_error = anthropic::encode_error,
    .encode_stream_error = anthropic::encode_stream_error,
    .shown_status = anthropic::shown_status,
    .encode_call = anthropic::encode_call,
    .write_call = anthropic::write_call,
    .edit_call = anthropic::edit_call,
    .stream_decoder = make_decoder<anthropic::StreamDecoder>,
    .decode_whole = anthropic::decode_whole,
    .decode_unread = anthropic::decode_whole,
    .classify = anthropic::classify,
};

Result<std::string> written(const Codec& to, const Request& request, const CallEdits& edits,
                            std::vector<std::string>& dropped) {
  if (request.dialect == to.dialect) return to.encode_call(request, edits);
  PLIMSOLL_TRY(const Prompt prompt, codec_of(request.dialect).read_prompt(request));
  dropped = prompt.dropped;
  return to.write_call(prompt, edits, dropped);
}

void drop_all(const RungEdits& edits, std::vector<std::string>& dropped) {
  if (edits.temperature) dropped.emplace_back("rung.temperature");
  if (edits.seed) dropped.emplace_back("rung.seed");
  if (edits.correction != nullptr) dropped.emplace_back("rung.tighten");
}

}  // namespace

Result<std::string> body_for(const Codec& to, const Request& request, const CallEdits& edits,
                             std::vector<std::string>& dropped) {
  auto body = written(to, request, edits, dropped);
  if (!body || !edits.rung.any()) return body;
  if (to.edit_call != nullptr) return to.edit_call(std::move(*body), edits, dropped);
  drop_all(edits.rung, dropped);
  return body;
}

const Codec& codec_of(Dialect dialect) noexcept {
  switch (dialect) {
    case Dialect::openai_chat: return kOpenaiChat;
    case Dialect::openai_responses: return kOpenaiResponses;
    case Dialect::openai_embeddings: return kOpenaiEmbeddings;
    case Dialect::openai_completions: return kOpenaiCompletions;
    case Dialect::gemini: return kGemini;
    case Dialect::anthropic: return kAnthropic;
  }
  return kOpenaiChat;
}

}  // namespace plimsoll::dialects
