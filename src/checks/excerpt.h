#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace plimsoll::checks {

/// Unicode code points in `text`, which is taken to be UTF-8.
std::size_t code_points(std::string_view text) noexcept;

/// At most `bytes_max` bytes of `text`, cut between code points, with "..." where
/// something was left out.
std::string excerpt(std::string_view text, std::size_t bytes_max = 200);

}  // namespace plimsoll::checks
