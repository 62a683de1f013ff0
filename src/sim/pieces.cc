#include "sim/pieces.h"

#include <algorithm>

namespace plimsoll::sim {
namespace {

bool inside_character(std::string_view text, std::size_t at) noexcept {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

}  // namespace

std::string_view first_tokens(std::string_view text, std::size_t tokens) noexcept {
  if (tokens >= text.size()) return text;
  std::size_t end = std::min(text.size(), tokens * 4);
  while (end > 0 && inside_character(text, end)) --end;
  return text.substr(0, end);
}

std::vector<std::string_view> pieces_of(std::string_view text, std::size_t tokens_each) {
  const std::size_t step = std::max<std::size_t>(1, tokens_each) * 4;
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    std::size_t end = std::min(text.size(), step);
    while (inside_character(text, end)) ++end;
    pieces.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return pieces;
}

}  // namespace plimsoll::sim
