#include "catalogue/catalogue.h"

#include <algorithm>
#include <array>
#include <utility>

#include "catalogue/entry.h"
#include "catalogue/reasoning.h"

namespace plimsoll::catalogue {
namespace {

using Host = std::pair<std::string_view, std::string_view>;
constexpr std::array kHosts{
    Host{"api.openai.com", "openai"},
    Host{"api.anthropic.com", "anthropic"},
    Host{"generativelanguage.googleapis.com", "google"},
    Host{"api.groq.com", "groq"},
    Host{"api.mistral.ai", "mistral"},
    Host{"api.deepseek.com", "deepseek"},
    Host{"api.x.ai", "xai"},
    Host{"api.cerebras.ai", "cerebras"},
    Host{"api.together.xyz", "together"},
    Host{"api.together.ai", "together"},
    Host{"api.fireworks.ai", "fireworks"},
    Host{"api.moonshot.ai", "moonshotai"},
    Host{"api.z.ai", "zai"},
    Host{"api.minimax.io", "minimax"},
    Host{"api.perplexity.ai", "perplexity"},
    Host{"api.cohere.com", "cohere"},
    Host{"api.cohere.ai", "cohere"},
};

/// Hosts with a name of the customer's before them.
constexpr std::array kHostEnds{
    Host{".openai.azure.com", "azure"},
    Host{".services.ai.azure.com", "azure"},
};

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

const Entry* find(std::string_view vendor, std::string_view model) {
  const auto rows = entries();
  const auto found =
      std::ranges::lower_bound(rows, std::pair(vendor, model), {},
                               [](const Entry& row) { return std::pair(row.vendor, row.model); });
  if (found == rows.end() || found->vendor != vendor || found->model != model) return nullptr;
  return &*found;
}

/// Whether `word` stands in a list such as "tools,vision".
bool can(std::string_view list, std::string_view word) noexcept {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == word) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace

std::string_view vendor_of(std::string_view base_url) noexcept {
  const std::string_view host = host_of(base_url);
  for (const auto& [name, vendor] : kHosts)
    if (host == name) return vendor;
  for (const auto& [end, vendor] : kHostEnds)
    if (host.size() > end.size() && host.ends_with(end)) return vendor;
  return {};
}

std::optional<Known> lookup(std::string_view base_url, std::string_view model) {
  const std::string_view vendor = vendor_of(base_url);
  if (vendor.empty()) return std::nullopt;
  if (model.starts_with("models/")) model.remove_prefix(7);
  const Entry* row = find(vendor, model);
  if (row == nullptr) row = find(vendor, without_date(model));
  if (row == nullptr) return std::nullopt;
  return Known{.price = row->price,
               .output_tokens_max = row->output_tokens_max,
               .context_tokens_max = row->context_tokens_max,
               .can = row->can};
}

ModelAbilities abilities_of(std::string_view base_url, std::string_view model) {
  ModelAbilities abilities{.temperature = takes_temperature(model)};
  if (const auto known = lookup(base_url, model)) {
    if (can(known->can, "no_sampling")) abilities.temperature = false;
    abilities.strict_schema = can(known->can, "strict");
  }
  return abilities;
}

}  // namespace plimsoll::catalogue
