#include "base/candidates.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace plimsoll {
namespace {

constexpr std::size_t kLongest = 64;

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/// Optimal string alignment distance, three rows.
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::array<std::size_t, kLongest + 1>, 3> rows{};
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& two_above = rows[(i + 1) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

/// Distance, with one name beginning with the other counted as a single slip.
std::size_t slip(std::string_view wrong, std::string_view name) {
  constexpr std::size_t kShortestPrefix = 3;
  const bool begins = std::min(wrong.size(), name.size()) >= kShortestPrefix &&
                      (name.starts_with(wrong) || wrong.starts_with(name));
  return begins ? 1 : distance(wrong, name);
}

}  // namespace

std::vector<std::string_view> nearest_names(std::string_view wrong,
                                            std::span<const std::string_view> names,
                                            std::size_t most) {
  std::vector<std::pair<std::size_t, std::string_view>> near;
  if (wrong.size() > kLongest) return {};
  const std::size_t limit = std::max<std::size_t>(2, wrong.size() / 3);
  for (std::string_view name : names) {
    if (name.size() > kLongest) continue;
    if (const std::size_t d = slip(wrong, name); d <= limit) near.emplace_back(d, name);
  }
  std::ranges::sort(near);  // equal distances: by name, so the advice is the same every time
  std::vector<std::string_view> best;
  for (std::size_t i = 0; i < std::min(most, near.size()); ++i) best.push_back(near[i].second);
  return best;
}

std::string quoted_choice(std::span<const std::string_view> names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += '"';
    out += names[i];
    out += '"';
  }
  return out;
}

}  // namespace plimsoll
