#pragma once

#include <string_view>
#include <vector>

#include "model/prompt.h"

namespace plimsoll::dialects {

/// A conversation as several dialects want it: instructions apart, roles in turn,
/// the results of tools first in theirs.
struct Talk {
  std::vector<Part> system;
  std::vector<Turn> turns;
};

/// Instructions at the front are the system's; later ones become the user's, which
/// every model understands. Without any other turn they are the question.
Talk arranged(const Prompt& prompt);

/// Nothing but white space.
bool is_blank(std::string_view text) noexcept;

/// Adds a name to a list of what was left out, once.
void drop(std::vector<std::string>& dropped, std::string_view name);

}  // namespace plimsoll::dialects
