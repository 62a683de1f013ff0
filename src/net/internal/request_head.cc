// method SP target SP "HTTP/1.1" CRLF *( name ":" SP value CRLF ) CRLF
#include "net/internal/request_head.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "net/internal/authority.h"
#include "net/internal/head_scan.h"

namespace plimsoll::net {
namespace {

bool ends_line(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool fits_into_request_line(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c != 0x7f; });
}

bool is_name(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c != 0x7f && c != ':'; });
}

bool is_ours(std::string_view name) {
  switch (name.size()) {
    case 4: return same_name(name, "host");
    case 10: return same_name(name, "connection");
    case 14: return same_name(name, "content-length");
    case 15: return same_name(name, "accept-encoding");
    case 17: return same_name(name, "transfer-encoding");
    default: return false;
  }
}

void add_content_length(const ClientRequest& request, std::string& out) {
  const bool empty_by_nature = request.method == "GET" || request.method == "HEAD" ||
                               request.method == "DELETE" || request.method == "OPTIONS";
  if (request.body.empty() && empty_by_nature) return;
  std::array<char, 20> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), request.body.size()).ptr;
  out.append("Content-Length: ").append(digits.data(), end).append("\r\n");
}

std::unexpected<Error> unfit(std::string_view part) {
  return fail(ErrorKind::internal_bug,
              "a request's " + std::string(part) + " holds a byte that cannot stand there");
}

}  // namespace

RequestFrame RequestFrame::of(const Origin& origin, const std::optional<Proxy>& proxy) {
  const bool is_unix = origin.host.starts_with("unix:");
  const std::uint16_t usual = origin.tls ? 443 : 80;
  const std::string authority =
      is_unix ? "localhost"
              : to_authority(origin.host, origin.port == usual ? std::uint16_t{0} : origin.port);
  RequestFrame frame{.target_prefix = origin.base_path,
                     .fields = "Host: " + authority + "\r\nAccept-Encoding: identity\r\n"};
  if (!proxy || origin.tls) return frame;
  frame.target_prefix = "http://" + authority + origin.base_path;
  if (!proxy->authorization.empty()) {
    frame.fields += "Proxy-Authorization: " + proxy->authorization + "\r\n";
  }
  return frame;
}

Result<void> write_request_head(const ClientRequest& request, const RequestFrame& frame,
                                std::string& out) {
  if (!fits_into_request_line(request.method)) return unfit("method");
  if (!fits_into_request_line(request.target)) return unfit("target");
  out.clear();
  out.append(request.method).append(" ").append(frame.target_prefix).append(request.target);
  out.append(" HTTP/1.1\r\n").append(frame.fields);
  for (const auto& [name, value] : request.headers) {
    const bool fits = is_name(name) && (!has_control_byte(value) || !ends_line(value));
    if (!fits) return unfit("header field");
    if (!is_ours(name)) out.append(name).append(": ", 2).append(value).append("\r\n", 2);
  }
  add_content_length(request, out);
  out.append("\r\n");
  return {};
}

}  // namespace plimsoll::net
