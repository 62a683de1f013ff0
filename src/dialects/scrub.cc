#include "dialects/scrub.h"

#include <algorithm>
#include <array>

namespace plimsoll::dialects {
namespace {

/// How the keys of the known providers begin; a shorter rest is a plain word.
constexpr std::array<std::string_view, 12> kPrefixes{
    "sk-", "sk_", "gsk_", "xai-", "pplx-", "AIza", "hf_", "nvapi-", "r8_", "AKIA", "csk-", "tgp_"};
constexpr std::size_t kKeyBytesMin = 6;
constexpr std::string_view kBearer = "bearer ";

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Bytes of keys, of the stars that providers mask them with, and of JWTs.
bool is_key_byte(char c) {
  return is_alnum(c) || c == '-' || c == '_' || c == '*' || c == '.' || c == '~' || c == '+';
}

std::size_t key_bytes(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, is_key_byte);
  std::string_view key = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  while (key.ends_with('.')) key.remove_suffix(1);  // the end of a sentence
  return key.size();
}

/// "Bearer token" is prose; a credential is long, or has a digit in it.
bool looks_secret(std::string_view key) {
  if (key.size() >= 20) return true;
  return key.size() >= 8 && std::ranges::any_of(key, [](char c) { return c >= '0' && c <= '9'; });
}

bool begins_with_bearer(std::string_view text) {
  if (text.size() < kBearer.size()) return false;
  return std::ranges::equal(text.substr(0, kBearer.size()), kBearer,
                            [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

struct Find {
  std::size_t shown = 0, hidden = 0;  // bytes to keep, bytes to replace
};

/// What begins at the front of `text`, which is the front of a word.
Find find_key(std::string_view text) {
  if (begins_with_bearer(text)) {
    const std::size_t length = key_bytes(text.substr(kBearer.size()));
    if (looks_secret(text.substr(kBearer.size(), length))) return {kBearer.size(), length};
    return {};
  }
  for (const std::string_view prefix : kPrefixes) {
    if (!text.starts_with(prefix)) continue;
    const std::size_t length = key_bytes(text.substr(prefix.size()));
    if (length >= kKeyBytesMin) return {prefix.size(), length};
  }
  return {};
}

}  // namespace

std::string without_keys(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const bool word_begins = at == 0 || !is_alnum(text[at - 1]);
    const Find found = word_begins ? find_key(text.substr(at)) : Find{};
    if (found.hidden == 0) {
      out += text[at++];
      continue;
    }
    out += text.substr(at, found.shown);
    out += "***";
    at += found.shown + found.hidden;
  }
  return out;
}

}  // namespace plimsoll::dialects
