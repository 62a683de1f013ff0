// Goal: no bytes of an upstream that speaks Gemini's API can break its readers; cuts
// do not matter; what is told in another dialect can be read there; every chat is
// written as JSON or refused.
// Method: the first byte picks the reader and seeds the cuts.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "dialects/codec.h"
#include "model/answer_builder.h"

namespace {

using namespace plimsoll;

constexpr Dialect kClients[] = {Dialect::openai_chat, Dialect::openai_responses,
                                Dialect::anthropic};

void require(bool truth) {
  if (!truth) std::abort();
}

const dialects::Codec& codec(Dialect dialect) { return dialects::codec_of(dialect); }

struct Reading {
  std::vector<Event> events;
  Answer answer;
  std::string error, verdict;
};

void drain(dialects::EventDecoder& decoder, Reading& reading, AnswerBuilder& builder) {
  while (reading.error.empty()) {
    auto event = decoder.next();
    if (!event) reading.error = event.error().what;
    if (!event || !*event) return;
    builder.add(**event);
    reading.events.push_back(std::move(**event));
  }
}

Reading read(Dialect dialect, std::string_view bytes, std::size_t most) {
  const auto decoder = codec(dialect).stream_decoder();
  AnswerBuilder builder;
  Reading reading;
  std::size_t state = most;
  while (!bytes.empty()) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const std::size_t size = most == 0 ? bytes.size() : 1 + (state >> 33) % most;
    decoder->feed(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
    drain(*decoder, reading, builder);
  }
  decoder->end_of_input();
  drain(*decoder, reading, builder);
  reading.answer = builder.answer();
  if (const auto verdict = decoder->verdict(); !verdict) reading.verdict = verdict.error().what;
  return reading;
}

void check_stream(std::string_view bytes, std::size_t most) {
  const Reading whole = read(Dialect::gemini, bytes, 0), cut = read(Dialect::gemini, bytes, most);
  require(whole.answer == cut.answer && whole.error == cut.error && whole.verdict == cut.verdict);
  for (const Dialect client : kClients) {
    const auto encoder = codec(client).reply_encoder({.call_id = "c", .usage_asked = true});
    std::string out;
    for (const Event& event : whole.events) encoder->append(out, event);
    encoder->end(out);
    require(read(client, out, 0).error.empty());
  }
}

void check_whole(const std::string& body) {
  const auto event = codec(Dialect::gemini).decode_whole(body);
  if (!event) return;
  require(event->whole->choices.size() == 1);
  for (const Dialect client : kClients) {
    std::string told;
    codec(client).reply_encoder({.call_id = "c"})->append(told, *event);
    require(codec(client).decode_whole(told).has_value());
  }
}

void check_request(const std::string& body) {
  const auto request = codec(Dialect::openai_chat).decode_call(body);
  if (!request) return;
  std::vector<std::string> dropped;
  const auto sent = dialects::body_for(codec(Dialect::gemini), **request,
                                       {.model = "m", .output_tokens_max = 7}, dropped);
  if (!sent) return;
  json::Document document;
  const auto root = document.parse(*sent);
  require(root.has_value() && root->get("contents").has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0: check_stream(bytes, 1 + data[0] / 3); break;
    case 1: check_whole(bytes); break;
    default: check_request(bytes);
  }
  return 0;
}
