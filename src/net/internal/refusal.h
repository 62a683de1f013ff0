#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace plimsoll::net {

/// Why the server itself refuses a request. The texts are literals.
struct Refusal {
  int status = 400;
  ErrorKind kind = ErrorKind::request_invalid;
  std::string_view what, hint;

  Error error() const {
    return Error{.kind = kind, .what = std::string(what), .hint = std::string(hint)};
  }
};

constexpr Refusal bad_request(std::string_view what, std::string_view hint) {
  return {.status = 400, .kind = ErrorKind::request_invalid, .what = what, .hint = hint};
}

}  // namespace plimsoll::net
