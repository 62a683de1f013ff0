#pragma once

#include <string>
#include <string_view>

/// A call's id, in which a thought's signature travels to the client and back:
/// Google wants it with the call in the next turn, and no client keeps it else.
namespace plimsoll::dialects {

std::string id_with_signature(std::string_view id, std::string_view signature);

struct CallId {
  std::string_view id, signature;  // signature: "" when there was none
};
CallId split_id(std::string_view id) noexcept;

}  // namespace plimsoll::dialects
