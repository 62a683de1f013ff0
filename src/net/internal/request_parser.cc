#include "net/internal/request_parser.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "net/internal/field_lines.h"

namespace plimsoll::net {
namespace {

bool is_known(std::string_view method) noexcept {
  constexpr std::string_view kMethods[] = {"POST",    "GET",     "HEAD",  "PUT",  "DELETE",
                                           "OPTIONS", "CONNECT", "TRACE", "PATCH"};
  return std::ranges::find(kMethods, method) != std::end(kMethods);
}

/// HeadScan has judged every line; here they are only taken apart.
std::optional<Refusal> take_apart(std::string_view bytes, RequestHead& head, Framing& framing) {
  constexpr Refusal broken =
      bad_request("the request head is malformed", "send HTTP/1.1 as in RFC 9112");
  const std::size_t line_end = bytes.find('\r');
  if (line_end == std::string_view::npos) return broken;
  const std::string_view line = bytes.substr(0, line_end);
  const std::size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return broken;
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  framing.http_1_0 = line.ends_with('0');
  if (!is_known(head.method)) {
    return Refusal{.status = 405,
                   .kind = ErrorKind::method_not_allowed,
                   .what = "the request's method is unknown",
                   .hint = "use GET or POST"};
  }
  if (!take_fields(bytes.substr(line_end + 2), head.headers)) return broken;
  return std::nullopt;
}

/// The fields that decide framing, seen in one walk.
struct Decisive {
  std::size_t hosts = 0, lengths = 0, encodings = 0, expectations = 0;
  std::string_view host, length, encoding, expectation;
  bool close = false;
};

Decisive decisive_of(const Headers& headers) noexcept {
  Decisive found;
  for (const HeaderView& field : headers) {
    switch (field.name.size()) {
      case 4:
        if (same_name(field.name, "host")) ++found.hosts, found.host = field.value;
        break;
      case 6:
        if (same_name(field.name, "expect")) ++found.expectations, found.expectation = field.value;
        break;
      case 10:
        if (same_name(field.name, "connection") && list_has(field.value, "close")) {
          found.close = true;
        }
        break;
      case 14:
        if (same_name(field.name, "content-length")) ++found.lengths, found.length = field.value;
        break;
      case 17:
        if (same_name(field.name, "transfer-encoding")) {
          ++found.encodings, found.encoding = field.value;
        }
        break;
      default: break;
    }
  }
  return found;
}

std::optional<Refusal> frame_body(const Decisive& found, Framing& framing) {
  constexpr std::string_view one = "send exactly one of Content-Length and Transfer-Encoding";
  if (found.encodings > 0) {
    if (found.lengths > 0) {
      return bad_request("the request has both Content-Length and Transfer-Encoding", one);
    }
    if (framing.http_1_0) {
      return bad_request("an HTTP/1.0 request has a Transfer-Encoding", "use HTTP/1.1");
    }
    if (found.encodings > 1 || !same_name(found.encoding, "chunked")) {
      return bad_request("the Transfer-Encoding is not exactly \"chunked\"", "send only chunked");
    }
    framing.chunked = true;
    return std::nullopt;
  }
  if (found.lengths == 0) return std::nullopt;
  const auto length = plain_length(found.length);
  if (found.lengths > 1 || !length) {
    return bad_request("the Content-Length is repeated or not a plain number", one);
  }
  framing.content_length = *length;
  return std::nullopt;
}

/// uri-host [ ":" port ], coarsely: no byte that could end or split it.
bool is_host(std::string_view host) noexcept {
  static constexpr auto kFits = [] {
    std::array<bool, 256> fits{};
    for (std::size_t c = 0x21; c < 0x7f; ++c) fits[c] = true;
    for (const char c : std::string_view("/\\?#@,\"<>^`{|}"))
      fits[static_cast<unsigned char>(c)] = false;
    return fits;
  }();
  return !host.empty() && std::all_of(host.begin(), host.end(),
                                      [](char c) { return kFits[static_cast<unsigned char>(c)]; });
}

std::optional<Refusal> check_host(const Decisive& found, const Framing& framing) {
  constexpr std::string_view hint = "send exactly one Host header with the server's name";
  if (found.hosts > 1) return bad_request("the request has more than one Host", hint);
  if (found.hosts == 0) {
    if (framing.http_1_0) return std::nullopt;
    return bad_request("the request has no Host", hint);
  }
  if (!is_host(found.host)) return bad_request("the Host is not a host name", hint);
  return std::nullopt;
}

/// Brings the target to origin form. The absolute form must name the same
/// authority as Host, else two readers could see two servers.
std::optional<Refusal> check_target(RequestHead& head, std::string_view host) {
  constexpr std::string_view hint = "send the path, as in \"POST /v1/chat/completions\"";
  if (head.method == "CONNECT") {
    return Refusal{.status = 405,
                   .kind = ErrorKind::method_not_allowed,
                   .what = "this server is not a tunnel: CONNECT is refused",
                   .hint = "use it as a base URL, not as a proxy"};
  }
  if (head.target == "*" && head.method == "OPTIONS") return std::nullopt;
  if (head.target.starts_with('/')) return std::nullopt;
  const std::size_t scheme = head.target.find("://");
  if (scheme == std::string_view::npos || (!same_name(head.target.substr(0, scheme), "http") &&
                                           !same_name(head.target.substr(0, scheme), "https"))) {
    return bad_request("the request's target is not a path", hint);
  }
  const std::string_view rest = head.target.substr(scheme + 3);
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  if (!same_name(rest.substr(0, path), host)) {
    return bad_request("the request's target names another server than its Host", hint);
  }
  if (path == rest.size() || rest[path] == '?') {
    return bad_request("the request's target has no path", hint);
  }
  head.target = rest.substr(path);
  return std::nullopt;
}

std::optional<Refusal> check_expectation(const Decisive& found, Framing& framing) {
  if (found.expectations == 0 || framing.http_1_0) return std::nullopt;
  if (found.expectations > 1 || !same_name(found.expectation, "100-continue")) {
    return Refusal{.status = 417,
                   .kind = ErrorKind::request_invalid,
                   .what = "the request expects something other than 100-continue",
                   .hint = "leave the Expect header out"};
  }
  framing.expects_continue = true;
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> parse_request(std::string_view bytes, RequestHead& head, Framing& framing) {
  head.headers.clear();
  framing = {};
  if (auto refusal = take_apart(bytes, head, framing)) return refusal;
  const Decisive found = decisive_of(head.headers);
  if (auto refusal = check_host(found, framing)) return refusal;
  if (auto refusal = check_target(head, found.host)) return refusal;
  if (auto refusal = frame_body(found, framing)) return refusal;
  if (auto refusal = check_expectation(found, framing)) return refusal;
  framing.keep_alive = !framing.http_1_0 && !found.close;
  head.path = head.target.substr(0, head.target.find('?'));
  return std::nullopt;
}

}  // namespace plimsoll::net
