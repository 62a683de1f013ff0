#pragma once

#include <array>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "checks/pattern.h"
#include "checks/schema/keywords.h"
#include "checks/schema/library.h"
#include "checks/schema/program.h"
#include "checks/schema/regex_translation.h"

namespace plimsoll::checks::schema {

/// Turns the schemas of a library into a program, one block for each that can be
/// reached. It never calls itself: what is still to do waits in a queue, so deep
/// schemas cost no stack.
class Compiler {
 public:
  Compiler(Program& program, Library& library, const JsonSchema::Options& options,
           Problems& problems)
      : program_(program), library_(library), options_(options), problems_(problems) {}

  /// Compiles everything that the schema itself reaches.
  void compile();

 private:
  /// The schema in hand.
  struct Hand {
    Location location;
    Found found;
    std::uint8_t draft = kDraft2020;
    std::array<std::vector<Instruction>, kParts> parts;
  };

  void compile_block(BlockId id);
  void drain();
  void finish_dynamics();
  void find_loops();
  void shorten();
  BlockId end_of(BlockId id) const;
  std::vector<BlockId> applied_in_place(BlockId id) const;
  void check_keywords(const Hand& hand);

  BlockId block_for(const Location& location);
  BlockId child(const Hand& hand, json::Place at);
  std::uint32_t list_of(const Hand& hand, json::Place at, std::uint32_t& count);
  void emit(Hand& hand, Part part, Op op, json::Place where, std::uint32_t a = 0,
            std::uint32_t b = 0);

  void references(Hand& hand);
  void reference(Hand& hand, json::Place at);
  void dynamic_reference(Hand& hand, json::Place at);
  void recursive_reference(Hand& hand, json::Place at);
  void emit_dynamic(Hand& hand, json::Place at, const Location& target, std::string name);
  std::optional<Location> target_of(const Hand& hand, json::Place at);
  void types(Hand& hand, Block& block);
  void values(Hand& hand);
  void combinations(Hand& hand);
  void numbers(Hand& hand);
  void strings(Hand& hand);
  void arrays(Hand& hand);
  void contains(Hand& hand);
  void objects(Hand& hand);
  void properties(Hand& hand, MemberRules& rules);
  void pattern_properties(Hand& hand, MemberRules& rules);
  void required(Hand& hand, MemberRules& rules);
  void dependents(Hand& hand);
  void dependent_members(Hand& hand, json::Place at, std::vector<Dependent>& rules);
  void unevaluated(Hand& hand, Block& block);

  /// Values of keywords; a wrong one is a problem, and the bound stays away.
  std::uint32_t count_at(const Hand& hand, Word word, std::uint32_t fallback);
  std::vector<std::string_view> names_at(const Hand& hand, json::Place at);
  bool is_object(const Hand& hand, json::Place at);
  std::optional<std::uint32_t> pattern_at(const Hand& hand, json::Place where,
                                          std::string_view pattern);
  void wrong(const Hand& hand, json::Place at, std::string what, std::string hint = {});
  const json::Tape& tape(const Hand& hand) const { return library_.tape(hand.location.source); }

  Program& program_;
  Library& library_;
  const JsonSchema::Options& options_;
  Problems& problems_;
  std::unordered_map<std::uint64_t, BlockId> known_;
  std::vector<Location> locations_;  // of each block
  std::deque<BlockId> waiting_;
  std::map<std::string, std::uint32_t, std::less<>> dynamic_names_;
  std::size_t dynamics_done_ = 0;
};

}  // namespace plimsoll::checks::schema
