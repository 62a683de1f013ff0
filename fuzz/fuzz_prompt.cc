// Goal: no request body can break the counting of prompts, and its bounds hold.
// Method: the first byte of the input chooses the family and the size of the
// steps; the rest is a body. Counting in steps and at once must agree.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "tokens/prompt.h"

namespace {

using namespace plimsoll;

void require(bool truth) {
  if (!truth) std::abort();
}

constexpr std::array<std::string_view, 5> kModels{"gpt-4o", "gpt-5-nano", "claude-sonnet-4-5",
                                                  "gemini-2.5-pro", "mystery"};

PromptTokens count(const tokens::Family& family, const json::Value& body, std::size_t step) {
  tokens::Prompt prompt(family, body);
  while (!prompt.count_some(step)) continue;
  const PromptTokens all = prompt.tokens();
  require(all.tokens >= 0 && all.at_most >= all.tokens);
  require(prompt.bytes_bound() >= 0);
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  json::Document document;
  const auto body =
      document.parse(std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  if (!body) return 0;
  const tokens::Family& family = tokens::family_of(kModels[data[0] % kModels.size()]);
  require(count(family, *body, 1 + data[0]) == count(family, *body, size + 1));
  return 0;
}
