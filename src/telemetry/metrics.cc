#include "telemetry/metrics.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "telemetry/process.h"

namespace plimsoll::telemetry {
namespace {

using Counter = std::atomic<std::uint64_t>;

/// One counter per way a call or an attempt can end; the last one: answered.
using Outcomes = std::array<Counter, kErrorKinds + 1>;

std::size_t outcome_of(const std::optional<ErrorKind>& error) noexcept {
  return error ? static_cast<std::size_t>(*error) : std::size_t{kErrorKinds};
}

std::string outcome_name(std::size_t outcome) {
  if (outcome == kErrorKinds) return "answered";
  return std::string(to_string(static_cast<ErrorKind>(outcome)));
}

void add(Counter& counter, std::uint64_t by = 1) noexcept {
  counter.fetch_add(by, std::memory_order_relaxed);
}

void add_positive(Counter& counter, std::int64_t by) noexcept {
  if (by > 0) add(counter, static_cast<std::uint64_t>(by));
}

constexpr std::array<std::string_view, 5> kTokenKinds{"input", "output", "cached_input",
                                                      "reasoning_output", "cache_write_input"};

using OutcomeSums = std::array<std::uint64_t, kErrorKinds + 1>;

void add_to(OutcomeSums& sums, const Outcomes& outcomes) noexcept {
  for (std::size_t i = 0; i < sums.size(); ++i)
    sums[i] += outcomes[i].load(std::memory_order_relaxed);
}

/// One sample for each outcome that has occurred.
void show_outcomes(Exposition& out, const Labels& labels, const OutcomeSums& sums) {
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (sums[i] == 0) continue;
    Labels with = labels;
    with.emplace_back("outcome", outcome_name(i));
    out.sample(with, sums[i]);
  }
}

}  // namespace

struct Metrics::FeatureSeries {
  explicit FeatureSeries(std::string name) : feature(std::move(name)) {}
  const std::string feature;
  Outcomes requests{};
  DurationHistogram duration, first_token;
  std::map<std::string, std::uint64_t> refused_by;  // under the shard's mutex
};

struct Metrics::ModelSeries {
  ModelSeries(std::string of, std::string name) : provider(std::move(of)), model(std::move(name)) {}
  const std::string provider, model;
  Outcomes attempts{};
  std::array<Counter, kTokenKinds.size()> tokens{};
  Counter cost_nanos{0}, cost_unknown{0}, usage_estimated{0};
  DurationHistogram duration;
};

/// What the threads of one shard count. Series are found by the raw names of a
/// trail, never removed, and bounded by LabelNames.
struct alignas(64) Metrics::Shard {
  template <class Series>
  using ByName =
      std::unordered_map<std::string, std::unique_ptr<Series>, TextHash, std::equal_to<>>;
  mutable std::mutex mutex;
  ByName<FeatureSeries> features;
  ByName<ModelSeries> models;
  std::string key;  // reused
};

Metrics::Metrics() : shards_(std::make_unique<std::array<Shard, kShards>>()) {}
Metrics::~Metrics() = default;

Metrics::Shard& Metrics::shard_of_this_thread() const noexcept {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1) % kShards;
  return (*shards_)[mine];
}

Metrics::FeatureSeries& Metrics::feature_series(Shard& shard, const std::string& feature) {
  if (const auto found = shard.features.find(feature); found != shard.features.end())
    return *found->second;
  // Under its admitted name: all that share "other" share one series.
  std::string name = features_.admit(feature);
  auto& place = shard.features[name];
  if (!place) place = std::make_unique<FeatureSeries>(name);
  return *place;
}

Metrics::ModelSeries& Metrics::model_series(Shard& shard, const AttemptTrail& attempt) {
  shard.key.assign(attempt.provider).append(1, '\x1f').append(attempt.model);
  if (const auto found = shard.models.find(shard.key); found != shard.models.end())
    return *found->second;
  std::string provider = providers_.admit(attempt.provider);
  std::string model = models_.admit(attempt.model);
  auto& place = shard.models[provider + '\x1f' + model];
  if (!place) place = std::make_unique<ModelSeries>(std::move(provider), std::move(model));
  return *place;
}

void Metrics::take(const std::shared_ptr<const Trail>& trail) noexcept {
  Shard& shard = shard_of_this_thread();
  const std::lock_guard lock(shard.mutex);
  FeatureSeries& feature = feature_series(shard, trail->feature);
  add(feature.requests[outcome_of(trail->error)]);
  feature.duration.add(trail->duration);
  if (trail->streamed && !trail->error && trail->first_byte >= nanoseconds{0})
    feature.first_token.add(trail->first_byte);
  for (const AttemptTrail& attempt : trail->attempts) {
    count_attempt(shard, attempt);
    for (const Violation& violation : attempt.verdict.violations)
      ++feature.refused_by[checks_.admit(violation.check)];
  }
}

void Metrics::count_attempt(Shard& shard, const AttemptTrail& attempt) {
  ModelSeries& series = model_series(shard, attempt);
  add(series.attempts[outcome_of(attempt.error)]);
  if (attempt.ended >= attempt.started && attempt.started >= nanoseconds{0})
    series.duration.add(attempt.ended - attempt.started);
  if (attempt.usage) {
    add_positive(series.tokens[0], attempt.usage->input);
    add_positive(series.tokens[1], attempt.usage->output);
    add_positive(series.tokens[2], attempt.usage->cached_input);
    add_positive(series.tokens[3], attempt.usage->reasoning_output);
    add_positive(series.tokens[4], attempt.usage->cache_write_input);
  }
  if (attempt.usage_estimated) add(series.usage_estimated);
  if (attempt.cost)
    add_positive(series.cost_nanos, attempt.cost->nanos);
  else
    add(series.cost_unknown);
}

void Metrics::add_gauge(Described what, std::function<double()> read) {
  const std::lock_guard lock(callbacks_mutex_);
  callbacks_.push_back({std::move(what), "gauge", std::move(read)});
}

void Metrics::add_counter(Described what, std::function<double()> read) {
  const std::lock_guard lock(callbacks_mutex_);
  callbacks_.push_back({std::move(what), "counter", std::move(read)});
}

void Metrics::add_families(std::function<void(Exposition&)> show) {
  const std::lock_guard lock(callbacks_mutex_);
  families_.push_back(std::move(show));
}

std::string Metrics::text() const {
  Exposition out;
  show_features(out);
  show_models(out);
  show_callbacks(out);
  describe_process(out);
  return out.take();
}

struct Metrics::FeatureSum {
  OutcomeSums requests{};
  DurationCounts duration, first_token;
  std::map<std::string, std::uint64_t> refused_by;

  void add(const FeatureSeries& series) noexcept {
    add_to(requests, series.requests);
    series.duration.add_to(duration);
    series.first_token.add_to(first_token);
  }
};

std::map<std::string, Metrics::FeatureSum> Metrics::sum_features() const {
  std::map<std::string, FeatureSum> sums;
  for (const Shard& shard : *shards_) {
    std::vector<const FeatureSeries*> all;
    {
      const std::lock_guard lock(shard.mutex);
      for (const auto& [name, series] : shard.features) {
        all.push_back(series.get());
        for (const auto& [check, count] : series->refused_by)
          sums[series->feature].refused_by[check] += count;
      }
    }
    for (const FeatureSeries* series : all) sums[series->feature].add(*series);
  }
  return sums;
}

void Metrics::show_features(Exposition& out) const {
  const auto sums = sum_features();
  out.begin("plimsoll_requests_total", "counter",
            "Client requests by feature and outcome: answered, or the error's kind.");
  for (const auto& [feature, sum] : sums) show_outcomes(out, {{"feature", feature}}, sum.requests);
  out.begin("plimsoll_request_duration_seconds", "histogram",
            "From a request's arrival to the last byte of its answer, refusals included.");
  for (const auto& [feature, sum] : sums) out.histogram({{"feature", feature}}, sum.duration);
  out.begin("plimsoll_time_to_first_token_seconds", "histogram",
            "From a request's arrival to the first byte of its answered stream.");
  for (const auto& [feature, sum] : sums) out.histogram({{"feature", feature}}, sum.first_token);
  out.begin("plimsoll_checks_refused_total", "counter",
            "Violations found in answers, thrown-away ones included.");
  for (const auto& [feature, sum] : sums)
    for (const auto& [check, count] : sum.refused_by)
      out.sample({{"feature", feature}, {"check", check}}, count);
}

struct Metrics::ModelSum {
  OutcomeSums attempts{};
  std::array<std::uint64_t, kTokenKinds.size()> tokens{};
  std::uint64_t cost_nanos = 0, cost_unknown = 0, usage_estimated = 0;
  DurationCounts duration;

  void add(const ModelSeries& series) noexcept {
    add_to(attempts, series.attempts);
    for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] += series.tokens[i];
    cost_nanos += series.cost_nanos;
    cost_unknown += series.cost_unknown;
    usage_estimated += series.usage_estimated;
    series.duration.add_to(duration);
  }
};

std::map<Metrics::ModelKey, Metrics::ModelSum> Metrics::sum_models() const {
  std::map<ModelKey, ModelSum> sums;
  for (const Shard& shard : *shards_) {
    std::vector<const ModelSeries*> all;
    {
      const std::lock_guard lock(shard.mutex);
      for (const auto& [name, series] : shard.models) all.push_back(series.get());
    }
    for (const ModelSeries* series : all) sums[{series->provider, series->model}].add(*series);
  }
  return sums;
}

void Metrics::show_models(Exposition& out) const {
  const auto sums = sum_models();
  const auto labels = [](const auto& key) -> Labels {
    return {{"provider", key.first}, {"model", key.second}};
  };
  out.begin("plimsoll_attempts_total", "counter",
            "Tries against upstreams by outcome: answered, or the error's kind.");
  for (const auto& [key, sum] : sums) show_outcomes(out, labels(key), sum.attempts);
  out.begin("plimsoll_attempt_duration_seconds", "histogram",
            "From the start of a try to its last byte.");
  for (const auto& [key, sum] : sums) out.histogram(labels(key), sum.duration);
  out.begin("plimsoll_tokens_total", "counter",
            "Tokens as upstreams reported them; input includes cached_input, output includes "
            "reasoning_output.");
  for (const auto& [key, sum] : sums)
    for (std::size_t i = 0; i < kTokenKinds.size(); ++i) {
      Labels with = labels(key);
      with.emplace_back("kind", kTokenKinds[i]);
      out.sample(with, sum.tokens[i]);
    }
  out.begin("plimsoll_cost_nanodollars_total", "counter",
            "Cost of all tries with a known price, in billionths of a US dollar.");
  for (const auto& [key, sum] : sums) out.sample(labels(key), sum.cost_nanos);
  out.begin("plimsoll_cost_unknown_attempts_total", "counter", "Tries without a known cost.");
  for (const auto& [key, sum] : sums) out.sample(labels(key), sum.cost_unknown);
  out.begin("plimsoll_usage_estimated_attempts_total", "counter",
            "Tries that were booked by an estimate because no usage was reported.");
  for (const auto& [key, sum] : sums) out.sample(labels(key), sum.usage_estimated);
}

void Metrics::show_callbacks(Exposition& out) const {
  std::vector<Callback> all;
  std::vector<std::function<void(Exposition&)>> others;
  {
    const std::lock_guard lock(callbacks_mutex_);
    all = callbacks_;
    others = families_;
  }
  // One family's samples must stand together; order within it is kept.
  std::map<std::string, std::vector<const Callback*>> families;
  for (const Callback& callback : all) families[callback.what.name].push_back(&callback);
  for (const auto& [name, members] : families) {
    out.begin(name, members.front()->type, members.front()->what.help);
    for (const Callback* member : members) out.sample(member->what.labels, member->read());
  }
  for (const auto& show : others) show(out);
}

}  // namespace plimsoll::telemetry
