#pragma once

#include <llhttp.h>

#include <cstdlib>
#include <string_view>

#include "net/headers.h"
#include "net/internal/field_lines.h"

/// llhttp, a reader of HTTP/1 heads that we did not write: whatever our reader
/// accepts it must accept, and see the same in it.
namespace plimsoll::fuzz {

struct Heard {
  bool accepted = false;
  int status = 0;
  std::string_view url;
  net::Headers fields;
};

namespace internal {

struct Listener {
  llhttp_t parser;
  Heard heard;
  std::string_view name, value;
};

inline Listener& listener_of(llhttp_t* parser) { return *static_cast<Listener*>(parser->data); }

/// Spans may come in pieces that follow one another in memory.
inline void extend(std::string_view& span, const char* at, std::size_t size) {
  span =
      span.empty() ? std::string_view(at, size) : std::string_view(span.data(), span.size() + size);
}

inline llhttp_settings_t callbacks() {
  llhttp_settings_t all;
  llhttp_settings_init(&all);
  all.on_url = [](llhttp_t* parser, const char* at, std::size_t size) {
    return extend(listener_of(parser).heard.url, at, size), 0;
  };
  all.on_header_field = [](llhttp_t* parser, const char* at, std::size_t size) {
    return extend(listener_of(parser).name, at, size), 0;
  };
  all.on_header_value = [](llhttp_t* parser, const char* at, std::size_t size) {
    return extend(listener_of(parser).value, at, size), 0;
  };
  all.on_header_value_complete = [](llhttp_t* parser) {
    Listener& to = listener_of(parser);
    to.heard.fields.add(to.name, net::trimmed(to.value));
    to.name = to.value = {};
    return 0;
  };
  all.on_headers_complete = [](llhttp_t* parser) {
    listener_of(parser).heard.accepted = true;
    return static_cast<int>(HPE_PAUSED);
  };
  return all;
}

}  // namespace internal

inline Heard heard_by_llhttp(llhttp_type_t type, std::string_view head) {
  static const llhttp_settings_t settings = internal::callbacks();
  internal::Listener listener;
  llhttp_init(&listener.parser, type, &settings);
  listener.parser.data = &listener;
  llhttp_execute(&listener.parser, head.data(), head.size());
  listener.heard.status = listener.parser.status_code;
  return listener.heard;
}

inline void expect_same_fields(const net::Headers& ours, const net::Headers& theirs) {
  if (ours.size() != theirs.size()) std::abort();
  auto their = theirs.begin();
  for (const net::HeaderView& field : ours) {
    if (field.name != their->name || field.value != their->value) std::abort();
    ++their;
  }
}

}  // namespace plimsoll::fuzz
