#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::config {

/// One problem in a config file, addressed to the person who wrote the file.
///
/// Every field is a full thought of its own: where, what, why it matters, what
/// to do. `token` is stable and documented; the wording may improve freely.
struct Diagnostic {
  std::string file;
  std::size_t line = 1, column = 1, width = 1;  // 1-based, in bytes; line 0: the file as a whole
  std::string token;                            // e.g. "config_unknown_key"
  std::string what;                             // fact, lower case, no full stop
  std::string why;                              // consequence if it were accepted
  std::string fix;                              // imperative; "" if we cannot know
};

/// Problems beyond this number are counted, not shown.
inline constexpr std::size_t kShownMax = 50;

/// Renders `d` over the text of the file it came from. Pure; never fails: a
/// position outside `source` drops the excerpt, not the message. A long line is
/// shown as the 120 characters around the caret.
std::string render(const Diagnostic& d, std::string_view source);

/// All of them with an empty line between, at most kShownMax, and a last line
/// that counts them.
std::string render(const std::vector<Diagnostic>& all, std::string_view source);

/// The same facts as one JSON document: {"problems": [...], "count": n}.
std::string render_json(const std::vector<Diagnostic>& all);

}  // namespace plimsoll::config
