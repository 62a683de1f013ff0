#include "facts/condition.h"

#include <fmt/core.h>

#include <algorithm>

namespace plimsoll::facts {
namespace {

constexpr std::size_t kFieldsMax = 8;       // shown of one condition
constexpr std::size_t kValueBytesMax = 60;  // of each

bool is_name_byte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.';
}

/// The dotted names in a text, each once. Quoted texts may yield some too: what is
/// no expression of the environment is dropped by the compiler.
std::vector<std::string> dotted_names(std::string_view source) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < source.size();) {
    if (!is_name_byte(source[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < source.size() && is_name_byte(source[end])) ++end;
    std::string_view name = source.substr(at, end - at);
    // The last word before a bracket is a function; what stands before it is its value.
    if (end < source.size() && source[end] == '(') {
      const auto dot = name.rfind('.');
      name = dot == std::string_view::npos ? "" : name.substr(0, dot);
    }
    if (!name.empty() && std::ranges::find(names, name) == names.end()) names.emplace_back(name);
    at = end;
  }
  return names;
}

std::string shortened(std::string text) {
  if (text.size() <= kValueBytesMax) return text;
  std::size_t end = kValueBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  return text.substr(0, end) + "...";
}

}  // namespace

std::expected<cel::Program, cel::Fault> compile_condition(std::string_view source,
                                                          const cel::Environment& environment) {
  PLIMSOLL_TRY(cel::Program program, cel::Program::compile(source, environment));
  if (!program.type().may_be(cel::Kind::boolean))
    return std::unexpected(
        cel::Fault{.offset = 0,
                   .length = source.size(),
                   .what = fmt::format("its result is of type {}, not bool", program.type().text()),
                   .fix = "compare it with something: == != < <= > >="});
  return program;
}

Result<Requirement> Requirement::compile(std::string_view source,
                                         const cel::Environment& environment) {
  auto program = compile_condition(source, environment);
  if (!program)
    return fail(ErrorKind::config_invalid, cel::show(program.error(), source),
                "correct the condition at that place");
  Requirement made(std::move(*program));
  for (const std::string& name : dotted_names(source)) {
    auto field = cel::Program::compile(name, environment);
    if (field && !field->reads().empty() && made.fields_.size() < kFieldsMax)
      made.fields_.push_back(std::move(*field));
  }
  return made;
}

std::string Requirement::objection(std::span<const cel::Value> values, cel::Arena& arena) const {
  const cel::Value value = program_.evaluate(values, arena);
  if (value.is_true()) return {};
  std::string told = value.is_error() ? fmt::format("it cannot be decided: {}", value.message())
                                      : std::string("it is false");
  std::string_view between = ", with ";
  for (const cel::Program& field : fields_) {
    const cel::Value seen = field.evaluate(values, arena);
    if (seen.is_error()) continue;
    told += fmt::format("{}{} = {}", between, field.source(), shortened(to_json(seen, arena)));
    between = ", ";
  }
  return told;
}

}  // namespace plimsoll::facts
