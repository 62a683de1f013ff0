#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "checks/json_schema.h"

namespace plimsoll::checks {

/// The schemas that clients send along, compiled, kept while they are in use:
/// clients send the same one with every request. Thread-safe; the lock is never
/// held while one compiles.
class ClientSchemas {
 public:
  /// A longer schema is not compiled: it would take more than a moment.
  static constexpr std::size_t kBytesMax = 64 * 1024;
  /// Weight of all that are kept: bytes of text, and of what patterns may take.
  static constexpr std::size_t kWeightMax = 64 * 1024 * 1024;

  /// The compiled schema; empty when it is no schema, or beyond a bound.
  std::optional<JsonSchema> find(std::string_view schema);

 private:
  struct Kept {
    std::string text;
    std::optional<JsonSchema> compiled;
    std::size_t weight = 0;
  };
  using Order = std::list<Kept>;  // the last used first

  std::optional<std::optional<JsonSchema>> known(std::string_view schema);
  void keep(Kept fresh);

  std::mutex mutex_;
  Order order_;
  std::unordered_map<std::string_view, Order::iterator> by_text_;
  std::size_t weight_ = 0;
};

}  // namespace plimsoll::checks
