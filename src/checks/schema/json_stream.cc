#include "checks/schema/json_stream.h"

#include "base/utf8.h"

namespace plimsoll::checks::schema {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool JsonStream::feed(std::string_view bytes) {
  for (const char c : bytes) {
    ++read_;
    if (!take(c)) return false;
  }
  return grown();
}

bool JsonStream::finish() {
  if (phase_ == Phase::number && open_.empty() && !end_number()) return false;
  return phase_ == Phase::over;
}

bool JsonStream::take(char c) {
  switch (phase_) {
    case Phase::string: return in_string(c);
    case Phase::number: return in_number(c);
    case Phase::word:
      if (c != word_.front()) return false;
      word_.remove_prefix(1);
      return !word_.empty() || value_ended();
    default: break;
  }
  if (is_space(c)) return true;
  switch (phase_) {
    case Phase::first_item:
      if (c == ']') return close(c);
      return begin_value(c);
    case Phase::value: return begin_value(c);
    case Phase::first_key:
      if (c == '}') return close(c);
      [[fallthrough]];
    case Phase::key:
      if (c != '"' || !listener_.key_begins()) return false;
      is_key_ = true;
      phase_ = Phase::string;
      return true;
    case Phase::colon: phase_ = Phase::value; return c == ':';
    case Phase::after_value: return after_value(c);
    default: return false;  // nothing may follow
  }
}

bool JsonStream::begin_value(char c) {
  const bool known = c == '{' || c == '[' || c == '"' || c == 't' || c == 'f' || c == 'n' ||
                     c == '-' || is_digit(c);
  if (!known || !listener_.value_begins(c)) return false;
  switch (c) {
    case '{':
    case '[':
      open_.push_back(c);
      phase_ = c == '{' ? Phase::first_key : Phase::first_item;
      return true;
    case '"':
      is_key_ = false;
      phase_ = Phase::string;
      return true;
    case 't': word_ = "rue"; break;
    case 'f': word_ = "alse"; break;
    case 'n': word_ = "ull"; break;
    default:
      phase_ = Phase::number;
      token_ = c;
      number_ = c == '-' ? Number::sign : c == '0' ? Number::zero : Number::digits;
      return true;
  }
  phase_ = Phase::word;
  return true;
}

bool JsonStream::after_value(char c) {
  if (c == '}' || c == ']') return close(c);
  if (c != ',') return false;
  phase_ = open_.back() == '{' ? Phase::key : Phase::value;
  return true;
}

bool JsonStream::close(char c) {
  if (open_.back() != (c == '}' ? '{' : '[')) return false;
  open_.pop_back();
  return listener_.container_ends() && value_ended();
}

bool JsonStream::value_ended() {
  phase_ = open_.empty() ? Phase::over : Phase::after_value;
  return true;
}

// ---- strings ------------------------------------------------------------------

bool JsonStream::in_string(char c) {
  if (escape_ == 1) return escape(c);
  if (escape_ > 1) return hex(c);
  const auto byte = static_cast<unsigned char>(c);
  if (utf8_left_ > 0 || byte >= 0x80) return code_point(c);
  if (c == '\\') {
    escape_ = 1;
    return true;
  }
  if (byte < 0x20) return false;
  if (high_ != 0) end_code_unit(0);
  if (c != '"') {
    token_ += c;
    unannounced_ = true;
    return true;
  }
  const bool fine =
      is_key_ ? listener_.key_ends(token_, certain_) : listener_.string_ends(token_, certain_);
  token_.clear();
  unannounced_ = false;
  certain_ = true;
  if (!is_key_) return fine && value_ended();
  phase_ = Phase::colon;
  return fine;
}

bool JsonStream::escape(char c) {
  escape_ = 0;
  if (c == 'u') {
    escape_ = 5;
    unit_ = 0;
    return true;
  }
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
  const auto at = kNames.find(c);
  if (at == std::string_view::npos) return false;
  if (high_ != 0) end_code_unit(0);
  token_ += kMeant[at];
  unannounced_ = true;
  return true;
}

bool JsonStream::hex(char c) {
  const char low = static_cast<char>(c | 0x20);
  const bool letter = low >= 'a' && low <= 'f';
  if (!is_digit(c) && !letter) return false;
  unit_ = unit_ * 16 + static_cast<char32_t>(is_digit(c) ? c - '0' : low - 'a' + 10);
  if (--escape_ > 1) return true;
  escape_ = 0;
  end_code_unit(unit_);
  return true;
}

/// Joins surrogates. Half a pair is the parser's to judge: we are no longer
/// certain of this string. `unit` 0 with a half pending: something else followed.
void JsonStream::end_code_unit(char32_t unit) {
  const bool low = unit >= 0xDC00 && unit < 0xE000;
  if (high_ != 0 && low) {
    append(0x10000 + ((high_ - 0xD800) << 10U) + (unit - 0xDC00));
    high_ = 0;
    return;
  }
  if (high_ != 0 || low) certain_ = false;
  const bool was_pending = high_ != 0;
  high_ = unit >= 0xD800 && unit < 0xDC00 ? unit : 0;
  if (high_ == 0 && !low && !(was_pending && unit == 0)) append(unit);
}

void JsonStream::append(char32_t point) {
  const auto put = [&](char32_t byte) { token_ += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6U));
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12U));
    put(0x80 | ((point >> 6U) & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | (point >> 18U));
    put(0x80 | ((point >> 12U) & 0x3F));
    put(0x80 | ((point >> 6U) & 0x3F));
    put(0x80 | (point & 0x3F));
  }
  unannounced_ = true;
}

/// A code point of several bytes is shown to the listener when it is whole.
bool JsonStream::code_point(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (utf8_left_ == 0) {
    if (high_ != 0) end_code_unit(0);
    if (byte < 0xC2 || byte > 0xF4) return false;
    utf8_left_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    utf8_begin_ = token_.size();
    token_ += c;
    return true;
  }
  token_ += c;
  if ((byte & 0xC0U) != 0x80U) return false;
  if (--utf8_left_ > 0) return true;
  unannounced_ = true;
  return utf8_length_at(token_, utf8_begin_) > 0;
}

bool JsonStream::grown() {
  if (phase_ != Phase::string || !unannounced_ || utf8_left_ > 0 || !certain_) return true;
  unannounced_ = false;
  return is_key_ ? listener_.key_grows(token_) : listener_.string_grows(token_);
}

// ---- numbers ------------------------------------------------------------------

bool JsonStream::in_number(char c) {
  if (is_digit(c)) {
    switch (number_) {
      case Number::zero: return false;
      case Number::sign: number_ = c == '0' ? Number::zero : Number::digits; break;
      case Number::point: number_ = Number::fraction; break;
      case Number::exponent:
      case Number::power_sign: number_ = Number::power; break;
      default: break;
    }
  } else if (c == '.' && (number_ == Number::zero || number_ == Number::digits)) {
    number_ = Number::point;
  } else if ((c == 'e' || c == 'E') && number_may_end() && number_ != Number::power) {
    number_ = Number::exponent;
  } else if ((c == '+' || c == '-') && number_ == Number::exponent) {
    number_ = Number::power_sign;
  } else {
    return end_number() && take(c);
  }
  token_ += c;
  return true;
}

bool JsonStream::number_may_end() const noexcept {
  return number_ == Number::zero || number_ == Number::digits || number_ == Number::fraction ||
         number_ == Number::power;
}

bool JsonStream::end_number() {
  if (!number_may_end() || !listener_.number_ends(token_)) return false;
  token_.clear();
  return value_ended();
}

}  // namespace plimsoll::checks::schema
