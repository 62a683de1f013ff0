#include "dialects/anthropic/models.h"

#include <charconv>

namespace plimsoll::dialects::anthropic {
namespace {

/// A number of at most two digits off the front of `text`; longer ones are dates.
std::optional<int> take_small(std::string_view& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (error != std::errc{} || digits > 2 || number < 0) return {};
  text.remove_prefix(digits);
  return number;
}

bool is_at_least(std::string_view model, Generation least) noexcept {
  const auto generation = generation_of(model);
  return !generation || *generation >= least;  // a name of its own is taken for a new one
}

}  // namespace

std::optional<Generation> generation_of(std::string_view model) noexcept {
  constexpr std::string_view kFamily = "claude-";
  const std::size_t at = model.find(kFamily);
  if (at == std::string_view::npos) return {};
  model.remove_prefix(at + kFamily.size());
  if (model.empty()) return {};
  if (model[0] < '0' || model[0] > '9') {  // "sonnet-4-5"; the old ones are "3-5-sonnet"
    const std::size_t dash = model.find('-');
    if (dash == std::string_view::npos) return {};
    model.remove_prefix(dash + 1);
  }
  const auto major = take_small(model);
  if (!major) return {};
  Generation generation{.major = *major};
  if (!model.starts_with('-') && !model.starts_with('.')) return generation;
  model.remove_prefix(1);
  generation.minor = take_small(model).value_or(0);
  return generation;
}

bool takes_sampling(std::string_view model) noexcept {
  const auto generation = generation_of(model);
  return !generation || *generation < Generation{4, 7};
}

bool takes_both_samplings(std::string_view model) noexcept {
  const auto generation = generation_of(model);
  return generation && *generation < Generation{4, 5};
}

bool takes_schema(std::string_view model) noexcept { return is_at_least(model, {4, 5}); }

bool takes_effort(std::string_view model) noexcept {
  return is_at_least(model, {4, 6}) || model.find("opus-4-5") != std::string_view::npos;
}

}  // namespace plimsoll::dialects::anthropic
