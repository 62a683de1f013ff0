#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"

namespace plimsoll::net {

/// Undoes one Content-Encoding of a body, piece by piece, with bounded memory.
class ContentDecoder {
 public:
  /// A body that grows beyond this is taken for an attack.
  static constexpr std::uint64_t kDecodedBytesMax = 256ull * 1024 * 1024;

  virtual ~ContentDecoder() = default;

  /// Decodes from the front of `input`, which it shortens, into `out` (not
  /// empty). Returns the bytes written; 0 means: needs more input.
  ///
  /// Errors
  ///   upstream_malformed   broken data, data after its end, over kDecodedBytesMax
  [[nodiscard]] Result<std::size_t> decode(std::string_view& input, std::span<char> out);

  /// True when the body may end here; also when there was none at all.
  bool complete() const noexcept { return untouched_ || ended(); }

 private:
  [[nodiscard]] virtual Result<std::size_t> step(std::string_view& input, std::span<char> out) = 0;
  virtual bool ended() const noexcept = 0;

  bool untouched_ = true;
  std::uint64_t decoded_ = 0;
};

/// The decoder for a Content-Encoding value: gzip, x-gzip, deflate (with or
/// without zlib's frame), br, zstd. Null for "" and "identity".
///
/// Errors
///   upstream_malformed   another coding, or several
[[nodiscard]] Result<std::unique_ptr<ContentDecoder>> make_content_decoder(
    std::string_view encoding);

}  // namespace plimsoll::net
