// status-line CRLF *( field-line CRLF ) CRLF          (RFC 9112, 4 and 5)
//
// Every line is judged first; then the lines are taken apart, and framing is decided.
#include "net/internal/response_head.h"

#include <algorithm>
#include <string>

#include "net/internal/field_lines.h"
#include "net/internal/head_scan.h"

namespace plimsoll::net {
namespace {

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::upstream_malformed, "the upstream's response head " + std::move(what));
}

/// The form of every line. What `take_fields` does not look at is refused here.
Result<void> check_lines(std::string_view head) {
  if (!head.starts_with("HTTP/1.")) return malformed("does not begin with HTTP/1.x");
  std::size_t lines = 0;
  for (bool over = false; !over; ++lines) {
    const std::size_t lf = head.find('\n');
    if (lf == std::string_view::npos) return malformed("is incomplete");
    const std::size_t end = std::min(head.find('\r'), lf);
    if (end + 1 != lf) return malformed("has a bare CR or LF");
    const std::string_view line = head.substr(0, end);
    over = line.empty();
    if (lines > kResponseHeadersMax && !over) {
      return malformed("has more than " + std::to_string(kResponseHeadersMax) + " fields");
    }
    const std::string_view fault = lines == 0 || over ? std::string_view{} : fault_of_field(line);
    if (!fault.empty()) return malformed("is broken: " + std::string(fault));
    if (lines == 0 && has_control_byte(line)) return malformed("holds a control byte");
    head.remove_prefix(end + 2);
  }
  if (!head.empty()) return malformed("goes on behind its end");
  return {};
}

/// The fields that decide framing, seen in one walk.
struct Decisive {
  std::size_t lengths = 0, codings = 0;
  std::string_view length, coding;
  bool close = false, keep_alive = false;
};

Decisive decisive_of(const Headers& headers) noexcept {
  Decisive found;
  for (const HeaderView& field : headers) {
    switch (field.name.size()) {
      case 10:
        if (!same_name(field.name, "connection")) break;
        found.close |= list_has(field.value, "close");
        found.keep_alive |= list_has(field.value, "keep-alive");
        break;
      case 14:
        if (same_name(field.name, "content-length")) ++found.lengths, found.length = field.value;
        break;
      case 17:
        if (same_name(field.name, "transfer-encoding")) ++found.codings, found.coding = field.value;
        break;
      default: break;
    }
  }
  return found;
}

/// "HTTP/1.x SP ddd [ SP reason ]", without its CRLF; x into `minor`.
Result<int> status_of(std::string_view line, int& minor) {
  constexpr std::size_t kVersion = 8, kWhole = kVersion + 4;
  const auto digit = [&line](std::size_t at) { return line[at] >= '0' && line[at] <= '9'; };
  if (line.size() < kWhole || (line[7] != '0' && line[7] != '1') || line[kVersion] != ' ') {
    return malformed("is not HTTP/1.0 or 1.1");
  }
  minor = line[7] - '0';
  const bool ends = line.size() == kWhole || line[kWhole] == ' ';
  if (!digit(9) || !digit(10) || !digit(11) || !ends) return malformed("has no status");
  const int status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  if (status < 100 || status > 599) {
    return malformed("has the status " + std::to_string(status));
  }
  return status;
}

bool has_no_body(int status, AnswerTo answer_to) {
  if (answer_to == AnswerTo::head || status < 200 || status == 204 || status == 304) return true;
  return answer_to == AnswerTo::connect && status < 300;
}

Result<void> decide_framing(const Decisive& found, int minor, AnswerTo answer_to,
                            ParsedResponseHead& out) {
  if (found.codings != 0) {
    if (found.lengths != 0) return malformed("has both Content-Length and Transfer-Encoding");
    if (minor == 0) return malformed("has a Transfer-Encoding in HTTP/1.0");
    if (found.codings > 1 || !same_name(found.coding, "chunked")) {
      return malformed("has a Transfer-Encoding other than chunked");
    }
  }
  const auto length = plain_length(found.length);
  if (found.lengths > 1 || (found.lengths == 1 && !length)) {
    return malformed("has a Content-Length that is repeated or not a plain number");
  }
  out.length = 0;
  if (has_no_body(out.status, answer_to)) {
    out.framing = BodyFraming::none;
  } else if (found.codings != 0) {
    out.framing = BodyFraming::chunked;
  } else if (length) {
    out.framing = *length == 0 ? BodyFraming::none : BodyFraming::length;
    out.length = *length;
  } else {
    out.framing = BodyFraming::until_close;
    out.keep_alive = false;
  }
  return {};
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
  out.headers.clear();
  if (auto lines = check_lines(head); !lines) return lines;
  int minor = 0;
  const std::size_t line_end = std::min(head.find('\r'), head.size());
  PLIMSOLL_TRY(out.status, status_of(head.substr(0, line_end), minor));
  if (!take_fields(head.substr(std::min(line_end + 2, head.size())), out.headers)) {
    return malformed("has a line without a colon");
  }
  const Decisive found = decisive_of(out.headers);
  out.keep_alive = !found.close && (minor == 1 || found.keep_alive);
  return decide_framing(found, minor, answer_to, out);
}

}  // namespace plimsoll::net
