#include "checks/json_schema.h"

#include <fmt/format.h>

#include "checks/schema/compiler.h"
#include "checks/schema/machine.h"

namespace plimsoll::checks {
namespace {

schema::Subject subject_of(const json::Value& value, std::string_view text) {
  return {json::Tape(value), json::Tape::place_of(value), text};
}

std::unexpected<Error> refuse(schema::Problems& problems, std::vector<SchemaProblem>* all) {
  const SchemaProblem first = problems.list().front();
  const std::string more =
      problems.count() > 1 ? fmt::format(" (and {} more)", problems.count() - 1) : "";
  if (all != nullptr) *all = std::move(problems.list());
  return fail(ErrorKind::config_invalid,
              fmt::format("schema at {}: {}{}", first.where, first.what, more), first.hint);
}

}  // namespace

JsonSchema::JsonSchema(std::shared_ptr<const schema::Program> program)
    : program_(std::move(program)) {}

Result<JsonSchema> JsonSchema::compile(std::string_view schema, const Options& options) {
  auto program = std::make_shared<schema::Program>();
  program->steps_max = options.author == Author::client ? kClientStepsMax : kStepsMax;
  schema::Problems problems;
  schema::Library library(*program, options, problems);
  if (library.open(schema)) schema::Compiler(*program, library, options, problems).compile();
  if (problems.count() > 0) return refuse(problems, options.problems);
  return JsonSchema(std::move(program));
}

JsonSchema::Outcome JsonSchema::check(const json::Value& value, std::string_view text) const {
  return schema::run(*program_, subject_of(value, text));
}

JsonSchema::Judgement JsonSchema::judge(const json::Value& value, std::string_view text) const {
  if (check(value, text) == Outcome::fits) return {};
  return schema::tell(*program_, subject_of(value, text));
}

const std::vector<std::string>& JsonSchema::unchecked() const noexcept {
  return program_->unchecked;
}

}  // namespace plimsoll::checks
