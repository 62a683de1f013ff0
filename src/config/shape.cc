#include "config/shape.h"

namespace plimsoll::config {
namespace {

/// The first step of `path`, cut off: "a.b" -> "a", "[]" stands for itself.
std::string_view take_step(std::string_view& path) {
  if (path.starts_with('.')) path.remove_prefix(1);
  const std::size_t end = path.starts_with('[') ? 2 : path.find_first_of(".[");
  const std::string_view step = path.substr(0, end);
  path.remove_prefix(step.size());
  return step;
}

void place(Shape& root, const Field& field) {
  Shape* at = &root;
  std::string_view path = field.path;
  while (!path.empty()) {
    const std::string_view step = take_step(path);
    Shape* next = nullptr;
    for (Shape& child : at->children)
      if (child.key == step) next = &child;
    if (next == nullptr) next = &at->children.emplace_back(Shape{step, &field, {}});
    at = next;
  }
}

}  // namespace

const Shape* Shape::child(std::string_view name) const noexcept {
  for (const Shape& one : children)
    if (one.key == name) return &one;
  return nullptr;
}

const Shape& file_shape() {
  static const Field whole{.path = "", .sentence = "The one-pager."};
  static const Shape root = [] {
    Shape shape{"", &whole, {}};
    for (const Field& field : fields()) place(shape, field);
    return shape;
  }();
  return root;
}

const Shape* shape_at(std::string_view path) {
  const Shape* at = &file_shape();
  while (at != nullptr && !path.empty()) at = at->child(take_step(path));
  return at;
}

std::vector<std::string_view> words(std::string_view choices) {
  std::vector<std::string_view> out;
  while (!choices.empty()) {
    const std::size_t bar = choices.find('|');
    out.push_back(choices.substr(0, bar));
    choices.remove_prefix(bar == std::string_view::npos ? choices.size() : bar + 1);
  }
  return out;
}

}  // namespace plimsoll::config
