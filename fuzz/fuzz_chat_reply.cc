// Goal: no bytes of an upstream can break the readers of answers, streams and
// errors; cuts do not matter; what a client gets for an error is one JSON value.
// Method: the first byte picks the reader and seeds the cuts.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/json.h"
#include "dialects/openai_chat/openai_chat.h"
#include "model/answer_builder.h"

namespace {

using namespace plimsoll;
namespace chat = dialects::openai_chat;

void require(bool truth) {
  if (!truth) std::abort();
}

void check_error(const Error& error) {
  json::Document document;
  const chat::ErrorFrame frame{.call_id = "c", .stage = "s"};
  const std::string body = chat::encode_error(error, frame);
  const auto root = document.parse(body);
  require(root.has_value());
  require(root->get("error")->get("plimsoll").has_value());
  const std::string event = chat::encode_stream_error(error, frame);
  require(event.find_first_of("\r\n") == event.size() - 2);
  require(!error.retry_after || error.retry_after->count() >= 0);
}

struct Reading {
  std::vector<std::string> raws;
  Answer answer;
  std::string error, verdict;
  bool operator==(const Reading&) const = default;
};

void drain(chat::StreamDecoder& decoder, Reading& reading, AnswerBuilder& builder) {
  while (reading.error.empty()) {
    const auto event = decoder.next();
    if (!event) {
      reading.error = event.error().what;
      check_error(event.error());
    }
    if (!event || !*event) return;
    builder.add(**event);
    reading.raws.push_back((*event)->raw);
  }
}

Reading read(std::string_view bytes, std::size_t most) {
  chat::StreamDecoder decoder;
  AnswerBuilder builder;
  Reading reading;
  std::size_t state = most;
  while (!bytes.empty()) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const std::size_t size = most == 0 ? bytes.size() : 1 + (state >> 33) % most;
    decoder.feed(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
    drain(decoder, reading, builder);
  }
  decoder.end_of_input();
  drain(decoder, reading, builder);
  reading.answer = builder.answer();
  if (const auto verdict = decoder.verdict(); !verdict) reading.verdict = verdict.error().what;
  return reading;
}

void check_stream(std::string_view bytes, std::size_t most) {
  const Reading whole = read(bytes, 0);
  require(read(bytes, most) == whole);
  std::string all;
  for (const std::string& raw : whole.raws) all += raw;
  require(bytes.starts_with(all));
}

void check_whole(const std::string& body) {
  const auto event = chat::decode_whole(body);
  if (!event) return check_error(event.error());
  require(event->raw == body && !event->whole->choices.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0: check_stream(bytes, 1 + data[0] / 3); break;
    case 1: check_whole(bytes); break;
    default: {
      const std::string text = bytes.substr(0, bytes.find('\n'));
      check_error(
          chat::classify(400 + data[0] / 2, {{"retry-after", text}, {"date", text}}, bytes));
    }
  }
  return 0;
}
