#include "dialects/openai_chat/members.h"

namespace plimsoll::dialects::openai_chat {

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

}  // namespace plimsoll::dialects::openai_chat
