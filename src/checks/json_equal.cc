#include "checks/json_equal.h"

#include <algorithm>
#include <map>
#include <vector>

namespace plimsoll::checks {
namespace {

bool is_number(json::Kind kind) noexcept {
  return kind == json::Kind::integer || kind == json::Kind::number;
}

bool same_number(const json::Value& a, const json::Value& b) {
  const auto whole_a = a.as_int();
  const auto whole_b = b.as_int();
  if (whole_a && whole_b) return *whole_a == *whole_b;
  return a.as_double() == b.as_double();
}

bool same_array(const json::Array& a, const json::Array& b) {
  if (a.size() != b.size()) return false;
  auto other = b.begin();
  for (const json::Value item : a) {
    if (!same_json(item, *other)) return false;
    ++other;
  }
  return true;
}

/// The values of each key; those of one key stay in document order.
std::map<std::string_view, std::vector<json::Value>> by_key(const json::Object& object) {
  std::map<std::string_view, std::vector<json::Value>> members;
  for (const json::Member member : object) members[member.key].push_back(member.value);
  return members;
}

bool same_object(const json::Object& a, const json::Object& b) {
  if (a.size() != b.size()) return false;
  return std::ranges::equal(by_key(a), by_key(b), [](const auto& left, const auto& right) {
    return left.first == right.first && std::ranges::equal(left.second, right.second, same_json);
  });
}

}  // namespace

bool same_json(const json::Value& a, const json::Value& b) {
  if (is_number(a.kind()) && is_number(b.kind())) return same_number(a, b);
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case json::Kind::null: return true;
    case json::Kind::boolean: return a.as_bool() == b.as_bool();
    case json::Kind::string: return a.as_string() == b.as_string();
    case json::Kind::array: return same_array(*a.as_array(), *b.as_array());
    case json::Kind::object: return same_object(*a.as_object(), *b.as_object());
    default: return false;
  }
}

}  // namespace plimsoll::checks
