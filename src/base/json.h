#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace plimsoll::json {

enum class Kind : std::uint8_t { null, boolean, integer, number, string, array, object };

class Array;
class Object;

/// One value of a parsed document. A small handle: copy it freely; it and every
/// view it gives are valid while its Document lives and is not reused.
class Value {
 public:
  Kind kind() const noexcept;
  bool is_null() const noexcept { return kind() == Kind::null; }

  /// Empty when the value is of another kind. `as_int` also takes a number
  /// without a fraction; `as_double` takes any number.
  std::optional<bool> as_bool() const noexcept;
  std::optional<std::int64_t> as_int() const noexcept;
  std::optional<double> as_double() const noexcept;
  std::optional<std::string_view> as_string() const noexcept;
  std::optional<Array> as_array() const noexcept;
  std::optional<Object> as_object() const noexcept;

  /// The member `key` of an object; empty when absent or not an object.
  std::optional<Value> get(std::string_view key) const noexcept;
  /// Shorthand: the member if it is a string / an integer / a boolean.
  std::optional<std::string_view> get_string(std::string_view key) const noexcept;
  std::optional<std::int64_t> get_int(std::string_view key) const noexcept;
  std::optional<bool> get_bool(std::string_view key) const noexcept;

  /// The value written again as compact JSON.
  std::string dump() const;

 private:
  friend class Array;
  friend class Object;
  friend class Document;
  alignas(8) std::array<std::byte, 16> place_{};  // a simdjson dom::element
};

/// An iterable of Values. `for (json::Value v : array)`; name the array before
/// the loop, what an optional holds dies at the end of the range expression.
class Array {
 public:
  class Iterator {
   public:
    Value operator*() const noexcept;
    Iterator& operator++() noexcept;
    bool operator!=(const Iterator& other) const noexcept;

   private:
    friend class Array;
    alignas(8) std::array<std::byte, 16> place_{};
  };
  Iterator begin() const noexcept;
  Iterator end() const noexcept;
  std::size_t size() const noexcept;

 private:
  friend class Value;
  alignas(8) std::array<std::byte, 16> place_{};
};

struct Member {
  std::string_view key;
  Value value;
};

/// An iterable of Members, in document order, duplicates included.
class Object {
 public:
  class Iterator {
   public:
    Member operator*() const noexcept;
    Iterator& operator++() noexcept;
    bool operator!=(const Iterator& other) const noexcept;

   private:
    friend class Object;
    alignas(8) std::array<std::byte, 16> place_{};
  };
  Iterator begin() const noexcept;
  Iterator end() const noexcept;
  std::size_t size() const noexcept;

 private:
  friend class Value;
  alignas(8) std::array<std::byte, 16> place_{};
};

/// A whole, checked document (RFC 8259, UTF-8 validated, depth at most 1024).
/// Reusable: a second parse replaces the first. One thread at a time; reuse one
/// per thread on a hot path, its buffers stay.
class Document {
 public:
  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  /// Parses a copy of `text` (at most 4 GiB).
  ///
  /// Errors
  ///   request_invalid   `text` is not one JSON value; `what` says where and why
  [[nodiscard]] Result<Value> parse(std::string_view text);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// Where a member of the top-level object stands in `text`, as raw bytes: the
/// key with its quotes, and the value without white space around it. Spans are
/// what lets us change one field and keep every other byte.
struct Span {
  std::size_t begin = 0, end = 0;
  bool operator==(const Span&) const = default;
};
struct RawMember {
  std::string_view key;  // between the quotes, still escaped; points into the text
  Span whole;            // from the key's quote to the value's last byte
  Span value;
};

/// Calls `visit(member)` for every member of the object that `text` holds, in
/// order; returns false if it is not an object. A text that Document::parse has not
/// accepted is read without leaving it, but only its nesting is looked at.
bool for_each_raw_member(std::string_view text, void (*visit)(void* self, const RawMember&),
                         void* self);

/// Appends `text` as a JSON string with its quotes. Invalid UTF-8 becomes U+FFFD.
void append_string(std::string& out, std::string_view text);
std::string quoted(std::string_view text);

}  // namespace plimsoll::json
