#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dialects/codec.h"
#include "model/answer_builder.h"

/// Reads streams of any dialect in pieces, for tests that compare.
namespace plimsoll::reading {

/// What came out of a stream, in a form that can be compared.
struct Reading {
  std::vector<Event> events;
  Answer answer;
  std::string error, verdict, raw;
};

inline void drain(dialects::EventDecoder& decoder, Reading& to, AnswerBuilder& builder) {
  while (to.error.empty()) {
    auto event = decoder.next();
    if (!event) to.error = event.error().what;
    if (!event || !*event) return;
    builder.add(**event);
    to.raw += (*event)->raw;
    to.events.push_back(std::move(**event));
  }
}

inline Reading read(Dialect dialect, std::string_view bytes,
                    const std::vector<std::size_t>& cuts = {}) {
  const auto decoder = dialects::codec_of(dialect).stream_decoder();
  Reading reading;
  AnswerBuilder builder;
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    decoder->feed(bytes.substr(begin, cut - begin));
    drain(*decoder, reading, builder);
    begin = cut;
  }
  decoder->feed(bytes.substr(begin));
  decoder->end_of_input();
  drain(*decoder, reading, builder);
  reading.answer = builder.answer();
  if (const auto verdict = decoder->verdict(); !verdict) reading.verdict = verdict.error().what;
  return reading;
}

inline bool same(const Event& a, const Event& b) {
  return a.kind == b.kind && a.raw == b.raw && a.deltas == b.deltas && a.finishes == b.finishes &&
         a.usage == b.usage && a.model == b.model && a.dialect == b.dialect;
}

inline bool same(const Reading& a, const Reading& b) {
  if (a.events.size() != b.events.size()) return false;
  for (std::size_t i = 0; i < a.events.size(); ++i)
    if (!same(a.events[i], b.events[i])) return false;
  return a.error == b.error && a.verdict == b.verdict && a.answer == b.answer;
}

/// The events in the words of `dialect`, as a client who asked for usage gets them.
inline std::string told_in(Dialect dialect, const std::vector<Event>& events) {
  const auto encoder = dialects::codec_of(dialect).reply_encoder(
      {.call_id = "c_test", .created = 1, .usage_asked = true});
  std::string out;
  for (const Event& event : events) encoder->append(out, event);
  if (events.empty() || events.front().kind != Event::Kind::whole) encoder->end(out);
  return out;
}

}  // namespace plimsoll::reading
