#pragma once

#include <optional>
#include <string_view>

/// What Anthropic's models take, told by their names until the catalogue says it.
namespace plimsoll::dialects::anthropic {

/// The generation in a model's name: 4.5 of "claude-sonnet-4-5-20250929" is
/// {4, 5}. Empty for names that tell none.
struct Generation {
  int major = 0, minor = 0;
  auto operator<=>(const Generation&) const = default;
};
std::optional<Generation> generation_of(std::string_view model) noexcept;

/// temperature, top_p and top_k: refused from 4.7 on.
bool takes_sampling(std::string_view model) noexcept;
/// Both temperature and top_p at once: refused from 4.5 on.
bool takes_both_samplings(std::string_view model) noexcept;
/// output_config.format: from 4.5 on.
bool takes_schema(std::string_view model) noexcept;
/// output_config.effort: from 4.6 on, and Opus 4.5.
bool takes_effort(std::string_view model) noexcept;

}  // namespace plimsoll::dialects::anthropic
