#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "tokens/ranks.h"

namespace plimsoll::tokens {

/// Splits one piece into tokens by byte-pair encoding: of all neighbours that
/// are a token together, the pair of lowest rank is merged first, the leftmost
/// of equals, until none is left. O(n log n) in the piece's bytes.
///
/// Appends the tokens to `out` when there is one. Returns how many there are.
/// `piece` must not be empty. Thread-safe; a long piece uses memory of the thread.
std::size_t merge_piece(const Ranks& ranks, std::string_view piece, std::vector<Rank>* out);

}  // namespace plimsoll::tokens
