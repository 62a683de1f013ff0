#include "tokens/encoder.h"

#include <algorithm>

#include "tokens/merge.h"
#include "tokens/packed.h"
#include "tokens/pieces.h"

namespace plimsoll::tokens {
namespace {

/// What is looked at to find a piece's end: a contraction and a cut character more.
constexpr std::size_t kWindowBytes = kWholePieceBytes + 16;

}  // namespace

const Encoder& Encoder::of(Encoding encoding) noexcept {
  static const Encoder o200k(packed_o200k_base(), o200k_piece_end);
  static const Encoder cl100k(packed_cl100k_base(), cl100k_piece_end);
  return encoding == Encoding::o200k_base ? o200k : cl100k;
}

std::vector<Rank> Encoder::encode(std::string_view text) const {
  std::vector<Rank> tokens;
  tokens.reserve(text.size() / 4);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = piece_end_(text, at);
    const std::string_view piece = text.substr(at, end - at);
    if (const Rank rank = ranks_.find(piece); rank != kNoRank)
      tokens.push_back(rank);
    else
      merge_piece(ranks_, piece, &tokens);
    at = end;
  }
  return tokens;
}

std::size_t Encoder::count_piece(std::string_view piece) const {
  return ranks_.find(piece) != kNoRank ? 1 : merge_piece(ranks_, piece, nullptr);
}

std::size_t Encoder::count(std::string_view text) const {
  std::size_t tokens = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = piece_end_(text, at);
    tokens += count_piece(text.substr(at, end - at));
    at = end;
  }
  return tokens;
}

Counted Encoder::count_some(std::string_view text, Counted so_far,
                            std::size_t bytes_at_most) const {
  const std::size_t stop = so_far.bytes + bytes_at_most;
  while (so_far.bytes < text.size() && so_far.bytes < stop) {
    const std::string_view window = text.substr(so_far.bytes, kWindowBytes);
    const bool cut = window.size() < text.size() - so_far.bytes;
    std::size_t end = piece_end_(window, 0);
    if (cut && (end > kWholePieceBytes || run_reaches_end(window, end))) {
      end = std::min(end, kWholePieceBytes);
      so_far.exact = false;
    }
    so_far.tokens += count_piece(window.substr(0, end));
    so_far.bytes += end;
  }
  return so_far;
}

std::string Encoder::decode(std::span<const Rank> tokens) const {
  std::string text;
  for (const Rank rank : tokens) text += ranks_.bytes_of(rank);
  return text;
}

}  // namespace plimsoll::tokens
