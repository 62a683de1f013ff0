#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "telemetry/duration_histogram.h"

namespace plimsoll::telemetry {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Writes Prometheus' text format, version 0.0.4. All samples of one family
/// follow its `begin`.
class Exposition {
 public:
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  void begin(std::string_view name, std::string_view type, std::string_view help);
  void sample(const Labels& labels, std::uint64_t value);
  void sample(const Labels& labels, double value);
  /// Buckets, sum and count, in seconds.
  void histogram(const Labels& labels, const DurationCounts& counts);

  std::string take() { return std::move(text_); }

 private:
  void line(std::string_view suffix, const Labels& labels, std::string_view le,
            std::string_view value);

  std::string text_;
  std::string family_;
};

}  // namespace plimsoll::telemetry
