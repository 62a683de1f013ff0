#include "config/conditions.h"

#include <fmt/core.h>

#include <algorithm>

#include "facts/condition.h"

namespace plimsoll::config {
namespace {

/// Where `fault` stands in the document. A text that is written plainly, or in quotes
/// without escapes, is as long there as it is.
yaml::Place place_of(const yaml::Node& node, const cel::Fault& fault) {
  const std::size_t written = node.place.end - node.place.begin;
  const std::size_t quote = written == node.text.size() + 2 ? 1 : 0;
  if (written != node.text.size() + 2 * quote) return node.place;
  const std::size_t begin = node.place.begin + quote + std::min(fault.offset, node.text.size());
  return {begin, std::max(begin + 1, std::min(begin + fault.length, node.place.end - quote))};
}

}  // namespace

bool is_condition(const yaml::Node& node, std::string_view subject, const cel::Environment& names,
                  Problems& problems) {
  const auto compiled = facts::compile_condition(node.text, names);
  if (compiled) return true;
  const cel::Fault& fault = compiled.error();
  problems.add(place_of(node, fault), "config_condition_invalid",
               fmt::format("a condition of {}: {}", subject, fault.what), fault.fix);
  return false;
}

}  // namespace plimsoll::config
