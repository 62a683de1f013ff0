#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tokens/encoder.h"

namespace plimsoll::tokens {

/// How a provider turns the size of a picture into tokens.
enum class PictureRule : std::uint8_t {
  tiles_512,   // fit 2048 x 2048, short side 768; `base` and `each` tile of 512 px
  patches_32,  // patches of 32 px, at most 1536, times `each` hundredths
  area,        // long side at most `limit_px`; width x height / `each`
  tiles_768,   // `each` per tile of 768 px, one for small ones
  bytes,       // unknown: bounded by the length of what was sent
};

struct PictureRules {
  PictureRule rule = PictureRule::bytes;
  int base = 0, each = 0;
  int limit_px = 0;
  int most = 0;  // tokens of one picture, whatever its size; 0: not known
};

/// How the models of one line count a prompt. The figures of framing are
/// measured: what recorded requests were billed beyond their texts.
struct Family {
  std::string_view prefix;  // of the model's name
  Encoding encoding = Encoding::o200k_base;
  bool exact = false;          // `encoding` is the model's own vocabulary
  int percent = 100;           // tokens of the model for 100 of `encoding`, to begin with
  int per_message = 4;         // role and marks
  int per_prompt = 3;          // the answer's opening, and what the provider adds
  int per_tools = 12;          // once, when there are tools
  bool tools_as_code = false;  // OpenAI shows tools to the model as declarations
  bool schema_free = false;    // the schema of an answer is not billed
  PictureRules pictures{};
};

/// The row for a model as its provider calls it: "gpt-4o-2024-08-06",
/// "models/gemini-2.5-pro", "anthropic/claude-sonnet-4.5", "us.anthropic.claude-...".
/// A general row when none fits. Lives for ever.
const Family& family_of(std::string_view model) noexcept;

struct PictureSize {
  int width = 0, height = 0;  // pixels
};

/// Tokens of one picture by `rules`; of a large one when `size` is absent.
/// `low_detail` is OpenAI's detail: "low".
std::int64_t picture_tokens(const PictureRules& rules, std::optional<PictureSize> size,
                            bool low_detail) noexcept;

}  // namespace plimsoll::tokens
