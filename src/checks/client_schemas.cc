#include "checks/client_schemas.h"

#include <utility>

#include "checks/pattern.h"
#include "checks/schema/program.h"

namespace plimsoll::checks {
namespace {

/// A compiled block, with all that hangs on it, is about ten times its text.
constexpr std::size_t kBytesPerByte = 10;

std::size_t weight_of(std::string_view text, const std::optional<JsonSchema>& compiled) {
  const std::size_t patterns = compiled ? compiled->program().patterns.size() : 0;
  return 256 + text.size() * kBytesPerByte + patterns * kClientPatternBytesMax;
}

}  // namespace

std::optional<JsonSchema> ClientSchemas::find(std::string_view schema) {
  if (schema.size() > kBytesMax) return {};
  if (auto found = known(schema)) return std::move(*found);
  JsonSchema::Options options;
  options.author = JsonSchema::Author::client;
  auto compiled = JsonSchema::compile(schema, options);
  Kept fresh{.text = std::string(schema)};
  if (compiled) fresh.compiled = std::move(compiled).value();
  fresh.weight = weight_of(schema, fresh.compiled);
  auto answer = fresh.compiled;
  keep(std::move(fresh));
  return answer;
}

std::optional<std::optional<JsonSchema>> ClientSchemas::known(std::string_view schema) {
  const std::lock_guard lock(mutex_);
  const auto found = by_text_.find(schema);
  if (found == by_text_.end()) return {};
  order_.splice(order_.begin(), order_, found->second);
  return found->second->compiled;
}

void ClientSchemas::keep(Kept fresh) {
  const std::lock_guard lock(mutex_);
  if (by_text_.contains(fresh.text)) return;
  weight_ += fresh.weight;
  order_.push_front(std::move(fresh));
  by_text_.emplace(order_.front().text, order_.begin());
  while (weight_ > kWeightMax && order_.size() > 1) {
    weight_ -= order_.back().weight;
    by_text_.erase(order_.back().text);
    order_.pop_back();
  }
}

}  // namespace plimsoll::checks
