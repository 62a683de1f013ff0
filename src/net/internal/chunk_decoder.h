#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/internal/refusal.h"

namespace plimsoll::net {

/// Decodes a chunked body strictly. Pure: bytes in, bytes out; the result is
/// the same for every way of cutting the input.
class ChunkDecoder {
 public:
  static constexpr std::size_t kLineBytesMax = 1'024;            // a size with its extensions
  static constexpr std::size_t kExtensionBytesMax = 16 * 1'024;  // of one body
  static constexpr std::size_t kTrailerBytesMax = 8 * 1'024;

  enum class Verdict : unsigned char { needs_more, complete, refused };

  explicit ChunkDecoder(std::uint64_t body_bytes_max) noexcept : body_bytes_left_(body_bytes_max) {}

  /// Takes bytes from the front of `in` (what is left belongs to the next
  /// message) and appends the payload to `out`. Trailers are checked and dropped.
  Verdict feed(std::string_view& in, std::string& out);

  const Refusal& refusal() const noexcept { return refusal_; }

 private:
  enum class State : unsigned char { size_line, data, data_end, trailers, complete, refused };

  void take_data(std::string_view& in, std::string& out);
  void take_line(std::string_view& in);
  void end_line();
  void read_size(std::string_view line);
  void end_data(std::string_view line);
  void end_trailer(std::string_view line);
  std::size_t line_bytes_max() const noexcept;
  void refuse(const Refusal& refusal) noexcept;

  State state_ = State::size_line;
  std::uint64_t body_bytes_left_;
  std::uint64_t chunk_bytes_left_ = 0;
  std::size_t extension_bytes_ = 0, trailer_bytes_ = 0;
  std::string line_;
  Refusal refusal_;
};

}  // namespace plimsoll::net
