#include "cel/value.h"

#include <bit>

namespace plimsoll::cel {

std::string_view kind_name(Kind kind) noexcept {
  switch (kind) {
    case Kind::error: return "error";
    case Kind::null: return "null_type";
    case Kind::boolean: return "bool";
    case Kind::integer: return "int";
    case Kind::uinteger: return "uint";
    case Kind::real: return "double";
    case Kind::string: return "string";
    case Kind::bytes: return "bytes";
    case Kind::list: return "list";
    case Kind::map: return "map";
    case Kind::type: return "type";
    case Kind::timestamp: return "google.protobuf.Timestamp";
    case Kind::duration: return "google.protobuf.Duration";
    case Kind::optional: return "optional_type";
    case Kind::ip: return "net.IP";
    case Kind::cidr: return "net.CIDR";
  }
  return "unknown";
}

Value Value::with_text(Kind kind, std::string_view text) noexcept {
  Value value(kind);
  value.text_ = {text.data(), text.size()};
  return value;
}

Value Value::boolean(bool value) noexcept {
  Value made(Kind::boolean);
  made.boolean_ = value;
  return made;
}

Value Value::integer(std::int64_t value) noexcept {
  Value made(Kind::integer);
  made.integer_ = value;
  return made;
}

Value Value::uinteger(std::uint64_t value) noexcept {
  Value made(Kind::uinteger);
  made.uinteger_ = value;
  return made;
}

Value Value::real(double value) noexcept {
  Value made(Kind::real);
  made.real_ = value;
  return made;
}

Value Value::timestamp(Instant instant) noexcept {
  Value made(Kind::timestamp);
  made.instant_ = instant;
  return made;
}

Value Value::duration(std::int64_t nanos) noexcept {
  Value made(Kind::duration);
  made.integer_ = nanos;
  return made;
}

Value Value::list(std::span<const Value> items) noexcept {
  Value made(Kind::list);
  made.items_ = {items.data(), items.size()};
  return made;
}

Value Value::map(std::span<const Value> entries) noexcept {
  Value made(Kind::map);
  made.items_ = {entries.data(), entries.size()};
  return made;
}

Value Value::some(const Value* value) noexcept {
  Value made(Kind::optional);
  made.inner_ = value;
  return made;
}

Value Value::ip(const std::array<std::uint8_t, 16>& address, unsigned family) noexcept {
  Value made(Kind::ip);
  made.address_ = address;
  made.extra_ = family;
  return made;
}

Value Value::cidr(const std::array<std::uint8_t, 16>& address, unsigned family,
                  unsigned prefix) noexcept {
  Value made(Kind::cidr);
  made.address_ = address;
  made.extra_ = family | (prefix << 8U);
  return made;
}

Value Value::loosened() const noexcept {
  Value made = *this;
  made.loose_ = true;
  return made;
}

Value Value::json(const json::Value& value) noexcept {
  switch (value.kind()) {
    case json::Kind::null: return null();
    case json::Kind::boolean: return boolean(value.as_bool().value_or(false));
    case json::Kind::integer: return integer(value.as_int().value_or(0)).loosened();
    case json::Kind::number: return real(value.as_double().value_or(0)).loosened();
    case json::Kind::string: return string(value.as_string().value_or(""));
    case json::Kind::array:
    case json::Kind::object: break;
  }
  Value made(value.kind() == json::Kind::array ? Kind::list : Kind::map);
  made.json_view_ = true;
  made.json_ = value;
  return made;
}

std::size_t Value::size() const noexcept {
  if (!json_view_) return is(Kind::map) ? items_.size / 2 : items_.size;
  if (const auto array = json_.as_array()) return array->size();
  const auto object = json_.as_object();
  return object ? object->size() : 0;
}

std::span<const Value> Value::items(Arena& arena) const {
  if (!json_view_) return {items_.data, items_.size};
  const std::size_t wide = is(Kind::map) ? 2 : 1;
  const std::size_t count = size() * wide;
  Value* const made = arena.array<Value>(count);
  std::size_t at = 0;
  if (is(Kind::list)) {
    const auto array = json_.as_array();
    for (const json::Value item : *array)
      if (at < count) std::construct_at(made + at++, json(item));
    return {made, at};
  }
  const auto object = json_.as_object();
  for (const json::Member member : *object) {
    if (at + 2 > count) break;
    std::construct_at(made + at++, string(member.key));
    std::construct_at(made + at++, json(member.value));
  }
  return {made, at};
}

Value Value::json_member(std::string_view key) const noexcept {
  const auto found = json_.get(key);
  return found ? json(*found) : error("no such key");
}

}  // namespace plimsoll::cel
