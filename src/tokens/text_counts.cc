#include "tokens/text_counts.h"

#include <limits>
#include <random>

#include "base/hash.h"

namespace plimsoll::tokens {
namespace {

std::uint64_t seed_for(std::uint64_t seed, Encoding encoding) noexcept {
  return seed + static_cast<std::uint64_t>(encoding);
}

}  // namespace

// Whoever knew the seed could make two texts of one hash, and have the longer one
// counted as the shorter.
TextCounts::TextCounts() : entries_(std::make_unique<Entry[]>(kEntries)) {
  std::random_device device;
  seed_ = std::uint64_t{device()} << 32 | device();
}

TextCounts& TextCounts::of_this_thread() {
  thread_local TextCounts counts;
  return counts;
}

std::optional<std::size_t> TextCounts::find(std::string_view text, Encoding encoding) const {
  const Hash128 hash = hash_of(text, seed_for(seed_, encoding));
  const Entry& entry = entries_[hash.low % kEntries];
  if (entry.high != hash.high || entry.low != hash.low) return {};
  return entry.tokens;
}

void TextCounts::keep(std::string_view text, Encoding encoding, std::size_t tokens) {
  if (tokens > std::numeric_limits<std::uint32_t>::max()) return;
  const Hash128 hash = hash_of(text, seed_for(seed_, encoding));
  entries_[hash.low % kEntries] = {
      .high = hash.high, .low = hash.low, .tokens = static_cast<std::uint32_t>(tokens)};
}

}  // namespace plimsoll::tokens
