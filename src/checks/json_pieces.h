#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::checks {

// JSON as bytes, for texts that are to stay as they were written. All pure; views
// point into what they were made from.

/// One past the bracket that closes the one at `at`; npos when none does.
std::size_t container_end(std::string_view text, std::size_t at) noexcept;

/// Without white space around it.
std::string_view trimmed(std::string_view text) noexcept;

/// A member of an object that was parsed before. `key` is between its quotes, still
/// escaped; `head` goes up to the value.
struct Piece {
  std::string_view key, head, value;
};
std::vector<Piece> members_of(std::string_view object);
std::vector<std::string_view> items_of(std::string_view array);

/// A container that is still open where a text ends.
struct OpenContainer {
  bool is_object = false;
  std::size_t begin = 0;       // of its bracket
  std::string last_key{};      // of the member that was begun last
  std::size_t last_index = 0;  // of the item that was begun last
};

/// What is open at the end of `text`, outermost first; empty when its brackets do
/// not match, or it ends within a string.
std::optional<std::vector<OpenContainer>> open_containers(std::string_view text);

}  // namespace plimsoll::checks
