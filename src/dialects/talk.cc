#include "dialects/talk.h"

#include <algorithm>
#include <utility>

namespace plimsoll::dialects {
namespace {

void add(Talk& talk, Role role, const std::vector<Part>& parts) {
  if (talk.turns.empty() || talk.turns.back().role != role)
    talk.turns.push_back({.role = role, .parts = {}});
  std::vector<Part>& to = talk.turns.back().parts;
  to.insert(to.end(), parts.begin(), parts.end());
}

void put_results_first(std::vector<Part>& parts) {
  std::vector<Part> sorted;
  sorted.reserve(parts.size());
  for (const bool results : {true, false})
    for (Part& part : parts)
      if ((part.kind == Part::Kind::tool_result) == results) sorted.push_back(std::move(part));
  parts = std::move(sorted);
}

}  // namespace

Talk arranged(const Prompt& prompt) {
  Talk talk;
  for (const Turn& turn : prompt.turns) {
    if (turn.role == Role::system && talk.turns.empty())
      talk.system.insert(talk.system.end(), turn.parts.begin(), turn.parts.end());
    else
      add(talk, turn.role == Role::assistant ? Role::assistant : Role::user, turn.parts);
  }
  if (talk.turns.empty()) add(talk, Role::user, std::exchange(talk.system, {}));
  for (Turn& turn : talk.turns) put_results_first(turn.parts);
  return talk;
}

bool is_blank(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

void drop(std::vector<std::string>& dropped, std::string_view name) {
  if (std::ranges::find(dropped, name) == dropped.end()) dropped.emplace_back(name);
}

}  // namespace plimsoll::dialects
