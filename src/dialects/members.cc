#include "dialects/members.h"

#include <fmt/format.h>

namespace plimsoll::dialects {

std::vector<Field> fields_of(const json::Object& object, std::string_view text, std::size_t begin) {
  // Parser and scanner give the same members in the same order: the parser
  // knows the key's meaning, the scanner where it stands.
  struct Walk {
    json::Object::Iterator next, end;
    std::size_t begin;
    std::vector<Field> fields;
  } walk{object.begin(), object.end(), begin, {}};
  walk.fields.reserve(object.size());
  const auto visit = [](void* self, const json::RawMember& raw) {
    auto& to = *static_cast<Walk*>(self);
    if (!(to.next != to.end)) return;
    const json::Member member = *to.next;
    ++to.next;
    const auto moved = [&to](json::Span span) {
      return json::Span{span.begin + to.begin, span.end + to.begin};
    };
    to.fields.push_back({member.key, member.value, moved(raw.whole), moved(raw.value)});
  };
  (void)json::for_each_raw_member(text.substr(begin), visit, &walk);
  return std::move(walk.fields);
}

json::Document& document_for(std::string_view text, json::Document& large) {
  constexpr std::size_t kKeptBytesMax = 256 * 1024;
  thread_local json::Document kept;
  return text.size() <= kKeptBytesMax ? kept : large;
}

Result<json::Object> request_object(std::string_view body, json::Document& large) {
  auto root = document_for(body, large).parse(body);
  if (!root) {
    Error error = std::move(root).error();
    error.what = "the request body is " + error.what;
    error.hint = "send one JSON object";
    return std::unexpected(std::move(error));
  }
  if (const auto object = root->as_object()) return *object;
  return fail(ErrorKind::request_invalid,
              fmt::format("the request body is {}, but must be an object", name_of(root->kind())),
              "send one JSON object with \"model\" and \"messages\"");
}

std::string_view name_of(json::Kind kind) noexcept {
  switch (kind) {
    case json::Kind::null: return "null";
    case json::Kind::boolean: return "a boolean";
    case json::Kind::integer:
    case json::Kind::number: return "a number";
    case json::Kind::string: return "a string";
    case json::Kind::array: return "an array";
    case json::Kind::object: return "an object";
  }
  return "a value";
}

}  // namespace plimsoll::dialects
