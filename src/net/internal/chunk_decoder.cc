#include "net/internal/chunk_decoder.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "net/internal/head_scan.h"

// RFC 9112, 7.1, without white space around extensions:
//
//   body      = *( size *extension CRLF data CRLF ) "0" *extension CRLF
//               *( field-line CRLF ) CRLF
//   size      = 1*16HEXDIG
//   extension = ";" *( %x09 / %x20-7E / %x80-FF )
//   CRLF      = %x0D %x0A                              ; neither ever stands alone

namespace plimsoll::net {
namespace {

constexpr std::string_view kHint = "frame chunks as in RFC 9112, section 7.1";

}  // namespace

void ChunkDecoder::refuse(const Refusal& refusal) noexcept {
  refusal_ = refusal;
  state_ = State::refused;
}

ChunkDecoder::Verdict ChunkDecoder::feed(std::string_view& in, std::string& out) {
  while (!in.empty() && state_ != State::complete && state_ != State::refused) {
    if (state_ == State::data) {
      take_data(in, out);
    } else {
      take_line(in);
    }
  }
  if (state_ == State::complete) return Verdict::complete;
  return state_ == State::refused ? Verdict::refused : Verdict::needs_more;
}

void ChunkDecoder::take_data(std::string_view& in, std::string& out) {
  const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_bytes_left_, in.size()));
  out.append(in.substr(0, take));
  in.remove_prefix(take);
  chunk_bytes_left_ -= take;
  if (chunk_bytes_left_ == 0) state_ = State::data_end;
}

std::size_t ChunkDecoder::line_bytes_max() const noexcept {
  if (state_ == State::data_end) return 2;
  return state_ == State::trailers ? kTrailerBytesMax : kLineBytesMax;
}

void ChunkDecoder::take_line(std::string_view& in) {
  const std::size_t lf = in.find('\n');
  const std::size_t take = lf == std::string_view::npos ? in.size() : lf + 1;
  if (line_.size() + take > line_bytes_max()) {
    return refuse(bad_request("a chunk's framing line is too long or broken", kHint));
  }
  line_.append(in.substr(0, take));
  in.remove_prefix(take);
  if (lf != std::string_view::npos) end_line();
}

void ChunkDecoder::end_line() {
  const std::string line = std::exchange(line_, {});
  if (line.find('\r') != line.size() - 2 || line.size() < 2) {
    return refuse(bad_request("chunk framing holds a bare CR or a bare LF", kHint));
  }
  const std::string_view text = std::string_view(line).substr(0, line.size() - 2);
  if (state_ == State::size_line) return read_size(text);
  if (state_ == State::data_end) return end_data(text);
  end_trailer(text);
}

void ChunkDecoder::read_size(std::string_view line) {
  const std::size_t digits = std::min(line.find(';'), line.size());
  std::uint64_t size = 0;
  const auto read = std::from_chars(line.data(), line.data() + digits, size, 16);
  const bool whole = read.ec == std::errc{} && read.ptr == line.data() + digits;
  if (!whole || digits > 16 || line.starts_with('-') || has_control_byte(line)) {
    return refuse(bad_request("a chunk's size is not a hexadecimal number", kHint));
  }
  extension_bytes_ += line.size() - digits;
  if (extension_bytes_ > kExtensionBytesMax) {
    return refuse(bad_request("the chunk extensions are too long", "leave them out"));
  }
  if (size > body_bytes_left_) {
    return refuse({.status = 413,
                   .kind = ErrorKind::request_too_large,
                   .what = "the request's body is larger than this server takes",
                   .hint = "send a smaller body"});
  }
  body_bytes_left_ -= size;
  chunk_bytes_left_ = size;
  state_ = size == 0 ? State::trailers : State::data;
}

void ChunkDecoder::end_data(std::string_view line) {
  if (!line.empty()) {
    return refuse(bad_request("a chunk is longer than its size says", kHint));
  }
  state_ = State::size_line;
}

void ChunkDecoder::end_trailer(std::string_view line) {
  if (line.empty()) {
    state_ = State::complete;
    return;
  }
  trailer_bytes_ += line.size() + 2;
  const std::string_view fault = fault_of_field(line);
  if (!fault.empty() || trailer_bytes_ > kTrailerBytesMax) {
    return refuse(bad_request("a trailer is malformed or the trailers are too long", kHint));
  }
}

}  // namespace plimsoll::net
