// Goal: no bytes can break the tokenizers, lose a byte on the way through tokens,
// or be counted differently in steps than at once.
// Method: the first byte of the input is the size of the steps; the rest is
// encoded, decoded and counted both ways, with both vocabularies.
#include <cstdint>
#include <cstdlib>

#include "tokens/encoder.h"

namespace {

using namespace plimsoll::tokens;

void require(bool truth) {
  if (!truth) std::abort();
}

void check(const Encoder& encoder, std::string_view text, std::size_t step) {
  const auto tokens = encoder.encode(text);
  require(encoder.decode(tokens) == text);
  require(encoder.count(text) == tokens.size());
  Counted counted;
  while (counted.bytes < text.size()) counted = encoder.count_some(text, counted, step);
  require(counted.bytes == text.size());
  require(!counted.exact || counted.tokens == tokens.size());
  require(counted.exact || text.size() >= kWholePieceBytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  check(Encoder::of(Encoding::o200k_base), text, 1 + data[0]);
  check(Encoder::of(Encoding::cl100k_base), text, 1 + data[0]);
  return 0;
}
