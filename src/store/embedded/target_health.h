#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "ports/random.h"
#include "ports/target_health.h"

namespace plimsoll::store {

/// ports::TargetHealth in the memory of one process. Must not outlive `random`.
///
/// Knows at most kTargetsMax targets. When it is full, states that nobody holds
/// are forgotten; when all are held, a new name gets a state of its own that is
/// not shared.
class EmbeddedTargetHealth final : public ports::TargetHealth {
 public:
  static constexpr std::size_t kTargetsMax = 4096;

  explicit EmbeddedTargetHealth(ports::Random& random) : random_(random) {}

  std::shared_ptr<ports::TargetState> of(const ports::TargetName& name,
                                         const TargetRules& rules) override;
  std::vector<ports::TargetView> views(Deadline now) const override;

 private:
  class State;

  void forget_what_nobody_holds();

  ports::Random& random_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<State>> states_;
};

}  // namespace plimsoll::store
