#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/plan.h"

namespace plimsoll::config {

/// What may be written for a field. The reader, the schema and the reference
/// page each have one switch over this enum.
enum class Kind : std::uint8_t {
  section,   // a mapping with fixed keys
  named,     // a mapping whose keys the author chooses; its child is "*"
  list,      // a sequence; its child is "[]"
  boolean,   // true, false
  integer,   // 3
  count,     // 3000, 100k, 2M
  size,      // 64KiB, 32MiB
  ratio,     // 0.95, 95%
  duration,  // 400ms, 1s, 5m
  money,     // $0.01
  rate,      // 60/min, 10/s, 100k/h
  text,      // any text
  name,      // text without spaces or slashes, at most 64 characters
  choice,    // one word of Field::choices
  texts,     // a sequence of texts
  patterns,  // a sequence of RE2 patterns
  when,      // a CEL condition over a request
  require,   // a sequence of CEL conditions over an answer
  secret,    // env:NAME or file:PATH
  headers,   // a mapping from header name to text or secret
  file,      // the path of a file that can be read, from the one-pager's folder
  rules,     // the path of a rule table
  schema,    // the path of a JSON Schema that compiles
  path,      // the path of a folder or file that need not exist
  address,   // host:port, [v6]:port, unix:/path
  url,       // http(s)://host[:port][/path]
};

enum class Presence : std::uint8_t {
  optional,  // absent: the fallback, or the defaults of the section's fields
  absent,    // optional, and a section whose defaults apply only when it is written
  required,
  later,  // a later version brings it; refused by name until then
};

/// A value as read: the member that Field::kind names is set. Durations are in
/// milliseconds, money in nano-dollars, sizes in bytes.
struct Value {
  bool boolean = false;
  std::int64_t integer = 0;
  double ratio = 0;
  std::string text;     // text, name, choice, path, file, address, url; a secret's content
  std::string content;  // of the file that `text` names: schema
  std::vector<std::string> texts;
  std::vector<std::pair<std::string, std::string>> pairs;
  std::shared_ptr<const RuleTable> table;  // of rules
};

/// A rung as it was written: which kinds it names, and the model by its name.
struct RungDraft {
  Rung rung;
  std::string model;
  std::vector<std::string> any;         // one name per rung.any
  std::vector<std::string_view> kinds;  // the keys that say what answers, in order
};

/// A plan under construction. References by name are kept here until every
/// name has been read. The fields bind in document order, so the provider,
/// model, feature or key they belong to is always the last one.
struct Draft {
  Plan plan;
  bool auth_written = false;
  std::vector<std::vector<Secret>> provider_keys;  // `keys`, per plan.providers
  std::vector<std::string> model_providers;        // one per plan.models
  std::vector<std::vector<RungDraft>> ladders;     // per plan.features
  std::vector<std::vector<std::string>> routes;    // model names of their rules

  Listen& listen() { return plan.server.listen.back(); }
  Provider& provider() { return plan.providers.back(); }
  ModelEntry& model() { return plan.models.back(); }
  Feature& feature() { return plan.features.back(); }
  RungDraft& rung() { return ladders.back().back(); }
  Key& key() { return plan.keys.back(); }
  BudgetRule& budget() { return plan.budgets.back(); }
};

using Bind = void (*)(Draft&, const Value&);

/// One row of the table: everything that is known of one field. Parser, JSON
/// Schema, reference page, `plimsoll explain` and defaults all come from it.
struct Field {
  std::string_view path;  // "features.*.objectives.latency.p95", "keys[].secret"
  Kind kind = Kind::section;
  std::string_view sentence;         // what it does; for later fields what it will do
  std::string_view fallback{};       // the default as it would be written; "": none
  std::string_view least{}, most{};  // inclusive bounds as they would be written
  std::string_view choices{};        // "keys|none"
  std::string_view later_choices{};  // words that later versions bring
  Presence presence = Presence::optional;
  /// Stores the value. For a section: opens it; Value::text is its name.
  Bind bind = nullptr;
  /// A section that may also be written as one scalar of this kind.
  Kind short_kind = Kind::section;
  Bind short_bind = nullptr;
};

/// All rows: a section stands before its fields.
std::span<const Field> fields();

/// The rows of one top-level key each; fields() joins them.
std::span<const Field> server_fields();
std::span<const Field> upstream_fields();
std::span<const Field> feature_fields();
std::span<const Field> route_fields();
std::span<const Field> attempt_fields();
std::span<const Field> limit_fields();
std::span<const Field> budget_fields();

}  // namespace plimsoll::config
