#pragma once

#include <string_view>

namespace plimsoll::catalogue {

/// True for models that think before their first visible token, by the names
/// that vendors give them ("o3", "openai/gpt-5-mini", "deepseek-r1", "...-thinking"),
/// so that their silence is not taken for a fault. A name that is not known does
/// not think. Pure.
bool thinks_first(std::string_view model) noexcept;

/// False for models that refuse a temperature, by the names that OpenAI gives those
/// that think ("o3", "gpt-5-mini"; not "gpt-5-chat-latest"). Pure.
bool takes_temperature(std::string_view model) noexcept;

}  // namespace plimsoll::catalogue
