#include "cel/fault.h"

#include <fmt/core.h>

#include <algorithm>

namespace plimsoll::cel {

std::string show(const Fault& fault, std::string_view source) {
  const std::size_t at = std::min(fault.offset, source.size());
  const auto line_feed = at == 0 ? std::string_view::npos : source.rfind('\n', at - 1);
  const std::size_t begin = line_feed == std::string_view::npos ? 0 : line_feed + 1;
  const std::string_view line = source.substr(begin, source.find('\n', at) - begin);
  const auto number = 1 + std::count(source.begin(), source.begin() + static_cast<long>(at), '\n');
  const std::size_t room = line.size() > at - begin ? line.size() - (at - begin) : 1;
  std::string text = fmt::format("{}:{}: {}\n  {}\n  {}{}", number, at - begin + 1, fault.what,
                                 line, std::string(at - begin, ' '),
                                 std::string(std::clamp<std::size_t>(fault.length, 1, room), '^'));
  if (!fault.fix.empty()) text += "\nfix: " + fault.fix;
  return text;
}

}  // namespace plimsoll::cel
