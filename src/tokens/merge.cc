#include "tokens/merge.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace plimsoll::tokens {
namespace {

/// A longer piece than this goes through a heap: scanning for the lowest rank
/// grows with the square of the length.
constexpr std::size_t kScannedBytes = 128;

/// A token so far: where it begins, and the rank it has together with the next.
struct Part {
  std::uint32_t begin = 0;
  Rank pair = kNoRank;
};

/// The parts of a short piece side by side; the last one is the end.
class ShortPiece {
 public:
  ShortPiece(const Ranks& ranks, std::string_view piece) : ranks_(ranks), piece_(piece) {
    count_ = piece.size();
    for (std::size_t i = 0; i <= count_; ++i) parts_[i].begin = static_cast<std::uint32_t>(i);
    for (std::size_t i = 0; i + 1 < count_; ++i) parts_[i].pair = pair_at(i);
  }

  std::size_t merge() {
    for (;;) {
      std::size_t lowest = 0;
      for (std::size_t i = 1; i + 1 < count_; ++i)
        if (parts_[i].pair < parts_[lowest].pair) lowest = i;
      if (parts_[lowest].pair == kNoRank) return count_;
      merge_at(lowest);
    }
  }

  void append_to(std::vector<Rank>& out) const {
    for (std::size_t i = 0; i < count_; ++i) out.push_back(ranks_.find(between(i, i + 1)));
  }

 private:
  std::string_view between(std::size_t from, std::size_t to) const noexcept {
    return piece_.substr(parts_[from].begin, parts_[to].begin - parts_[from].begin);
  }
  Rank pair_at(std::size_t i) const noexcept {
    return i + 2 <= count_ ? ranks_.find(between(i, i + 2)) : kNoRank;
  }
  void merge_at(std::size_t i) {
    std::move(parts_.begin() + static_cast<std::ptrdiff_t>(i) + 2,
              parts_.begin() + static_cast<std::ptrdiff_t>(count_) + 1,
              parts_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    --count_;
    parts_[i].pair = pair_at(i);
    if (i > 0) parts_[i - 1].pair = pair_at(i - 1);
  }

  const Ranks& ranks_;
  std::string_view piece_;
  std::size_t count_ = 0;
  std::array<Part, kScannedBytes + 1> parts_;
};

/// The parts of a long piece as a linked list, and a heap of the pairs. A pair
/// that has changed since it was put there is known by its rank and dropped.
class LongPiece {
 public:
  LongPiece(const Ranks& ranks, std::string_view piece) : ranks_(ranks), piece_(piece) {
    const auto size = static_cast<std::uint32_t>(piece.size());
    links_.resize(size + std::size_t{1});
    heap_.clear();
    for (std::uint32_t i = 0; i <= size; ++i) links_[i] = {.before = i - 1, .after = i + 1};
    for (std::uint32_t i = 0; i < size; ++i)
      if (note_pair(i) != kNoRank) heap_.push_back(entry(i));
    std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
    count_ = size;
  }

  std::size_t merge() {
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
      const std::uint64_t lowest = heap_.back();
      heap_.pop_back();
      const auto at = static_cast<std::uint32_t>(lowest);
      if (links_[at].pair == static_cast<Rank>(lowest >> 32)) merge_at(at);
    }
    return count_;
  }

  void append_to(std::vector<Rank>& out) const {
    for (std::uint32_t i = 0; i < piece_.size(); i = links_[i].after)
      out.push_back(ranks_.find(piece_.substr(i, links_[i].after - i)));
  }

 private:
  struct Link {
    std::uint32_t before = 0, after = 0;
    Rank pair = kNoRank;  // of this part and the next; kNoRank too when it was taken
  };

  std::uint64_t entry(std::uint32_t at) const noexcept {
    return std::uint64_t{links_[at].pair} << 32 | at;
  }
  /// Sets and returns the rank of the pair at `at`.
  Rank note_pair(std::uint32_t at) noexcept {
    const std::uint32_t next = links_[at].after;
    const bool is_pair = next < piece_.size();
    const std::uint32_t end = is_pair ? links_[next].after : next;
    return links_[at].pair = is_pair ? ranks_.find(piece_.substr(at, end - at)) : kNoRank;
  }
  void push_pair(std::uint32_t at) {
    if (note_pair(at) == kNoRank) return;
    heap_.push_back(entry(at));
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  }
  void merge_at(std::uint32_t at) {
    const std::uint32_t taken = links_[at].after;
    links_[taken].pair = kNoRank;
    links_[at].after = links_[taken].after;
    links_[links_[at].after].before = at;
    --count_;
    push_pair(at);
    if (at > 0) push_pair(links_[at].before);
  }

  const Ranks& ranks_;
  std::string_view piece_;
  std::size_t count_ = 0;
  std::vector<Link> links_;
  std::vector<std::uint64_t> heap_;
};

template <class Piece>
std::size_t merged(const Ranks& ranks, std::string_view piece, std::vector<Rank>* out) {
  Piece parts(ranks, piece);
  const std::size_t count = parts.merge();
  if (out != nullptr) parts.append_to(*out);
  return count;
}

}  // namespace

std::size_t merge_piece(const Ranks& ranks, std::string_view piece, std::vector<Rank>* out) {
  if (piece.size() <= kScannedBytes) return merged<ShortPiece>(ranks, piece, out);
  return merged<LongPiece>(ranks, piece, out);
}

}  // namespace plimsoll::tokens
