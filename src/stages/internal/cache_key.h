#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/call.h"
#include "ports/answer_cache.h"

namespace plimsoll::stages {

/// Says which requests are the same. Immutable; made once per plan.
class CacheKeys {
 public:
  explicit CacheKeys(const Plan& plan);

  /// The key of `call`; empty where the cache has nothing to do with it: the rules of
  /// the feature, the client's wish, or a request whose answer has parts that are not
  /// kept (log probabilities, audio).
  std::optional<ports::CacheKey> of(const Call& call) const;

 private:
  std::vector<std::string> ladders_;  // by feature: who answers, and how it is asked
};

/// The members of `body` in the order of their names, without white space outside of
/// texts, and without those that only say how the answer is sent: model (the key
/// names who answers), stream, stream_options.
std::string canonical(std::string_view body);

}  // namespace plimsoll::stages
