// src/catalogue/data/models.txt, written by tools/catalogue/build.py:
//   file     = { "#" comment / "as_of " day / row }, each on its line
//   row      = vendor " " model { " " name "=" value }
//   name     = price / "above" / "context" / "output_max" / "can" / "since" / "from"
//   price    = "input" / "cached" / "write" / "write_1h" / "output": dollars per
//              million tokens; behind "above=N" those of prompts longer than N tokens
#include <algorithm>
#include <charconv>
#include <vector>

#include "catalogue/catalogue.h"
#include "catalogue/entry.h"

asm(".section .rodata.plimsoll_models,\"a\"\n"
    ".global plimsoll_models_begin\nplimsoll_models_begin:\n"
    ".incbin \"" PLIMSOLL_CATALOGUE_DATA
    "/models.txt\"\n"
    ".global plimsoll_models_end\nplimsoll_models_end:\n.byte 0\n.previous\n");
extern "C" const char plimsoll_models_begin[], plimsoll_models_end[];

namespace plimsoll::catalogue {
namespace {

std::string_view file() noexcept { return {plimsoll_models_begin, plimsoll_models_end}; }

/// Cuts `rest` at `mark` and returns what stood before it.
std::string_view take(std::string_view& rest, char mark) noexcept {
  const std::size_t at = std::min(rest.find(mark), rest.size());
  const std::string_view head = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return head;
}

std::int64_t integer(std::string_view text) noexcept {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Dollars with up to nine decimals as nano-dollars, without floating point.
std::int64_t nanos(std::string_view dollars) noexcept {
  constexpr std::size_t kDecimals = 9;
  const std::int64_t whole = integer(take(dollars, '.'));
  std::int64_t decimals = 0;
  for (std::size_t i = 0; i < kDecimals; ++i)
    decimals = decimals * 10 + (i < dollars.size() ? dollars[i] - '0' : 0);
  return whole * 1'000'000'000 + decimals;
}

template <class Prices>
void set_price(Prices& prices, std::string_view name, std::int64_t value) noexcept {
  if (name == "input") prices.input = value;
  if (name == "output") prices.output = value;
  if (name == "cached") prices.cached_input = value;
  if (name == "write") prices.cache_write = value;
}

void set(Entry& entry, std::string_view name, std::string_view value) noexcept {
  if (name == "context")
    entry.context_tokens_max = integer(value);
  else if (name == "output_max")
    entry.output_tokens_max = integer(value);
  else if (name == "can")
    entry.can = value;
  else if (name == "since")
    entry.since = value;
  else if (name == "from")
    entry.from = value;
  else if (name == "above")
    entry.price.long_prompt = {.above = integer(value)};
  else if (entry.price.long_prompt)
    set_price(*entry.price.long_prompt, name, nanos(value));
  else
    set_price(entry.price, name, nanos(value));
}

Entry read_row(std::string_view line) noexcept {
  Entry entry{.vendor = take(line, ' '), .model = take(line, ' ')};
  while (!line.empty()) {
    std::string_view value = take(line, ' ');
    const std::string_view name = take(value, '=');
    set(entry, name, value);
  }
  return entry;
}

bool is_before(const Entry& a, const Entry& b) noexcept {
  return a.vendor != b.vendor ? a.vendor < b.vendor : a.model < b.model;
}

struct Read {
  std::string_view as_of;
  std::vector<Entry> rows;
};

Read read_file() {
  Read read;
  for (std::string_view rest = file(); !rest.empty();) {
    std::string_view line = take(rest, '\n');
    if (line.empty() || line[0] == '#') continue;
    if (line.starts_with("as_of "))
      read.as_of = line.substr(6);
    else
      read.rows.push_back(read_row(line));
  }
  std::ranges::sort(read.rows, is_before);
  return read;
}

const Read& known() {
  static const Read read = read_file();
  return read;
}

}  // namespace

std::span<const Entry> entries() { return known().rows; }

std::string_view as_of() { return known().as_of; }

}  // namespace plimsoll::catalogue
