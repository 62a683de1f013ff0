#include "catalogue/reasoning.h"

#include <algorithm>
#include <iterator>

namespace plimsoll::catalogue {
namespace {

constexpr std::string_view kFamilies[] = {
    "o1",
    "o3",
    "o4",
    "gpt-5",
    "gpt-6",
    "gpt-oss",
    "codex",
    "grok-4",
    "grok-3-mini",
    "gemini-2.5-pro",
    "gemini-3",
    "magistral",
    "qwq",
    "deepseek-r1",
    "deepseek-reasoner",
    "sonar-reasoning",
    "kimi-k2-thinking",
};
constexpr std::string_view kThink[] = {"thinking", "reasoner", "reasoning", "-r1"};
constexpr std::string_view kAnswerAtOnce[] = {"non-reasoning", "non-thinking", "-chat"};

bool holds_any(std::string_view name, const auto& parts) {
  return std::any_of(std::begin(parts), std::end(parts), [name](std::string_view part) {
    return name.find(part) != std::string_view::npos;
  });
}

/// "o3" is a family of "o3" and "o3-mini", not of "o30".
bool is_of(std::string_view name, std::string_view family) {
  if (!name.starts_with(family)) return false;
  const std::string_view rest = name.substr(family.size());
  return rest.empty() || rest.front() < '0' || rest.front() > '9';
}

}  // namespace

bool thinks_first(std::string_view model) noexcept {
  const std::string_view name = model.substr(model.rfind('/') + 1);
  if (holds_any(name, kAnswerAtOnce)) return false;
  return holds_any(name, kThink) ||
         std::any_of(std::begin(kFamilies), std::end(kFamilies),
                     [name](std::string_view family) { return is_of(name, family); });
}

bool takes_temperature(std::string_view model) noexcept {
  constexpr std::string_view kRefuse[] = {"o1", "o3", "o4", "gpt-5", "gpt-6", "codex"};
  const std::string_view name = model.substr(model.rfind('/') + 1);
  if (holds_any(name, kAnswerAtOnce)) return true;
  return std::none_of(std::begin(kRefuse), std::end(kRefuse),
                      [name](std::string_view family) { return is_of(name, family); });
}

}  // namespace plimsoll::catalogue
