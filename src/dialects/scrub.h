#pragma once

#include <string>
#include <string_view>

namespace plimsoll::dialects {

/// `text` with everything that looks like a provider's key replaced: what stands
/// behind "sk-", "gsk_" and their like, or behind "Bearer ", becomes "***".
/// Upstreams quote keys in their error texts.
std::string without_keys(std::string_view text);

}  // namespace plimsoll::dialects
