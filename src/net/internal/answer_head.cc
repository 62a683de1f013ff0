#include "net/internal/answer_head.h"
#include "net/internal/head_scan.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace plimsoll::net {
namespace {

std::string_view reason_of(int status) noexcept {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 499: return "Client Closed Request";
    case 500: return "Internal Server Error";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 529: return "Overloaded";
    default: return "Status";
  }
}

void append_number(std::string& out, std::uint64_t number, int base = 10) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

/// "Date: ...\r\n", made once a second on each thread.
std::string_view date_line() {
  struct Cached {
    std::time_t second = -1;
    std::array<char, 48> text{};
    std::size_t size = 0;
  };
  thread_local Cached cached;
  const std::time_t now = std::time(nullptr);
  if (now != cached.second) {
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    cached.size = std::strftime(cached.text.data(), cached.text.size(),
                                "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
    cached.second = now;
  }
  return {cached.text.data(), cached.size};
}

bool is_servers_own(std::string_view name) noexcept {
  switch (name.size()) {
    case 4: return same_name(name, "date");
    case 10: return same_name(name, "connection") || same_name(name, "keep-alive");
    case 14: return same_name(name, "content-length");
    case 17: return same_name(name, "transfer-encoding");
    default: return false;
  }
}

/// A line end in a value would let its author write headers of his own.
void append_clean(std::string& out, std::string_view text) {
  const std::size_t begin = out.size();
  out.append(text);
  if (!has_control_byte(text)) return;
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
      [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
}

}  // namespace

bool has_no_body(int status) noexcept { return status < 200 || status == 204 || status == 304; }

void append_answer_head(std::string& out, const ResponseHead& head, const AnswerFraming& framing) {
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(std::clamp(head.status, 100, 999)));
  out.append(" ").append(reason_of(head.status)).append("\r\n");
  for (const auto& [name, value] : head.headers) {
    if (is_servers_own(name)) continue;
    append_clean(out, name);
    out.append(": ");
    append_clean(out, value);
    out.append("\r\n");
  }
  out.append(date_line());
  if (framing.chunked) out.append("Transfer-Encoding: chunked\r\n");
  if (framing.content_length) {
    out.append("Content-Length: ");
    append_number(out, *framing.content_length);
    out.append("\r\n");
  }
  if (framing.close) out.append("Connection: close\r\n");
  out.append("\r\n");
}

void append_chunk(std::string& out, std::string_view bytes) {
  append_number(out, bytes.size(), 16);
  out.append("\r\n").append(bytes).append("\r\n");
}

}  // namespace plimsoll::net
