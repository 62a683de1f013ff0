#include "checks/excerpt.h"

#include <algorithm>

namespace plimsoll::checks {
namespace {

bool continues_a_code_point(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

std::size_t code_points(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues_a_code_point(c); }));
}

std::string excerpt(std::string_view text, std::size_t bytes_max) {
  constexpr std::string_view kMore = "...";
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t end = bytes_max > kMore.size() ? bytes_max - kMore.size() : 0;
  while (end > 0 && continues_a_code_point(text[end])) --end;
  return std::string(text.substr(0, end)).append(kMore);
}

}  // namespace plimsoll::checks
