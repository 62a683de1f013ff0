#include "config/scalar.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/candidates.h"
#include "checks/excerpt.h"
#include "checks/json_schema.h"
#include "checks/pattern.h"
#include "config/conditions.h"
#include "config/forms.h"
#include "config/rules_file.h"
#include "config/secrets.h"
#include "config/shape.h"
#include "config/units.h"
#include "facts/request_facts.h"

namespace plimsoll::config {
namespace {

constexpr std::size_t kTextBytesMax = 64 * 1024;

std::string shortened(std::string_view text) { return checks::excerpt(text, 60); }

bool is_number(Kind kind) noexcept {
  return kind == Kind::integer || kind == Kind::count || kind == Kind::size ||
         kind == Kind::duration || kind == Kind::money;
}

std::optional<std::int64_t> parse_number(Kind kind, std::string_view text) noexcept {
  switch (kind) {
    case Kind::integer: {
      const bool plain = text.find_first_not_of("0123456789") == std::string_view::npos;
      return plain ? parse_count(text) : std::nullopt;
    }
    case Kind::count: return parse_count(text);
    case Kind::size: return parse_size(text);
    case Kind::duration: return parse_duration(text);
    case Kind::money: return parse_money(text);
    default: return std::nullopt;
  }
}

/// One reading of one leaf: what its small steps share.
struct Leaf {
  const Field& field;
  Kind kind;
  const yaml::Node& node;
  std::string_view subject;
  const Environment& environment;
  Problems& problems;

  bool wrong(std::string_view token, std::string what, std::string fix) const {
    problems.add(node.place, token, std::move(what), std::move(fix));
    return false;
  }
  bool bad_value() const;
  bool bad_shape() const;
  bool number(Value& out) const;
  bool ratio(Value& out) const;
  bool boolean(Value& out) const;
  bool choice(Value& out) const;
  bool text(Value& out) const;
  bool texts(Value& out) const;
  bool file(Value& out) const;
  bool schema(Value& out) const;
  bool rules(Value& out) const;
  bool headers(Value& out) const;
  bool read(Value& out) const;
};

bool Leaf::bad_shape() const {
  using yaml::Kind;
  const std::string_view found = node.kind == Kind::null       ? "has no value"
                                 : node.kind == Kind::mapping  ? "is a section"
                                 : node.kind == Kind::sequence ? "is a list"
                                                               : "is a single text";
  return wrong("config_wrong_type", fmt::format("{} {}", subject, found),
               fmt::format("write {}", form_of(kind)));
}

bool Leaf::bad_value() const {
  const bool bare = kind == Kind::duration && parse_count(node.text).has_value();
  return wrong("config_bad_value",
               fmt::format("\"{}\" is no value for {}", shortened(node.text), subject),
               bare ? fmt::format("write {}s if seconds are meant, {}ms for milliseconds",
                                  node.text, node.text)
                    : fmt::format("write {}", form_of(kind)));
}

bool Leaf::number(Value& out) const {
  if (kind == Kind::integer && node.quoted) return bad_value();
  const auto value = parse_number(kind, node.text);
  if (!value) return bad_value();
  out.integer = *value;
  const bool low = !field.least.empty() && *value < parse_number(kind, field.least).value_or(0);
  const bool high = !field.most.empty() && *value > parse_number(kind, field.most).value_or(0);
  if (!low && !high) return true;
  return wrong(
      "config_out_of_bounds",
      fmt::format("{} is {}; it may be {} to {}", subject, node.text, field.least, field.most),
      fmt::format("write {} or {}", low ? field.least : field.most, low ? "more" : "less"));
}

bool Leaf::ratio(Value& out) const {
  const auto value = parse_ratio(node.text);
  if (!value) return bad_value();
  out.ratio = *value;
  const double least = parse_ratio(field.least).value_or(0);
  const double most = parse_ratio(field.most).value_or(1);
  if (*value >= least && *value <= most) return true;
  const bool percent = *value > 1 && *value <= 100 && !node.text.ends_with('%');
  return wrong(
      "config_out_of_bounds",
      fmt::format("{} is {}; it may be {} to {}", subject, node.text, field.least, field.most),
      percent ? fmt::format("write {}% if percent are meant", node.text)
              : fmt::format("write a share within {} to {}", field.least, field.most));
}

bool Leaf::boolean(Value& out) const {
  const auto value = node.quoted ? std::nullopt : parse_boolean(node.text);
  if (!value) return bad_value();
  out.boolean = *value;
  return true;
}

bool Leaf::choice(Value& out) const {
  const auto known = words(field.choices);
  out.text = node.text;
  if (std::ranges::find(known, std::string_view(node.text)) != known.end()) return true;
  const auto later = words(field.later_choices);
  if (std::ranges::find(later, std::string_view(node.text)) != later.end())
    return wrong("config_not_yet_supported",
                 fmt::format("{} is \"{}\", which this version cannot do yet", subject, node.text),
                 fmt::format("write {} for now", quoted_choice(known)));
  const auto near = nearest_names(node.text, known);
  const std::string meant =
      near.empty() ? "" : fmt::format("did you mean {}? ", quoted_choice(near));
  return wrong("config_unknown_choice",
               fmt::format("unknown word \"{}\" for {}", shortened(node.text), subject),
               fmt::format("{}known words: {}", meant, fmt::join(known, ", ")));
}

bool Leaf::text(Value& out) const {
  out.text = node.text;
  const auto allowed = words(field.choices);
  if (std::ranges::find(allowed, std::string_view(node.text)) != allowed.end()) return true;
  const bool is_fit = kind == Kind::name      ? is_name(node.text)
                      : kind == Kind::address ? is_address(node.text)
                      : kind == Kind::url     ? is_url(node.text)
                      : kind == Kind::rate    ? parse_rate(node.text).has_value()
                                              : node.text.size() <= kTextBytesMax;
  if (!is_fit || node.text.empty()) return bad_value();
  if (kind == Kind::path) out.text = environment.resolve(node.text);
  return true;
}

bool Leaf::texts(Value& out) const {
  if (node.kind != yaml::Kind::sequence) return bad_shape();
  bool good = true;
  for (const yaml::Node& item : node.items) {
    const Leaf one{field, Kind::text, item, subject, environment, problems};
    Value value;
    if (item.kind != yaml::Kind::scalar) {
      good = one.bad_shape();
    } else if (!one.text(value)) {
      good = false;
    } else if (kind == Kind::require &&
               !is_condition(item, subject, facts::answer_names(), problems)) {
      good = false;
    } else if (auto fit =
                   kind == Kind::patterns ? checks::check_pattern(value.text) : Result<void>{};
               !fit) {
      good = one.wrong(
          "config_pattern_invalid",
          fmt::format("a pattern of {} does not compile: {}", subject, shortened(fit.error().what)),
          "correct it; RE2 syntax, no look-ahead, no back-references");
    } else {
      out.texts.push_back(std::move(value.text));
    }
  }
  return good;
}

bool Leaf::file(Value& out) const {
  if (!text(out)) return false;
  const auto probed = environment.probe_file(node.text);
  out.text = environment.resolve(node.text);
  if (probed) return true;
  return wrong(
      "config_file_missing",
      fmt::format("the file of {} cannot be read: {}", subject, shortened(probed.error().what)),
      "correct the path; it starts at the folder of this file");
}

bool Leaf::schema(Value& out) const {
  if (!file(out)) return false;
  auto text = environment.read_file(node.text);
  if (!text)
    return wrong(
        "config_file_missing",
        fmt::format("the file of {} cannot be read: {}", subject, shortened(text.error().what)),
        "a schema has at most 1 MiB");
  std::vector<checks::SchemaProblem> faults;
  checks::JsonSchema::Options options;
  options.problems = &faults;
  options.formats = checks::JsonSchema::Formats::check;
  if (checks::JsonSchema::compile(*text, options)) {
    out.content = std::move(*text);
    return true;
  }
  for (const checks::SchemaProblem& fault : faults)
    wrong("config_schema_invalid",
          fmt::format("{} of {} at {}: {}", node.text, subject, shortened(fault.where),
                      shortened(fault.what)),
          fault.hint.empty() ? "correct the schema at that place" : fault.hint);
  return false;
}

bool Leaf::rules(Value& out) const {
  if (!file(out)) return false;
  auto text = environment.read_file(node.text);
  if (!text)
    return wrong(
        "config_file_missing",
        fmt::format("the file of {} cannot be read: {}", subject, shortened(text.error().what)),
        "a rule table has at most 1 MiB");
  std::vector<RulesProblem> found;
  out.table = read_rules(node.text, *text, environment, found);
  for (RulesProblem& problem : found)
    wrong("config_rules_invalid", std::move(problem.what), std::move(problem.fix));
  return found.empty();
}

bool Leaf::headers(Value& out) const {
  if (node.kind != yaml::Kind::mapping) return bad_shape();
  bool good = true;
  for (const yaml::Entry& entry : node.entries) {
    auto header = read_header(entry, subject, environment, problems);
    good = good && header.has_value();
    if (header) out.pairs.push_back(std::move(*header));
  }
  return good;
}

bool Leaf::read(Value& out) const {
  if (kind == Kind::texts || kind == Kind::patterns || kind == Kind::require) return texts(out);
  if (kind == Kind::headers) return headers(out);
  if (node.kind != yaml::Kind::scalar) return bad_shape();
  if (is_number(kind)) return number(out);
  switch (kind) {
    case Kind::ratio: return ratio(out);
    case Kind::boolean: return boolean(out);
    case Kind::choice: return choice(out);
    case Kind::file: return file(out);
    case Kind::schema: return schema(out);
    case Kind::rules: return rules(out);
    case Kind::when:
      return text(out) && is_condition(node, subject, facts::request_names(), problems);
    case Kind::secret: return read_secret(node, subject, environment, problems, out.text);
    default: return text(out);
  }
}

}  // namespace

bool read_leaf(const LeafSpot& spot, const Environment& environment, Problems& problems,
               Value& out) {
  return Leaf{spot.field, spot.kind, spot.node, spot.subject, environment, problems}.read(out);
}

Value read_constant(Kind kind, std::string_view text) {
  Value out;
  out.text = std::string(text);
  if (is_number(kind)) out.integer = parse_number(kind, text).value_or(0);
  if (kind == Kind::ratio) out.ratio = parse_ratio(text).value_or(0);
  if (kind == Kind::boolean) out.boolean = parse_boolean(text).value_or(false);
  return out;
}

std::string_view form_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::section: return "a section: keys with values";
    case Kind::named: return "a section: {NAME: {...}}";
    case Kind::list: return "a list: [a, b]";
    case Kind::boolean: return "true or false, without quotes";
    case Kind::integer: return "a whole number, without quotes";
    case Kind::count: return "a count such as 3000, 100k or 2M";
    case Kind::size: return "a size such as 512, 64KiB or 32MiB";
    case Kind::ratio: return "a share such as 0.95 or 95%";
    case Kind::duration: return "a duration such as 400ms, 1s or 5m";
    case Kind::money: return "an amount in dollars such as $0.01";
    case Kind::rate: return "a rate such as 60/min, 10/s, 100k/h or 1M/day";
    case Kind::text: return "a text";
    case Kind::name:
      return "a name: letters, digits, . _ - : after the first character, at most 64";
    case Kind::choice: return "one of its words";
    case Kind::texts: return "a list of texts: [\"a\", \"b\"]";
    case Kind::patterns: return "a list of RE2 patterns: ['(?i)as an ai']";
    case Kind::when: return "a CEL condition: 'request.input_tokens < 300'";
    case Kind::require: return "a list of CEL conditions: ['answer.total >= 0']";
    case Kind::secret: return "a reference: env:NAME or file:PATH";
    case Kind::headers: return "a section: header names with texts or references";
    case Kind::file: return "the path of a file";
    case Kind::rules: return "the path of a rule table";
    case Kind::schema: return "the path of a JSON Schema";
    case Kind::path: return "a path";
    case Kind::address: return "an address such as 127.0.0.1:8080, [::1]:8080 or unix:/run/p.sock";
    case Kind::url: return "a URL such as https://api.openai.com/v1, without user or query";
  }
  return "a value";
}

}  // namespace plimsoll::config
