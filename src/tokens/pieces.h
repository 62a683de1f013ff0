#pragma once

#include <cstddef>
#include <string_view>

namespace plimsoll::tokens {

/// Where the piece that begins at `at` ends. A token never crosses the border of
/// a piece, and where a piece ends depends on nothing before it. `at` must be
/// below `text.size()`; the result is above `at`.
///
/// What the pattern of tiktoken's encoding of that name matches, for every text
/// of valid UTF-8; an invalid byte counts as a symbol.
std::size_t o200k_piece_end(std::string_view text, std::size_t at) noexcept;
std::size_t cl100k_piece_end(std::string_view text, std::size_t at) noexcept;

/// True when letters or white space fill `text` from `at` to its end: had more
/// text followed, a piece that ends at `at` might have ended elsewhere.
bool run_reaches_end(std::string_view text, std::size_t at) noexcept;

}  // namespace plimsoll::tokens
