#include "net/internal/request_parser.h"

#include <llhttp.h>

#include <algorithm>
#include <charconv>

namespace plimsoll::net {
namespace {

/// What llhttp's callbacks fill.
struct Parse {
  llhttp_t parser;
  Headers* headers = nullptr;
  std::string_view url, name, value;
};

Parse& of(llhttp_t* parser) { return *reinterpret_cast<Parse*>(parser->data); }

/// llhttp may give one span in pieces; within one buffer they touch.
void extend(std::string_view& span, const char* at, std::size_t length) {
  span = span.empty() ? std::string_view(at, length)
                      : std::string_view(span.data(), span.size() + length);
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

int on_url(llhttp_t* parser, const char* at, std::size_t length) {
  extend(of(parser).url, at, length);
  return 0;
}
int on_name(llhttp_t* parser, const char* at, std::size_t length) {
  extend(of(parser).name, at, length);
  return 0;
}
int on_value(llhttp_t* parser, const char* at, std::size_t length) {
  extend(of(parser).value, at, length);
  return 0;
}
int on_value_complete(llhttp_t* parser) {
  Parse& parse = of(parser);
  parse.headers->add(parse.name, trimmed(parse.value));
  parse.name = parse.value = {};
  return 0;
}

const llhttp_settings_t& settings() {
  static const llhttp_settings_t all = [] {
    llhttp_settings_t made;
    llhttp_settings_init(&made);
    made.on_url = on_url;
    made.on_header_field = on_name;
    made.on_header_value = on_value;
    made.on_header_value_complete = on_value_complete;
    return made;
  }();
  return all;
}

std::optional<Refusal> run_llhttp(std::string_view bytes, RequestHead& head, Framing& framing) {
  Parse parse;
  llhttp_init(&parse.parser, HTTP_REQUEST, &settings());
  parse.parser.data = &parse;
  parse.headers = &head.headers;
  const llhttp_errno_t error = llhttp_execute(&parse.parser, bytes.data(), bytes.size());
  if (error == HPE_INVALID_METHOD) {
    return Refusal{.status = 405,
                   .kind = ErrorKind::method_not_allowed,
                   .what = "the request's method is unknown",
                   .hint = "use GET or POST"};
  }
  // A request to upgrade is answered as the plain request it also is.
  if (error != HPE_OK && error != HPE_PAUSED_UPGRADE) {
    return bad_request("the request head is malformed", "send HTTP/1.1 as in RFC 9112");
  }
  head.method = bytes.substr(0, bytes.find(' '));
  head.target = parse.url;
  framing.http_1_0 = parse.parser.http_minor == 0;
  return std::nullopt;
}

/// The fields that decide framing, seen in one walk.
struct Decisive {
  std::size_t hosts = 0, lengths = 0, encodings = 0, expectations = 0;
  std::string_view host, length, encoding, expectation;
  bool close = false;
};

bool list_has(std::string_view list, std::string_view token) noexcept {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (same_name(trimmed(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

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
  const char* const end = found.length.data() + found.length.size();
  const bool digits = !found.length.empty() && found.length.size() <= 18 &&
                      std::all_of(found.length.begin(), found.length.end(),
                                  [](char c) { return c >= '0' && c <= '9'; });
  if (found.lengths > 1 || !digits) {
    return bad_request("the Content-Length is repeated or not a plain number", one);
  }
  std::from_chars(found.length.data(), end, framing.content_length);
  return std::nullopt;
}

/// uri-host [ ":" port ], coarsely: no byte that could end or split it.
bool is_host(std::string_view host) noexcept {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return c > 0x20 && c < 0x7f &&
           std::string_view("/\\?#@,\"<>^`{|}").find(c) == std::string_view::npos;
  });
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
  if (auto refusal = run_llhttp(bytes, head, framing)) return refusal;
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
