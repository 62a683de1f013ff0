#include "base/money.h"

#include <fmt/format.h>

namespace plimsoll {

std::string to_string(Money amount) {
  constexpr std::uint64_t kNanosPerDollar = 1'000'000'000;
  const bool negative = amount.nanos < 0;
  const auto raw = static_cast<std::uint64_t>(amount.nanos);
  const std::uint64_t nanos = negative ? ~raw + 1 : raw;
  std::string text = fmt::format("{}${}.{:09}", negative ? "-" : "", nanos / kNanosPerDollar,
                                 nanos % kNanosPerDollar);
  const std::size_t shortest = text.find('.') + 3;
  while (text.size() > shortest && text.back() == '0') text.pop_back();
  return text;
}

}  // namespace plimsoll
