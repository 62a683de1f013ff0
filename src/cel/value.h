#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/json.h"
#include "cel/arena.h"

namespace plimsoll::cel {

enum class Kind : std::uint8_t {
  error,  // evaluation failed here; `message()` says how
  null,
  boolean,
  integer,   // 64 bits, signed
  uinteger,  // 64 bits, unsigned
  real,      // double
  string,    // UTF-8
  bytes,
  list,
  map,
  type,
  timestamp,  // seconds and nanoseconds since 1970, years 1 to 9999
  duration,   // nanoseconds
  optional,
  ip,
  cidr,
};

/// The name a person knows it by: "int", "google.protobuf.Timestamp".
std::string_view kind_name(Kind kind) noexcept;

class Value;

struct Instant {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;  // 0 .. 999,999,999
  auto operator<=>(const Instant&) const = default;
};

/// A value of an expression. A small handle that owns nothing: strings, lists and
/// maps point into the program, the arena or the document they came from, and are
/// valid while those live.
class Value {
 public:
  Value() noexcept : text_{nullptr, 0} {}

  static Value null() noexcept { return Value(Kind::null); }
  static Value boolean(bool value) noexcept;
  static Value integer(std::int64_t value) noexcept;
  static Value uinteger(std::uint64_t value) noexcept;
  static Value real(double value) noexcept;
  static Value string(std::string_view text) noexcept { return with_text(Kind::string, text); }
  static Value bytes(std::string_view text) noexcept { return with_text(Kind::bytes, text); }
  static Value type(std::string_view name) noexcept { return with_text(Kind::type, name); }
  static Value error(std::string_view message) noexcept { return with_text(Kind::error, message); }
  static Value timestamp(Instant instant) noexcept;
  static Value duration(std::int64_t nanos) noexcept;
  static Value list(std::span<const Value> items) noexcept;
  /// `entries` holds keys and values in turn.
  static Value map(std::span<const Value> entries) noexcept;
  static Value some(const Value* value) noexcept;
  static Value none() noexcept { return some(nullptr); }
  /// `address` in network order; IPv4 in the first four bytes.
  static Value ip(const std::array<std::uint8_t, 16>& address, unsigned family) noexcept;
  static Value cidr(const std::array<std::uint8_t, 16>& address, unsigned family,
                    unsigned prefix) noexcept;
  /// A view of a parsed document: nothing is copied. Its numbers may be mixed
  /// freely in arithmetic, as JSON knows one kind of number only.
  static Value json(const json::Value& value) noexcept;

  Kind kind() const noexcept { return kind_; }
  bool is(Kind kind) const noexcept { return kind_ == kind; }
  bool is_error() const noexcept { return kind_ == Kind::error; }
  bool is_true() const noexcept { return kind_ == Kind::boolean && boolean_; }
  bool is_false() const noexcept { return kind_ == Kind::boolean && !boolean_; }
  bool is_number() const noexcept {
    return kind_ == Kind::integer || kind_ == Kind::uinteger || kind_ == Kind::real;
  }

  // Each asks for the kind of its name (PLIMSOLL's callers look at `kind` first).
  bool as_boolean() const noexcept { return boolean_; }
  std::int64_t as_integer() const noexcept { return integer_; }  // duration too
  std::uint64_t as_uinteger() const noexcept { return uinteger_; }
  double as_real() const noexcept { return real_; }
  std::string_view text() const noexcept { return {text_.data, text_.size}; }
  std::string_view message() const noexcept { return text(); }
  Instant instant() const noexcept { return instant_; }
  const Value* inner() const noexcept { return inner_; }  // of an optional; null: none
  const std::array<std::uint8_t, 16>& address() const noexcept { return address_; }
  unsigned family() const noexcept { return extra_ & 0xFF; }  // 4 or 6
  unsigned prefix() const noexcept { return extra_ >> 8; }    // of a cidr

  /// Whether it came from a JSON document (or was computed from such numbers).
  bool is_loose() const noexcept { return loose_; }
  Value loosened() const noexcept;
  /// A list or map that still is a view of a document.
  bool is_json() const noexcept { return json_view_; }

  /// Where in the source an error arose, in bytes; 0 when not known.
  std::uint32_t offset() const noexcept { return extra_; }
  void set_offset(std::uint32_t offset) noexcept { extra_ = offset; }

  /// Elements of a list, entries of a map (at most 16,777,215 in a document).
  std::size_t size() const noexcept;
  /// Items of a list, or keys and values of a map in turn; a document's are
  /// copied into `arena` first, one level deep.
  std::span<const Value> items(Arena& arena) const;
  /// The value under a key of a document's object; an error value when absent.
  Value json_member(std::string_view key) const noexcept;

 private:
  struct Text {
    const char* data;
    std::size_t size;
  };
  struct Items {
    const Value* data;
    std::size_t size;
  };
  explicit Value(Kind kind) noexcept : kind_(kind), text_{nullptr, 0} {}
  static Value with_text(Kind kind, std::string_view text) noexcept;

  Kind kind_ = Kind::error;
  bool loose_ = false;
  bool json_view_ = false;
  std::uint32_t extra_ = 0;
  union {
    bool boolean_;
    std::int64_t integer_;
    std::uint64_t uinteger_;
    double real_;
    Text text_;
    Items items_;
    Instant instant_;
    const Value* inner_;
    std::array<std::uint8_t, 16> address_;
    json::Value json_;
  };
};

static_assert(std::is_trivially_copyable_v<Value> && std::is_trivially_destructible_v<Value>);
static_assert(sizeof(Value) == 24);

/// CEL's `==`: numbers by value whatever their kind, lists and maps by content;
/// different kinds are different. `budget` falls by what was compared; once it is
/// gone the answer is false.
bool equal(const Value& left, const Value& right, Arena& arena, std::int64_t& budget);

/// CEL's order: `less` etc. are meant where `comparable`.
struct Order {
  bool comparable = false;
  bool less = false;
  bool greater = false;  // neither: equal, or a NaN is among them
  bool unordered = false;
};
Order order(const Value& left, const Value& right) noexcept;

/// The value under `key`; null when there is none. Numbers find each other
/// whatever their kind.
const Value* find_key(std::span<const Value> entries, const Value& key) noexcept;

/// For people and for `format`'s %s: strings bare, lists and maps in brackets.
std::string to_text(const Value& value, Arena& arena);

/// JSON text; what JSON has no word for (NaN, bytes, types) becomes a string.
std::string to_json(const Value& value, Arena& arena);

}  // namespace plimsoll::cel
