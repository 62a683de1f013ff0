#include "net/loop.h"
#include "sim/service.h"

namespace plimsoll::sim {
namespace {

/// A hang ends when the peer leaves or the server drains; this only bounds it.
constexpr std::chrono::hours kHangMax{1};

/// Waits exactly; false when the peer left first.
Task<bool> rest(net::Exchange& exchange, std::chrono::nanoseconds wait) {
  if (wait <= std::chrono::nanoseconds{}) co_return true;
  const auto until = Clock::now() + wait;
  const auto slept = co_await net::Loop::current().sleep_until_exact(until, exchange.client_gone());
  co_return slept.has_value();
}

ClosedBy who_left(net::Exchange& exchange) {
  return exchange.client_gone().reason() == CancelReason::shutdown ? ClosedBy::us : ClosedBy::peer;
}

net::ResponseHead head_of(const Performance& performance) {
  net::ResponseHead head;
  head.status = performance.status;
  for (const auto& [name, value] : performance.headers) head.headers.emplace_back(name, value);
  return head;
}

/// Ends an answer that is not to come to its end.
Task<ClosedBy> break_off(net::Exchange& exchange, End end) {
  if (end == End::hang) {
    co_await rest(exchange, kHangMax);
    const ClosedBy by = who_left(exchange);
    exchange.abort();
    co_return by;
  }
  if (end == End::reset) {
    exchange.reset();
  } else {
    exchange.abort();
  }
  co_return ClosedBy::us;
}

Task<ClosedBy> play_whole(net::Exchange& exchange, const Performance& performance) {
  const net::ResponseHead head = head_of(performance);
  std::string body;
  for (const Beat& beat : performance.beats) body += beat.bytes;
  const auto sent = co_await exchange.respond(head, body);
  co_return sent ? ClosedBy::nobody : who_left(exchange);
}

Task<ClosedBy> play_beats(net::Exchange& exchange, const Performance& performance) {
  const net::ResponseHead head = head_of(performance);
  if (!co_await exchange.start(head)) co_return who_left(exchange);
  for (const Beat& beat : performance.beats) {
    if (!co_await rest(exchange, beat.wait)) co_return who_left(exchange);
    if (beat.bytes.empty()) continue;  // an empty chunk would be the last one
    if (!co_await exchange.write(beat.bytes)) co_return who_left(exchange);
  }
  // Without a beat the head still waits to be sent.
  if (performance.beats.empty() && !co_await exchange.write("")) co_return who_left(exchange);
  if (performance.end != End::finish) co_return co_await break_off(exchange, performance.end);
  const auto done = co_await exchange.finish();
  co_return done ? ClosedBy::nobody : who_left(exchange);
}

}  // namespace

Task<ClosedBy> play(net::Exchange& exchange, const Performance& performance) {
  if (!co_await rest(exchange, performance.wait)) {
    const ClosedBy by = who_left(exchange);
    exchange.abort();
    co_return by;
  }
  if (!performance.raw.empty()) {
    const auto sent = co_await exchange.respond_raw(performance.raw);
    co_return sent ? ClosedBy::nobody : who_left(exchange);
  }
  if (performance.status == 0) co_return co_await break_off(exchange, performance.end);
  if (performance.whole) co_return co_await play_whole(exchange, performance);
  co_return co_await play_beats(exchange, performance);
}

}  // namespace plimsoll::sim
