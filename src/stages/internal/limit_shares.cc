#include "stages/internal/limit_shares.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace plimsoll::stages {
namespace {

using Verdict = ports::LimitAnswer::Verdict;
using std::chrono::nanoseconds;

constexpr std::array<LimitScope, kLimitScopes> kScopes{LimitScope::key, LimitScope::feature,
                                                       LimitScope::tenant, LimitScope::address};

std::string_view word_of(LimitScope scope) noexcept {
  switch (scope) {
    case LimitScope::key: return "key";
    case LimitScope::feature: return "feature";
    case LimitScope::tenant: return "tenant";
    case LimitScope::address: return "address";
  }
  return "key";
}

std::string holder_of(LimitScope scope, const Call& call) {
  switch (scope) {
    case LimitScope::key: return call.account;
    case LimitScope::feature: return call.feature->name;
    case LimitScope::tenant: return call.tenant;
    case LimitScope::address: return address_group(call.trail->client_address);
  }
  return {};
}

std::string_view unit_of(nanoseconds period) noexcept {
  using namespace std::chrono_literals;
  if (period == 1s) return "second";
  if (period == 1min) return "minute";
  return period == 1h ? "hour" : "day";
}

std::string wait_text(nanoseconds wait) {
  const auto ms = std::chrono::ceil<milliseconds>(wait).count();
  return ms < 1'000 ? fmt::format("{} ms", ms) : fmt::format("{} s", (ms + 999) / 1'000);
}

void keep_tightest(std::optional<LimitLevel>& kept, const std::optional<LimitLevel>& seen) {
  if (seen && (!kept || seen->remaining < kept->remaining)) kept = seen;
}

void keep_tightest(std::optional<LimitLevels>& kept, const LimitLevels& seen) {
  if (!kept) kept.emplace();
  keep_tightest(kept->requests, seen.requests);
  keep_tightest(kept->tokens, seen.tokens);
}

}  // namespace

/// One set of rules and whom it counts for this call.
struct LimitShares::Place {
  std::string name;   // of the state
  std::string who;    // `key "team-a"`
  std::string field;  // of the one-pager, without the rule
  const LimitRules& rules;
  milliseconds burst;
};

namespace {

std::string what_of(const LimitRules& rules, Verdict verdict, const std::string& who,
                    std::int64_t tokens) {
  if (verdict == Verdict::concurrent)
    return fmt::format("{} has {} requests running, which is its limit", who, *rules.concurrent);
  if (verdict == Verdict::requests)
    return fmt::format("{} has used up its {} requests a {}", who, rules.requests->count,
                       unit_of(rules.requests->period));
  return fmt::format("this request may use {} tokens; {} has fewer left of its {} a {}", tokens,
                     who, rules.tokens->count, unit_of(rules.tokens->period));
}

Error used_up(const ports::LimitAnswer& answer, std::string what, const std::string& field) {
  const std::string_view rule = answer.verdict == Verdict::concurrent ? "concurrent"
                                : answer.verdict == Verdict::requests ? "requests"
                                                                      : "tokens";
  Error error{.kind = ErrorKind::rate_limited, .what = std::move(what)};
  std::string first = "lower max_tokens: it is more than may come at once";
  if (answer.retry_after) {
    error.retry_after = std::chrono::ceil<milliseconds>(*answer.retry_after);
    first = fmt::format("wait {}", wait_text(*answer.retry_after));
  } else if (answer.verdict == Verdict::concurrent) {
    error.retry_after = std::chrono::seconds(1);
    first = "wait for one of them to end";
  }
  error.hint = fmt::format("{}, or raise {}{}", first, field, rule);
  return error;
}

/// Keeps the places of a call as long as its events.
class CountedEvents final : public EventSource {
 public:
  CountedEvents(std::unique_ptr<EventSource> inner, LimitShares shares)
      : shares_(std::move(shares)), inner_(std::move(inner)) {}
  Task<Result<std::optional<Event>>> next() override { return inner_->next(); }
  bool ready() const noexcept override { return inner_->ready(); }

 private:
  LimitShares shares_;  // dies last: by then the attempts are settled in the trail
  std::unique_ptr<EventSource> inner_;
};

}  // namespace

LimitShares::~LimitShares() {
  if (claims_.empty()) return;
  const Usage used = trail_->usage_total();
  for (const ports::LimitClaim& claim : claims_)
    limits_->finish(claim, used.input + used.output, timers_->now());
}

Result<void> LimitShares::take(const Call& call, std::int64_t tokens) {
  const Deadline now = timers_->now();
  const std::string& feature = call.feature->name;
  const auto count = [&](const LimitSet& set, LimitScope scope, bool whole_file) -> Result<void> {
    if (!set[scope].any()) return {};
    const std::string holder = holder_of(scope, call);
    const std::string_view word = word_of(scope);
    const Place place{.name = fmt::format("{}\n{}\n{}", whole_file ? "" : feature, word, holder),
                      .who = holder.empty() ? fmt::format("the default {}", word)
                                            : fmt::format("{} \"{}\"", word, holder),
                      .field = whole_file
                                   ? fmt::format("limits.per_{}.", word)
                                   : fmt::format("features.{}.limits.per_{}.", feature, word),
                      .rules = set[scope],
                      .burst = set.burst};
    return take_one(place, tokens, now);
  };
  if (call.key && call.key->limits.any()) {
    const Place own{.name = fmt::format("\nown\n{}", call.key->id),
                    .who = fmt::format("key \"{}\"", call.key->id),
                    .field = "the key's own limit of ",
                    .rules = call.key->limits,
                    .burst = milliseconds{0}};
    if (auto taken = take_one(own, tokens, now); !taken) return taken;
  }
  for (const LimitScope scope : kScopes)
    for (const bool whole_file : {false, true}) {
      auto taken = count(whole_file ? call.plan->limits : call.feature->limits, scope, whole_file);
      if (taken) continue;
      give_back();
      return taken;
    }
  return {};
}

Result<void> LimitShares::take_one(const Place& place, std::int64_t tokens, Deadline now) {
  auto answer = limits_->take(
      {.name = place.name, .rules = place.rules, .burst = place.burst, .tokens = tokens}, now);
  keep_tightest(trail_->limits, answer.levels);
  if (answer.verdict == Verdict::allowed) {
    claims_.push_back(answer.claim);
    return {};
  }
  return std::unexpected(
      used_up(answer, what_of(place.rules, answer.verdict, place.who, tokens), place.field));
}

void LimitShares::give_back() noexcept {
  for (const ports::LimitClaim& claim : claims_) limits_->give_back(claim);
  claims_.clear();
}

bool has_limits(const Call& call) noexcept {
  return call.plan->limits.any() || call.feature->limits.any() ||
         (call.key && call.key->limits.any());
}

bool limits_tokens(const Call& call) noexcept {
  const auto counts = [](const LimitRules& rules) { return rules.tokens.has_value(); };
  return (call.key && counts(call.key->limits)) ||
         std::ranges::any_of(call.plan->limits.of, counts) ||
         std::ranges::any_of(call.feature->limits.of, counts);
}

std::unique_ptr<EventSource> keep_until_end(std::unique_ptr<EventSource> events,
                                            LimitShares shares) {
  return std::make_unique<CountedEvents>(std::move(events), std::move(shares));
}

std::string address_group(std::string_view address) {
  std::string text(address);
  std::array<unsigned char, 16> bytes{};
  if (address.find(':') == std::string_view::npos ||
      ::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1)
    return text;
  if (address.starts_with("::ffff:") && address.find('.') != std::string_view::npos)
    return text.substr(7);
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  std::array<char, INET6_ADDRSTRLEN> out{};
  ::inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
  return fmt::format("{}/64", out.data());
}

}  // namespace plimsoll::stages
