#pragma once

#include <string_view>
#include <vector>

#include "config/field.h"

namespace plimsoll::config {

/// The field table as a tree: one node per row, children in table order.
struct Shape {
  std::string_view key;  // "p95", "*" or "[]"
  const Field* field = nullptr;
  std::vector<Shape> children;

  const Shape* child(std::string_view name) const noexcept;
};

/// The whole file. Built once; immutable.
const Shape& file_shape();

/// The node at `path` ("features.*.ladder[].model"); null when there is none.
const Shape* shape_at(std::string_view path);

/// "keys|none" -> {"keys", "none"}.
std::vector<std::string_view> words(std::string_view choices);

}  // namespace plimsoll::config
