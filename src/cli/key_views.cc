#include "cli/key_views.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

#include "base/json.h"

namespace plimsoll::cli {
namespace {

std::string time_text(WallTime when) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z",
                     fmt::gmtime(std::chrono::floor<std::chrono::seconds>(when)));
}

std::string time_json(const std::optional<WallTime>& when) {
  return when ? json::quoted(time_text(*when)) : "null";
}

std::string rate_text(const Rate& rate) {
  using namespace std::chrono_literals;
  const std::string_view unit = rate.period == 1s     ? "s"
                                : rate.period == 1min ? "min"
                                : rate.period == 1h   ? "h"
                                                      : "day";
  return fmt::format("{}/{}", rate.count, unit);
}

std::string limits_text(const ClientKey& key) {
  constexpr std::string_view kPeriods[] = {"minute", "hour", "day", "month"};
  const LimitRules& limits = key.limits;
  const std::optional<BudgetRule>& budget = key.budget;
  std::vector<std::string> parts;
  if (limits.requests) parts.push_back(fmt::format("requests {}", rate_text(*limits.requests)));
  if (limits.tokens) parts.push_back(fmt::format("tokens {}", rate_text(*limits.tokens)));
  if (budget)
    parts.push_back(fmt::format("{} a {}", to_string(budget->cap),
                                kPeriods[static_cast<std::size_t>(budget->period)]));
  if (limits.concurrent) parts.push_back(fmt::format("{} at a time", *limits.concurrent));
  return parts.empty() ? "-" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string state_text(const store::StoredKey& stored, WallTime now) {
  if (stored.revoked) return "revoked " + time_text(*stored.revoked);
  if (!stored.key.expires) return "valid";
  return (*stored.key.expires <= now ? "expired " : "until ") + time_text(*stored.key.expires);
}

std::string names_json(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(json::quoted(name));
  return fmt::format("[{}]", fmt::join(quoted, ","));
}

std::string key_json(const store::StoredKey& stored) {
  const ClientKey& key = stored.key;
  return fmt::format(
      R"({{"id":{},"tenant":{},"features":{},"limits":{},"created":{},"expires":{},"revoked":{},)"
      R"("secrets":{}}})",
      json::quoted(key.id), json::quoted(key.tenant), names_json(key.features),
      json::quoted(limits_text(key)), time_json(stored.created), time_json(key.expires),
      time_json(stored.revoked), stored.secrets.size());
}

std::string list_of(const std::vector<std::string>& objects) {
  return objects.empty() ? "[]\n" : fmt::format("[\n  {}\n]\n", fmt::join(objects, ",\n  "));
}

}  // namespace

std::string keys_table(const std::vector<store::StoredKey>& keys, WallTime now) {
  if (keys.empty()) return "No keys. Make one: plimsoll keys create ID\n";
  std::string out = fmt::format("{:<24} {:<16} {:<28} {:<24} {}\n", "id", "tenant", "state",
                                "features", "limits");
  for (const store::StoredKey& stored : keys) {
    const std::string features = stored.key.features.empty()
                                     ? "all"
                                     : fmt::format("{}", fmt::join(stored.key.features, " "));
    out += fmt::format("{:<24} {:<16} {:<28} {:<24} {}\n", stored.key.id,
                       stored.key.tenant.empty() ? "-" : stored.key.tenant, state_text(stored, now),
                       features, limits_text(stored.key));
  }
  return out;
}

std::string keys_json(const std::vector<store::StoredKey>& keys) {
  std::vector<std::string> objects;
  for (const store::StoredKey& stored : keys) objects.push_back(key_json(stored));
  return list_of(objects);
}

std::string changes_table(const std::vector<store::KeyChange>& changes) {
  std::string out;
  for (const store::KeyChange& change : changes)
    out += fmt::format("{} {:<8} {:<24} by {}{}{}\n", time_text(change.at), change.what,
                       change.key_id, change.by, change.detail.empty() ? "" : ": ", change.detail);
  return out.empty() ? "No change yet.\n" : out;
}

std::string changes_json(const std::vector<store::KeyChange>& changes) {
  std::vector<std::string> objects;
  for (const store::KeyChange& change : changes)
    objects.push_back(fmt::format(R"({{"at":{},"what":{},"id":{},"by":{},"detail":{}}})",
                                  time_json(change.at), json::quoted(change.what),
                                  json::quoted(change.key_id), json::quoted(change.by),
                                  json::quoted(change.detail)));
  return list_of(objects);
}

}  // namespace plimsoll::cli
