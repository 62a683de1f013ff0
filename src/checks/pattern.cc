#include "checks/pattern.h"

#include <fmt/core.h>
#include <re2/re2.h>

#include <utility>

#include "checks/compiled_pattern.h"

namespace plimsoll::checks {
namespace {

RE2::Options options(std::size_t bytes_max) {
  RE2::Options rules(RE2::Quiet);
  rules.set_max_mem(static_cast<std::int64_t>(bytes_max));
  return rules;
}

}  // namespace

struct CompiledPattern::Program {
  Program(std::string_view pattern, std::size_t bytes_max)
      : source(pattern),
        expression(re2::StringPiece(source.data(), source.size()), options(bytes_max)) {}
  std::string source;
  RE2 expression;
};

CompiledPattern::CompiledPattern(std::shared_ptr<const Program> program)
    : program_(std::move(program)) {}

Result<CompiledPattern> CompiledPattern::compile(std::string_view pattern, std::size_t bytes_max) {
  auto program = std::make_shared<const Program>(pattern, bytes_max);
  if (!program->expression.ok())
    return fail(ErrorKind::config_invalid,
                fmt::format("pattern {:?} does not compile: {}", program->source,
                            program->expression.error()),
                "write it in RE2's syntax: no look-around, no back-references, repeats up to 1000");
  return CompiledPattern(std::move(program));
}

std::optional<std::string_view> CompiledPattern::find_in(std::string_view text) const {
  re2::StringPiece found;
  const re2::StringPiece all(text.data(), text.size());
  if (!program_->expression.Match(all, 0, all.size(), RE2::UNANCHORED, &found, 1))
    return std::nullopt;
  return text.substr(static_cast<std::size_t>(found.data() - text.data()), found.size());
}

bool CompiledPattern::matches(std::string_view text) const {
  const re2::StringPiece all(text.data(), text.size());
  return program_->expression.Match(all, 0, all.size(), RE2::UNANCHORED, nullptr, 0);
}

const std::string& CompiledPattern::source() const noexcept { return program_->source; }

Result<void> check_pattern(std::string_view pattern) {
  PLIMSOLL_TRY([[maybe_unused]] const auto compiled, CompiledPattern::compile(pattern));
  return {};
}

}  // namespace plimsoll::checks
