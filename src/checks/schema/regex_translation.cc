// Grammar (ECMA-262, 22.2.1, with the u flag; Annex B where it is harmless):
//   pattern     = alternative *( "|" alternative )
//   alternative = *( assertion | atom [ quantifier ] )
//   assertion   = "^" | "$" | "\b" | "\B" | look-around (refused)
//   atom        = "." | class | "\" escape | "(" group ")" | character
// RE2 reads the result left to right as we read the pattern, so only what means
// something else there is said anew; brackets are counted, not nested here.
#include "checks/schema/regex_translation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/utf8.h"

namespace plimsoll::checks::schema {
namespace {

constexpr std::string_view kSpaces =
    R"(\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff})";
constexpr std::string_view kNoSpaces =
    R"(\x{0}-\x{8}\x{e}-\x{1f}!-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027})"
    R"(\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff})";
constexpr std::string_view kNothing = R"([^\x{0}-\x{10ffff}])";
constexpr std::string_view kAnything = R"([\x{0}-\x{10ffff}])";
constexpr std::string_view kNoLineEnd = R"([^\n\r\x{2028}\x{2029}])";

struct LongName {
  std::string_view name, category;
};
constexpr LongName kCategories[] = {
    {"Letter", "L"},
    {"Cased_Letter", "LC"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Mark", "M"},
    {"Combining_Mark", "M"},
    {"Nonspacing_Mark", "Mn"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Connector_Punctuation", "Pc"},
    {"Dash_Punctuation", "Pd"},
    {"Open_Punctuation", "Ps"},
    {"Close_Punctuation", "Pe"},
    {"Initial_Punctuation", "Pi"},
    {"Final_Punctuation", "Pf"},
    {"Other_Punctuation", "Po"},
    {"Symbol", "S"},
    {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"},
    {"Modifier_Symbol", "Sk"},
    {"Other_Symbol", "So"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Line_Separator", "Zl"},
    {"Paragraph_Separator", "Zp"},
    {"Other", "C"},
    {"Control", "Cc"},
    {"cntrl", "Cc"},
    {"Format", "Cf"},
    {"Private_Use", "Co"},
};

/// What a class holds besides a code point.
struct ClassItem {
  std::string text;
  std::optional<char32_t> single;  // then it may begin or end a range
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_surrogate(char32_t point) { return point >= 0xD800 && point < 0xE000; }

std::string said(char32_t point) {
  if (is_surrogate(point)) return {};
  return fmt::format("\\x{{{:x}}}", static_cast<std::uint32_t>(point));
}

std::unexpected<Error> refuse(std::string why) {
  return fail(ErrorKind::config_invalid, std::move(why),
              "write it without look-around and back-references, in ECMA-262's syntax");
}

class Translator {
 public:
  explicit Translator(std::string_view pattern) : text_(pattern) {}

  Result<std::string> translate() {
    while (at_ < text_.size()) {
      auto step = next();
      if (!step) return std::unexpected(std::move(step).error());
    }
    if (groups_ != 0) return refuse("a group is not closed");
    return std::move(out_);
  }

 private:
  bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  Result<void> next() {
    const char c = text_[at_];
    switch (c) {
      case '^': return literally(R"(\A)", 1);
      case '$': return literally(R"(\z)", 1);
      case '.': return literally(kNoLineEnd, 1);
      case '|': return literally("|", 1);
      case '(': return group();
      case ')': return close_group();
      case '[': return char_class();
      case '\\': return escape();
      case '*':
      case '+':
      case '?': return quantifier(std::string(1, c), 1);
      case '{': return braces();
      default: return character();
    }
  }

  Result<void> literally(std::string_view re2, std::size_t length) {
    out_ += re2;
    at_ += length;
    // What stands before an assertion, a bar or an open bracket is not repeatable.
    repeatable_ =
        re2 != R"(\A)" && re2 != R"(\z)" && re2 != "|" && re2 != R"(\b)" && re2 != R"(\B)";
    return {};
  }

  Result<void> character() {
    const std::size_t length = std::max<std::size_t>(utf8_length_at(text_, at_), 1);
    const std::string_view c = text_.substr(at_, length);
    if (c == "]" || c == "}") return literally(c == "]" ? R"(\])" : R"(\})", 1);
    return literally(c, length);
  }

  Result<void> group() {
    for (const std::string_view look : {"(?=", "(?!", "(?<=", "(?<!"})
      if (starts(look)) return refuse("look-around cannot be checked in linear time");
    std::size_t length = 1;
    if (starts("(?:")) {
      length = 3;
    } else if (starts("(?<")) {
      const auto end = text_.find('>', at_);
      if (end == std::string_view::npos || end == at_ + 3)
        return refuse("a group's name is broken");
      length = end + 1 - at_;
    } else if (starts("(?")) {
      return refuse("this kind of group is not known");
    }
    ++groups_;
    out_ += "(?:";
    at_ += length;
    repeatable_ = false;
    return {};
  }

  Result<void> close_group() {
    if (groups_ == 0) return refuse("a ')' closes nothing");
    --groups_;
    return literally(")", 1);
  }

  Result<void> quantifier(std::string re2, std::size_t length) {
    if (!repeatable_) return refuse("nothing stands before the quantifier");
    at_ += length;
    out_ += re2;
    if (starts("?")) {
      out_ += '?';
      ++at_;
    }
    repeatable_ = false;
    return {};
  }

  /// "{2}", "{2,}", "{2,5}"; any other "{" is itself.
  Result<void> braces() {
    std::size_t end = at_ + 1;
    const auto digits = [&] {
      const std::size_t begin = end;
      while (end < text_.size() && is_digit(text_[end])) ++end;
      return text_.substr(begin, end - begin);
    };
    const std::string_view least = digits();
    std::string_view most = least;
    const bool comma = end < text_.size() && text_[end] == ',';
    if (comma) {
      ++end;
      most = digits();
    }
    if (least.empty() || end >= text_.size() || text_[end] != '}') return literally(R"(\{)", 1);
    if (least.size() > 4 || most.size() > 4) return refuse("repeats over 1000 cannot be checked");
    return quantifier(fmt::format("{{{}{}{}}}", least, comma ? "," : "", comma ? most : ""),
                      end + 1 - at_);
  }

  Result<void> escape() {
    if (starts(R"(\b)") || starts(R"(\B)")) return literally(text_.substr(at_, 2), 2);
    if (starts(R"(\k)")) return refuse("back-references cannot be checked in linear time");
    if (at_ + 1 < text_.size() && text_[at_ + 1] >= '1' && text_[at_ + 1] <= '9')
      return refuse("back-references cannot be checked in linear time");
    PLIMSOLL_TRY(const ClassItem item, escaped());
    if (item.single) {
      const std::string point = said(*item.single);
      return literally(point.empty() ? kNothing : std::string_view(point), 0);
    }
    return literally("[" + item.text + "]", 0);
  }

  /// What the escape at `at_` stands for, in a class or outside; moves behind it.
  Result<ClassItem> escaped() {
    if (at_ + 1 >= text_.size()) return refuse("the pattern ends in a \\");
    const char c = text_[at_ + 1];
    at_ += 2;
    switch (c) {
      case 'd': return ClassItem{"0-9", {}};
      case 'D': return ClassItem{R"(\x{0}-/:-\x{10ffff})", {}};
      case 'w': return ClassItem{"0-9A-Za-z_", {}};
      case 'W': return ClassItem{R"(\x{0}-/:-@\[-\^`\{-\x{10ffff})", {}};
      case 's': return ClassItem{std::string(kSpaces), {}};
      case 'S': return ClassItem{std::string(kNoSpaces), {}};
      case 'p':
      case 'P': return property(c);
      case 't': return point('\t');
      case 'n': return point('\n');
      case 'v': return point('\v');
      case 'f': return point('\f');
      case 'r': return point('\r');
      case '0': return null_escape();
      case 'c': return control();
      case 'x': return hex(2);
      case 'u': return unicode();
      default: return identity(c);
    }
  }

  static Result<ClassItem> point(char32_t value) { return ClassItem{said(value), value}; }

  Result<ClassItem> null_escape() {
    if (at_ < text_.size() && is_digit(text_[at_])) return refuse("octal escapes are not allowed");
    return point(0);
  }

  Result<ClassItem> identity(char c) {
    if (is_letter(c) || is_digit(c) || c == '_')
      return refuse(fmt::format("\\{} is no escape of ECMA-262", c));
    const std::size_t length = utf8_length_at(text_, at_ - 1);
    if (length <= 1) return point(static_cast<unsigned char>(c));
    const std::string_view whole = text_.substr(at_ - 1, length);
    at_ += length - 1;
    return ClassItem{std::string(whole), decoded(whole)};
  }

  Result<ClassItem> control() {
    if (at_ >= text_.size() || !is_letter(text_[at_])) return refuse("\\c needs a letter");
    return point(static_cast<char32_t>(text_[at_++]) % 32);
  }

  std::optional<char32_t> hex_digits(std::size_t count) {
    if (at_ + count > text_.size()) return {};
    char32_t value = 0;
    for (const char c : text_.substr(at_, count)) {
      const char low = static_cast<char>(c | 0x20);
      if (!is_digit(c) && (low < 'a' || low > 'f')) return {};
      value = value * 16 + static_cast<char32_t>(is_digit(c) ? c - '0' : low - 'a' + 10);
    }
    at_ += count;
    return value;
  }

  Result<ClassItem> hex(std::size_t count) {
    const auto value = hex_digits(count);
    if (!value) return refuse(fmt::format("an escape needs {} hex digits", count));
    return point(*value);
  }

  Result<ClassItem> unicode() {
    if (starts("{")) {
      const auto end = text_.find('}', at_++);
      if (end == std::string_view::npos || end == at_ || end - at_ > 6)
        return refuse("\\u{...} needs a code point");
      const auto value = hex_digits(end - at_);
      if (!value || *value > 0x10FFFF) return refuse("\\u{...} needs a code point");
      ++at_;
      return point(*value);
    }
    PLIMSOLL_TRY(ClassItem high, hex(4));
    if (*high.single < 0xD800 || *high.single >= 0xDC00 || !starts("\\u")) return high;
    const std::size_t back = at_;
    at_ += 2;
    const auto low = hex_digits(4);
    if (low && *low >= 0xDC00 && *low < 0xE000)
      return point(0x10000 + ((*high.single - 0xD800) << 10U) + (*low - 0xDC00));
    at_ = back;
    return high;
  }

  /// \p{L}, \p{Letter}, \p{gc=L}, \p{Script=Greek}.
  Result<ClassItem> property(char sign) {
    const auto end = text_.find('}', at_);
    if (!starts("{") || end == std::string_view::npos) return refuse("\\p needs {a property}");
    std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    for (const std::string_view prefix : {"General_Category=", "gc=", "Script=", "sc="})
      if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    const auto* known = std::ranges::find(kCategories, name, &LongName::name);
    if (known != std::end(kCategories)) name = known->category;
    if (name == "ASCII")
      return ClassItem{sign == 'p' ? R"(\x{0}-\x{7f})" : R"(\x{80}-\x{10ffff})", {}};
    if (name == "LC" && sign == 'p') return ClassItem{R"(\p{Lu}\p{Ll}\p{Lt})", {}};
    if (!std::ranges::all_of(name, [](char c) { return is_letter(c) || c == '_'; }) || name.empty())
      return refuse(fmt::format("the property {} is not known", name));
    return ClassItem{fmt::format("\\{}{{{}}}", sign, name), {}};
  }

  static char32_t decoded(std::string_view c) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(c[i]); };
    if (c.size() == 1) return byte(0);
    char32_t value = byte(0) & (0xFFU >> (c.size() + 1));
    for (std::size_t i = 1; i < c.size(); ++i) value = value * 64 + (byte(i) & 0x3FU);
    return value;
  }

  /// One member of a class; moves behind it.
  Result<ClassItem> class_item() {
    if (text_[at_] != '\\') {
      const std::size_t length = std::max<std::size_t>(utf8_length_at(text_, at_), 1);
      const char32_t value = decoded(text_.substr(at_, length));
      at_ += length;
      return point(value);
    }
    if (starts(R"(\b)")) {
      at_ += 2;
      return point('\b');
    }
    if (starts(R"(\-)")) {
      at_ += 2;
      return point('-');
    }
    return escaped();
  }

  Result<void> char_class() {
    ++at_;
    const bool negated = starts("^");
    if (negated) ++at_;
    std::string body;
    while (at_ < text_.size() && text_[at_] != ']') {
      auto added = class_range(body);
      if (!added) return added;
    }
    if (at_ >= text_.size()) return refuse("a '[' is not closed");
    ++at_;
    if (body.empty()) return literally(negated ? kAnything : kNothing, 0);
    return literally(fmt::format("[{}{}]", negated ? "^" : "", body), 0);
  }

  Result<void> class_range(std::string& body) {
    PLIMSOLL_TRY(const ClassItem low, class_item());
    const bool range = starts("-") && at_ + 1 < text_.size() && text_[at_ + 1] != ']';
    if (!range) {
      body += low.text;
      return {};
    }
    ++at_;
    PLIMSOLL_TRY(const ClassItem high, class_item());
    if (!low.single || !high.single) {  // [\w-x]: the minus is itself
      body += low.text + R"(\-)" + high.text;
      return {};
    }
    if (*low.single > *high.single) return refuse("a range of a class runs backwards");
    add_range(body, *low.single, *high.single);
    return {};
  }

  /// Without the surrogates, which no UTF-8 text has.
  static void add_range(std::string& body, char32_t low, char32_t high) {
    if (is_surrogate(low)) low = 0xE000;
    if (is_surrogate(high)) high = 0xD7FF;
    if (low > high) return;
    body += said(low) + "-" + said(high);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t groups_ = 0;
  bool repeatable_ = false;
  std::string out_;
};

}  // namespace

Result<std::string> to_re2(std::string_view pattern) { return Translator(pattern).translate(); }

}  // namespace plimsoll::checks::schema
