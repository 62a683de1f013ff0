#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/environment.h"
#include "config/system_environment.h"
#include "model/plan.h"

namespace plimsoll::config {

/// What became of a one-pager. `plan` is null when there is any diagnostic.
struct Loaded {
  std::shared_ptr<const Plan> plan;
  std::vector<Diagnostic> diagnostics;  // by position
  std::string shown_text;               // the text with secrets starred out; excerpts come from it

  /// The diagnostics as a person reads them; "" when there are none.
  std::string report() const;
};

/// Compiles `text` of the file called `file`. Pure but for `environment`, and
/// thread-safe if that is. Text, depth, aliases and problems are bounded.
[[nodiscard]] Loaded compile(std::string_view text, std::string_view file,
                             const Environment& environment);

/// Reads and compiles the file at `path` with the process's environment; paths
/// in it start at its folder. A file that cannot be read is one diagnostic.
[[nodiscard]] Loaded load(const std::string& path, Secrets secrets = Secrets::required);

/// The plan of `plimsoll serve` without a file: provider `openai` at
/// https://api.openai.com/v1 with OPENAI_API_KEY, OPENAI_BASE_URL in its place
/// when set, loopback only, PORT in place of 8080 when set. Null when
/// OPENAI_API_KEY is not set; a diagnostic when one of the three is no value.
[[nodiscard]] Loaded no_file_plan(const Environment& environment);

}  // namespace plimsoll::config
