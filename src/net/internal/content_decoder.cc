#include "net/internal/content_decoder.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <string>

#include "net/headers.h"

namespace plimsoll::net {
namespace {

std::unexpected<Error> broken(std::string_view coding) {
  return fail(ErrorKind::upstream_malformed,
              "the upstream's body is not valid " + std::string(coding) + " data");
}

uInt zlib_size(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

/// gzip (also several members in a row) and deflate.
class ZlibDecoder final : public ContentDecoder {
 public:
  enum class Format : std::uint8_t { gzip, deflate };

  explicit ZlibDecoder(Format format) : format_(format) {
    if (format_ == Format::gzip) start(15 + 16);
  }
  ~ZlibDecoder() override {
    if (started_) inflateEnd(&stream_);
  }

 private:
  void start(int window_bits) { started_ = inflateInit2(&stream_, window_bits) == Z_OK; }

  /// "deflate" is zlib's format by the standard and raw in some servers. The
  /// first byte tells: raw data that begins like zlib's header is not written
  /// by any encoder in use.
  void start_deflate(char first) { start((first & 0x0f) == 8 ? 15 : -15); }

  Result<std::size_t> step(std::string_view& input, std::span<char> out) override {
    if (!started_ && !input.empty()) start_deflate(input.front());
    if (ended_ && !begin_next_member(input)) return input.empty() ? give(0) : trailing();
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = zlib_size(input.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = zlib_size(out.size());
    const std::size_t room = stream_.avail_out, given = stream_.avail_in;
    const int code = started_ ? inflate(&stream_, Z_NO_FLUSH) : Z_BUF_ERROR;
    input.remove_prefix(given - stream_.avail_in);
    if (code == Z_STREAM_END) ended_ = true;
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return broken(name());
    return give(room - stream_.avail_out);
  }

  static Result<std::size_t> give(std::size_t size) { return size; }
  Result<std::size_t> trailing() const { return broken(name()); }

  bool begin_next_member(std::string_view input) {
    if (format_ != Format::gzip || input.empty()) return false;
    ended_ = false;
    return inflateReset(&stream_) == Z_OK;
  }

  bool ended() const noexcept override { return ended_; }
  std::string_view name() const { return format_ == Format::gzip ? "gzip" : "deflate"; }

  z_stream stream_{};
  Format format_;
  bool started_ = false, ended_ = false;
};

class BrotliDecoder final : public ContentDecoder {
 public:
  BrotliDecoder() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {}
  ~BrotliDecoder() override { BrotliDecoderDestroyInstance(state_); }

 private:
  Result<std::size_t> step(std::string_view& input, std::span<char> out) override {
    auto* from = reinterpret_cast<const std::uint8_t*>(input.data());
    auto* to = reinterpret_cast<std::uint8_t*>(out.data());
    std::size_t left = input.size(), room = out.size();
    if (ended() && left != 0) return broken("br");
    const auto code = BrotliDecoderDecompressStream(state_, &left, &from, &room, &to, nullptr);
    if (code == BROTLI_DECODER_RESULT_ERROR) return broken("br");
    input.remove_prefix(input.size() - left);
    return out.size() - room;
  }
  bool ended() const noexcept override { return BrotliDecoderIsFinished(state_) != 0; }

  BrotliDecoderState* state_;
};

class ZstdDecoder final : public ContentDecoder {
 public:
  ZstdDecoder() : state_(ZSTD_createDStream()) {
    constexpr int kWindowLogMax = 23;  // 8 MiB, what RFC 8878 asks of all to read
    ZSTD_DCtx_setParameter(state_, ZSTD_d_windowLogMax, kWindowLogMax);
  }
  ~ZstdDecoder() override { ZSTD_freeDStream(state_); }

 private:
  Result<std::size_t> step(std::string_view& input, std::span<char> out) override {
    ZSTD_inBuffer from{.src = input.data(), .size = input.size(), .pos = 0};
    ZSTD_outBuffer to{.dst = out.data(), .size = out.size(), .pos = 0};
    if (ended_ && input.empty()) return std::size_t{0};
    const std::size_t left = ZSTD_decompressStream(state_, &to, &from);
    if (ZSTD_isError(left) != 0) return broken("zstd");
    ended_ = left == 0;
    input.remove_prefix(from.pos);
    return to.pos;
  }
  bool ended() const noexcept override { return ended_; }

  ZSTD_DStream* state_;
  bool ended_ = false;
};

}  // namespace

Result<std::size_t> ContentDecoder::decode(std::string_view& input, std::span<char> out) {
  if (!input.empty()) untouched_ = false;
  if (untouched_) return std::size_t{0};
  std::size_t size = 0;
  std::size_t left = 0;
  do {  // a member may end without output while more input waits
    left = input.size();
    PLIMSOLL_TRY(size, step(input, out));
  } while (size == 0 && !input.empty() && input.size() < left);
  if (size == 0 && !input.empty()) {
    return fail(ErrorKind::upstream_malformed, "the upstream's compressed body makes no progress");
  }
  decoded_ += size;
  if (decoded_ > kDecodedBytesMax) {
    return fail(ErrorKind::upstream_malformed, "the upstream's body is over " +
                                                   std::to_string(kDecodedBytesMax) +
                                                   " bytes when decompressed");
  }
  return size;
}

Result<std::unique_ptr<ContentDecoder>> make_content_decoder(std::string_view encoding) {
  std::unique_ptr<ContentDecoder> decoder;
  if (encoding.empty() || same_name(encoding, "identity")) return decoder;
  if (same_name(encoding, "gzip") || same_name(encoding, "x-gzip")) {
    decoder = std::make_unique<ZlibDecoder>(ZlibDecoder::Format::gzip);
  } else if (same_name(encoding, "deflate")) {
    decoder = std::make_unique<ZlibDecoder>(ZlibDecoder::Format::deflate);
  } else if (same_name(encoding, "br")) {
    decoder = std::make_unique<BrotliDecoder>();
  } else if (same_name(encoding, "zstd")) {
    decoder = std::make_unique<ZstdDecoder>();
  } else {
    return fail(ErrorKind::upstream_malformed,
                "the upstream's Content-Encoding is not one of gzip, deflate, br, zstd");
  }
  return decoder;
}

}  // namespace plimsoll::net
