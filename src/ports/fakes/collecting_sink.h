#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "ports/trail_sink.h"

namespace plimsoll::ports {

/// Keeps every trail it takes. Thread-safe.
class CollectingSink final : public TrailSink {
 public:
  void take(const std::shared_ptr<const Trail>& trail) noexcept override {
    const std::lock_guard lock(mutex_);
    trails_.push_back(trail);
  }

  std::vector<std::shared_ptr<const Trail>> trails() const {
    const std::lock_guard lock(mutex_);
    return trails_;
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return trails_.size();
  }
  /// The last one taken; stops the program when there is none.
  const Trail& last() const {
    const std::lock_guard lock(mutex_);
    return *trails_.back();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const Trail>> trails_;
};

}  // namespace plimsoll::ports
