#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/yaml.h"

namespace plimsoll::config {

/// Collects what is wrong with one text. `text` must outlive it.
class Problems {
 public:
  Problems(std::string_view file, std::string_view text) : file_(file), text_(text) {}

  /// Adds one, at `place` of the text. An empty `why` is that of the token.
  void add(yaml::Place place, std::string_view token, std::string what, std::string fix,
           std::string why = {});

  /// The bytes of `place` never appear in an excerpt.
  void hide(yaml::Place place) { hidden_.push_back(place); }

  bool any() const noexcept { return !found_.empty(); }

  /// All of them, by position; each line of the text keeps its order of finding.
  std::vector<Diagnostic> take();

  /// The text without its secrets, byte for byte as long.
  std::string shown_text() const;

 private:
  struct Found {
    std::size_t at = 0;
    std::size_t order = 0;
    Diagnostic diagnostic;
  };
  std::string_view file_, text_;
  std::vector<Found> found_;
  std::vector<yaml::Place> hidden_;
};

}  // namespace plimsoll::config
