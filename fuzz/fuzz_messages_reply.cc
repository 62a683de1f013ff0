// Goal: no bytes of an upstream that speaks Anthropic's Messages can break the
// readers of answers, streams and errors; cuts do not matter; what is told in
// another dialect can be read there.
// Method: the first byte picks the reader and seeds the cuts.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/json.h"
#include "dialects/codec.h"
#include "model/answer_builder.h"

namespace {

using namespace plimsoll;

void require(bool truth) {
  if (!truth) std::abort();
}

const dialects::Codec& codec(Dialect dialect) { return dialects::codec_of(dialect); }

void check_error(const Error& error) {
  for (const Dialect dialect : {Dialect::openai_chat, Dialect::anthropic}) {
    json::Document document;
    const dialects::ErrorFrame frame{.call_id = "c", .stage = "s"};
    const auto root = document.parse(codec(dialect).encode_error(error, frame));
    require(root.has_value());
    require(root->get("error").has_value());
    const std::string event = codec(dialect).encode_stream_error(error, frame);
    const std::size_t data = event.find("data: ");
    require(event.find_first_of("\r\n", data) == event.size() - 2);
  }
}

struct Reading {
  std::vector<Event> events;
  Answer answer;
  std::string error, verdict;
};

void drain(dialects::EventDecoder& decoder, Reading& reading, AnswerBuilder& builder) {
  while (reading.error.empty()) {
    auto event = decoder.next();
    if (!event) {
      reading.error = event.error().what;
      check_error(event.error());
    }
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

bool same(const Reading& a, const Reading& b) {
  const auto same_event = [](const Event& x, const Event& y) {
    return x.raw == y.raw && x.kind == y.kind && x.deltas == y.deltas;
  };
  return std::ranges::equal(a.events, b.events, same_event) && a.answer == b.answer &&
         a.error == b.error && a.verdict == b.verdict;
}

std::string told_in(Dialect dialect, const std::vector<Event>& events) {
  const auto encoder = codec(dialect).reply_encoder({.call_id = "c", .usage_asked = true});
  std::string out;
  for (const Event& event : events) encoder->append(out, event);
  encoder->end(out);
  return out;
}

/// Whatever came in can be told in both dialects, and read there without fault.
void check_told(const Reading& said) {
  for (const Dialect dialect : {Dialect::openai_chat, Dialect::anthropic}) {
    const Reading told = read(dialect, told_in(dialect, said.events), 0);
    require(told.error.empty());
    if (dialect == Dialect::anthropic) require(told.verdict.empty());
  }
}

void check_stream(Dialect dialect, std::string_view bytes, std::size_t most) {
  const Reading whole = read(dialect, bytes, 0);
  require(same(read(dialect, bytes, most), whole));
  std::string all;
  for (const Event& event : whole.events) all += event.raw;
  require(bytes.starts_with(all));
  check_told(whole);
}

void check_whole(const std::string& body) {
  const auto event = codec(Dialect::anthropic).decode_whole(body);
  if (!event) return check_error(event.error());
  require(event->raw == body && event->whole->choices.size() == 1);
  std::string chat;
  codec(Dialect::openai_chat).reply_encoder({.call_id = "c"})->append(chat, *event);
  const auto told = codec(Dialect::openai_chat).decode_whole(chat);
  require(told.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0: check_stream(Dialect::anthropic, bytes, 1 + data[0] / 4); break;
    case 1: check_stream(Dialect::openai_chat, bytes, 1 + data[0] / 4); break;
    case 2: check_whole(bytes); break;
    default: check_error(codec(Dialect::anthropic).classify(400 + data[0] / 2, {}, bytes));
  }
  return 0;
}
