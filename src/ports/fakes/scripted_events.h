#pragma once

#include <fmt/core.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "model/event.h"

namespace plimsoll::ports {

/// Events as an OpenAI-shaped upstream would send them, for scripts. `raw` is
/// what such an upstream would write, frame end included.
namespace scripted {

inline std::string_view finish_word(Finish finish) {
  switch (finish) {
    case Finish::length: return "length";
    case Finish::tool_calls: return "tool_calls";
    case Finish::content_filter: return "content_filter";
    default: return "stop";
  }
}

inline Event text(std::string piece, int choice = 0) {
  Event event;
  event.kind = Event::Kind::chunk;
  event.raw =
      fmt::format("data: {{\"choices\":[{{\"index\":{},\"delta\":{{\"content\":{}}}}}]}}\n\n",
                  choice, json::quoted(piece));
  event.deltas.push_back({.kind = Delta::Kind::text, .choice = choice, .text = std::move(piece)});
  return event;
}

inline Event finish(Finish how = Finish::stop, int choice = 0) {
  Event event;
  event.kind = Event::Kind::chunk;
  event.raw = fmt::format(
      "data: {{\"choices\":[{{\"index\":{},\"delta\":{{}},\"finish_reason\":\"{}\"}}]}}\n\n",
      choice, finish_word(how));
  event.finishes.push_back({.choice = choice, .finish = how});
  return event;
}

inline Event usage(Usage used) {
  Event event;
  event.kind = Event::Kind::usage;
  event.raw = fmt::format(
      "data: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":{},\"completion_tokens\":{}}}}}\n\n",
      used.input, used.output);
  event.usage = used;
  return event;
}

inline Event done() {
  Event event;
  event.kind = Event::Kind::done;
  event.raw = "data: [DONE]\n\n";
  return event;
}

inline Event comment() {
  Event event;
  event.kind = Event::Kind::comment;
  event.raw = ": keep-alive\n\n";
  return event;
}

/// The one event of an answer that is not streamed.
inline Event whole(Answer answer) {
  Event event;
  event.kind = Event::Kind::whole;
  event.raw = "{\"choices\":[";
  for (std::size_t i = 0; i < answer.choices.size(); ++i)
    event.raw += fmt::format(
        "{}{{\"index\":{},\"message\":{{\"role\":\"assistant\",\"content\":{}}},"
        "\"finish_reason\":\"{}\"}}",
        i == 0 ? "" : ",", i, json::quoted(answer.choices[i].text),
        finish_word(answer.choices[i].finish));
  event.raw += "]";
  if (answer.usage)
    event.raw += fmt::format(",\"usage\":{{\"prompt_tokens\":{},\"completion_tokens\":{}}}",
                             answer.usage->input, answer.usage->output);
  event.raw += "}";
  event.usage = answer.usage;
  event.model = answer.model;
  event.whole = std::move(answer);
  return event;
}

/// An answer of one choice.
inline Answer answer(std::string content,
                     std::optional<Usage> used = Usage{.input = 10, .output = 5},
                     Finish how = Finish::stop) {
  Answer all;
  all.model = "scripted";
  all.choices.push_back({.text = std::move(content), .finish = how});
  all.usage = used;
  return all;
}

}  // namespace scripted
}  // namespace plimsoll::ports
