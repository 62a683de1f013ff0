#include "tokens/family.h"

#include <algorithm>
#include <array>

namespace plimsoll::tokens {
namespace {

constexpr PictureRules tiles_512(int base, int each) {
  return {.rule = PictureRule::tiles_512, .base = base, .each = each, .most = base + 8 * each};
}
constexpr PictureRules patches_32(int hundredths) {
  return {.rule = PictureRule::patches_32, .each = hundredths, .most = 16 * hundredths};
}
constexpr PictureRules kClaudePictures{
    .rule = PictureRule::area, .each = 750, .limit_px = 1568, .most = 4'784};
constexpr PictureRules kGeminiPictures{.rule = PictureRule::tiles_768, .each = 258, .most = 0};

/// An OpenAI model: the vocabulary is public, tools are shown as declarations.
constexpr Family openai(std::string_view prefix, Encoding encoding, PictureRules pictures) {
  return {.prefix = prefix,
          .encoding = encoding,
          .exact = true,
          .tools_as_code = true,
          .pictures = pictures};
}

constexpr auto kNew = Encoding::o200k_base;
constexpr auto kOld = Encoding::cl100k_base;

// The longest prefix counts, so the order is free.
constexpr std::array kFamilies{
    openai("gpt-3.5", kOld, {}),
    openai("gpt-4", kOld, tiles_512(85, 170)),
    openai("gpt-4o", kNew, tiles_512(85, 170)),
    openai("gpt-4o-mini", kNew, tiles_512(2833, 5667)),
    openai("chatgpt-4o", kNew, tiles_512(85, 170)),
    openai("gpt-4.1", kNew, tiles_512(85, 170)),
    openai("gpt-4.1-mini", kNew, patches_32(162)),
    openai("gpt-4.1-nano", kNew, patches_32(246)),
    openai("gpt-4.5", kNew, tiles_512(85, 170)),
    openai("gpt-5", kNew, tiles_512(70, 140)),
    openai("gpt-5-mini", kNew, patches_32(162)),
    openai("gpt-5-nano", kNew, patches_32(246)),
    openai("gpt-6", kNew, tiles_512(70, 140)),
    openai("o1", kNew, tiles_512(75, 150)),
    openai("o3", kNew, tiles_512(75, 150)),
    openai("o4-mini", kNew, patches_32(172)),
    openai("text-embedding", kOld, {}),
    Family{.prefix = "gpt-oss",
           .exact = true,
           .per_message = 5,
           .per_prompt = 66,
           .per_tools = 40,
           .tools_as_code = true},
    Family{.prefix = "claude",
           .percent = 112,
           .per_prompt = 6,
           .per_tools = 520,
           .pictures = kClaudePictures},
    // From this one on a token is shorter: 1.4 of them for one before.
    Family{.prefix = "claude-opus-4-7",
           .percent = 142,
           .per_prompt = 6,
           .per_tools = 700,
           .pictures = kClaudePictures},
    Family{.prefix = "claude-opus-4-8",
           .percent = 142,
           .per_prompt = 6,
           .per_tools = 700,
           .pictures = kClaudePictures},
    Family{.prefix = "gemini",
           .percent = 103,
           .per_message = 1,
           .per_prompt = 0,
           .per_tools = 0,
           .schema_free = true,
           .pictures = kGeminiPictures},
    Family{.prefix = "grok", .percent = 98, .per_message = 3, .per_tools = 180},
    Family{.prefix = "grok-4.3", .percent = 98, .per_message = 4, .per_prompt = 190},
    Family{.prefix = "deepseek", .percent = 102, .per_message = 2, .per_tools = 260},
    Family{.prefix = "deepseek-v4", .percent = 102, .per_prompt = 82, .per_tools = 260},
    Family{.prefix = "llama", .percent = 102, .per_message = 4, .per_prompt = 5},
    Family{.prefix = "llama-4", .percent = 102, .per_message = 5, .per_tools = 640},
    Family{.prefix = "llama-3.3", .percent = 102, .per_message = 5, .per_prompt = 34},
    Family{.prefix = "mistral", .percent = 104, .per_tools = 45},
    Family{.prefix = "magistral", .percent = 104, .per_tools = 45},
    Family{.prefix = "qwen", .percent = 102},
    Family{.prefix = "sonar", .percent = 100, .per_message = 1, .per_prompt = 1},
    Family{.prefix = "glm", .percent = 102, .per_message = 3},
};

/// Where nothing is known of a model, its texts are taken to be a fifth longer.
constexpr Family kAnyModel{.percent = 120, .per_message = 4, .per_prompt = 4, .per_tools = 300};

/// Names come with a path, a vendor and a region before them, and with dots and
/// hyphens exchanged ("claude-opus-4.8").
bool starts_here(std::string_view model, std::size_t at, std::string_view prefix) noexcept {
  if (model.size() - at < prefix.size()) return false;
  return std::ranges::equal(model.substr(at, prefix.size()), prefix, [](char a, char b) {
    return a == b || (a == '.' && b == '-') || a + 32 == b;
  });
}

bool may_start(std::string_view model, std::size_t at) noexcept {
  return at == 0 || model[at - 1] == '/' || model[at - 1] == '.' || model[at - 1] == ':';
}

int ceil_div(int a, int b) noexcept { return (a + b - 1) / b; }

/// The size after shrinking, never growing, so that a side is at most `limit`.
PictureSize shrunk(PictureSize size, int side, int limit) noexcept {
  if (side <= limit) return size;
  const auto scaled = [&](int length) {
    return std::max(1, static_cast<int>(std::int64_t{length} * limit / side));
  };
  return {.width = scaled(size.width), .height = scaled(size.height)};
}

PictureSize shrunk_long(PictureSize size, int limit) noexcept {
  return shrunk(size, std::max(size.width, size.height), limit);
}

std::int64_t tiles(PictureSize size, int side) noexcept {
  return std::int64_t{ceil_div(size.width, side)} * ceil_div(size.height, side);
}

}  // namespace

const Family& family_of(std::string_view model) noexcept {
  const Family* best = &kAnyModel;
  for (std::size_t at = 0; at < model.size(); ++at) {
    if (!may_start(model, at)) continue;
    for (const Family& family : kFamilies)
      if (family.prefix.size() > best->prefix.size() && starts_here(model, at, family.prefix))
        best = &family;
  }
  return *best;
}

std::int64_t picture_tokens(const PictureRules& rules, std::optional<PictureSize> size,
                            bool low_detail) noexcept {
  constexpr PictureSize kLarge{.width = 1024, .height = 1024};
  const PictureSize known = size.value_or(kLarge);
  switch (rules.rule) {
    case PictureRule::tiles_512: {
      if (low_detail) return rules.base;
      const PictureSize fitted = shrunk_long(known, 2048);
      const int short_side = std::min(fitted.width, fitted.height);
      return rules.base + rules.each * tiles(shrunk(fitted, short_side, 768), 512);
    }
    case PictureRule::patches_32:
      return (std::min<std::int64_t>(tiles(known, 32), 1536) * rules.each + 99) / 100;
    case PictureRule::area: {
      const PictureSize fitted = shrunk_long(known, rules.limit_px);
      return std::int64_t{fitted.width} * fitted.height / rules.each + 1;
    }
    case PictureRule::tiles_768:
      return rules.each * (known.width <= 384 && known.height <= 384 ? 1 : tiles(known, 768));
    case PictureRule::bytes: break;
  }
  return 1'000;  // between the vendors' figures for a large picture
}

}  // namespace plimsoll::tokens
