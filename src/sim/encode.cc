// What is written here:
//
//   completion := {id, object, created, model, choices:[{index, message, logprobs,
//                  finish_reason}], usage, service_tier, system_fingerprint}
//   stream     := role chunk per choice, content chunks (choices take turns), finish
//                 chunk per choice, [usage chunk: choices empty], "data: [DONE]"
//
// With include_usage every chunk but the usage chunk carries `"usage":null`; without,
// no chunk has the member. `created` is a constant, so that equal seeds give equal bytes.
#include "sim/encode.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/json.h"
#include "sim/pieces.h"

namespace plimsoll::sim {
namespace {

constexpr long kCreated = 1'767'225'600;  // 2026-01-01
constexpr std::string_view kFingerprint = "fp_simulated";
constexpr std::string_view kBrokenEvent =
    "data: {\"id\":\"chatcmpl-broken\",\"choices\":[{\"del\n\n";

std::string completion_id(const Decision& decision) {
  return fmt::format("chatcmpl-sim{:016x}", decision.key);
}

std::string usage_json(const Ask& ask, const Decision& decision) {
  const std::size_t completion = decision.completion_tokens();
  return fmt::format(R"({{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},)"
                     R"("prompt_tokens_details":{{"cached_tokens":0,"audio_tokens":0}},)"
                     R"("completion_tokens_details":{{"reasoning_tokens":0,"audio_tokens":0,)"
                     R"("accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}})",
                     ask.prompt_tokens, completion, ask.prompt_tokens + completion);
}

std::string tool_call_id(const Decision& decision, std::size_t index) {
  return fmt::format("call_sim{:016x}{}", decision.key, index);
}

std::string message_json(const Decision& decision, std::size_t index) {
  const Choice& choice = decision.choices[index];
  std::string out = R"({"role":"assistant","content":)";
  const bool has_text = !choice.tool && !choice.refused;
  out += has_text ? json::quoted(choice.text) : "null";
  out += R"(,"refusal":)" + (choice.refused ? json::quoted(choice.text) : "null");
  if (choice.tool) {
    out += fmt::format(R"(,"tool_calls":[{{"id":"{}","type":"function",)"
                       R"("function":{{"name":{},"arguments":{}}}}}])",
                       tool_call_id(decision, index), json::quoted(choice.tool->name),
                       json::quoted(choice.tool->arguments));
  }
  return out + R"(,"annotations":[]})";
}

std::string completion_json(const Ask& ask, const Decision& decision) {
  std::string choices;
  for (std::size_t i = 0; i < decision.choices.size(); ++i) {
    choices +=
        fmt::format(R"({}{{"index":{},"message":{},"logprobs":null,"finish_reason":"{}"}})",
                    i == 0 ? "" : ",", i, message_json(decision, i), decision.choices[i].finish);
  }
  return fmt::format(
      R"({{"id":"{}","object":"chat.completion","created":{},"model":{},"choices":[{}],)"
      R"("usage":{},"service_tier":"default","system_fingerprint":"{}"}})",
      completion_id(decision), kCreated, json::quoted(ask.model), choices,
      usage_json(ask, decision), kFingerprint);
}

/// Writes the events of one stream.
class StreamWriter {
 public:
  StreamWriter(const Ask& ask, const Decision& decision) : ask_(ask), decision_(decision) {
    head_ = fmt::format(R"({{"id":"{}","object":"chat.completion.chunk","created":{},"model":{},)"
                        R"("service_tier":"default","system_fingerprint":"{}","choices":[)",
                        completion_id(decision), kCreated, json::quoted(ask.model), kFingerprint);
  }

  std::string delta(std::size_t index, std::string_view delta, std::string_view finish = {}) const {
    const std::string quoted_finish = finish.empty() ? "null" : fmt::format("\"{}\"", finish);
    return event(fmt::format(R"({{"index":{},"delta":{},"logprobs":null,"finish_reason":{}}})",
                             index, delta, quoted_finish),
                 "null");
  }

  std::string usage() const { return event("", usage_json(ask_, decision_)); }

 private:
  std::string event(std::string_view choices, std::string_view usage) const {
    std::string out = fmt::format("data: {}{}]", head_, choices);
    if (ask_.include_usage) out += fmt::format(R"(,"usage":{})", usage);
    return out + "}\n\n";
  }

  const Ask& ask_;
  const Decision& decision_;
  std::string head_;
};

struct ContentEvent {
  std::string bytes;
  std::size_t tokens = 0;
};

std::string opening_delta(const Decision& decision, std::size_t index) {
  const Choice& choice = decision.choices[index];
  if (!choice.tool) return R"({"role":"assistant","content":"","refusal":null})";
  return fmt::format(
      R"({{"role":"assistant","content":null,"tool_calls":[{{"index":0,"id":"{}",)"
      R"("type":"function","function":{{"name":{},"arguments":""}}}}],"refusal":null}})",
      tool_call_id(decision, index), json::quoted(choice.tool->name));
}

std::string content_delta(const Choice& choice, std::string_view piece) {
  const std::string quoted = json::quoted(piece);
  if (choice.tool) {
    return fmt::format(R"({{"tool_calls":[{{"index":0,"function":{{"arguments":{}}}}}]}})", quoted);
  }
  return fmt::format(R"({{"{}":{}}})", choice.refused ? "refusal" : "content", quoted);
}

std::vector<ContentEvent> content_of(const StreamWriter& writer, const Choice& choice,
                                     std::size_t index, std::size_t tokens_each) {
  std::vector<ContentEvent> events;
  const std::string& text = choice.tool ? choice.tool->arguments : choice.text;
  for (const std::string_view piece : pieces_of(text, tokens_each)) {
    events.push_back(
        {.bytes = writer.delta(index, content_delta(choice, piece)), .tokens = tokens_of(piece)});
  }
  return events;
}

/// The content events of all choices, taking turns.
std::vector<ContentEvent> all_content(const StreamWriter& writer, const Decision& decision,
                                      std::size_t tokens_each) {
  std::vector<std::vector<ContentEvent>> by_choice;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < decision.choices.size(); ++i) {
    by_choice.push_back(content_of(writer, decision.choices[i], i, tokens_each));
    longest = std::max(longest, by_choice.back().size());
  }
  std::vector<ContentEvent> turns;
  for (std::size_t round = 0; round < longest; ++round) {
    for (auto& events : by_choice) {
      if (round < events.size()) turns.push_back(std::move(events[round]));
    }
  }
  return turns;
}

constexpr std::string_view kErrorEvent =
    "data: {\"error\":{\"message\":\"The server had an error while processing your request.\","
    "\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n";

/// What a fate puts in place of the rest of the stream, once it strikes.
void strike(Performance& out, Fate fate) {
  if (fate == Fate::cut_reset) out.end = End::reset;
  if (fate == Fate::cut_eof) out.end = End::close;
  if (fate == Fate::error_in_stream) out.beats.push_back({.bytes = std::string(kErrorEvent)});
}

bool ends_early(Fate fate) {
  return fate == Fate::cut_reset || fate == Fate::cut_eof || fate == Fate::stops_early ||
         fate == Fate::error_in_stream;
}

/// The end of a stream that was allowed to come to it.
void close_stream(Performance& out, const StreamWriter& writer, const Ask& ask,
                  const Decision& decision) {
  std::string bytes;
  for (std::size_t i = 0; i < decision.choices.size(); ++i) {
    bytes += writer.delta(i, "{}", decision.choices[i].finish);
  }
  if (ask.include_usage) bytes += writer.usage();
  if (decision.fate != Fate::no_done) bytes += "data: [DONE]\n\n";
  out.beats.push_back({.bytes = std::move(bytes)});
}

Performance stream(const Ask& ask, const Decision& decision, const Behaviour& behaviour,
                   Dice gaps) {
  Performance out;
  out.whole = false;
  out.headers = {{"content-type", "text/event-stream; charset=utf-8"},
                 {"cache-control", "no-cache"}};
  const StreamWriter writer(ask, decision);
  std::string opening;
  for (std::size_t i = 0; i < decision.choices.size(); ++i) {
    opening += writer.delta(i, opening_delta(decision, i));
  }
  out.beats.push_back({.bytes = std::move(opening)});
  std::size_t sent = 0;
  bool broken = false;
  for (ContentEvent& event : all_content(writer, decision, behaviour.tokens_per_event)) {
    const bool reached = sent >= decision.cut_token;
    if (reached && ends_early(decision.fate)) {
      strike(out, decision.fate);
      return out;
    }
    if (reached && !broken && decision.fate == Fate::malformed_event) {
      broken = true;
      out.beats.push_back({.bytes = std::string(kBrokenEvent)});
    }
    const auto gap =
        sent == 0 ? std::chrono::nanoseconds{} : behaviour.between_tokens.draw_time(gaps);
    sent += event.tokens;
    out.beats.push_back({.wait = gap, .bytes = std::move(event.bytes)});
  }
  if (ends_early(decision.fate)) {
    strike(out, decision.fate);
    return out;
  }
  close_stream(out, writer, ask, decision);
  return out;
}

/// The same faults on an answer that is not streamed.
Performance whole_answer(const Ask& ask, const Decision& decision) {
  Performance out;
  out.headers = {{"content-type", "application/json"}};
  std::string body = completion_json(ask, decision);
  const std::size_t half = body.size() / 2;
  if (decision.fate == Fate::malformed_event) body.resize(half);
  if (decision.fate == Fate::error_in_stream) {
    body = error_json({.message = "The server had an error while processing your request.",
                       .type = "server_error"});
  }
  out.beats.push_back({.bytes = std::move(body)});
  if (decision.fate == Fate::cut_reset) cut_after(out, half, End::reset);
  if (decision.fate == Fate::cut_eof) cut_after(out, half, End::close);
  if (decision.fate == Fate::stops_early) cut_after(out, half, End::finish);
  return out;
}

std::string seconds_text(std::chrono::nanoseconds wait) {
  return fmt::format("{}", std::chrono::duration<double>(wait).count());
}

std::string http_date(WallTime when) {
  const auto up = std::chrono::ceil<std::chrono::seconds>(when);
  return fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}",
                     fmt::gmtime(static_cast<std::time_t>(up.time_since_epoch().count())));
}

/// A duration the way Go prints it: "200ms", "1.5s".
std::string go_duration(std::chrono::nanoseconds wait) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  return ms < 1000 ? fmt::format("{}ms", ms) : fmt::format("{}s", static_cast<double>(ms) / 1000);
}

void tell_wait(Performance& out, const Decision& decision, WallTime now) {
  const auto wait = decision.retry_after_wait;
  switch (decision.retry_after) {
    case RetryAfter::none: return;
    case RetryAfter::seconds: out.headers.emplace_back("retry-after", seconds_text(wait)); return;
    case RetryAfter::date: out.headers.emplace_back("retry-after", http_date(now + wait)); return;
    case RetryAfter::milliseconds:
      out.headers.emplace_back(
          "retry-after-ms",
          fmt::format("{}", std::chrono::ceil<std::chrono::milliseconds>(wait).count()));
      return;
    case RetryAfter::ratelimit_reset:
      out.headers.emplace_back("x-ratelimit-limit-requests", "60");
      out.headers.emplace_back("x-ratelimit-remaining-requests", "0");
      out.headers.emplace_back("x-ratelimit-reset-requests", go_duration(wait));
      return;
  }
}

Performance refusal_of(const Ask& ask, const Decision& decision, WallTime now) {
  Performance out;
  if (decision.fate == Fate::rate_limited) {
    const std::string message =
        fmt::format("Rate limit reached for {} on requests per min.", ask.model);
    out = error_performance(
        {.status = 429, .message = message, .type = "requests", .code = "rate_limit_exceeded"});
    tell_wait(out, decision, now);
  } else if (decision.fate == Fate::server_error) {
    out = error_performance({.status = 500,
                             .message = "The server had an error while processing your request.",
                             .type = "server_error"});
  } else if (decision.fate == Fate::unavailable) {
    out = error_performance({.status = 503,
                             .message = "The engine is currently overloaded, try again later.",
                             .type = "service_unavailable_error",
                             .code = "server_is_overloaded"});
  } else if (decision.fate == Fate::overloaded) {
    out = error_performance({.status = 529, .message = "Overloaded", .type = "overloaded_error"});
  } else {
    out.status = 0;
    out.end = decision.fate == Fate::reset ? End::reset : End::hang;
  }
  return out;
}

}  // namespace

std::string error_json(const ApiError& error) {
  return fmt::format(R"({{"error":{{"message":{},"type":{},"param":null,"code":{}}}}})",
                     json::quoted(error.message), json::quoted(error.type),
                     error.code.empty() ? "null" : json::quoted(error.code));
}

Performance error_performance(const ApiError& error) {
  Performance out;
  out.status = error.status;
  out.headers = {{"content-type", "application/json"}};
  out.beats.push_back({.bytes = error_json(error)});
  return out;
}

Performance perform(const Ask& ask, const Decision& decision, const Behaviour& behaviour,
                    const Occasion& occasion, WallTime now) {
  Performance out;
  if (!gives_answer(decision.fate)) {
    out = refusal_of(ask, decision, now);
  } else if (ask.stream) {
    out = stream(ask, decision, behaviour, occasion.dice("gaps"));
  } else {
    out = whole_answer(ask, decision);
  }
  out.wait = decision.wait;
  if (out.status == 0) return out;
  out.headers.emplace_back("x-request-id", fmt::format("req_sim{:016x}", decision.key));
  out.headers.emplace_back("openai-version", "2020-10-01");
  out.headers.emplace_back("x-sim-fate", std::string(to_string(decision.fate)));
  return out;
}

}  // namespace plimsoll::sim
