// Goal: no schema and no value, however hostile, can break the compiler or the
// validator; asking and telling agree; a schema that was taken never stalls; what
// fits is never refused while it arrives.
// Method: the bytes up to the first line feed are the schema, the rest the value;
// both authors, formats on.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "checks/json_schema.h"
#include "checks/prefix_validator.h"

namespace {

using plimsoll::checks::JsonSchema;

void require(bool truth) {
  if (!truth) std::abort();
}

/// As it would arrive: never refused when the whole fits, however it is cut.
void stream(const JsonSchema& schema, std::string_view text, bool fits) {
  plimsoll::checks::PrefixValidator whole(schema), pieces(schema);
  const bool taken = whole.feed(text) && whole.finish();
  bool taken_in_pieces = true;
  for (const char c : text) taken_in_pieces = taken_in_pieces && pieces.feed({&c, 1});
  taken_in_pieces = taken_in_pieces && pieces.finish();
  require(taken == taken_in_pieces);
  require(taken || !fits);
  if (!taken) require(!whole.violation().where.empty());
}

void judge(const JsonSchema& schema, std::string_view text) {
  plimsoll::json::Document document;
  const auto value = document.parse(text);
  if (!value) return;
  const auto outcome = schema.check(*value, text);
  const auto judgement = schema.judge(*value, text);
  if (judgement.outcome != JsonSchema::Outcome::undecided) require(judgement.outcome == outcome);
  require(judgement.violations.empty() == (judgement.outcome == JsonSchema::Outcome::fits));
  for (const auto& violation : judgement.violations)
    require(!violation.where.empty() && !violation.expected.empty());
  stream(schema, text, outcome == JsonSchema::Outcome::fits);
}

void run(std::string_view schema, std::string_view text, JsonSchema::Author author) {
  std::vector<plimsoll::checks::SchemaProblem> problems;
  JsonSchema::Options options;
  options.author = author;
  options.formats = JsonSchema::Formats::check;
  options.problems = &problems;
  const auto compiled = JsonSchema::compile(schema, options);
  require(compiled.has_value() == problems.empty());
  if (!compiled) return;
  judge(*compiled, text);
  judge(*compiled, schema);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const auto line = all.find('\n');
  const std::string_view schema = all.substr(0, line);
  const std::string_view text = line == std::string_view::npos ? "1" : all.substr(line + 1);
  run(schema, text, JsonSchema::Author::client);
  run(schema, text, JsonSchema::Author::ourselves);
  return 0;
}
