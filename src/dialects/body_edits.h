#pragma once

#include <string>
#include <string_view>

namespace plimsoll::dialects {

// Changes to a request's body that is otherwise kept byte for byte. Pure. `body` is
// an object that was parsed before; where it is not, it comes back as it was.

/// With the top-level member `key` set to `json`: in its place, or as the last one.
std::string with_member(std::string body, std::string_view key, std::string_view json);

bool has_member(std::string_view body, std::string_view key);

/// With `words` behind what the user said last, in the form that the chats of OpenAI
/// and of Anthropic share: {"messages": [{"role", "content": text / [part, ...]}]}.
/// A turn of the user's at the end is extended, since some servers want turns to
/// alternate; behind a tool's one of the user's is added. A turn of the assistant's at
/// the end is one to go on with: the body stays as it is.
std::string with_words(std::string body, std::string_view words);

}  // namespace plimsoll::dialects
