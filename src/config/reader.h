#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/environment.h"
#include "config/field.h"
#include "config/problems.h"
#include "config/yaml.h"

namespace plimsoll::config {

/// Where each written field stands, and which of them could be read. A path
/// counts entries in document order: "features/0/ladder/1/model".
class Places {
 public:
  void note(const std::string& path, yaml::Place place, bool good) { seen_[path] = {place, good}; }

  /// True when the field was written and read without a problem.
  bool good(const std::string& path) const;
  bool written(const std::string& path) const { return seen_.contains(path); }

  /// The place of the field, or of the nearest section around it that is written.
  yaml::Place of(std::string path) const;

 private:
  struct Seen {
    yaml::Place place;
    bool good = true;
  };
  std::map<std::string, Seen> seen_;
};

/// Reads the whole document into `draft` by the field table, with every
/// default, and notes where things stand. What has a problem keeps its default.
void read_document(const yaml::Node& document, const Environment& environment, Problems& problems,
                   Draft& draft, Places& places);

/// Binds the defaults of the section at `path`, as if it were written empty.
void bind_defaults(std::string_view path, std::string_view name, Draft& draft);

}  // namespace plimsoll::config
