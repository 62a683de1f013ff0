#pragma once

#include <optional>
#include <string_view>

#include "tokens/family.h"

namespace plimsoll::tokens {

/// The size that a PNG, JPEG, GIF or WebP names in its first bytes, from its
/// base64 text (a data: URL's prefix is skipped). Empty when it names none there.
/// Reads at most 128 kB of the text.
std::optional<PictureSize> picture_size(std::string_view base64);

}  // namespace plimsoll::tokens
