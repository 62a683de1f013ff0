#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/plan.h"

namespace plimsoll::catalogue {

/// What is known of a model without a file.
struct Known {
  Price price;                          // list price
  std::int64_t output_tokens_max = 0;   // 0: unknown
  std::int64_t context_tokens_max = 0;  // 0: unknown
  std::string_view can;                 // as in Entry; lives for ever
};

/// The day on which the prices were true: "YYYY-MM-DD".
std::string_view as_of();

/// Which vendor's list applies to an endpoint, by its host; "" when none does.
/// A proxy or a local server has no list: its prices must be written.
std::string_view vendor_of(std::string_view base_url) noexcept;

/// The row for `model` on the vendor behind `base_url`; empty when there is
/// none. A dated name ("gpt-4o-2024-08-06", "...-20250929") finds its family,
/// and a "models/" prefix is ignored. Pure.
std::optional<Known> lookup(std::string_view base_url, std::string_view model);

/// What `model` behind `base_url` takes: by its row, and where a proxy or nobody
/// lists it, by its name. A schema is given only to who is known to keep it. Pure.
ModelAbilities abilities_of(std::string_view base_url, std::string_view model);

}  // namespace plimsoll::catalogue
