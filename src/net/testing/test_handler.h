#pragma once

#include <atomic>
#include <future>
#include <string>

#include "net/http_server.h"
#include "net/internal/loop_impl.h"

namespace plimsoll::net::testing {

/// What the tests' server does, by path.
///   /echo     answers "METHOD target|body"
///   /stream   three chunks
///   /endless  chunks of 64 KiB until the client is gone
///   /hang     tells that it began, then waits for client_gone
///   /deaf     tells that it began, then waits for `hears_again` and nothing else
///   /silent   one chunk, then as /hang
///   /ignore   answers without reading the body
///   /empty    answers 204
///   /nothing  returns without an answer
///   /abort    one chunk, then abort
class TestHandler final : public Handler {
 public:
  Task<void> handle(Exchange& exchange) override {
    handled.fetch_add(1);
    const std::string_view path = exchange.head().path;
    if (path == "/stream") return stream(exchange);
    if (path == "/endless") return endless(exchange);
    if (path == "/hang") return hang(exchange);
    if (path == "/deaf") return deaf(exchange);
    if (path == "/silent") return silent(exchange);
    if (path == "/ignore") return answer(exchange, "ignored");
    if (path == "/empty") return empty(exchange);
    if (path == "/nothing") return nothing(exchange);
    if (path == "/abort") return abort(exchange);
    return echo(exchange);
  }
  std::string error_body(const Error& error) override {
    return "{\"error\":\"" + std::string(to_string(error.kind)) + "\"}";
  }

  std::atomic<int> handled{0}, gone{0}, shut{0};
  std::atomic<std::uint64_t> endless_bytes{0};
  std::atomic<bool> hanging{false};
  std::atomic<bool> hears_again{false};
  std::promise<void> hang_began;
  std::promise<CancelReason> hang_ended;

 private:
  static Task<void> answer(Exchange& exchange, std::string_view body) {
    ResponseHead head;
    head.headers.emplace_back("Content-Type", "text/plain");
    static_cast<void>(co_await exchange.respond(head, body));
  }
  static Task<void> echo(Exchange& exchange) {
    auto body = co_await exchange.read_body(1024 * 1024 * 1024);
    if (!body) co_return;
    const std::string text = std::string(exchange.head().method) + " " +
                             std::string(exchange.head().target) + "|" + *body;
    co_await answer(exchange, text);
  }
  static Task<void> empty(Exchange& exchange) {
    ResponseHead head;
    head.status = 204;
    static_cast<void>(co_await exchange.respond(head, "never sent"));
  }
  static Task<void> nothing(Exchange&) { co_return; }
  static Task<void> stream(Exchange& exchange) {
    ResponseHead head;
    static_cast<void>(co_await exchange.start(head));
    static_cast<void>(co_await exchange.write("one"));
    static_cast<void>(co_await exchange.write("two"));
    static_cast<void>(co_await exchange.write("three"));
    static_cast<void>(co_await exchange.finish());
  }
  static Task<void> abort(Exchange& exchange) {
    ResponseHead head;
    static_cast<void>(co_await exchange.start(head));
    static_cast<void>(co_await exchange.write("one"));
    exchange.abort();
  }
  Task<void> endless(Exchange& exchange) {
    ResponseHead head;
    static_cast<void>(co_await exchange.start(head));
    const std::string piece(64 * 1024, 'x');
    while (true) {
      auto written = co_await exchange.write(piece);
      if (!written) break;
      endless_bytes.store(exchange.bytes_sent());
    }
    gone.fetch_add(1);
  }
  Task<void> silent(Exchange& exchange) {
    ResponseHead head;
    static_cast<void>(co_await exchange.start(head));
    static_cast<void>(co_await exchange.write("one"));
    co_await hang(exchange);
  }
  Task<void> deaf(Exchange&) {
    hang_began.set_value();
    while (!hears_again) {
      const Deadline soon = Clock::now() + std::chrono::milliseconds(1);
      static_cast<void>(co_await Loop::current().sleep_until(soon, {}));
    }
  }
  Task<void> hang(Exchange& exchange) {
    const CancelToken token = exchange.client_gone();
    if (!hanging.exchange(true)) hang_began.set_value();
    auto slept = co_await Loop::current().sleep_until(kNoDeadline, token);
    gone.fetch_add(1);
    if (token.reason() == CancelReason::shutdown) shut.fetch_add(1);
    if (hanging.exchange(false)) hang_ended.set_value(token.reason());
  }
};

}  // namespace plimsoll::net::testing
