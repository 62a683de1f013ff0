#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/time.h"
#include "model/client_key.h"

namespace plimsoll::ports {

struct FoundKey {
  enum class State : std::uint8_t { unknown, valid, expired, revoked };
  State state = State::unknown;
  std::shared_ptr<const ClientKey> key;  // null when unknown
};

/// The keys that were made with `plimsoll keys`. Outlives a plan.
class Keys {
 public:
  virtual ~Keys() = default;

  /// Who `credential` is, at `now`. Thread-safe; never waits. The time it takes
  /// tells nothing of the keys there are.
  virtual FoundKey find(std::string_view credential, WallTime now) const = 0;
};

/// Nobody.
class NoKeys final : public Keys {
 public:
  FoundKey find(std::string_view, WallTime) const override { return {}; }
};

}  // namespace plimsoll::ports
