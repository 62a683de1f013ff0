#include "app/admin.h"

#include <fmt/format.h>

#include "base/json.h"

namespace plimsoll::app {

void Health::set_plan(std::string version) {
  const std::lock_guard lock(mutex_);
  plan_ = std::move(version);
}

void Health::set_reload_error(std::string text) {
  const std::lock_guard lock(mutex_);
  reload_error_ = std::move(text);
}

bool Health::reload_failed() const {
  const std::lock_guard lock(mutex_);
  return !reload_error_.empty();
}

std::string Health::json() const {
  const std::lock_guard lock(mutex_);
  return fmt::format("{{\"ready\":{},\"plan\":{},\"reload_error\":{}}}\n", ready(),
                     json::quoted(plan_),
                     reload_error_.empty() ? "null" : json::quoted(reload_error_));
}

namespace {

struct Page {
  int status = 200;
  std::string_view type = "application/json";
  std::string body;
};

constexpr std::string_view kPrometheusText = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace

Task<void> Admin::handle(net::Exchange& exchange) {
  const std::string_view path = exchange.head().path;
  Page page;
  if (path == "/healthz")
    page.body = "{\"alive\":true}\n";
  else if (path == "/readyz")
    page = {health_.ready() ? 200 : 503, page.type, health_.json()};
  else if (path == "/metrics")
    page = {200, kPrometheusText, metrics_()};
  else
    page = {404, page.type, "{\"error\":\"served are /metrics, /healthz and /readyz\"}\n"};
  net::ResponseHead head{.status = page.status};
  head.headers.emplace_back("content-type", page.type);
  auto sent = co_await exchange.respond(head, page.body);
  (void)sent;  // whoever asked has left
}

std::string Admin::error_body(const Error& error) {
  return fmt::format("{{\"error\":{}}}\n", json::quoted(error.what));
}

}  // namespace plimsoll::app
