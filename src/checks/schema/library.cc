#include "checks/schema/library.h"

#include <fmt/format.h>

#include <charconv>

#include "checks/schema/metaschemas.h"
#include "checks/schema/uri.h"

namespace plimsoll::checks::schema {
namespace {

constexpr std::size_t kSourcesMax = 200;

std::uint64_t key_of(std::uint8_t source, json::Place at) {
  return (std::uint64_t{source} << 32U) | at;
}

std::string_view without_hash(std::string_view uri) {
  return uri.ends_with('#') ? uri.substr(0, uri.size() - 1) : uri;
}

std::optional<std::uint8_t> draft_of(std::string_view uri) {
  uri = without_hash(uri);
  const auto scheme = uri.find("://");
  const std::string_view rest = scheme == std::string_view::npos ? uri : uri.substr(scheme + 3);
  if (rest == "json-schema.org/draft/2020-12/schema") return kDraft2020;
  if (rest == "json-schema.org/draft/2019-09/schema") return kDraft2019;
  if (rest == "json-schema.org/draft-07/schema" || rest == "json-schema.org/draft-06/schema")
    return kDraft7;
  return {};
}

std::uint8_t vocabulary_of(std::string_view uri) {
  if (uri.ends_with("/vocab/core")) return kCore;
  if (uri.ends_with("/vocab/applicator")) return kApplicator;
  if (uri.ends_with("/vocab/validation")) return kValidation;
  if (uri.ends_with("/vocab/unevaluated")) return kUnevaluated;
  if (uri.ends_with("/vocab/format-annotation") || uri.ends_with("/vocab/format")) return kFormat;
  if (uri.ends_with("/vocab/format-assertion")) return kFormatAssertion;
  if (uri.ends_with("/vocab/content")) return kContent;
  if (uri.ends_with("/vocab/meta-data")) return kMetaData;
  return 0;
}

/// One step of a JSON pointer, with ~1 and ~0 said plainly.
std::string unescaped(std::string_view step) {
  std::string out;
  for (std::size_t i = 0; i < step.size(); ++i) {
    const bool escaped =
        step[i] == '~' && i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1');
    out += escaped ? (step[i + 1] == '0' ? '~' : '/') : step[i];
    if (escaped) ++i;
  }
  return out;
}

}  // namespace

bool Library::open(std::string_view text) {
  std::string why;
  if (load(options_.uri, text, why)) return true;
  problems_.add("#", why);
  return false;
}

std::optional<std::uint32_t> Library::load(std::string uri, std::string_view text,
                                           std::string& why) {
  if (text.size() > JsonSchema::kBytesMax || program_.sources.size() >= kSourcesMax) {
    why = fmt::format("a schema of more than {} bytes or {} documents", JsonSchema::kBytesMax,
                      kSourcesMax);
    return {};
  }
  auto source = std::make_unique<Source>();
  source->uri = uri;
  source->text = text;
  const auto root = source->document.parse(source->text);
  if (!root) {
    why = root.error().what;
    return {};
  }
  source->tape = json::Tape(*root);
  const auto index = static_cast<std::uint8_t>(program_.sources.size());
  program_.sources.push_back(std::move(source));
  const auto id = static_cast<std::uint32_t>(resources_.size());
  Resource& resource = resources_.emplace_back();
  resource.source = index;
  resource.root = json::Tape::kRoot;
  resource.uri = uri;
  resource.draft = options_.draft == JsonSchema::Draft::draft7         ? kDraft7
                   : options_.draft == JsonSchema::Draft::draft2019_09 ? kDraft2019
                                                                       : kDraft2020;
  read_dialect(resource);
  walk({index, json::Tape::kRoot, id}, 0);
  // With an $id of its own the document answers to both names.
  const std::uint32_t own = resource_at(index, json::Tape::kRoot, id);
  by_uri_.try_emplace(std::move(uri), own);
  return own;
}

std::uint32_t Library::resource_at(std::uint8_t source, json::Place at, std::uint32_t outer) const {
  const auto found = roots_.find(key_of(source, at));
  return found == roots_.end() ? outer : found->second;
}

// ---- reading a document -----------------------------------------------------

Found Library::keywords_at(const Location& location) const {
  Found found;
  const json::Tape& tape = this->tape(location.source);
  const Resource& resource = resources_[location.resource];
  for (json::Place key = json::Tape::first(location.at), end = tape.last(location.at); key < end;
       key = tape.after(key + 1)) {
    const Keyword* keyword = keyword_named(tape.string(key));
    if (keyword == nullptr || (keyword->drafts & resource.draft) == 0 ||
        (keyword->vocabulary & resource.vocabulary) == 0)
      continue;
    json::Place& slot = found.slot(keyword->word);
    if (slot == 0) slot = key + 1;
  }
  return found;
}

void Library::walk(const Location& location, int depth) {
  if (tape(location.source).tag(location.at) != '{') return;
  if (depth > JsonSchema::kDepthMax) {
    problems_.add(program_.path_to(location.source, location.at),
                  fmt::format("nested deeper than {} schemas", JsonSchema::kDepthMax));
    return;
  }
  const Location here{location.source, location.at, enter(location)};
  read_anchors(here);
  walk_below(here, depth);
}

void Library::walk_below(const Location& location, int depth) {
  const json::Tape& tape = this->tape(location.source);
  const Found found = keywords_at(location);
  const auto down = [&](json::Place at) {
    walk({location.source, at, location.resource}, depth + 1);
  };
  for (const Keyword& keyword : keywords()) {
    const json::Place at = found[keyword.word];
    if (at == 0 || keyword.shape == Shape::plain) continue;
    const char tag = tape.tag(at);
    if (keyword.shape == Shape::schema || (keyword.shape == Shape::schema_list && tag == '{')) {
      down(at);
    } else if (tag == '[' && keyword.shape != Shape::named) {
      for (json::Place item = json::Tape::first(at); item < tape.last(at); item = tape.after(item))
        down(item);
    } else if (tag == '{' && keyword.shape == Shape::named) {
      for (json::Place key = json::Tape::first(at); key < tape.last(at); key = tape.after(key + 1))
        down(key + 1);
    }
  }
}

/// A new resource where `$id` names one.
std::uint32_t Library::enter(const Location& location) {
  const json::Tape& tape = this->tape(location.source);
  const json::Place id_at = tape.member(location.at, "$id");
  if (id_at == 0 || tape.tag(id_at) != '"') return location.resource;
  const Resource& outer = resources_[location.resource];
  // In draft-07 nothing counts beside a reference.
  if (outer.draft == kDraft7 && tape.member(location.at, "$ref") != 0) return location.resource;
  const std::string_view id = tape.string(id_at);
  ResolvedUri resolved = resolve_uri(outer.uri, id);
  if (id.starts_with('#')) {
    if (outer.draft == kDraft7)
      resources_[location.resource].anchors.try_emplace(resolved.fragment, location.at);
    return location.resource;
  }
  const auto number = static_cast<std::uint32_t>(resources_.size());
  Resource& resource = resources_.emplace_back();
  resource.source = location.source;
  resource.root = location.at;
  resource.draft = resources_[location.resource].draft;
  resource.vocabulary = resources_[location.resource].vocabulary;
  resource.uri = std::move(resolved.uri);
  read_dialect(resource);
  if (!resolved.fragment.empty()) resource.anchors.try_emplace(resolved.fragment, location.at);
  by_uri_.try_emplace(resource.uri, number);
  roots_.emplace(key_of(location.source, location.at), number);
  return number;
}

void Library::read_anchors(const Location& location) {
  const json::Tape& tape = this->tape(location.source);
  Resource& resource = resources_[location.resource];
  const Found found = keywords_at(location);
  for (const Word word : {Word::anchor, Word::dynamic_anchor}) {
    const json::Place at = found[word];
    if (at == 0) continue;
    if (tape.tag(at) != '"') {
      problems_.add(program_.path_to(location.source, at), "an anchor is a name in quotes");
      continue;
    }
    std::string name(tape.string(at));
    if (word == Word::dynamic_anchor) resource.dynamic_anchors.try_emplace(name, location.at);
    resource.anchors.try_emplace(std::move(name), location.at);
  }
  const json::Place recursive = found[Word::recursive_anchor];
  if (recursive != 0 && location.at == resource.root && tape.tag(recursive) == 't')
    resource.recursive = true;
}

void Library::read_dialect(Resource& resource) {
  const json::Tape& tape = this->tape(resource.source);
  const json::Place at = tape.tag(resource.root) == '{' ? tape.member(resource.root, "$schema") : 0;
  if (at == 0) return;
  const std::string where = program_.path_to(resource.source, at);
  if (tape.tag(at) != '"')
    problems_.add(where, "$schema is a URI in quotes");
  else if (!take_dialect(resource, tape.string(at)))
    problems_.add(where, fmt::format("the dialect {} is not known", json::quoted(tape.string(at))),
                  "name https://json-schema.org/draft/2020-12/schema or "
                  "http://json-schema.org/draft-07/schema#");
}

/// From a draft's own name, or from the schema of that name and its `$vocabulary`.
bool Library::take_dialect(Resource& resource, std::string_view uri) {
  if (const auto draft = draft_of(uri)) {
    resource.draft = *draft;
    resource.vocabulary = kUsual;
    return true;
  }
  if (options_.documents == nullptr) return false;
  const auto text = options_.documents->find(without_hash(uri));
  if (text == options_.documents->end()) return false;
  json::Document document;
  const auto root = document.parse(text->second);
  if (!root) return false;
  const auto base = root->get_string("$schema");
  resource.draft = draft_of(base.value_or("")).value_or(kDraft2020);
  const auto named = root->get("$vocabulary");
  const auto list = named ? named->as_object() : std::nullopt;
  if (!list) return true;
  resource.vocabulary = 0;
  for (const json::Member member : *list) {
    const std::uint8_t bit = vocabulary_of(member.key);
    if (bit == 0 && member.value.as_bool().value_or(true)) return false;
    resource.vocabulary |= bit;
  }
  return true;
}

// ---- references -------------------------------------------------------------

std::optional<std::uint32_t> Library::resource_named(const std::string& uri, std::string& why) {
  if (const auto known = by_uri_.find(uri); known != by_uri_.end()) return known->second;
  std::string_view text = published_schema(uri);
  if (options_.documents != nullptr)
    if (const auto given = options_.documents->find(uri); given != options_.documents->end())
      text = given->second;
  if (text.empty()) {
    why = fmt::format("no document {} was given, and none is ever fetched", json::quoted(uri));
    return {};
  }
  return load(uri, text, why);
}

std::optional<Location> Library::resolve(std::uint32_t resource, std::string_view reference,
                                         std::string& why) {
  const ResolvedUri resolved = resolve_uri(resources_[resource].uri, reference);
  // A bare "#..." stays in this resource, whatever else carries the same name.
  const bool local = reference.empty() || reference.front() == '#';
  const auto target = local ? std::optional(resource) : resource_named(resolved.uri, why);
  if (!target) return {};
  const Resource& owner = resources_[*target];
  const Location root{owner.source, owner.root, *target};
  if (resolved.fragment.empty()) return root;
  if (resolved.fragment.front() == '/') {
    auto found = follow_pointer(root, resolved.fragment);
    if (!found) why = fmt::format("nothing stands at {}", json::quoted(resolved.fragment));
    return found;
  }
  const auto anchor = owner.anchors.find(resolved.fragment);
  if (anchor == owner.anchors.end()) {
    why = fmt::format("there is no anchor {}", json::quoted(resolved.fragment));
    return {};
  }
  return Location{owner.source, anchor->second, *target};
}

std::optional<Location> Library::follow_pointer(Location from, std::string_view pointer) const {
  const json::Tape& tape = this->tape(from.source);
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const auto end = std::min(pointer.find('/'), pointer.size());
    const std::string step = unescaped(pointer.substr(0, end));
    pointer.remove_prefix(end);
    json::Place next = 0;
    if (tape.tag(from.at) == '{') {
      next = tape.member(from.at, step);
    } else if (tape.tag(from.at) == '[') {
      std::size_t index = 0;
      const auto read = std::from_chars(step.data(), step.data() + step.size(), index);
      if (read.ec != std::errc() || read.ptr != step.data() + step.size()) return {};
      next = json::Tape::first(from.at);
      for (; index > 0 && next < tape.last(from.at); --index) next = tape.after(next);
      if (next >= tape.last(from.at)) next = 0;
    }
    if (next == 0) return {};
    from = {from.source, next, resource_at(from.source, next, from.resource)};
  }
  return from;
}

}  // namespace plimsoll::checks::schema
