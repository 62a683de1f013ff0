#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "checks/json_schema.h"
#include "checks/schema/keywords.h"
#include "checks/schema/program.h"
#include "checks/schema/raw_numbers.h"

namespace plimsoll::checks::schema {

/// Collects what is wrong with a schema, up to JsonSchema::kProblemsMax; counts all.
class Problems {
 public:
  void add(std::string where, std::string what, std::string hint = {}) {
    if (++count_ <= JsonSchema::kProblemsMax)
      list_.push_back({std::move(where), std::move(what), std::move(hint)});
  }
  std::size_t count() const noexcept { return count_; }
  std::vector<SchemaProblem>& list() noexcept { return list_; }

 private:
  std::size_t count_ = 0;
  std::vector<SchemaProblem> list_;
};

/// A schema with an identity of its own: a document, or a part of one with `$id`.
struct Resource {
  std::uint8_t source = 0;
  json::Place root = 0;
  std::string uri;  // absolute as far as known, without a fragment
  std::uint8_t draft = kDraft2020;
  std::uint8_t vocabulary = kUsual;
  bool recursive = false;  // $recursiveAnchor
  std::map<std::string, json::Place, std::less<>> anchors;
  std::map<std::string, json::Place, std::less<>> dynamic_anchors;
};

/// A place in one of the documents, and the resource it belongs to.
struct Location {
  std::uint8_t source = 0;
  json::Place at = 0;
  std::uint32_t resource = 0;
};

/// The documents that a schema reaches, and who is called what in them.
class Library {
 public:
  /// `program` takes the documents; all must outlive the library.
  Library(Program& program, const JsonSchema::Options& options, Problems& problems)
      : program_(program), options_(options), problems_(problems) {}

  /// Reads the schema itself. False: it is no JSON, or beyond a bound.
  bool open(std::string_view text);

  /// Where `reference`, said in `resource`, points; empty when it points nowhere.
  std::optional<Location> resolve(std::uint32_t resource, std::string_view reference,
                                  std::string& why);

  /// The resource that begins at `at`, or `outer`.
  std::uint32_t resource_at(std::uint8_t source, json::Place at, std::uint32_t outer) const;

  const Resource& resource(std::uint32_t id) const { return resources_[id]; }
  std::size_t resources() const noexcept { return resources_.size(); }
  const json::Tape& tape(std::uint8_t source) const { return program_.sources[source]->tape; }

  /// The keywords of the schema at `at` that count in `resource`.
  Found keywords_at(const Location& location) const;

 private:
  std::optional<std::uint32_t> load(std::string uri, std::string_view text, std::string& why);
  std::optional<std::uint32_t> resource_named(const std::string& uri, std::string& why);
  void walk(const Location& location, int depth);
  void walk_below(const Location& location, int depth);
  std::uint32_t enter(const Location& location);
  void read_anchors(const Location& location);
  void read_dialect(Resource& resource);
  bool take_dialect(Resource& resource, std::string_view uri);
  std::optional<Location> follow_pointer(Location from, std::string_view pointer) const;

  Program& program_;
  const JsonSchema::Options& options_;
  Problems& problems_;
  std::deque<Resource> resources_;
  std::map<std::string, std::uint32_t, std::less<>> by_uri_;
  std::unordered_map<std::uint64_t, std::uint32_t> roots_;
};

}  // namespace plimsoll::checks::schema
