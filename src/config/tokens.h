#pragma once

#include <span>
#include <string_view>

namespace plimsoll::config {

/// One kind of problem that a config file can have. The token is public: it
/// stands in messages, in docs/errors.md and is what `plimsoll explain` takes.
struct Token {
  std::string_view token;
  std::string_view meaning;  // one sentence: what was found
  std::string_view why;      // the `why:` line of its diagnostics
  std::string_view remedy;   // a sentence or two: what to do
  std::string_view wrong;    // YAML that has the problem
  std::string_view right;    // the same, without it
};

/// All of them, in the order of the pages.
std::span<const Token> tokens();

/// The row of `token`; null when there is none.
const Token* find_token(std::string_view token);

}  // namespace plimsoll::config
