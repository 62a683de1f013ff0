#include "config/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/candidates.h"
#include "checks/excerpt.h"
#include "config/forms.h"
#include "config/scalar.h"
#include "config/shape.h"

namespace plimsoll::config {
namespace {

/// Something being read: its shape, where it is in the document, and how to
/// speak of it.
struct Spot {
  const Shape& shape;
  std::string path;       // "features/0/retry"
  std::string owner;      // ` of feature "support-bot"`; "" at the top
  std::string label;      // "retry", from the owner down
  yaml::Place key_place;  // for problems of the section as a whole
};

/// `"retry" of feature "bot"`, `feature "bot"`, `this file`.
std::string subject_of(const Spot& spot) {
  if (!spot.label.empty()) return fmt::format("\"{}\"{}", spot.label, spot.owner);
  return spot.owner.empty() ? "this file" : spot.owner.substr(std::string_view(" of ").size());
}

/// What to write where `field` belongs: a section shows its first key.
std::string example_of(const Shape& shape) {
  const Kind kind = shape.field->kind;
  if (kind == Kind::section && !shape.children.empty())
    return fmt::format("a section: {{{}: ...}}", shape.children.front().key);
  return std::string(form_of(kind));
}

class Reader {
 public:
  Reader(const Environment& environment, Problems& problems, Draft& draft, Places& places)
      : environment_(environment), problems_(problems), draft_(draft), places_(places) {}

  void section(const Spot& spot, const yaml::Node& node);

 private:
  void value(const Spot& spot, const yaml::Node& node);
  void leaf(const Spot& spot, Kind kind, Bind bind, const yaml::Node& node);
  void named(const Spot& spot, const yaml::Node& node);
  void list(const Spot& spot, const yaml::Node& node);
  void entry(const Spot& spot, const yaml::Entry& entry);
  void unknown(const Spot& spot, const yaml::Node& key);
  void rest(const Spot& spot, const yaml::Node& node);
  bool is_repeated(std::set<std::string_view>& seen, const yaml::Node& key, const Spot& spot);
  void wrong_shape(const Spot& spot, const yaml::Node& node);

  const Environment& environment_;
  Problems& problems_;
  Draft& draft_;
  Places& places_;
};

/// Every default of a section that is not written.
void defaults(const Shape& shape, Draft& draft) {
  const Field& field = *shape.field;
  if (field.presence == Presence::absent || field.presence == Presence::later) return;
  if (field.kind == Kind::section) {
    for (const Shape& child : shape.children) defaults(child, draft);
  } else if (!field.fallback.empty() && field.bind != nullptr) {
    field.bind(draft, read_constant(field.kind, field.fallback));
  }
}

void Reader::wrong_shape(const Spot& spot, const yaml::Node& node) {
  const Field& field = *spot.shape.field;
  const std::string_view found = node.kind == yaml::Kind::mapping    ? "is a section"
                                 : node.kind == yaml::Kind::sequence ? "is a list"
                                 : node.kind == yaml::Kind::scalar   ? "is a single value"
                                                                     : "has no value";
  const std::string also =
      field.short_kind == Kind::section ? "" : fmt::format(", or {}", form_of(field.short_kind));
  places_.note(spot.path, node.place, false);
  problems_.add(node.place, "config_wrong_type", fmt::format("{} {}", subject_of(spot), found),
                fmt::format("write {}{}", example_of(spot.shape), also));
}

void Reader::value(const Spot& spot, const yaml::Node& node) {
  const Field& field = *spot.shape.field;
  switch (field.kind) {
    case Kind::section: return section(spot, node);
    case Kind::named: return named(spot, node);
    case Kind::list: return list(spot, node);
    default: return leaf(spot, field.kind, field.bind, node);
  }
}

void Reader::leaf(const Spot& spot, Kind kind, Bind bind, const yaml::Node& node) {
  Value out;
  const bool good =
      read_leaf({*spot.shape.field, kind, node, subject_of(spot)}, environment_, problems_, out);
  places_.note(spot.path, node.place, good);
  if (good && bind != nullptr) bind(draft_, out);
}

void Reader::section(const Spot& spot, const yaml::Node& node) {
  const Field& field = *spot.shape.field;
  if (node.kind == yaml::Kind::scalar && field.short_bind != nullptr)
    return leaf(spot, field.short_kind, field.short_bind, node);
  if (node.kind != yaml::Kind::mapping && node.kind != yaml::Kind::null)
    return wrong_shape(spot, node);
  places_.note(spot.path, spot.key_place, true);
  std::set<std::string_view> seen;
  for (const yaml::Entry& one : node.entries)
    if (!is_repeated(seen, one.key, spot)) entry(spot, one);
  rest(spot, node);
}

bool Reader::is_repeated(std::set<std::string_view>& seen, const yaml::Node& key,
                         const Spot& spot) {
  if (seen.insert(key.text).second) return false;
  problems_.add(
      key.place, "config_duplicate_key",
      fmt::format("\"{}\" is written twice in {}", checks::excerpt(key.text, 60), subject_of(spot)),
      "keep one of the two");
  return true;
}

void Reader::entry(const Spot& spot, const yaml::Entry& entry) {
  const Shape* child =
      entry.key.kind == yaml::Kind::scalar ? spot.shape.child(entry.key.text) : nullptr;
  if (child == nullptr) return unknown(spot, entry.key);
  const std::string path =
      fmt::format("{}{}{}", spot.path, spot.path.empty() ? "" : "/", child->key);
  const Spot next{
      *child, path, spot.owner,
      spot.label.empty() ? std::string(child->key) : fmt::format("{}.{}", spot.label, child->key),
      entry.key.place};
  if (child->field->presence != Presence::later) return value(next, entry.value);
  places_.note(path, entry.key.place, false);
  problems_.add(entry.key.place, "config_not_yet_supported",
                fmt::format("{} is not yet supported by this version", subject_of(next)),
                fmt::format("remove \"{}\" for now", child->key));
}

void Reader::unknown(const Spot& spot, const yaml::Node& key) {
  std::vector<std::string_view> known;
  for (const Shape& child : spot.shape.children)
    if (child.field->presence != Presence::later) known.push_back(child.key);
  const auto near = nearest_names(key.text, known);
  problems_.add(
      key.place, "config_unknown_key",
      fmt::format("unknown key \"{}\" in {}", checks::excerpt(key.text, 60), subject_of(spot)),
      fmt::format("{}known keys: {}",
                  near.empty() ? "" : fmt::format("did you mean {}? ", quoted_choice(near)),
                  fmt::join(known, ", ")));
}

/// What the section does not write: its defaults, and what it must have.
void Reader::rest(const Spot& spot, const yaml::Node& node) {
  // A rung of a kind that comes later has its problem already.
  const bool of_a_later_kind = std::ranges::any_of(node.entries, [&spot](const yaml::Entry& one) {
    const Shape* child = spot.shape.child(one.key.text);
    return child != nullptr && child->field->presence == Presence::later;
  });
  for (const Shape& child : spot.shape.children) {
    const bool written = std::ranges::any_of(
        node.entries, [&child](const yaml::Entry& one) { return one.key.text == child.key; });
    if (written) continue;
    if (child.field->presence == Presence::required && of_a_later_kind && !spot.path.empty())
      continue;
    if (child.field->presence != Presence::required) {
      defaults(child, draft_);
      continue;
    }
    const bool version = child.field->path == "version";
    problems_.add(spot.key_place, version ? "config_version_missing" : "config_missing_key",
                  fmt::format("{} has no \"{}\"", subject_of(spot), child.key),
                  version ? "begin the file with version: 1"
                          : fmt::format("add \"{}\" with {}", child.key, example_of(child)));
  }
}

void Reader::named(const Spot& spot, const yaml::Node& node) {
  if (node.kind == yaml::Kind::null) return places_.note(spot.path, spot.key_place, true);
  if (node.kind != yaml::Kind::mapping) return wrong_shape(spot, node);
  places_.note(spot.path, spot.key_place, true);
  const Shape& item = spot.shape.children.front();
  const std::string_view noun = spot.shape.key.substr(0, spot.shape.key.size() - 1);
  std::set<std::string_view> seen;
  std::size_t index = 0;
  for (const yaml::Entry& one : node.entries) {
    if (is_repeated(seen, one.key, spot)) continue;
    if (one.key.kind != yaml::Kind::scalar || !is_name(one.key.text))
      problems_.add(
          one.key.place, "config_bad_name",
          fmt::format("\"{}\" is no name for a {}", checks::excerpt(one.key.text, 60), noun),
          fmt::format("use {}", form_of(Kind::name)));
    Value name;
    name.text = one.key.text;
    item.field->bind(draft_, name);
    section(
        {item, fmt::format("{}/{}", spot.path, index++),
         fmt::format(" of {} \"{}\"", noun, checks::excerpt(one.key.text, 60)), "", one.key.place},
        one.value);
  }
}

void Reader::list(const Spot& spot, const yaml::Node& node) {
  if (node.kind != yaml::Kind::sequence) return wrong_shape(spot, node);
  places_.note(spot.path, spot.key_place, true);
  const Shape& item = spot.shape.children.front();
  if (spot.shape.field->bind != nullptr) spot.shape.field->bind(draft_, {});
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    item.field->bind(draft_, {});
    section({item, fmt::format("{}/{}", spot.path, i), spot.owner,
             fmt::format("{}[{}]", spot.label, i), node.items[i].place},
            node.items[i]);
  }
}

}  // namespace

bool Places::good(const std::string& path) const {
  const auto found = seen_.find(path);
  return found != seen_.end() && found->second.good;
}

yaml::Place Places::of(std::string path) const {
  while (!path.empty()) {
    if (const auto found = seen_.find(path); found != seen_.end()) return found->second.place;
    const std::size_t slash = path.rfind('/');
    path.resize(slash == std::string::npos ? 0 : slash);
  }
  return {};
}

void read_document(const yaml::Node& document, const Environment& environment, Problems& problems,
                   Draft& draft, Places& places) {
  Reader(environment, problems, draft, places)
      .section({file_shape(), "", "", "", {0, 0}}, document);
}

void bind_defaults(std::string_view path, std::string_view name, Draft& draft) {
  const Shape* shape = shape_at(path);
  if (shape == nullptr) return;
  Value value;
  value.text = std::string(name);
  if (shape->field->bind != nullptr) shape->field->bind(draft, value);
  for (const Shape& child : shape->children) defaults(child, draft);
}

}  // namespace plimsoll::config
