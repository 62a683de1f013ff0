#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_tape.h"
#include "checks/compiled_pattern.h"
#include "checks/schema/decimal.h"
#include "checks/schema/format.h"
#include "checks/schema/simple_pattern.h"

/// A schema as it runs: flat lists that name each other by index. Built once by
/// the Compiler, then only read.
namespace plimsoll::checks::schema {

using BlockId = std::uint32_t;
inline constexpr BlockId kAccept = 0;  // the schema `true`
inline constexpr BlockId kReject = 1;  // the schema `false`
inline constexpr std::uint32_t kNone = 0xFFFF'FFFF;

/// JSON's types as a set of bits.
enum KindBit : std::uint8_t {
  kNull = 1,
  kBoolean = 2,
  kNumber = 4,
  kString = 8,
  kArray = 16,
  kObject = 32,
  kAnyKind = 63,
};

/// The bit of a tape's tag.
constexpr std::uint8_t kind_bit(char tag) noexcept {
  switch (tag) {
    case 'n': return kNull;
    case 't':
    case 'f': return kBoolean;
    case '"': return kString;
    case '[': return kArray;
    case '{': return kObject;
    default: return kNumber;
  }
}

enum class Op : std::uint8_t {
  one_of_values,  // a: in values
  all_of,         // a: first, b: count in lists
  any_of,
  one_of,
  negation,   // a: block
  condition,  // a: in conditions
  reference,  // a: block
  dynamic,    // a: block when nobody outside says otherwise, b: in dynamics
  minimum,    // a: in numbers
  maximum,
  above,
  below,
  multiple_of,
  length,    // a: least, b: most code points (kNone: no bound)
  pattern,   // a: in patterns
  format,    // a: a Format
  items,     // a: in item_rules
  contains,  // a: in contain_rules
  unique,
  members,                 // a: in member_rules
  dependent,               // a: in dependents
  unevaluated_items,       // a: block
  unevaluated_properties,  // a: block
};

struct Instruction {
  Op op;
  std::uint8_t source = 0;  // the document of `where`
  std::uint32_t a = 0, b = 0;
  json::Place where = 0;  // the keyword's value in the schema, for the schema path
};

/// The parts of a block, in the order they run; all but the first only for a value
/// of their type.
enum class Part : std::uint8_t { any, number, string, array, object };
inline constexpr std::size_t kParts = 5;

/// One schema.
struct Block {
  std::uint8_t kinds = kAnyKind;
  bool integers_only = false;  // of numbers
  bool keeps_marks = false;    // has an unevaluated... keyword
  std::uint8_t source = 0;
  json::Place where = 0;
  json::Place where_type = 0;
  std::uint32_t resource = 0;
  std::array<std::uint32_t, kParts + 1> parts{};  // part i: code[parts[i], parts[i+1])
};

/// A number of the schema.
struct Bound {
  double nearest = 0;
  std::optional<std::int64_t> whole;
  Decimal exact;
};

/// The values of an enum or a const. They stay in the schema's document.
struct Values {
  std::vector<json::Place> places;
  std::vector<std::string_view> strings;  // sorted; those of `places` that are strings
  bool only_strings = false;
  bool is_const = false;
};

struct Property {
  std::string_view key;
  BlockId block = kAccept;
  std::uint32_t required = kNone;  // its bit
  bool declared = false;           // in `properties`
};

/// Everything said about an object's members, checked in one walk.
struct MemberRules {
  std::vector<Property> properties;
  std::vector<std::uint32_t> slots;  // open addressing; a power of two, at most half full
  std::vector<std::pair<std::uint32_t, BlockId>> patterns;  // index in patterns, schema
  BlockId additional = kAccept;
  BlockId names = kAccept;
  bool has_additional = false;
  bool plain = false;          // no patterns, no rules for names, no counts
  bool blind = false;          // a pattern could not be compiled: any member may fit it
  std::uint32_t required = 0;  // how many
  std::uint32_t least = 0, most = kNone;
  json::Place where_required = 0, where_least = 0, where_most = 0, where_additional = 0;

  void index();
  /// The property `key`, or null. `next` is the one expected, and moves.
  const Property* find(std::string_view key, std::size_t& next) const noexcept {
    if (next < properties.size() && properties[next].key == key) return &properties[next++];
    return find_by_hash(key, next);
  }

 private:
  const Property* find_by_hash(std::string_view key, std::size_t& next) const noexcept;
};

struct ItemRules {
  std::vector<BlockId> prefix;
  BlockId rest = kAccept;
  bool has_rest = false;
  std::uint32_t least = 0, most = kNone;
  json::Place where_least = 0, where_most = 0;
};

struct ContainRules {
  BlockId block = kAccept;
  std::uint32_t least = 1, most = kNone;
  bool marks = true;  // what it finds counts as evaluated
  json::Place where_least = 0, where_most = 0;
};

struct Condition {
  BlockId question = kAccept, yes = kAccept, no = kAccept;
};

/// A text's pattern, and the quick way to run it, if it is of the plain kind.
struct Pattern {
  CompiledPattern compiled;
  std::optional<SimplePattern> simple;
  std::string source;  // as the schema wrote it

  bool matches(std::string_view text) const {
    return simple ? simple->matches(text) : compiled.matches(text);
  }
};

/// What a member's presence asks for.
struct Dependent {
  std::string_view key;
  std::vector<std::string_view> required;
  BlockId block = kAccept;
};

/// A name that schemas around may say anew.
struct DynamicName {
  std::vector<std::pair<std::uint32_t, BlockId>> by_resource;
};

/// A text that schemas stand in.
struct Source {
  std::string uri;
  std::string text;
  json::Document document;
  json::Tape tape;
};

struct Program {
  std::vector<std::unique_ptr<Source>> sources;
  std::vector<Block> blocks;
  std::vector<Instruction> code;
  std::vector<BlockId> lists;
  std::vector<Bound> numbers;
  std::vector<Values> values;
  std::vector<Pattern> patterns;
  std::vector<MemberRules> member_rules;
  std::vector<ItemRules> item_rules;
  std::vector<ContainRules> contain_rules;
  std::vector<Condition> conditions;
  std::vector<std::vector<Dependent>> dependents;
  std::vector<DynamicName> dynamics;
  BlockId root = kAccept;
  bool has_dynamic = false;  // scopes must be kept
  std::int64_t steps_max = 0;
  std::vector<std::string> unchecked;

  /// "#/properties/a/type", with the document's URI in front when it is not the
  /// schema itself. Walks the document: for messages only.
  std::string path_to(std::uint8_t source, json::Place where) const;
};

/// Adds one step to a JSON pointer.
void append_step(std::string& pointer, std::string_view key);

}  // namespace plimsoll::checks::schema
