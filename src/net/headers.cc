#include "net/headers.h"

#include <algorithm>

namespace plimsoll::net {
namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> Headers::get(std::string_view name) const noexcept {
  if ((sizes_ & size_bit(name)) == 0) return std::nullopt;
  for (const HeaderView& field : fields_) {
    if (field.name.size() == name.size() && same_name(field.name, name)) return field.value;
  }
  return std::nullopt;
}

}  // namespace plimsoll::net
