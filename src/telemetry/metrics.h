#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ports/trail_sink.h"
#include "telemetry/exposition.h"
#include "telemetry/label_names.h"

namespace plimsoll::telemetry {

/// Counts what trails say and shows it to Prometheus.
///
/// Thread-safe. `take` works on counters of its own thread; a scrape reads them
/// all and holds each thread's up for the time of a pointer copy only.
class Metrics final : public ports::TrailSink {
 public:
  Metrics();
  ~Metrics() override;

  void take(const std::shared_ptr<const Trail>& trail) noexcept override;

  /// A value that is owned elsewhere, read at each scrape on the scraping
  /// thread; `read` must stay valid while these Metrics live, be thread-safe and
  /// quick. Several of one name may differ in their labels; the first one's help
  /// counts.
  struct Described {
    std::string name, help;
    Labels labels;
  };
  void add_gauge(Described what, std::function<double()> read);
  void add_counter(Described what, std::function<double()> read);

  /// Families that are owned elsewhere, written at each scrape; as above.
  void add_families(std::function<void(Exposition&)> show);

  /// All of it in Prometheus' text format (Exposition::kContentType).
  std::string text() const;

 private:
  struct FeatureSeries;
  struct FeatureSum;
  struct ModelSeries;
  struct ModelSum;
  using ModelKey = std::pair<std::string, std::string>;  // provider, model
  struct Shard;
  struct Callback {
    Described what;
    std::string type;
    std::function<double()> read;
  };
  static constexpr std::size_t kShards = 32;

  Shard& shard_of_this_thread() const noexcept;
  FeatureSeries& feature_series(Shard& shard, const std::string& feature);
  ModelSeries& model_series(Shard& shard, const AttemptTrail& attempt);
  void count_attempt(Shard& shard, const AttemptTrail& attempt);
  std::map<std::string, FeatureSum> sum_features() const;
  std::map<ModelKey, ModelSum> sum_models() const;
  void show_features(Exposition& out) const;
  void show_models(Exposition& out) const;
  void show_callbacks(Exposition& out) const;

  std::unique_ptr<std::array<Shard, kShards>> shards_;
  LabelNames features_, providers_, models_, checks_;
  mutable std::mutex callbacks_mutex_;
  std::vector<Callback> callbacks_;
  std::vector<std::function<void(Exposition&)>> families_;
};

}  // namespace plimsoll::telemetry
