#include "catalogue/catalogue.h"

#include <algorithm>
#include <array>
#include <utility>

#include "catalogue/seed.h"

namespace plimsoll::catalogue {
namespace {

using Host = std::pair<std::string_view, std::string_view>;
constexpr std::array<Host, 6> kHosts{{
    {"api.openai.com", "openai"},
    {"api.anthropic.com", "anthropic"},
    {"generativelanguage.googleapis.com", "google"},
    {"api.groq.com", "groq"},
    {"api.mistral.ai", "mistral"},
    {"api.deepseek.com", "deepseek"},
}};

std::string_view host_of(std::string_view url) noexcept {
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of(":/?#"));
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The name without "-YYYYMMDD" or "-YYYY-MM-DD" at its end. A dated name whose
/// price differs from its family has a row of its own, which is found first.
std::string_view without_date(std::string_view name) noexcept {
  for (const std::string_view shape : {"-dddddddd", "-dddd-dd-dd"}) {
    if (name.size() <= shape.size()) continue;
    const std::string_view end = name.substr(name.size() - shape.size());
    const bool fits = std::ranges::equal(
        end, shape, [](char c, char want) { return want == 'd' ? is_digit(c) : c == want; });
    if (fits) return name.substr(0, name.size() - shape.size());
  }
  return name;
}

const Entry* find(std::string_view vendor, std::string_view model) noexcept {
  for (const Entry& row : seed())
    if (row.vendor == vendor && row.model == model) return &row;
  return nullptr;
}

}  // namespace

std::string_view as_of() noexcept { return "2026-11-10"; }

std::string_view vendor_of(std::string_view base_url) noexcept {
  const std::string_view host = host_of(base_url);
  for (const auto& [name, vendor] : kHosts)
    if (host == name) return vendor;
  return {};
}

std::optional<Known> lookup(std::string_view base_url, std::string_view model) noexcept {
  const std::string_view vendor = vendor_of(base_url);
  if (vendor.empty()) return std::nullopt;
  if (model.starts_with("models/")) model.remove_prefix(7);
  const Entry* row = find(vendor, model);
  if (row == nullptr) row = find(vendor, without_date(model));
  if (row == nullptr) return std::nullopt;
  Known known{.price = {.input = row->input, .output = row->output},
              .output_tokens_max = row->output_tokens_max};
  if (row->cached_input >= 0) known.price.cached_input = row->cached_input;
  // Anthropic's writes for five minutes, its default; those for an hour cost twice the input.
  if (vendor == "anthropic") known.price.cache_write = row->input + row->input / 4;
  return known;
}

}  // namespace plimsoll::catalogue
