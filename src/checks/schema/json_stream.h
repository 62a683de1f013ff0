#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::checks::schema {

/// Hears what a JsonStream reads. Each function returns false to stop it.
class JsonListener {
 public:
  virtual ~JsonListener() = default;
  /// A value begins with this byte: { [ " t f n - or a digit.
  virtual bool value_begins(char first) = 0;
  /// The text of a string so far, unescaped, whole code points only; then all of
  /// it. `certain` is false when an escape stands for no character.
  virtual bool string_grows(std::string_view so_far) = 0;
  virtual bool string_ends(std::string_view all, bool certain) = 0;
  virtual bool number_ends(std::string_view token) = 0;
  /// The same for the name of a member.
  virtual bool key_begins() = 0;
  virtual bool key_grows(std::string_view so_far) = 0;
  virtual bool key_ends(std::string_view all, bool certain) = 0;
  virtual bool container_ends() = 0;
};

/// Reads JSON (RFC 8259) byte by byte and keeps nothing but the brackets that are
/// open and the token in hand.
class JsonStream {
 public:
  /// The listener must outlive this.
  explicit JsonStream(JsonListener& listener) : listener_(listener) {}

  /// False at the first byte that no JSON text can have here, or that the listener
  /// refuses; `read` counts the bytes taken, that one included.
  bool feed(std::string_view bytes);
  /// False when the text so far is no whole value.
  bool finish();

  std::size_t read() const noexcept { return read_; }
  bool in_progress() const noexcept { return phase_ != Phase::over; }

 private:
  enum class Phase : std::uint8_t {
    value,
    first_item,  // behind '[': a value or the end
    first_key,   // behind '{': a key or the end
    key,
    colon,
    after_value,
    string,
    number,
    word,
    over,
  };
  enum class Number : std::uint8_t {
    sign,
    zero,
    digits,
    point,
    fraction,
    exponent,
    power_sign,
    power
  };

  bool take(char c);
  bool begin_value(char c);
  bool after_value(char c);
  bool close(char c);
  bool in_string(char c);
  bool escape(char c);
  bool hex(char c);
  bool code_point(char c);
  void append(char32_t point);
  void end_code_unit(char32_t unit);
  bool grown();
  bool in_number(char c);
  bool number_may_end() const noexcept;
  bool end_number();
  bool value_ended();

  JsonListener& listener_;
  Phase phase_ = Phase::value;
  std::vector<char> open_;
  std::string token_;      // of the string, unescaped, or of the number
  std::string_view word_;  // what is left of true, false, null
  Number number_ = Number::sign;
  bool is_key_ = false;
  bool certain_ = true;
  bool unannounced_ = false;  // the string grew since the listener was told
  std::uint8_t escape_ = 0;   // 1: behind a backslash; 2..5: hex digits to come
  char32_t unit_ = 0, high_ = 0;
  std::uint8_t utf8_left_ = 0;
  std::size_t utf8_begin_ = 0;
  std::size_t read_ = 0;
};

}  // namespace plimsoll::checks::schema
