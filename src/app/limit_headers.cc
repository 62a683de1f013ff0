#include "app/limit_headers.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

namespace plimsoll::app {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;
using std::chrono::milliseconds;

/// "120ms", "1.5s", "6m0s", "1h0m0s": as OpenAI writes it.
std::string span_text(nanoseconds span) {
  const auto ms = std::chrono::ceil<milliseconds>(span).count();
  if (ms < 1'000) return fmt::format("{}ms", ms);
  if (ms < 60'000) return fmt::format("{:g}s", static_cast<double>(ms) / 1e3);
  const auto seconds = (ms + 999) / 1'000;
  const auto minutes = seconds / 60;
  if (minutes < 60) return fmt::format("{}m{}s", minutes, seconds % 60);
  return fmt::format("{}h{}m{}s", minutes / 60, minutes % 60, seconds % 60);
}

std::string instant_text(WallTime when) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z",
                     fmt::gmtime(std::chrono::ceil<std::chrono::seconds>(when)));
}

void add_openai(Headers& out, std::string_view what, const LimitLevel& level) {
  const auto add = [&](std::string_view name, std::string value) {
    out.emplace_back(fmt::format("x-ratelimit-{}-{}", name, what), std::move(value));
  };
  add("limit", fmt::to_string(level.limit));
  add("remaining", fmt::to_string(level.remaining));
  add("reset", span_text(level.reset));
}

void add_anthropic(Headers& out, std::string_view what, const LimitLevel& level, WallTime now) {
  const auto add = [&](std::string_view name, std::string value) {
    out.emplace_back(fmt::format("anthropic-ratelimit-{}-{}", what, name), std::move(value));
  };
  add("limit", fmt::to_string(level.limit));
  add("remaining", fmt::to_string(level.remaining));
  add("reset", instant_text(now + level.reset));
}

}  // namespace

Headers limit_headers(const Trail& trail, Dialect dialect) {
  Headers out;
  if (!trail.limits) return out;
  const auto add = [&](std::string_view what, const std::optional<LimitLevel>& level) {
    if (!level) return;
    if (dialect == Dialect::anthropic)
      add_anthropic(out, what, *level, trail.started_wall);
    else
      add_openai(out, what, *level);
  };
  add("requests", trail.limits->requests);
  add("tokens", trail.limits->tokens);
  return out;
}

}  // namespace plimsoll::app
