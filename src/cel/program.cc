#include "cel/program.h"

#include "base/result.h"
#include "cel/internal/code.h"
#include "cel/internal/lowering.h"
#include "cel/parser.h"

namespace plimsoll::cel {

std::expected<Program, Fault> Program::compile(std::string_view source,
                                               const Environment& environment) {
  PLIMSOLL_TRY(const Ast ast, parse(source));
  auto code = std::make_shared<Code>();
  code->source = source;
  PLIMSOLL_TRY([[maybe_unused]] const auto root, Lowering(ast, environment, *code).run());
  return Program(std::move(code));
}

Program::Program(std::shared_ptr<const Code> code) : code_(std::move(code)) {}

const Type& Program::type() const noexcept { return code_->type; }
std::span<const std::uint32_t> Program::reads() const noexcept { return code_->reads; }
const std::string& Program::source() const noexcept { return code_->source; }

}  // namespace plimsoll::cel
