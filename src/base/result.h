#pragma once

#include <expected>
#include <utility>

#include "base/error.h"

namespace plimsoll {

/// A `T` or the `Error` that stopped us. Built with _GLIBCXX_ASSERTIONS, so a
/// wrong access stops the program in every build; functions that return one are
/// [[nodiscard]].
template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorKind kind, std::string what, std::string hint = {}) {
  return std::unexpected(Error{.kind = kind, .what = std::move(what), .hint = std::move(hint)});
}

}  // namespace plimsoll

#define PLIMSOLL_CAT2(a, b) a##b
#define PLIMSOLL_CAT(a, b) PLIMSOLL_CAT2(a, b)

/// `PLIMSOLL_TRY(auto plan, load(path));` binds the value or returns the error.
/// A full statement: it needs braces around it under an `if`.
#define PLIMSOLL_TRY(decl, ...)                                                       \
  auto PLIMSOLL_CAT(plimsoll_try_, __LINE__) = (__VA_ARGS__);                         \
  if (!PLIMSOLL_CAT(plimsoll_try_, __LINE__))                                         \
    return std::unexpected(std::move(PLIMSOLL_CAT(plimsoll_try_, __LINE__)).error()); \
  decl = std::move(PLIMSOLL_CAT(plimsoll_try_, __LINE__)).value()

/// The same inside a coroutine: the hidden exit is a `co_return`.
#define PLIMSOLL_CO_TRY(decl, ...)                                                       \
  auto PLIMSOLL_CAT(plimsoll_try_, __LINE__) = (__VA_ARGS__);                            \
  if (!PLIMSOLL_CAT(plimsoll_try_, __LINE__))                                            \
    co_return std::unexpected(std::move(PLIMSOLL_CAT(plimsoll_try_, __LINE__)).error()); \
  decl = std::move(PLIMSOLL_CAT(plimsoll_try_, __LINE__)).value()
