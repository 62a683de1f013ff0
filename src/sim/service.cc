#include "sim/service.h"

#include <fmt/format.h>

#include "base/json.h"
#include "sim/encode.h"

namespace plimsoll::sim {
namespace {

bool is_chat_path(std::string_view path) {
  return path == "/v1/chat/completions" || path == "/chat/completions";
}

bool is_models_path(std::string_view path) { return path == "/v1/models" || path == "/models"; }

Performance json_answer(std::string body) {
  Performance out;
  out.headers = {{"content-type", "application/json"}};
  out.beats.push_back({.bytes = std::move(body)});
  return out;
}

WallTime wall_now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

}  // namespace

Task<void> Service::handle(net::Exchange& exchange) {
  if (exchange.head().path.starts_with("/sim/")) {
    co_await answer_control(exchange);
  } else {
    co_await answer_provider(exchange);
  }
}

std::string Service::error_body(const Error& error) {
  return error_json(
      {.message = error.what, .type = "invalid_request_error", .code = to_string(error.kind)});
}

void Service::reset() {
  books_.reset();
  turn_ = 0;
}

Task<void> Service::answer_control(net::Exchange& exchange) {
  const net::RequestHead& head = exchange.head();
  Performance out;
  if (head.path == "/sim/stats" && head.method == "GET") {
    out = json_answer(stats_json(books_.counts(), watch_ ? watch_() : ConnectionCounts{}));
  } else if (head.path == "/sim/reset" && head.method == "POST") {
    auto body = co_await exchange.read_body(kBodyBytesMax);
    if (!body) co_return;
    reset();
    out = json_answer("{\"ok\":true}");
  } else {
    out = error_performance({.status = 404,
                             .message = "GET /sim/stats and POST /sim/reset are served here",
                             .type = "invalid_request_error",
                             .code = "path_not_found"});
  }
  co_await play(exchange, out);
}

Task<void> Service::answer_provider(net::Exchange& exchange) {
  const auto began = Clock::now();
  EarlyClose close{.request = books_.opened()};
  auto body = co_await exchange.read_body(kBodyBytesMax);
  if (body) {
    books_.read_request(body->size());
    const Performance out = choose(exchange.head(), *body);
    close.by = co_await play(exchange, out);
  } else if (body.error().kind == ErrorKind::cancelled) {
    close.by = ClosedBy::peer;
  } else {
    const int status = body.error().kind == ErrorKind::request_too_large ? 413 : 400;
    const Performance out = refuse(status, body.error().what, to_string(body.error().kind));
    close.by = co_await play(exchange, out);
  }
  close.after = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
  close.body_bytes = exchange.bytes_sent();
  books_.closed(close);
}

Performance Service::refuse(int status, std::string_view message, std::string_view code) {
  books_.refused();
  return error_performance(
      {.status = status, .message = message, .type = "invalid_request_error", .code = code});
}

Performance Service::choose(const net::RequestHead& head, const std::string& body) {
  if (!options_.api_key.empty() &&
      head.headers.get("authorization") != "Bearer " + options_.api_key) {
    return refuse(401, "Incorrect API key provided.", "invalid_api_key");
  }
  if (options_.script.empty() && options_.tape.empty()) return by_profile(head, body);
  const std::uint64_t turn = turn_++;
  if (auto step = options_.script.step(turn)) {
    books_.scripted();
    return std::move(*step);
  }
  if (options_.tape.empty()) return by_profile(head, body);
  const auto id = head.headers.get("x-sim-replay").value_or("");
  const Performance* recorded = options_.tape.find(id, body, turn);
  if (!recorded) return refuse(404, fmt::format("no recording \"{}\"", id), "recording_not_found");
  books_.replayed();
  return *recorded;
}

Performance Service::by_profile(const net::RequestHead& head, const std::string& body) {
  if (is_models_path(head.path) && head.method == "GET") return models_list();
  if (!is_chat_path(head.path))
    return refuse(404, fmt::format("Invalid URL ({} {})", head.method, head.path), "");
  if (head.method != "POST") return refuse(405, "Not allowed here; use POST.", "");
  return chat(body);
}

Performance Service::models_list() const {
  std::string data;
  for (const std::string& model : options_.models) {
    data += fmt::format(R"({}{{"id":{},"object":"model","created":1767225600,"owned_by":"sim"}})",
                        data.empty() ? "" : ",", json::quoted(model));
  }
  return json_answer(fmt::format(R"({{"object":"list","data":[{}]}})", data));
}

Performance Service::chat(const std::string& body) {
  const auto ask = read_ask(body);
  if (!ask) return refuse(400, ask.error().what, "");
  const Behaviour& behaviour = options_.profile.of(ask->model);
  const std::uint64_t nth = books_.asked_before(ask->model, ask->prompt());
  const Occasion occasion(options_.seed, ask->model, ask->prompt(), nth);
  const Decision decision = decide(behaviour, options_.golden, *ask, occasion);
  books_.decided(*ask, decision);
  return perform(*ask, decision, behaviour, occasion, wall_now());
}

}  // namespace plimsoll::sim
