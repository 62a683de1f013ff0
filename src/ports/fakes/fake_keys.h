#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "ports/keys.h"

namespace plimsoll::ports {

/// Keys as a test puts them in.
class FakeKeys final : public Keys {
 public:
  std::map<std::string, FoundKey, std::less<>> known;

  void add(std::string credential, ClientKey key, FoundKey::State state = FoundKey::State::valid) {
    known[std::move(credential)] = {.state = state,
                                    .key = std::make_shared<const ClientKey>(std::move(key))};
  }
  FoundKey find(std::string_view credential, WallTime) const override {
    const auto found = known.find(credential);
    return found == known.end() ? FoundKey{} : found->second;
  }
};

}  // namespace plimsoll::ports
