// Goal: no bytes of a client or an upstream that speaks the Responses API can break
// its readers; cuts do not matter; what is told or asked in another dialect can be
// read there; between equals only our edits change.
// Method: the first byte picks the reader and seeds the cuts.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "dialects/codec.h"
#include "model/answer_builder.h"

namespace {

using namespace plimsoll;

constexpr Dialect kResponses = Dialect::openai_responses;
constexpr Dialect kOthers[] = {Dialect::openai_chat, Dialect::anthropic, kResponses};

void require(bool truth) {
  if (!truth) std::abort();
}

const dialects::Codec& codec(Dialect dialect) { return dialects::codec_of(dialect); }

void check_error(const Error& error) {
  const std::string text =
      codec(kResponses).encode_stream_error(error, {.call_id = "c", .stage = "s", .frames = 3});
  // What is quoted may hold such words too, but no line end.
  const std::size_t first = text.find("\ndata: "), second = text.find("\ndata: ", first + 1);
  for (const std::size_t at : {first, second}) {
    json::Document document;
    const auto root =
        document.parse(std::string_view(text).substr(at + 7, text.find('\n', at + 1) - at - 7));
    require(root.has_value() && root->get_int("sequence_number").has_value());
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

std::string told_in(Dialect dialect, const std::vector<Event>& events) {
  const auto encoder = codec(dialect).reply_encoder({.call_id = "c", .usage_asked = true});
  std::string out;
  for (const Event& event : events) encoder->append(out, event);
  encoder->end(out);
  return out;
}

void check_stream(Dialect from, std::string_view bytes, std::size_t most) {
  const Reading whole = read(from, bytes, 0), cut = read(from, bytes, most);
  const auto same_event = [](const Event& a, const Event& b) {
    return a.raw == b.raw && a.kind == b.kind && a.deltas == b.deltas;
  };
  require(std::ranges::equal(whole.events, cut.events, same_event));
  require(whole.answer == cut.answer && whole.error == cut.error && whole.verdict == cut.verdict);
  for (const Dialect dialect : kOthers) {
    const Reading told = read(dialect, told_in(dialect, whole.events), 0);
    require(told.error.empty());
    if (dialect != Dialect::openai_chat) require(told.verdict.empty());
  }
}

void check_whole(const std::string& body) {
  const auto event = codec(kResponses).decode_whole(body);
  if (!event) return check_error(event.error());
  for (const Dialect dialect : kOthers) {
    std::string told;
    codec(dialect).reply_encoder({.call_id = "c"})->append(told, *event);
    require(codec(dialect).decode_whole(told).has_value());
  }
}

void check_request(const std::string& body) {
  const auto request = codec(kResponses).decode_call(body);
  if (!request) return;
  const auto again =
      codec(kResponses)
          .decode_call(codec(kResponses)
                           .encode_call(**request, {.model = "up/\"m", .output_tokens_max = 7}));
  require(again.has_value() && (*again)->model == "up/\"m");
  require((*again)->messages == (*request)->messages && (*again)->stream == (*request)->stream);
  require((*again)->output_tokens_max.value_or(8) <= 7);
  for (const Dialect dialect : {Dialect::openai_chat, Dialect::anthropic}) {
    std::vector<std::string> dropped;
    const auto sent = dialects::body_for(codec(dialect), **request, {.model = "m"}, dropped);
    if (!sent) continue;
    const auto read = codec(dialect).decode_call(*sent);
    // A history without a word in it has no message there; that is the provider's
    // to refuse. Everything else must be readable.
    if (!read) require(sent->find(R"("messages":[])") != std::string::npos);
  }
  std::string echo;
  codec(kResponses)
      .reply_encoder({.call_id = "c", .request = request->get()})
      ->append(echo, {.kind = Event::Kind::whole, .whole = Answer{}});
  json::Document document;
  require(document.parse(echo).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0: check_stream(kResponses, bytes, 1 + data[0] / 4); break;
    case 1: check_stream(Dialect::openai_chat, bytes, 1 + data[0] / 4); break;
    case 2: check_whole(bytes); break;
    default: check_request(bytes);
  }
  return 0;
}
