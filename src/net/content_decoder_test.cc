// Goal: compressed bodies are decoded the same for every way of cutting them,
// and broken or endless ones are refused.
// Method: bodies made by the encoders of zlib, brotli and zstd (brotli: stored bytes).
#include "net/internal/content_decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <string>

namespace plimsoll::net {
namespace {

std::string sample() {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "line " + std::to_string(i * 7919 % 10) + "\n";
  return text;
}

std::string zlib_encoded(std::string_view text, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// The sample as brotli's own tool wrote it (quality 9); only its decoder is linked.
std::string brotli_encoded() {
  constexpr char kBytes[] =
      "\x1b\xef\x0a\x00\xe4\xc9\xa1\x27\x14\xe0\xf9\x08\x41\x5b\x2b\x19\x98\xe5\xb2\x4a"
      "\xb0\xde\xfe\x20\x01\xad\xa4\xe0\x8c\x92\xc9\x04\x00\x18\x26";
  return std::string(kBytes, sizeof kBytes - 1);
}

std::string zstd_encoded(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

struct Decoded {
  std::string text;
  bool complete = false, failed = false;
};

Decoded decode_in_pieces(std::string_view coding, std::string_view bytes, std::size_t piece,
                         std::size_t room) {
  auto decoder = std::move(*make_content_decoder(coding));
  Decoded out;
  std::string buffer(room, '\0');
  while (!bytes.empty()) {
    std::string_view input = bytes.substr(0, piece);
    bytes.remove_prefix(input.size());
    while (true) {
      const auto size = decoder->decode(input, buffer);
      if (!size) return {.text = out.text, .failed = true};
      if (*size == 0) break;
      out.text.append(buffer, 0, *size);
    }
    EXPECT_TRUE(input.empty());
  }
  out.complete = decoder->complete();
  return out;
}

struct Case {
  const char* coding;
  std::string bytes;
};

std::array<Case, 5> cases() {
  return {Case{"gzip", zlib_encoded(sample(), 31)}, Case{"deflate", zlib_encoded(sample(), 15)},
          Case{"deflate", zlib_encoded(sample(), -15)}, Case{"br", brotli_encoded()},
          Case{"zstd", zstd_encoded(sample())}};
}

TEST(ContentDecoderTest, every_coding_and_every_cut_gives_the_same_text) {
  for (const Case& c : cases()) {
    for (std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, c.bytes.size()}) {
      for (std::size_t room : {1u, 13u, 16384u}) {
        const Decoded out = decode_in_pieces(c.coding, c.bytes, piece, room);
        EXPECT_EQ(out.text, sample()) << c.coding;
        EXPECT_TRUE(out.complete) << c.coding;
      }
    }
  }
}

TEST(ContentDecoderTest, a_cut_body_is_not_complete) {
  for (const Case& c : cases()) {
    for (std::size_t cut = 1; cut < c.bytes.size(); cut += 5) {
      const Decoded out = decode_in_pieces(c.coding, c.bytes.substr(0, cut), 64, 4096);
      EXPECT_FALSE(out.failed) << c.coding << cut;
      EXPECT_FALSE(out.complete) << c.coding << cut;
    }
  }
}

TEST(ContentDecoderTest, bytes_behind_the_end_are_refused) {
  for (const Case& c : cases()) {
    EXPECT_TRUE(decode_in_pieces(c.coding, c.bytes + "garbage", 1 << 20, 4096).failed) << c.coding;
  }
}

TEST(ContentDecoderTest, several_gzip_members_are_one_text) {
  const std::string bytes = zlib_encoded("ab", 31) + zlib_encoded("", 31) + zlib_encoded("cd", 31);
  EXPECT_EQ(decode_in_pieces("gzip", bytes, 1 << 20, 4096).text, "abcd");
  EXPECT_EQ(decode_in_pieces("x-gzip", bytes, 1, 1).text, "abcd");
}

TEST(ContentDecoderTest, a_bomb_is_stopped_at_the_bound) {
  const std::string zeros(1 << 20, '\0');
  const std::string bytes = zstd_encoded(zeros);
  auto decoder = std::move(*make_content_decoder("zstd"));
  std::string buffer(1 << 20, '\0');
  for (int i = 0; i < 256; ++i) {
    std::string_view input = bytes;
    while (true) {
      const auto size = decoder->decode(input, buffer);
      ASSERT_TRUE(size);
      if (*size == 0) break;
    }
  }
  std::string_view input = bytes;
  EXPECT_FALSE(decoder->decode(input, buffer));
}

TEST(ContentDecoderTest, identity_needs_none_and_unknown_codings_are_refused) {
  EXPECT_EQ(*make_content_decoder(""), nullptr);
  EXPECT_EQ(*make_content_decoder("Identity"), nullptr);
  EXPECT_FALSE(make_content_decoder("compress"));
  EXPECT_FALSE(make_content_decoder("gzip, br"));
  EXPECT_TRUE((*make_content_decoder("gzip"))->complete());  // an empty body needs no data
}

}  // namespace
}  // namespace plimsoll::net
