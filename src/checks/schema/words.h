#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json_tape.h"
#include "checks/schema/program.h"

/// What the schema wanted and what it got, in words that a person or a model can
/// act on.
namespace plimsoll::checks::schema {

/// "a string or null"
std::string kinds_in_words(std::uint8_t kinds, bool integers_only);

/// `one of "a", "b"`, or `exactly "a"`.
std::string values_in_words(const Program& program, const Instruction& instruction);

/// The value itself, shortened to 200 bytes.
std::string shown(const json::Tape& tape, json::Place at);

/// An object by its members' names, anything else by itself.
std::string outlined(const json::Tape& tape, json::Place at);

/// The number as the schema has it.
std::string bound_in_words(const Program& program, const Instruction& instruction);

/// "at least 2 items"
std::string size_in_words(std::string_view comparison, std::size_t count, std::string_view one,
                          std::string_view many);

/// The names of `properties`, for a member that none of them is.
std::string names_in_words(const MemberRules& rules);

}  // namespace plimsoll::checks::schema
