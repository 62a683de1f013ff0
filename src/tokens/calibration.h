#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace plimsoll::tokens {

/// Learns, for models whose vocabulary is not public, how many tokens their
/// provider bills for what we estimated. Outlives a plan. Thread-safe; each call
/// is a short lock.
class Calibration {
 public:
  /// Beyond these no further model is learned.
  static constexpr std::size_t kModelsMax = 1024;
  /// The limits of a factor: one strange answer must not open a ceiling.
  static constexpr double kLowest = 0.5, kHighest = 3;

  /// What to multiply an estimate with; 1 for a model not met before.
  double factor(std::string_view model) const;

  /// One prompt of `model`: estimated with factor 1, and what it was billed.
  /// Newer prompts count more: the weight halves every 70 or so. Nothing is
  /// learned from a prompt of nought.
  void observe(std::string_view model, std::int64_t estimated, std::int64_t billed);

 private:
  struct Sums {
    double estimated = 0, billed = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Sums, std::less<>> models_;
};

}  // namespace plimsoll::tokens
