#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_tape.h"
#include "checks/schema/marks.h"
#include "checks/schema/program.h"

/// What the machine passes along while it runs, and what it finds. For the machine
/// alone.
namespace plimsoll::checks::schema {

/// Who called, for references that mean the outermost.
struct Scope {
  const Scope* outer;
  std::uint32_t resource;
};

/// Where in the value we are; only kept when reasons are told.
struct Path {
  const Path* outer;
  std::string_view key;
  std::size_t index = 0;
  bool in_array = false;
};

inline std::string pointer_of(const Path* path) {
  if (path == nullptr) return {};
  std::string pointer = pointer_of(path->outer);
  append_step(pointer, path->in_array ? fmt::format("{}", path->index) : path->key);
  return pointer;
}

/// Something wrong; the path into the schema is found when it is really told.
struct Finding {
  std::string where, expected, found;
  std::uint8_t source = 0;
  json::Place rule = 0;
  bool kind = false;  // of another type altogether
};

/// So many findings are put into words, those of forms that were not nearest
/// included; a hostile schema must not make us write all day.
inline constexpr int kWordedMax = 1'000;

/// What a schema is applied to, and on whose behalf.
struct Frame {
  json::Place at;
  const Scope* scope;
  Marks* marks;  // null: nobody asks what has been evaluated
  const Path* path;
};

/// What was wanted and what was there, in words.
struct Said {
  std::string expected, found;
  bool kind = false;
};

/// How far from fitting a form was; the least is told.
inline std::size_t distance(const std::vector<Finding>& findings, const std::string& own) {
  std::size_t far = findings.size();
  for (const Finding& one : findings) {
    if (one.kind && one.where == own) far += 1'000;
    if (one.expected.starts_with("exactly ")) far += 30;
  }
  return far;
}

}  // namespace plimsoll::checks::schema
