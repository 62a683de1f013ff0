#include "checks/stream_guard.h"

#include <fmt/format.h>

#include <utility>

namespace plimsoll::checks {

StreamGuard::StreamGuard(std::vector<JsonSchema> schemas, Fences fences)
    : on_(true), fences_(fences), schemas_(std::move(schemas)) {}

StreamGuard::Text* StreamGuard::text_of(int choice) {
  if (choice < 0 || static_cast<std::size_t>(choice) >= kChoicesMax) return nullptr;
  const auto index = static_cast<std::size_t>(choice);
  while (texts_.size() <= index) {
    Text& fresh = texts_.emplace_back();
    for (const JsonSchema& schema : schemas_) fresh.validators.emplace_back(schema);
    if (schemas_.empty()) fresh.validators.emplace_back(std::nullopt);
  }
  return &texts_[index];
}

std::optional<Violation> StreamGuard::take(const Event& event) {
  if (!on_) return {};
  for (const Delta& delta : event.deltas) {
    Text* text = text_of(delta.choice);
    if (text == nullptr || !text->watched) continue;
    // A refusal is judged as one, whatever was said before.
    if (delta.kind == Delta::Kind::refusal && !delta.text.empty()) text->watched = false;
    if (delta.kind != Delta::Kind::text || !text->watched) continue;
    const std::size_t said = delta.text.find_first_not_of(" \t\r\n");
    if (!text->begun && said != std::string::npos) {
      text->begun = true;
      text->watched = fences_ == Fences::refuse || delta.text[said] != '`';
      if (!text->watched) continue;
    }
    for (PrefixValidator& validator : text->validators) {
      if (validator.feed(delta.text)) continue;
      Violation violation = validator.violation();
      if (delta.choice > 0) violation.where.insert(0, fmt::format("choice {} ", delta.choice));
      return violation;
    }
  }
  return {};
}

}  // namespace plimsoll::checks
