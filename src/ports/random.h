#pragma once

#include <cstdint>

namespace plimsoll::ports {

/// Randomness as the pipeline sees it, so that a test can fix it. Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() noexcept = 0;
};

}  // namespace plimsoll::ports
