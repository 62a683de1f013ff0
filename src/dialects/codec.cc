#include "dialects/codec.h"

#include "dialects/openai_chat/openai_chat.h"

namespace plimsoll::dialects {
namespace {

template <class Decoder>
std::unique_ptr<EventDecoder> make_decoder() {
  return std::make_unique<Decoder>();
}

constexpr Codec kOpenaiChat{
    .decode_call = openai_chat::decode_call,
    .append_event = openai_chat::append_event,
    .encode_error = openai_chat::encode_error,
    .encode_stream_error = openai_chat::encode_stream_error,
    .encode_call = openai_chat::encode_call,
    .stream_decoder = make_decoder<openai_chat::StreamDecoder>,
    .decode_whole = openai_chat::decode_whole,
    .classify = openai_chat::classify,
};

}  // namespace

const Codec& codec_of(Dialect dialect) noexcept {
  switch (dialect) {
    case Dialect::openai_chat: return kOpenaiChat;
  }
  return kOpenaiChat;
}

}  // namespace plimsoll::dialects
