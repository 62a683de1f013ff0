// The system's zone tables (TZif, RFC 8536): a header, then for version 2 a second
// block with 64-bit times:
//
//   "TZif" version 15 zero bytes, six 32-bit counts, times, kinds, offsets, ...
#include "cel/internal/zones.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace plimsoll::cel {
namespace {

struct Change {
  std::int64_t from = 0;
  std::int64_t offset = 0;
};

/// The changes of a zone's offset, in order of time; the first holds from the start.
using Zone = std::vector<Change>;

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  std::int64_t number(std::size_t bytes) {
    if (at_ + bytes > text_.size()) {
      good_ = false;
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      value = (value << 8U) | static_cast<unsigned char>(text_[at_ + i]);
    at_ += bytes;
    return bytes == 4 ? static_cast<std::int32_t>(value) : static_cast<std::int64_t>(value);
  }
  unsigned byte() { return static_cast<unsigned>(number(1)) & 0xFFU; }
  void skip(std::int64_t bytes) {
    if (bytes < 0 || static_cast<std::size_t>(bytes) > text_.size() - at_)
      good_ = false;
    else
      at_ += static_cast<std::size_t>(bytes);
  }
  bool good() const noexcept { return good_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool good_ = true;
};

struct Counts {
  std::int64_t ut = 0, standard = 0, leaps = 0, times = 0, kinds = 0, letters = 0;
};

Counts read_counts(Reader& reader) {
  reader.skip(20);
  Counts counts;
  for (std::int64_t* count :
       {&counts.ut, &counts.standard, &counts.leaps, &counts.times, &counts.kinds, &counts.letters})
    *count = reader.number(4);
  return counts;
}

std::optional<Zone> read_zone(std::string_view text) {
  if (!text.starts_with("TZif") || text.size() < 5 || text[4] < '2') return {};
  Reader reader(text);
  const Counts old = read_counts(reader);
  reader.skip(old.times * 5 + old.kinds * 6 + old.letters + old.leaps * 8 + old.standard + old.ut);
  const Counts counts = read_counts(reader);
  constexpr std::int64_t kMost = 100'000;
  if (!reader.good() || counts.times < 0 || counts.times > kMost || counts.kinds < 1 ||
      counts.kinds > 256)
    return {};
  std::vector<std::int64_t> times, kinds, offsets;
  for (std::int64_t i = 0; i < counts.times; ++i) times.push_back(reader.number(8));
  for (std::int64_t i = 0; i < counts.times; ++i) kinds.push_back(reader.byte());
  for (std::int64_t i = 0; i < counts.kinds; ++i) {
    offsets.push_back(reader.number(4));
    reader.skip(2);
  }
  if (!reader.good()) return {};
  Zone zone = {{.from = INT64_MIN, .offset = offsets.front()}};
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto kind = static_cast<std::size_t>(kinds[i]);
    if (kind >= offsets.size()) return {};
    zone.push_back({.from = times[i], .offset = offsets[kind]});
  }
  return zone;
}

bool is_name(std::string_view zone) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+' || c == '/';
  };
  return !zone.empty() && zone.size() <= 64 && zone.front() != '/' &&
         std::ranges::all_of(zone, fits);
}

std::shared_ptr<const Zone> load(const std::string& name) {
  std::ifstream file("/usr/share/zoneinfo/" + name, std::ios::binary);
  if (!file) return nullptr;
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  auto zone = read_zone(text);
  return zone ? std::make_shared<const Zone>(std::move(*zone)) : nullptr;
}

std::shared_ptr<const Zone> named_zone(std::string_view name) {
  constexpr std::size_t kZonesMax = 64;
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const Zone>, std::less<>> zones;
  const std::scoped_lock lock(mutex);
  const auto known = zones.find(name);
  if (known != zones.end()) return known->second;
  if (!is_name(name) || zones.size() >= kZonesMax) return nullptr;
  return zones.emplace(name, load(std::string(name))).first->second;
}

/// "+02:00", "-09:30", "02:00"; empty when it is none.
std::optional<std::int64_t> fixed_offset(std::string_view zone) {
  const bool west = zone.starts_with('-');
  if (west || zone.starts_with('+')) zone.remove_prefix(1);
  const auto digit = [zone](std::size_t i) { return zone[i] >= '0' && zone[i] <= '9'; };
  if (zone.size() != 5 || zone[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4))
    return {};
  const int hours = (zone[0] - '0') * 10 + (zone[1] - '0');
  const int minutes = (zone[3] - '0') * 10 + (zone[4] - '0');
  if (hours > 23 || minutes > 59) return {};
  const std::int64_t seconds = hours * 3600 + minutes * 60;
  return west ? -seconds : seconds;
}

}  // namespace

std::optional<std::int64_t> zone_offset(std::string_view zone, std::int64_t seconds) {
  if (zone == "UTC" || zone == "Z") return 0;
  if (const auto fixed = fixed_offset(zone)) return fixed;
  const auto table = named_zone(zone);
  if (!table) return {};
  const auto after = std::ranges::upper_bound(*table, seconds, {}, &Change::from);
  return std::prev(after)->offset;
}

}  // namespace plimsoll::cel
