#include "app/reply_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "app/http_errors.h"
#include "app/limit_headers.h"

namespace plimsoll::app {
namespace {

/// Header values that are made for one answer; the views in a ResponseHead point
/// here.
struct HeaderText {
  std::string attempts, cost, controls, retry_after, dropped;
  std::vector<std::pair<std::string, std::string>> limits;
};

/// Events are written together up to this size while the next one is at hand.
constexpr std::size_t kWriteBytes = 16 * 1024;

std::string_view refusing_stage(const Trail& trail) {
  for (const ControlRun& run : trail.controls | std::views::reverse)
    if (!run.passed) return run.control;
  return {};
}

std::int64_t created_of(const Trail& trail) {
  const auto since = trail.started_wall.time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since).count();
}

dialects::ErrorFrame frame_of(const Trail& trail, const Error& error) {
  return {.call_id = trail.call_id,
          .stage = refusing_stage(trail),
          .retry = may_succeed_later(error.kind),
          .created = created_of(trail)};
}

/// Names of fields come from the client; a header takes only plain characters.
std::string header_safe(std::string text) {
  std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~' || c == '"'; }, '?');
  return text.substr(0, 1'000);
}

std::string controls_of(const Trail& trail) {
  std::string list;
  for (const ControlRun& run : trail.controls) {
    if (!list.empty()) list += ", ";
    list += fmt::format("{};{};us={}", run.control, run.passed ? "passed" : "refused",
                        std::chrono::duration_cast<std::chrono::microseconds>(run.took).count());
    if (run.attempt >= 0) list += fmt::format(";attempt={}", run.attempt + 1);
    if (!run.note.empty()) list += fmt::format(";note=\"{}\"", run.note);
  }
  for (std::size_t i = 0; i < trail.attempts.size(); ++i)
    if (!trail.attempts[i].dropped.empty())
      list += fmt::format(", translate;passed;us=0;attempt={};note=\"dropped {}\"", i + 1,
                          header_safe(trail.attempts[i].dropped));
  for (std::size_t i = 0; i < trail.attempts.size(); ++i)
    if (!trail.attempts[i].repaired.empty())
      list += fmt::format(", repair;passed;us=0;attempt={};note=\"{}\"", i + 1,
                          header_safe(trail.attempts[i].repaired));
  return list;
}

/// The headers every answer carries. What is not known yet when a stream begins
/// (its cost) stays in the ledger.
void add_common(net::ResponseHead& head, HeaderText& text, const Outlet& outlet) {
  const Trail& trail = outlet.trail;
  head.headers.emplace_back("x-request-id", trail.call_id);
  if (outlet.codec.dialect == Dialect::anthropic)
    head.headers.emplace_back("request-id", trail.call_id);  // where its clients look
  if (!trail.attempts.empty()) {
    text.attempts = std::to_string(trail.attempts.size());
    head.headers.emplace_back("x-plimsoll-attempts", text.attempts);
  }
  if (!trail.attempts.empty() && !trail.answered_by().dropped.empty()) {
    text.dropped = header_safe(trail.answered_by().dropped);
    head.headers.emplace_back("x-plimsoll-dropped", text.dropped);
  }
  text.limits = limit_headers(trail, outlet.codec.dialect);
  for (const auto& [name, value] : text.limits) head.headers.emplace_back(name, value);
  if (trail.cache != "off") head.headers.emplace_back("x-plimsoll-cache", trail.cache);
  if (!trail.fallback.empty()) head.headers.emplace_back("x-plimsoll-fallback", trail.fallback);
  if (outlet.show_controls) {
    text.controls = controls_of(trail);
    head.headers.emplace_back("x-plimsoll-controls", text.controls);
  }
}

bool is_about_limits(std::string_view name) {
  constexpr std::string_view kPrefixes[] = {"x-ratelimit-", "anthropic-ratelimit-"};
  return std::ranges::any_of(kPrefixes, [name](std::string_view prefix) {
    return name.size() > prefix.size() && net::same_name(name.substr(0, prefix.size()), prefix);
  });
}

/// An upstream's own limits are shown only where none of ours applied: two
/// answers to one question would mislead.
void add_passed_on(net::ResponseHead& head, const Reply& reply, const Trail& trail) {
  for (const auto& [name, value] : reply.headers)
    if (!trail.limits || !is_about_limits(name)) head.headers.emplace_back(name, value);
}

void add_cost(net::ResponseHead& head, HeaderText& text, const Trail& trail) {
  const auto cost = trail.cost_total();
  text.cost = cost ? std::to_string(cost->nanos) : "unknown";
  head.headers.emplace_back("x-plimsoll-cost-nanodollars", text.cost);
}

void note_failure(Trail& trail, const Error& error) {
  trail.error = error.kind;
  trail.error_text = error.what;
}

/// Writes events in the client's words: their own bytes where the upstream speaks
/// the client's dialect, else anew. One per reply; must not outlive its outlet.
class Voice {
 public:
  Voice(const Outlet& outlet, const Request& request) : outlet_(outlet), request_(request) {}

  void append(std::string& out, const Event& event) {
    // No upstream's bytes stand behind it, or a part was taken away and they with it;
    // or what came before was numbered by us.
    const bool anew =
        event.raw.empty() || (encoder_ != nullptr && !events_stand_alone(request_.dialect));
    if (event.dialect == request_.dialect && !anew) {
      ended_ = ended_ || event.kind == Event::Kind::done;
      if (event.kind != Event::Kind::comment) ++passed_;
      return outlet_.codec.append_event(out, event, request_);
    }
    if (encoder_ == nullptr) encoder_ = outlet_.codec.reply_encoder(frame());
    encoder_->append(out, event);
  }

  /// The end of a stream that was complete, unless its own end mark has passed.
  void end(std::string& out) {
    if (encoder_ != nullptr && !ended_) encoder_->end(out);
  }

  /// How many events the client got.
  std::int64_t frames() const noexcept {
    return passed_ + (encoder_ == nullptr ? 0 : encoder_->frames());
  }

 private:
  dialects::ReplyFrame frame() const {
    return {.call_id = outlet_.trail.call_id,
            .created = created_of(outlet_.trail),
            .usage_asked = request_.usage_asked,
            .request = &request_};
  }

  const Outlet& outlet_;
  const Request& request_;
  std::unique_ptr<dialects::ReplyEncoder> encoder_;
  std::int64_t passed_ = 0;
  bool ended_ = false;
};

/// A client that left is noted, not answered.
void note_gone(Outlet& outlet) {
  if (!outlet.trail.error)
    note_failure(outlet.trail, {ErrorKind::cancelled, "the client has gone"});
  outlet.trail.bytes_released = outlet.exchange.bytes_sent();
}

/// The client of a stream has gone. Where the feature wants it, what is left is
/// read and thrown away: its end tells what was used, and whether it passed.
Task<void> leave(Outlet& outlet, EventSource& events) {
  note_gone(outlet);
  while (outlet.reads_on) {
    auto event = co_await events.next();
    if (!event || !event->has_value()) break;
  }
}

Task<void> write_whole(Outlet outlet, Reply reply, const Request& request) {
  auto event = co_await reply.events->next();
  if (!event) co_return co_await write_error(outlet, event.error());
  std::string body;
  if (event->has_value()) Voice(outlet, request).append(body, **event);
  reply.events.reset();  // settles, so that the cost is known

  HeaderText text;
  net::ResponseHead head{.status = reply.status};
  head.headers.emplace_back("content-type", "application/json");
  add_common(head, text, outlet);
  add_cost(head, text, outlet.trail);
  add_passed_on(head, reply, outlet.trail);
  outlet.trail.http_status = reply.status;
  auto sent = co_await outlet.exchange.respond(head, body);
  outlet.trail.bytes_released = outlet.exchange.bytes_sent();
  if (!sent) note_gone(outlet);
}

/// Sends what is left of a broken stream: the error, in the client's dialect,
/// and no end mark.
Task<void> write_stream_error(Outlet& outlet, const Error& error, std::int64_t frames_sent) {
  note_failure(outlet.trail, error);
  dialects::ErrorFrame frame = frame_of(outlet.trail, error);
  frame.frames = frames_sent;
  const std::string text = outlet.codec.encode_stream_error(error, frame);
  auto sent = co_await outlet.exchange.write(text);
  if (sent) sent = co_await outlet.exchange.finish();
  outlet.trail.bytes_released = outlet.exchange.bytes_sent();
}

Task<void> pump(Outlet& outlet, EventSource& events, const Request& request,
                std::optional<Event> first) {
  std::string out;
  Voice voice(outlet, request);
  if (first) voice.append(out, *first);
  while (true) {
    if (!out.empty() && (!events.ready() || out.size() >= kWriteBytes)) {
      auto sent = co_await outlet.exchange.write(out);
      if (!sent) co_return co_await leave(outlet, events);
      out.clear();
    }
    auto event = co_await events.next();
    if (!event) co_return co_await write_stream_error(outlet, event.error(), voice.frames());
    if (!event->has_value()) break;
    voice.append(out, **event);
  }
  voice.end(out);
  Result<void> sent;
  if (!out.empty()) sent = co_await outlet.exchange.write(out);
  if (sent) sent = co_await outlet.exchange.finish();
  outlet.trail.bytes_released = outlet.exchange.bytes_sent();
  if (!sent) note_gone(outlet);
}

Task<void> write_stream(Outlet outlet, Reply reply, const Request& request) {
  auto first = co_await reply.events->next();
  if (!first) co_return co_await write_error(outlet, first.error());
  HeaderText text;
  net::ResponseHead head{.status = reply.status};
  head.headers.emplace_back("content-type", "text/event-stream; charset=utf-8");
  head.headers.emplace_back("cache-control", "no-cache");
  add_common(head, text, outlet);
  add_passed_on(head, reply, outlet.trail);
  outlet.trail.http_status = reply.status;
  auto started = co_await outlet.exchange.start(head);
  if (!started) co_return co_await leave(outlet, *reply.events);
  co_await pump(outlet, *reply.events, request, std::move(*first));
}

}  // namespace

Task<void> write_reply(Outlet outlet, Reply reply, const Request& request) {
  if (reply.streamed)
    co_await write_stream(outlet, std::move(reply), request);
  else
    co_await write_whole(outlet, std::move(reply), request);
}

Task<void> write_error(Outlet outlet, const Error& error) {
  note_failure(outlet.trail, error);
  const int status = outlet.codec.shown_status(status_of(error), error.kind);
  outlet.trail.http_status = status;
  if (error.kind == ErrorKind::cancelled && outlet.exchange.client_gone().cancelled()) {
    outlet.exchange.abort();
    co_return;
  }
  HeaderText text;
  net::ResponseHead head{.status = status};
  head.headers.emplace_back("content-type", "application/json");
  add_common(head, text, outlet);
  add_cost(head, text, outlet.trail);  // failed attempts may have been paid for
  // Our own ladder has ended: a client that retries would start it again. A limit
  // is refused before the ladder, and the wait we tell is the true one.
  const bool limited = error.kind == ErrorKind::rate_limited && error.retry_after;
  head.headers.emplace_back("x-should-retry", limited ? "true" : "false");
  if (error.retry_after) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*error.retry_after).count();
    text.retry_after = std::to_string(std::max<std::int64_t>(seconds, 1));
    head.headers.emplace_back("retry-after", text.retry_after);
  }
  const std::string body = outlet.codec.encode_error(error, frame_of(outlet.trail, error));
  auto sent = co_await outlet.exchange.respond(head, body);
  outlet.trail.bytes_released = outlet.exchange.bytes_sent();
  if (!sent) note_gone(outlet);
}

}  // namespace plimsoll::app
