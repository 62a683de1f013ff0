#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace plimsoll::sim {

/// The longest beginning of `text` that is at most `tokens` tokens (tokens_of)
/// and ends between two UTF-8 characters. A view into `text`.
std::string_view first_tokens(std::string_view text, std::size_t tokens) noexcept;

/// `text` cut into pieces of about `tokens_each` tokens, each ending between two
/// UTF-8 characters; together they are the text. Views into `text`.
std::vector<std::string_view> pieces_of(std::string_view text, std::size_t tokens_each);

}  // namespace plimsoll::sim
