#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "sim/performance.h"

namespace plimsoll::sim {

/// Recorded exchanges, to be answered again.
///
///   file := one JSON object a line:
///     {"id": ..., "request": {"body": {"text": ...}},
///      "response": {"status": ..., "headers": {...}, "body": {"text" | "base64": ...}}}
///
/// Immutable after loading, so free for all threads.
class Tape {
 public:
  /// Errors
  ///   config_invalid   a line is not such an object; says which
  [[nodiscard]] static Result<Tape> parse(std::string_view jsonl);
  /// Errors: as parse, and io_failed when the file cannot be read.
  [[nodiscard]] static Result<Tape> load(const std::string& path);

  bool empty() const noexcept { return records_.empty(); }
  std::size_t size() const noexcept { return records_.size(); }

  /// The record that answers a request: the one `id` names; else the one with
  /// exactly this request body (several of them take turns by `k`); else the
  /// k-th, round and round. Null when `id` is not empty and unknown.
  /// `k` counts the requests from 0.
  const Performance* find(std::string_view id, std::string_view body, std::uint64_t k) const;

 private:
  std::vector<Performance> records_;
  std::unordered_map<std::string, std::size_t> by_id_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_body_;
};

}  // namespace plimsoll::sim
