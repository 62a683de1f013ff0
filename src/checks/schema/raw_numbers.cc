#include "checks/schema/raw_numbers.h"

#include <fmt/format.h>

#include <algorithm>

namespace plimsoll::checks::schema {
namespace {

bool is_number_byte(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

bool starts_number(char c) { return (c >= '0' && c <= '9') || c == '-'; }

/// One past the closing quote of the string that opens at `at`.
std::size_t after_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

/// The next number at or behind `at`, which moves behind it; empty at the end.
std::string_view next_number(std::string_view text, std::size_t& at) {
  while (at < text.size()) {
    if (text[at] == '"') {
      at = after_string(text, at);
    } else if (starts_number(text[at])) {
      const std::size_t begin = at;
      while (at < text.size() && is_number_byte(text[at])) ++at;
      return text.substr(begin, at - begin);
    } else {
      ++at;
    }
  }
  return {};
}

std::string as_parsed(const json::Tape& tape, json::Place at) {
  switch (tape.tag(at)) {
    case 'l': return fmt::format("{}", tape.int64(at));
    case 'u': return fmt::format("{}", tape.uint64(at));
    default: return fmt::format("{}", tape.real(at));
  }
}

}  // namespace

void RawNumbers::find_all() {
  ready_ = true;
  if (text_.empty()) return;
  std::size_t in_text = 0;
  const json::Place end = tape_->after(json::Tape::kRoot);
  for (json::Place at = json::Tape::kRoot; at < end;) {
    const char tag = tape_->tag(at);
    const bool number = tag == 'l' || tag == 'u' || tag == 'd';
    if (number) found_.push_back({at, next_number(text_, in_text)});
    at += number ? 2 : 1;
  }
}

Decimal RawNumbers::exactly(json::Place at) {
  if (!ready_) find_all();
  const auto found = std::ranges::lower_bound(found_, at, {}, &Found::at);
  if (found != found_.end() && found->at == at && !found->token.empty())
    return Decimal(found->token);
  return Decimal(as_parsed(*tape_, at));
}

}  // namespace plimsoll::checks::schema
