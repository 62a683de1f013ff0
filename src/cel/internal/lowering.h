#pragma once

#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cel/ast.h"
#include "cel/internal/code.h"
#include "cel/internal/names.h"

namespace plimsoll::cel {

/// Turns what was written into what runs: names become places, macros become loops,
/// functions become the rows that may fit, and types are checked on the way.
class Lowering {
 public:
  /// A lowered node and what is known of its value.
  struct Lowered {
    std::uint32_t id = 0;
    Type type;
  };
  using Outcome = std::expected<Lowered, Fault>;

  Lowering(const Ast& ast, const Environment& environment, Program::Code& code)
      : ast_(ast), environment_(environment), names_(environment), code_(code) {}

  Outcome run();

 private:
  struct Macro {
    std::string_view name;
    Op op;
    std::size_t arguments;  // the receiver not counted
    bool pair;              // two names
    bool guarded;
  };

  bool strict() const noexcept { return environment_.checking == Checking::strict; }
  const Expr& expr(ExprId id) const { return ast_.at(id); }
  std::string_view text(std::string text);
  static std::unexpected<Fault> fault(const Expr& at, std::string what, std::string fix);
  /// A fault where types are checked, else a node that is this error when it runs.
  Outcome refuse(const Expr& at, std::string what, std::string fix);

  Outcome add(Node node, const Expr& at, std::vector<std::uint32_t> children, Type type);
  Outcome constant(const Expr& at, Value value, Type type);
  Outcome lower(ExprId id);
  Outcome literal(const Expr& at);

  const Local* local(std::string_view name) const;
  Outcome identifier(const Expr& at);
  Outcome named(const Expr& at, const std::string& name);
  std::optional<Outcome> qualified(const Expr& at);
  Outcome select(const Expr& at);
  Outcome index(const Expr& at, bool optional);
  Outcome list(const Expr& at);
  Outcome map(const Expr& at);
  std::uint32_t keep_marks(const std::vector<bool>& marks);

  Outcome call(const Expr& at);
  std::optional<Outcome> language(const Expr& at);
  std::optional<Outcome> macro(const Expr& at);
  std::optional<Outcome> cel_macro(const Expr& at, const std::string& name);
  Outcome logic(const Expr& at, Op op);
  Outcome comparison(const Expr& at, Op op);
  Outcome conditional(const Expr& at);
  Outcome has(const Expr& at);
  Outcome loop(const Expr& at, const Macro& macro);
  Outcome optional_map(const Expr& at, Op op);
  Outcome bind(const Expr& at);
  Outcome block(const Expr& at);
  Outcome function(const Expr& at, const std::string& name, bool receiver,
                   std::vector<ExprId> arguments);
  Outcome extreme(const Expr& at, const std::string& name, const std::vector<ExprId>& arguments);
  Outcome unknown_function(const Expr& at, const std::string& name, bool receiver,
                           std::size_t arguments);
  std::optional<Outcome> literal_pattern(const Expr& at, std::vector<ExprId> arguments);
  Outcome condition(ExprId id, std::string_view where);

  std::optional<std::string> variable_name(ExprId id) const;
  std::expected<std::uint32_t, Fault> open_locals(const Expr& at, std::vector<Local> locals);
  void close_locals(std::size_t count);
  static std::pair<Type, Type> loop_types(const Type& range, bool pair);
  static Type loop_result(const Macro& macro, const Type& range, const Type& body);

  const Ast& ast_;
  const Environment& environment_;
  Names names_;
  Program::Code& code_;
  std::vector<Local> scope_;
};

}  // namespace plimsoll::cel
