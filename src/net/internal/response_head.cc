// status-line CRLF *( field-line CRLF ) CRLF          (RFC 9112, 4 and 5)
//
// llhttp does the reading; what it lets pass (bare line ends, folded lines) is
// refused before it, and what it leaves open (framing) is decided after it.
#include "net/internal/response_head.h"

#include <llhttp.h>

#include <cstring>
#include <string>

namespace plimsoll::net {
namespace {

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::upstream_malformed, "the upstream's response head " + std::move(what));
}

Result<void> check_lines(std::string_view head) {
  if (!head.starts_with("HTTP/1.")) return malformed("does not begin with HTTP/1.x");
  if (head.find('\0') != std::string_view::npos) return malformed("holds a NUL byte");
  for (std::size_t at = head.find_first_of("\r\n"); at != std::string_view::npos;
       at = head.find_first_of("\r\n", at + 2)) {
    if (head[at] != '\r' || at + 1 >= head.size() || head[at + 1] != '\n') {
      return malformed("has a bare CR or LF");
    }
    if (at + 2 < head.size() && (head[at + 2] == ' ' || head[at + 2] == '\t')) {
      return malformed("has a folded line");
    }
  }
  return {};
}

/// What the callbacks fill while llhttp runs.
struct Reading {
  ParsedResponseHead& out;
  std::string_view name, value, codings;
  std::size_t codings_seen = 0;
  bool complete = false;
};

Reading& reading_of(llhttp_t* parser) { return *static_cast<Reading*>(parser->data); }

/// Spans may come in pieces that follow one another in memory.
void extend(std::string_view& view, const char* at, std::size_t size) {
  view =
      view.empty() ? std::string_view(at, size) : std::string_view(view.data(), view.size() + size);
}

std::string_view trimmed(std::string_view text) {
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  return text;
}

int end_of_field(llhttp_t* parser) {
  Reading& reading = reading_of(parser);
  if (reading.name.empty() || reading.out.headers.size() == kResponseHeadersMax) return HPE_USER;
  const std::string_view value = trimmed(reading.value);
  reading.out.headers.add(reading.name, value);
  if (same_name(reading.name, "transfer-encoding")) {
    reading.codings = value;
    ++reading.codings_seen;
  }
  reading.name = reading.value = {};
  return 0;
}

llhttp_settings_t callbacks() {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_header_field = [](llhttp_t* parser, const char* at, std::size_t size) {
    extend(reading_of(parser).name, at, size);
    return 0;
  };
  settings.on_header_value = [](llhttp_t* parser, const char* at, std::size_t size) {
    extend(reading_of(parser).value, at, size);
    return 0;
  };
  settings.on_header_value_complete = end_of_field;
  settings.on_headers_complete = [](llhttp_t* parser) {
    reading_of(parser).complete = true;
    return static_cast<int>(HPE_PAUSED);
  };
  return settings;
}

bool has_no_body(int status, AnswerTo answer_to) {
  if (answer_to == AnswerTo::head || status < 200 || status == 204 || status == 304) return true;
  return answer_to == AnswerTo::connect && status < 300;
}

Result<void> decide_framing(const llhttp_t& parser, const Reading& reading, AnswerTo answer_to,
                            ParsedResponseHead& out) {
  const bool has_length = (parser.flags & F_CONTENT_LENGTH) != 0;
  if (reading.codings_seen != 0) {
    if (has_length) return malformed("has both Content-Length and Transfer-Encoding");
    if (parser.http_minor == 0) return malformed("has a Transfer-Encoding in HTTP/1.0");
    if (reading.codings_seen > 1 || !same_name(reading.codings, "chunked")) {
      return malformed("has a Transfer-Encoding other than chunked");
    }
  }
  out.length = 0;
  if (has_no_body(out.status, answer_to)) {
    out.framing = BodyFraming::none;
  } else if (reading.codings_seen != 0) {
    out.framing = BodyFraming::chunked;
  } else if (has_length) {
    out.framing = parser.content_length == 0 ? BodyFraming::none : BodyFraming::length;
    out.length = parser.content_length;
  } else {
    out.framing = BodyFraming::until_close;
    out.keep_alive = false;
  }
  return {};
}

bool keeps_alive(const llhttp_t& parser) {
  if ((parser.flags & F_CONNECTION_CLOSE) != 0) return false;
  return parser.http_minor == 1 || (parser.flags & F_CONNECTION_KEEP_ALIVE) != 0;
}

}  // namespace

std::size_t response_head_size(std::string_view bytes, std::size_t from) noexcept {
  // A bare LF ends a line here too, so that a head with bare ones is told as
  // what it is and does not look like an endless one.
  std::size_t at = bytes.find('\n', from < 3 ? 0 : from - 3);
  for (; at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    const std::string_view rest = bytes.substr(at + 1, 2);
    if (rest.starts_with('\n')) return at + 2;
    if (rest == "\r\n") return at + 3;
  }
  return 0;
}

Result<void> parse_response_head(std::string_view head, AnswerTo answer_to,
                                 ParsedResponseHead& out) {
  static const llhttp_settings_t settings = callbacks();
  out.headers.clear();
  if (auto lines = check_lines(head); !lines) return lines;
  Reading reading{.out = out};
  llhttp_t parser;
  llhttp_init(&parser, HTTP_RESPONSE, &settings);
  parser.data = &reading;
  const llhttp_errno_t error = llhttp_execute(&parser, head.data(), head.size());
  if (out.headers.size() == kResponseHeadersMax && !reading.complete) {
    return malformed("has more than " + std::to_string(kResponseHeadersMax) + " fields");
  }
  if (!reading.complete) {
    const char* why = llhttp_get_error_reason(&parser);
    return malformed(error == HPE_OK ? "is incomplete"
                                     : "is broken: " + std::string(why == nullptr ? "" : why));
  }
  if (parser.http_major != 1 || parser.http_minor > 1) return malformed("is not HTTP/1.0 or 1.1");
  out.status = parser.status_code;
  if (out.status < 100 || out.status > 599) {
    return malformed("has the status " + std::to_string(out.status));
  }
  out.keep_alive = keeps_alive(parser);
  return decide_framing(parser, reading, answer_to, out);
}

}  // namespace plimsoll::net
