// Goal: no expression can break the compiler or run for long; what is printed reads
// back as the same expression; types that were promised are kept.
// Method: the bytes up to the first NUL are the expression, the rest a JSON document.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "cel/ast.h"
#include "cel/parser.h"
#include "cel/program.h"

namespace {

using namespace plimsoll;

void require(bool truth) {
  if (!truth) std::abort();
}

void print_and_read(std::string_view source) {
  const auto first = cel::parse(source);
  if (!first) {
    require(!first.error().what.empty() && !cel::show(first.error(), source).empty());
    return;
  }
  const std::string printed = cel::print(*first);
  if (printed.size() > cel::kSourceBytesMax) return;
  const auto second = cel::parse(printed);
  // Brackets are added, and an expression at the edge may then be too deep.
  if (second) require(cel::print(*second) == printed);
}

void run(std::string_view source, std::string_view text, cel::Checking checking) {
  cel::Environment environment;
  environment.checking = checking;
  environment.variables = {{.name = "a", .type = cel::Type::dyn()},
                           {.name = "n", .type = cel::Kind::integer},
                           {.name = "s", .type = cel::Kind::string}};
  const auto program = cel::Program::compile(source, environment);
  if (!program) return;
  json::Document document;
  const auto parsed = document.parse(text);
  cel::Arena arena;
  const cel::Value variables[] = {parsed ? cel::Value::json(*parsed) : cel::Value::null(),
                                  cel::Value::integer(3), cel::Value::string("text")};
  constexpr std::int64_t kCost = 20'000;
  const cel::Value value = program->evaluate(variables, arena, kCost);
  if (value.is_error()) {
    require(value.offset() <= source.size() + 1 && !value.message().empty());
    return;
  }
  if (checking == cel::Checking::strict && !program->type().is_dyn())
    require(program->type().kind() == value.kind());
  require(cel::to_json(value, arena).size() > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const auto end = all.find('\0');
  const std::string_view source = all.substr(0, end);
  const std::string_view text = end == std::string_view::npos ? "{}" : all.substr(end + 1);
  print_and_read(source);
  run(source, text, cel::Checking::strict);
  run(source, text, cel::Checking::none);
  return 0;
}
