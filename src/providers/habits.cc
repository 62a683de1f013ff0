#include "providers/habits.h"

#include <array>

namespace plimsoll::providers {

Habits habits_of(std::string_view base_url) noexcept {
  struct Row {
    std::string_view host;
    Habits habits;
  };
  constexpr Habits kOlderLimit{.output_limit_field = OutputLimitField::max_tokens};
  // From the reference pages of the vendors, November 2026.
  static constexpr std::array kRows{
      Row{"api.mistral.ai",
          {.output_limit_field = OutputLimitField::max_tokens, .takes_stream_options = false}},
      Row{"api.deepseek.com", kOlderLimit},
      Row{"api.together.xyz", kOlderLimit},
      Row{"api.perplexity.ai", kOlderLimit},
      Row{"api.fireworks.ai", kOlderLimit},
      Row{"router.huggingface.co", kOlderLimit},
      Row{"integrate.api.nvidia.com", kOlderLimit},
  };
  const std::size_t scheme = base_url.find("://");
  if (scheme == std::string_view::npos) return {};
  std::string_view host = base_url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/:"));
  for (const Row& row : kRows)
    if (row.host == host) return row.habits;
  return {};
}

}  // namespace plimsoll::providers
