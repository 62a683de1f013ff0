#include "checks/schema/words.h"

#include <fmt/format.h>

#include <array>

#include "checks/excerpt.h"

namespace plimsoll::checks::schema {
namespace {

struct KindWord {
  std::uint8_t bit;
  std::string_view word;
};
constexpr std::array<KindWord, 6> kKindWords = {{{kString, "a string"},
                                                 {kNumber, "a number"},
                                                 {kBoolean, "true or false"},
                                                 {kArray, "an array"},
                                                 {kObject, "an object"},
                                                 {kNull, "null"}}};

}  // namespace

std::string kinds_in_words(std::uint8_t kinds, bool integers_only) {
  std::string words;
  for (const KindWord& kind : kKindWords) {
    if ((kinds & kind.bit) == 0) continue;
    if (!words.empty()) words += " or ";
    words += kind.bit == kNumber && integers_only ? "an integer" : kind.word;
  }
  return words.empty() ? "nothing here" : words;
}

std::string values_in_words(const Program& program, const Instruction& instruction) {
  const Values& values = program.values[instruction.a];
  const json::Tape& tape = program.sources[instruction.source]->tape;
  std::string words(values.is_const ? "exactly " : "one of ");
  for (std::size_t i = 0; i < values.places.size() && words.size() <= 200; ++i) {
    if (i > 0) words += ", ";
    words += tape.value_at(values.places[i]).dump();
  }
  return excerpt(words);
}

std::string shown(const json::Tape& tape, json::Place at) {
  return excerpt(tape.value_at(at).dump());
}

std::string outlined(const json::Tape& tape, json::Place at) {
  if (tape.tag(at) != '{') return shown(tape, at);
  if (tape.count(at) == 0) return "an object without members";
  std::string words = "an object with";
  for (json::Place key = json::Tape::first(at), end = tape.last(at);
       key < end && words.size() < 200; key = tape.after(key + 1))
    words +=
        fmt::format("{} {}", words.ends_with("with") ? "" : ",", json::quoted(tape.string(key)));
  return excerpt(words);
}

std::string bound_in_words(const Program& program, const Instruction& instruction) {
  const json::Tape& tape = program.sources[instruction.source]->tape;
  return tape.value_at(instruction.where).dump();
}

std::string size_in_words(std::string_view comparison, std::size_t count, std::string_view one,
                          std::string_view many) {
  return fmt::format("{} {} {}", comparison, count, count == 1 ? one : many);
}

std::string names_in_words(const MemberRules& rules) {
  std::string words;
  for (const Property& property : rules.properties) {
    if (!property.declared || property.block == kReject) continue;
    if (words.size() > 160) return words + ", ...";
    words += fmt::format("{}{}", words.empty() ? "" : ", ", json::quoted(property.key));
  }
  return words;
}

}  // namespace plimsoll::checks::schema
