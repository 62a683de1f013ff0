#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll {

/// The names nearest to `wrong` by edit distance (Damerau-Levenshtein, case
/// ignored), best first, at most `most`. Only names near enough to be a slip:
/// distance at most 2, or a third of the length; a name that begins with
/// `wrong`, or the reverse, counts as near. Names and `wrong` over 64 bytes are
/// never near.
std::vector<std::string_view> nearest_names(std::string_view wrong,
                                            std::span<const std::string_view> names,
                                            std::size_t most = 3);

/// "a", "b" or "c": quoted, for a sentence that asks "did you mean ...?".
std::string quoted_choice(std::span<const std::string_view> names);

}  // namespace plimsoll
