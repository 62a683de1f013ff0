#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "model/call.h"
#include "model/event.h"
#include "ports/limits.h"
#include "ports/timers.h"

namespace plimsoll::stages {

/// A call's places in all limits that it counts on. Gives concurrency back and
/// corrects the tokens when it dies, on whatever way the call ends.
class LimitShares {
 public:
  LimitShares(ports::Limits& limits, const ports::Timers& timers, std::shared_ptr<Trail> trail)
      : limits_(&limits), timers_(&timers), trail_(std::move(trail)) {}
  LimitShares(LimitShares&&) noexcept = default;
  LimitShares& operator=(LimitShares&&) = delete;
  ~LimitShares();

  /// Counts `call`, which sets `tokens` aside, on every limit of its plan, feature
  /// and key; on none when one refuses. Notes in the trail what is left.
  ///
  /// Errors
  ///   rate_limited   a limit is used up, with the wait where it is known
  [[nodiscard]] Result<void> take(const Call& call, std::int64_t tokens);

 private:
  struct Place;
  Result<void> take_one(const Place& place, std::int64_t tokens, Deadline now);
  void give_back() noexcept;

  ports::Limits* limits_;
  const ports::Timers* timers_;
  std::shared_ptr<Trail> trail_;
  std::vector<ports::LimitClaim> claims_;
};

/// True when some limit of the plan, the feature or the key speaks of the call.
bool has_limits(const Call& call) noexcept;
/// True when one of them counts tokens.
bool limits_tokens(const Call& call) noexcept;

/// The events of a call that keeps its places until they end.
std::unique_ptr<EventSource> keep_until_end(std::unique_ptr<EventSource> events,
                                            LimitShares shares);

/// An address as limits count it: IPv4 whole, of IPv6 the network of 64 bits,
/// which is what one subscriber has.
std::string address_group(std::string_view address);

}  // namespace plimsoll::stages
