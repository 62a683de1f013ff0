#include "config/reference.h"

#include <fmt/format.h>

#include "config/shape.h"

namespace plimsoll::config {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string code(std::string_view text) {
  return text.empty() ? "" : fmt::format("`{}`", escaped(text));
}

std::string type_of(const Field& field) {
  if (field.kind == Kind::choice) {
    std::string out;
    for (const std::string_view word : words(field.choices))
      out += fmt::format("{}`{}`", out.empty() ? "" : ", ", word);
    return out;
  }
  if (field.short_bind != nullptr)
    return fmt::format("{} or {}", name_of(field.kind), name_of(field.short_kind));
  return std::string(name_of(field.kind));
}

std::string row(const Field& field) {
  const std::string bounds =
      field.least.empty() ? "" : fmt::format("{} to {}", code(field.least), code(field.most));
  const std::string fallback =
      field.presence == Presence::required ? "required" : code(field.fallback);
  return fmt::format("| {} | {} | {} | {} | {} |\n", code(field.path), type_of(field), fallback,
                     bounds, escaped(field.sentence));
}

bool is_under(std::string_view path, std::string_view top) {
  return path.starts_with(top) &&
         (path.size() == top.size() || path[top.size()] == '.' || path[top.size()] == '[');
}

std::string chapter(const Shape& top) {
  if (top.field->presence == Presence::later) return "";
  std::string out = fmt::format("\n## {}\n\n{}\n\n", top.key, top.field->sentence);
  out += "| field | type | default | bounds | what it does |\n| --- | --- | --- | --- | --- |\n";
  for (const Field& field : fields())
    if (is_under(field.path, top.key) && field.presence != Presence::later) out += row(field);
  return out;
}

constexpr std::string_view kHead =
    R"(# plimsoll.yaml: every field

Generated from the field table by `plimsoll docs`; do not edit. `plimsoll explain FIELD` shows one
field, `plimsoll check` checks a file, and `plimsoll.schema.json` beside this page is for editors.

How values are written: durations `400ms`, `1s`, `5m`, `2h`; money `$0.01` (US dollars); sizes
`64KiB`, `32MiB`; counts `3000`, `100k`, `2M`; rates `60/min`, `10/s`, `100k/h`, `1M/day`; shares
`0.95` or `95%`; secrets are references, `env:NAME` or `file:PATH`, never values. Paths start at
the folder of the file. `*` stands for a name that you choose, `[]` for each entry of a list. An
unknown key, an unreachable objective, a model without a price or a pattern that cannot run in
linear time is an error; all problems are told at once.

A file to start from, as `plimsoll init` writes it:

)";

}  // namespace

std::string_view name_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::section: return "section";
    case Kind::named: return "section of named entries";
    case Kind::list: return "list";
    case Kind::boolean: return "true or false";
    case Kind::integer: return "whole number";
    case Kind::count: return "count";
    case Kind::size: return "size";
    case Kind::ratio: return "share";
    case Kind::duration: return "duration";
    case Kind::money: return "money";
    case Kind::rate: return "rate";
    case Kind::text: return "text";
    case Kind::name: return "name";
    case Kind::choice: return "word";
    case Kind::texts: return "list of texts";
    case Kind::patterns: return "list of RE2 patterns";
    case Kind::when: return "CEL condition over the request";
    case Kind::require: return "list of CEL conditions over the answer";
    case Kind::secret: return "secret reference";
    case Kind::headers: return "section of headers";
    case Kind::file: return "path of a file";
    case Kind::rules: return "path of a rule table";
    case Kind::schema: return "path of a JSON Schema";
    case Kind::path: return "path";
    case Kind::address: return "address";
    case Kind::url: return "URL";
  }
  return "value";
}

std::string reference_markdown() {
  std::string out = fmt::format("{}```yaml\n{}```\n", kHead, starter());
  for (const Shape& top : file_shape().children) out += chapter(top);
  out +=
      "\n## Not yet supported\n\nThese are known and refused by name until a later version "
      "brings them.\n\n| field | what it will do |\n| --- | --- |\n";
  for (const Field& field : fields())
    if (field.presence == Presence::later)
      out += fmt::format("| {} | {} |\n", code(field.path), escaped(field.sentence));
  return out;
}

}  // namespace plimsoll::config
