#include "net/internal/head_scan.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

// RFC 9112, without its leniencies:
//
//   head         = [ CRLF ] request-line CRLF *( field-line CRLF ) CRLF
//   request-line = token SP target SP "HTTP/1." ( "0" / "1" )
//   target       = 1*( %x21-22 / %x24-7E )           ; visible ASCII without "#"
//   field-line   = token ":" *( %x09 / %x20-7E / %x80-FF )
//   CRLF         = %x0D %x0A                         ; neither ever stands alone

namespace plimsoll::net {
namespace {

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}

constexpr std::array<bool, 256> kToken = make_token_table();

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

bool is_target(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

bool is_http_version(std::string_view text) noexcept {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return text.size() == 8 && text.starts_with("HTTP/") && digit(text[5]) && text[6] == '.' &&
         digit(text[7]);
}

constexpr std::string_view kSendHttp11 = "send \"METHOD /path HTTP/1.1\" and CRLF";

}  // namespace

namespace {

bool is_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

/// True if one of eight bytes is below 0x20 or is 0x7f; a tab counts too here.
bool may_have_control(const char* bytes) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kTops = 0x8080808080808080;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const std::uint64_t delete_is_0 = word ^ (kOnes * 0x7f);
  const std::uint64_t below_20 = (word - kOnes * 0x20) & ~word;
  const std::uint64_t is_0 = (delete_is_0 - kOnes) & ~delete_is_0;
  return ((below_20 | is_0) & kTops) != 0;
}

}  // namespace

/// Eight bytes at a time; the last eight overlap the ones before them.
bool has_control_byte(std::string_view text) noexcept {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  bool suspect = text.size() < kWord;
  for (std::size_t at = 0; at + kWord <= text.size(); at += kWord)
    suspect |= may_have_control(text.data() + at);
  if (!suspect) suspect = may_have_control(text.data() + text.size() - kWord);
  return suspect && std::any_of(text.begin(), text.end(), is_control);
}

std::string_view fault_of_field(std::string_view line) noexcept {
  if (line.starts_with(' ') || line.starts_with('\t')) return "a header line is folded";
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return "a header line has no colon";
  if (!is_token(line.substr(0, colon))) {
    return "a header name is empty or holds a byte that names must not hold";
  }
  if (has_control_byte(line.substr(colon + 1))) return "a header value holds a control byte";
  return {};
}

HeadScan::Line HeadScan::refuse(const Refusal& refusal) noexcept {
  refusal_ = refusal;
  return Line::bad;
}

HeadScan::Verdict HeadScan::look(std::string_view bytes) {
  constexpr Refusal too_long{.status = 431,
                             .kind = ErrorKind::request_too_large,
                             .what = "the request head is longer than this server takes",
                             .hint = "send fewer or shorter headers"};
  for (;;) {
    const std::size_t lf = bytes.find('\n', scanned_);
    const std::size_t seen = lf == std::string_view::npos ? bytes.size() : lf + 1;
    if (seen > limits_.bytes_max) {
      refuse(too_long);
      return Verdict::refused;
    }
    scanned_ = seen;
    if (lf == std::string_view::npos) return Verdict::needs_more;
    const Line line = check_line(bytes.substr(line_, lf - line_));
    if (line == Line::bad) return Verdict::refused;
    line_ = lf + 1;
    if (line == Line::last) return Verdict::complete;
    if (!has_request_line_) begin_ = line_;  // an empty line before it, once
  }
}

/// `line` ends before its LF.
HeadScan::Line HeadScan::check_line(std::string_view line) {
  const std::size_t cr = line.find('\r');
  if (cr == std::string_view::npos) {
    return refuse(bad_request("a line of the request head ends in a bare LF", "end it in CRLF"));
  }
  if (cr + 1 != line.size()) {
    return refuse(bad_request("the request head holds a bare CR", "end lines in CRLF"));
  }
  line.remove_suffix(1);
  if (has_request_line_) return line.empty() ? Line::last : check_field(line);
  if (line.empty() && line_ == 0) return Line::good;
  return check_request_line(line);
}

HeadScan::Line HeadScan::check_request_line(std::string_view line) {
  has_request_line_ = true;
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return refuse(bad_request("the request line has no HTTP version", kSendHttp11));
  }
  const std::string_view version = line.substr(last + 1);
  if (!is_http_version(version)) {
    return refuse(bad_request("the request line is malformed", kSendHttp11));
  }
  if (!version.starts_with("HTTP/1.")) {
    return refuse({.status = 505,
                   .kind = ErrorKind::request_invalid,
                   .what = "the request's HTTP version is not 1.x",
                   .hint = kSendHttp11});
  }
  if (!version.ends_with('0') && !version.ends_with('1')) {
    return refuse(bad_request("the request's HTTP version is unknown", kSendHttp11));
  }
  if (!is_token(line.substr(0, first)) || !is_target(line.substr(first + 1, last - first - 1))) {
    return refuse(bad_request("the method or the target holds a byte it must not", kSendHttp11));
  }
  return Line::good;
}

HeadScan::Line HeadScan::check_field(std::string_view line) {
  if (++fields_ > limits_.fields_max) {
    return refuse({.status = 431,
                   .kind = ErrorKind::request_too_large,
                   .what = "the request has more headers than this server takes",
                   .hint = "send fewer headers"});
  }
  const std::string_view fault = fault_of_field(line);
  if (fault.empty()) return Line::good;
  return refuse(bad_request(fault, "send headers as \"Name: value\" and CRLF"));
}

}  // namespace plimsoll::net
