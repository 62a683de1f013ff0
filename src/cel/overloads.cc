#include <algorithm>
#include <unordered_map>

#include "cel/internal/context.h"

namespace plimsoll::cel {
namespace {

using Index = std::unordered_map<std::string_view, std::vector<const Overload*>>;

Index indexed() {
  Index index;
  for (const auto rows :
       {arithmetic_functions(), conversion_functions(), text_functions(), time_functions(),
        math_functions(), collection_functions(), network_functions()})
    for (const Overload& row : rows) index[row.name].push_back(&row);
  return index;
}

const Index& index() {
  static const Index all = indexed();
  return all;
}

}  // namespace

Kind kind_of_letter(char letter) noexcept {
  switch (letter) {
    case 'b': return Kind::boolean;
    case 'n': return Kind::null;
    case 'i': return Kind::integer;
    case 'u': return Kind::uinteger;
    case 'd': return Kind::real;
    case 's': return Kind::string;
    case 'y': return Kind::bytes;
    case 'L': return Kind::list;
    case 'M': return Kind::map;
    case 'T': return Kind::type;
    case 't': return Kind::timestamp;
    case 'r': return Kind::duration;
    case 'O': return Kind::optional;
    case 'P': return Kind::ip;
    case 'C': return Kind::cidr;
    default: return Kind::error;
  }
}

bool matches_letter(char letter, Kind kind) noexcept {
  return letter == 'D' || kind_of_letter(letter) == kind;
}

std::vector<const Overload*> find_overloads(std::string_view name, bool receiver,
                                            std::size_t arguments) {
  std::vector<const Overload*> found;
  const auto rows = index().find(name);
  if (rows == index().end()) return found;
  for (const Overload* row : rows->second)
    if (row->receiver == receiver && row->parameters.size() == arguments) found.push_back(row);
  return found;
}

bool is_function(std::string_view name) {
  const auto rows = index().find(name);
  return rows != index().end() &&
         std::ranges::any_of(rows->second, [](const Overload* row) { return !row->receiver; });
}

std::vector<std::string_view> function_names() {
  std::vector<std::string_view> names;
  for (const auto& [name, rows] : index())
    if (name.find_first_of("_@") == std::string_view::npos) names.push_back(name);
  return names;
}

}  // namespace plimsoll::cel
