// The tape's format is simdjson's (doc/tape.md there): one word per value, its
// kind in the top byte; a number's bits in the word behind; a container's word
// holds where it ends and how much it holds; a string's, where its bytes are.
#include "base/json_tape.h"

#include <simdjson.h>

#include <bit>

namespace plimsoll::json {
namespace {

/// What a json::Value holds, which is what a dom::element holds.
struct Handle {
  const simdjson::dom::document* document;
  std::size_t index;
};
static_assert(sizeof(Handle) == sizeof(Value) && sizeof(Handle) == sizeof(simdjson::dom::element));

Handle handle_of(const Value& value) { return std::bit_cast<Handle>(value); }

}  // namespace

Tape::Tape(const Value& value) noexcept {
  const auto* document = handle_of(value).document;
  words_ = document->tape.get();
  strings_ = reinterpret_cast<const char*>(document->string_buf.get());
  document_ = document;
}

Place Tape::place_of(const Value& value) noexcept {
  return static_cast<Place>(handle_of(value).index);
}

Value Tape::value_at(Place at) const noexcept {
  return std::bit_cast<Value>(
      Handle{static_cast<const simdjson::dom::document*>(document_), std::size_t{at}});
}

std::size_t Tape::count_slowly(Place at) const noexcept {
  std::size_t count = 0;
  const bool object = tag(at) == '{';
  for (Place child = first(at), end = last(at); child < end; ++count)
    child = after(object ? child + 1 : child);
  return count;
}

}  // namespace plimsoll::json
