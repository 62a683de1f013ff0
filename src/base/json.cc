#include "base/json.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <bit>
#include <cmath>
#include <type_traits>

#include "base/json_fault.h"
#include "base/json_numbers.h"

namespace plimsoll::json {
namespace {

namespace dom = simdjson::dom;

// The handles of the header hold simdjson's own, byte for byte.
using Place = std::array<std::byte, 16>;
template <class Handle>
constexpr bool kFits =
    sizeof(Handle) == sizeof(Place) && alignof(Handle) <= 8 && std::is_trivially_copyable_v<Handle>;
static_assert(kFits<dom::element> && kFits<dom::array> && kFits<dom::object>);
static_assert(kFits<dom::array::iterator> && kFits<dom::object::iterator>);

dom::element element_in(const Place& place) { return std::bit_cast<dom::element>(place); }

template <class Handle>
Place place_of(const Handle& handle) {
  return std::bit_cast<Place>(handle);
}

/// simdjson counts up to this and then stops counting.
constexpr std::size_t kCountMax = 0xFFFFFF;

/// An integer that `number` is exactly, if there is one.
std::optional<std::int64_t> integer_of(double number) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (!(number >= -kLimit && number < kLimit) || std::trunc(number) != number) return {};
  return static_cast<std::int64_t>(number);
}

}  // namespace

Kind Value::kind() const noexcept {
  switch (element_in(place_).type()) {
    case dom::element_type::ARRAY: return Kind::array;
    case dom::element_type::OBJECT: return Kind::object;
    case dom::element_type::INT64: return Kind::integer;
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE: return Kind::number;
    case dom::element_type::STRING: return Kind::string;
    case dom::element_type::BOOL: return Kind::boolean;
    case dom::element_type::NULL_VALUE: return Kind::null;
  }
  return Kind::null;
}

std::optional<bool> Value::as_bool() const noexcept {
  bool value = false;
  if (element_in(place_).get(value) != simdjson::SUCCESS) return {};
  return value;
}

std::optional<std::int64_t> Value::as_int() const noexcept {
  std::int64_t value = 0;
  if (element_in(place_).get(value) == simdjson::SUCCESS) return value;
  if (!element_in(place_).is_double()) return {};
  double number = 0;
  if (element_in(place_).get(number) != simdjson::SUCCESS) return {};
  return integer_of(number);
}

std::optional<double> Value::as_double() const noexcept {
  double value = 0;
  if (element_in(place_).get(value) != simdjson::SUCCESS) return {};
  return value;
}

std::optional<std::string_view> Value::as_string() const noexcept {
  std::string_view value;
  if (element_in(place_).get(value) != simdjson::SUCCESS) return {};
  return value;
}

std::optional<Array> Value::as_array() const noexcept {
  dom::array handle;
  if (element_in(place_).get(handle) != simdjson::SUCCESS) return {};
  Array array;
  array.place_ = place_of(handle);
  return array;
}

std::optional<Object> Value::as_object() const noexcept {
  dom::object handle;
  if (element_in(place_).get(handle) != simdjson::SUCCESS) return {};
  Object object;
  object.place_ = place_of(handle);
  return object;
}

std::optional<Value> Value::get(std::string_view key) const noexcept {
  dom::element found;
  if (element_in(place_).at_key(key).get(found) != simdjson::SUCCESS) return {};
  Value value;
  value.place_ = place_of(found);
  return value;
}

std::optional<std::string_view> Value::get_string(std::string_view key) const noexcept {
  const auto value = get(key);
  return value ? value->as_string() : std::nullopt;
}

std::optional<std::int64_t> Value::get_int(std::string_view key) const noexcept {
  const auto value = get(key);
  return value ? value->as_int() : std::nullopt;
}

std::optional<bool> Value::get_bool(std::string_view key) const noexcept {
  const auto value = get(key);
  return value ? value->as_bool() : std::nullopt;
}

std::string Value::dump() const {
  simdjson::internal::string_builder<> builder;
  builder.append(element_in(place_));
  return std::string(builder.str());
}

Array::Iterator Array::begin() const noexcept {
  Iterator iterator;
  iterator.place_ = place_of(std::bit_cast<dom::array>(place_).begin());
  return iterator;
}

Array::Iterator Array::end() const noexcept {
  Iterator iterator;
  iterator.place_ = place_of(std::bit_cast<dom::array>(place_).end());
  return iterator;
}

std::size_t Array::size() const noexcept {
  const std::size_t counted = std::bit_cast<dom::array>(place_).size();
  if (counted < kCountMax) return counted;
  std::size_t count = 0;
  for (auto it = begin(); it != end(); ++it) ++count;
  return count;
}

Value Array::Iterator::operator*() const noexcept {
  Value value;
  value.place_ = place_of(*std::bit_cast<dom::array::iterator>(place_));
  return value;
}

Array::Iterator& Array::Iterator::operator++() noexcept {
  auto iterator = std::bit_cast<dom::array::iterator>(place_);
  place_ = place_of(++iterator);
  return *this;
}

bool Array::Iterator::operator!=(const Iterator& other) const noexcept {
  return std::bit_cast<dom::array::iterator>(place_) !=
         std::bit_cast<dom::array::iterator>(other.place_);
}

Object::Iterator Object::begin() const noexcept {
  Iterator iterator;
  iterator.place_ = place_of(std::bit_cast<dom::object>(place_).begin());
  return iterator;
}

Object::Iterator Object::end() const noexcept {
  Iterator iterator;
  iterator.place_ = place_of(std::bit_cast<dom::object>(place_).end());
  return iterator;
}

std::size_t Object::size() const noexcept {
  const std::size_t counted = std::bit_cast<dom::object>(place_).size();
  if (counted < kCountMax) return counted;
  std::size_t count = 0;
  for (auto it = begin(); it != end(); ++it) ++count;
  return count;
}

Member Object::Iterator::operator*() const noexcept {
  const auto iterator = std::bit_cast<dom::object::iterator>(place_);
  Member member;
  member.key = iterator.key();
  member.value.place_ = place_of(iterator.value());
  return member;
}

Object::Iterator& Object::Iterator::operator++() noexcept {
  auto iterator = std::bit_cast<dom::object::iterator>(place_);
  place_ = place_of(++iterator);
  return *this;
}

bool Object::Iterator::operator!=(const Iterator& other) const noexcept {
  return std::bit_cast<dom::object::iterator>(place_) !=
         std::bit_cast<dom::object::iterator>(other.place_);
}

struct Document::Parser {
  dom::parser parser;
};

Document::Document() = default;
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

namespace {

/// Room for `size` bytes and some more, so that slowly growing texts do not
/// allocate each time.
void make_room(dom::parser& parser, std::size_t size) {
  if (size <= parser.doc.capacity() && size <= parser.capacity()) return;
  const std::size_t room = std::bit_ceil(std::max<std::size_t>(size, 1024));
  if (room > simdjson::SIMDJSON_MAXSIZE_BYTES) return;
  // A refusal shows up as MEMALLOC in the parse that follows.
  if (parser.doc.capacity() < room && parser.doc.allocate(room) != simdjson::SUCCESS) return;
  if (parser.capacity() < room && parser.allocate(room, kDepthMax) != simdjson::SUCCESS) return;
}

std::string explain(simdjson::error_code code, std::string_view text) {
  const Fault fault = find_fault(text);
  if (!fault.reason.empty()) return describe(fault, text);
  return fmt::format("{} ({} bytes)", simdjson::error_message(code), text.size());
}

}  // namespace

Result<Value> Document::parse(std::string_view text) {
  if (!parser_) parser_ = std::make_unique<Parser>();
  make_room(parser_->parser, text.size());
  dom::element root;
  auto code = parser_->parser.parse(text.data(), text.size()).get(root);
  // Only a text that is JSON is rewritten: "01" must not become a number.
  if (code == simdjson::NUMBER_ERROR && find_fault(text).reason.empty())
    code = parser_->parser.parse(with_tame_numbers(text)).get(root);
  if (code != simdjson::SUCCESS)
    return fail(ErrorKind::request_invalid, fmt::format("not valid JSON: {}", explain(code, text)));
  Value value;
  value.place_ = place_of(root);
  return value;
}

}  // namespace plimsoll::json
