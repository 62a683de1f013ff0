// Grammar (each line binds tighter than the one above):
//
//   Expr      = Or ["?" Or ":" Expr]
//   Or        = And {"||" And}
//   And       = Relation {"&&" Relation}
//   Relation  = Sum {("<"|"<="|">="|">"|"=="|"!="|"in") Sum}
//   Sum       = Product {("+"|"-") Product}
//   Product   = Unary {("*"|"/"|"%") Unary}
//   Unary     = Member | "!" {"!"} Member | "-" {"-"} Member
//   Member    = Primary {"." ["?"] name ["(" [Args] ")"] | "[" ["?"] Expr "]"}
//   Primary   = ["."] name ["(" [Args] ")"] | "(" Expr ")" | literal
//             | "[" [["?"] Expr {"," ["?"] Expr}] [","] "]"
//             | "{" [["?"] Expr ":" Expr {"," ...}] [","] "}"
#include "cel/parser.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "base/result.h"
#include "cel/lexer.h"
#include "cel/literals.h"

namespace plimsoll::cel {
namespace {

using Parsed = std::expected<ExprId, Fault>;

std::unexpected<Fault> fault_at(const Token& token, std::string what, std::string fix) {
  return std::unexpected(Fault{.offset = token.offset,
                               .length = std::max<std::size_t>(token.length, 1),
                               .what = std::move(what),
                               .fix = std::move(fix)});
}

std::string described(const Token& token) {
  return token.kind == TokenKind::end ? std::string("the end") : fmt::format("{:?}", token.source);
}

class Parser {
 public:
  explicit Parser(std::string_view source) : lexer_(source) {}

  std::expected<Ast, Fault> run() {
    advance();
    auto root = expression();
    if (unreadable_) return std::unexpected(std::move(*unreadable_));
    if (!root) return std::unexpected(std::move(root).error());
    if (token_.kind != TokenKind::end)
      return fault_at(token_, "the expression goes on after its end with " + described(token_),
                      "put an operator between, or remove it");
    ast_.root = *root;
    return std::move(ast_);
  }

 private:
  using Level = Parsed (Parser::*)();
  struct Operator {
    std::string_view mark;
    std::string_view name;
  };
  /// Counts how deep the grammar has gone down.
  class Descent {
   public:
    explicit Descent(std::size_t& depth) : depth_(++depth) {}
    ~Descent() { --depth_; }
    Descent(const Descent&) = delete;
    Descent& operator=(const Descent&) = delete;
    bool too_deep() const noexcept { return depth_ > kDepthMax; }

   private:
    std::size_t& depth_;
  };

  /// What cannot be cut into tokens ends the text; `run` tells why.
  void advance() {
    auto token = lexer_.next();
    if (token && !unreadable_) {
      token_ = std::move(*token);
      return;
    }
    if (!unreadable_) unreadable_ = std::move(token).error();
    token_ = Token();
  }

  bool at_word(std::string_view word) const noexcept {
    return token_.kind == TokenKind::identifier && token_.source == word;
  }

  std::optional<Fault> expect(std::string_view mark, std::string_view where) {
    if (!token_.is(mark))
      return fault_at(token_,
                      fmt::format("expected {:?} {}, found {}", mark, where, described(token_)),
                      fmt::format("write {}", mark))
          .error();
    advance();
    return {};
  }

  Parsed add(Expr node, const Token& token) {
    node.offset = static_cast<std::uint32_t>(token.offset);
    node.length = static_cast<std::uint32_t>(std::max<std::size_t>(token.length, 1));
    for (const ExprId child : node.children)
      node.depth = std::max(node.depth, ast_.at(child).depth + 1);
    if (node.depth > kDepthMax) return too_deep(token);
    if (ast_.nodes.size() >= kNodesMax)
      return fault_at(token, fmt::format("the expression has more than {} parts", kNodesMax),
                      "split it into several");
    ast_.nodes.push_back(std::move(node));
    return static_cast<ExprId>(ast_.nodes.size() - 1);
  }

  static std::unexpected<Fault> too_deep(const Token& token) {
    return fault_at(token, fmt::format("the expression nests deeper than {} levels", kDepthMax),
                    "split it into several");
  }

  Parsed call(std::string_view name, std::vector<ExprId> children, const Token& token) {
    Expr node;
    node.kind = ExprKind::call;
    node.text = name;
    node.children = std::move(children);
    return add(std::move(node), token);
  }

  Parsed expression() {
    const Descent descent(depth_);
    if (descent.too_deep()) return too_deep(token_);
    PLIMSOLL_TRY(const ExprId condition, either());
    if (!token_.is("?")) return condition;
    const Token mark = token_;
    advance();
    PLIMSOLL_TRY(const ExprId then, either());
    if (auto fault = expect(":", "between the two results of ?"))
      return std::unexpected(std::move(*fault));
    PLIMSOLL_TRY(const ExprId otherwise, expression());
    return call("_?_:_", {condition, then, otherwise}, mark);
  }

  Parsed either() { return flat("||", "_||_", &Parser::both); }
  Parsed both() { return flat("&&", "_&&_", &Parser::relation); }

  /// a || b || c is one call of three arguments: no depth, however long.
  Parsed flat(std::string_view mark, std::string_view name, Level below) {
    PLIMSOLL_TRY(const ExprId first, (this->*below)());
    if (!token_.is(mark)) return first;
    const Token place = token_;
    std::vector<ExprId> terms = {first};
    while (token_.is(mark)) {
      advance();
      PLIMSOLL_TRY(const ExprId term, (this->*below)());
      terms.push_back(term);
    }
    return call(name, std::move(terms), place);
  }

  Parsed chain(std::span<const Operator> operators, Level below) {
    PLIMSOLL_TRY(const ExprId first, (this->*below)());
    ExprId left = first;
    for (;;) {
      const auto found = std::ranges::find_if(operators, [this](const Operator& candidate) {
        return candidate.mark == "in" ? at_word("in") : token_.is(candidate.mark);
      });
      if (found == operators.end()) return left;
      const Token place = token_;
      advance();
      PLIMSOLL_TRY(const ExprId right, (this->*below)());
      PLIMSOLL_TRY(const ExprId whole, call(found->name, {left, right}, place));
      left = whole;
    }
  }

  Parsed relation() {
    static constexpr Operator kOperators[] = {{"<", "_<_"},   {"<=", "_<=_"}, {">", "_>_"},
                                              {">=", "_>=_"}, {"==", "_==_"}, {"!=", "_!=_"},
                                              {"in", "@in"}};
    return chain(kOperators, &Parser::sum);
  }
  Parsed sum() {
    static constexpr Operator kOperators[] = {{"+", "_+_"}, {"-", "_-_"}};
    return chain(kOperators, &Parser::product);
  }
  Parsed product() {
    static constexpr Operator kOperators[] = {{"*", "_*_"}, {"/", "_/_"}, {"%", "_%_"}};
    return chain(kOperators, &Parser::unary);
  }

  Parsed unary() {
    const bool negation = token_.is("!");
    if (!negation && !token_.is("-")) return member();
    std::vector<Token> marks;
    while (token_.is(negation ? "!" : "-")) {
      marks.push_back(token_);
      if (marks.size() > kDepthMax) return too_deep(token_);
      advance();
    }
    // The last minus before a number is the number's own: the smallest int has no
    // positive twin.
    const bool number = token_.kind == TokenKind::integer || token_.kind == TokenKind::real;
    if (!negation && number) {
      marks.pop_back();
      negative_ = true;
    }
    PLIMSOLL_TRY(const ExprId value, member());
    ExprId made = value;
    for (; !marks.empty(); marks.pop_back()) {
      PLIMSOLL_TRY(const ExprId outer, call(negation ? "!_" : "-_", {made}, marks.back()));
      made = outer;
    }
    return made;
  }

  Parsed member() {
    PLIMSOLL_TRY(const ExprId first, primary());
    ExprId made = first;
    while (token_.is(".") || token_.is("[")) {
      auto longer = token_.is(".") ? selection(made) : index(made);
      if (!longer) return longer;
      made = *longer;
    }
    return made;
  }

  Parsed index(ExprId operand) {
    const Token place = token_;
    advance();
    const bool optional = token_.is("?");
    if (optional) advance();
    PLIMSOLL_TRY(const ExprId key, expression());
    if (auto fault = expect("]", "after an index")) return std::unexpected(std::move(*fault));
    return call(optional ? "_[?_]" : "_[_]", {operand, key}, place);
  }

  Parsed selection(ExprId operand) {
    advance();
    Expr node;
    node.kind = ExprKind::select;
    node.optional = token_.is("?");
    if (node.optional) advance();
    const Token name = token_;
    if (name.kind != TokenKind::identifier && name.kind != TokenKind::quoted_identifier)
      return fault_at(name, "expected a name after the dot, found " + described(name),
                      "write a field or a function, or put the key into [\"...\"]");
    advance();
    node.text = name.source;
    node.children = {operand};
    if (name.kind == TokenKind::identifier && !node.optional && token_.is("(")) {
      node.kind = ExprKind::call;
      node.receiver = true;
      if (auto fault = arguments(node)) return std::unexpected(std::move(*fault));
    }
    return add(std::move(node), name);
  }

  /// Reads "(a, b)" and appends to the node's children.
  std::optional<Fault> arguments(Expr& node) {
    advance();
    while (!token_.is(")")) {
      auto argument = expression();
      if (!argument) return std::move(argument).error();
      node.children.push_back(*argument);
      if (!token_.is(",")) break;
      advance();
      if (token_.is(")"))
        return fault_at(token_, "expected an argument after the comma, found \")\"",
                        "remove the comma")
            .error();
    }
    return expect(")", "after the arguments");
  }

  Parsed primary() {
    const Descent descent(depth_);
    if (descent.too_deep()) return too_deep(token_);
    if (token_.is("(")) {
      advance();
      PLIMSOLL_TRY(const ExprId inside, expression());
      if (auto fault = expect(")", "to close the bracket"))
        return std::unexpected(std::move(*fault));
      return inside;
    }
    if (token_.is("[")) return list();
    if (token_.is("{")) return map();
    if (token_.kind == TokenKind::identifier || token_.is(".")) return name();
    return literal();
  }

  Parsed name() {
    Expr node;
    node.kind = ExprKind::identifier;
    node.absolute = token_.is(".");
    if (node.absolute) advance();
    const Token word = token_;
    if (!node.absolute && (at_word("true") || at_word("false") || at_word("null")))
      return constant();
    if (word.kind != TokenKind::identifier || is_reserved(word.source))
      return fault_at(word, "expected a name, found " + described(word),
                      "these words are reserved: if, for, in, let, ...; a key of a map may be "
                      "written after a dot or in [\"...\"]");
    advance();
    node.text = word.source;
    if (token_.is("(")) {
      node.kind = ExprKind::call;
      if (auto fault = arguments(node)) return std::unexpected(std::move(*fault));
    }
    return add(std::move(node), word);
  }

  Parsed constant() {
    const Token word = token_;
    advance();
    Expr node;
    node.kind = word.source == "null" ? ExprKind::null : ExprKind::boolean;
    node.magnitude = word.source == "true" ? 1 : 0;
    return add(std::move(node), word);
  }

  Parsed literal() {
    Token token = token_;
    const bool negative = std::exchange(negative_, false);
    Expr node;
    switch (token.kind) {
      case TokenKind::integer: {
        node.kind = ExprKind::integer;
        constexpr std::uint64_t kTop = std::uint64_t{1} << 63U;
        if (token.magnitude == kTop && !negative)
          return fault_at(token, "this number does not fit in an int", "write it as a uint: add u");
        node.magnitude = negative ? 0 - token.magnitude : token.magnitude;
        break;
      }
      case TokenKind::uinteger:
        node.kind = ExprKind::uinteger;
        node.magnitude = token.magnitude;
        break;
      case TokenKind::real:
        node.kind = ExprKind::real;
        node.number = negative ? -token.number : token.number;
        break;
      case TokenKind::string:
      case TokenKind::bytes:
        node.kind = token.kind == TokenKind::string ? ExprKind::string : ExprKind::bytes;
        node.text = std::move(token.text);
        break;
      default:
        return fault_at(token, "expected a value, found " + described(token),
                        "write a literal, a variable or a bracketed expression");
    }
    advance();
    return add(std::move(node), token);
  }

  Parsed list() {
    const Token open = token_;
    advance();
    Expr node;
    node.kind = ExprKind::list;
    while (!token_.is("]")) {
      mark_optional(node);
      PLIMSOLL_TRY(const ExprId item, expression());
      node.children.push_back(item);
      if (!token_.is(",")) break;
      advance();
    }
    if (auto fault = expect("]", "to close the list")) return std::unexpected(std::move(*fault));
    return add(std::move(node), open);
  }

  Parsed map() {
    const Token open = token_;
    advance();
    Expr node;
    node.kind = ExprKind::map;
    while (!token_.is("}")) {
      mark_optional(node);
      PLIMSOLL_TRY(const ExprId key, expression());
      if (auto fault = expect(":", "between a key and its value"))
        return std::unexpected(std::move(*fault));
      PLIMSOLL_TRY(const ExprId value, expression());
      node.children.push_back(key);
      node.children.push_back(value);
      if (!token_.is(",")) break;
      advance();
    }
    if (auto fault = expect("}", "to close the map")) return std::unexpected(std::move(*fault));
    return add(std::move(node), open);
  }

  void mark_optional(Expr& node) {
    node.marks.push_back(token_.is("?"));
    if (node.marks.back()) advance();
  }

  Lexer lexer_;
  Token token_;
  Ast ast_;
  std::size_t depth_ = 0;
  bool negative_ = false;
  std::optional<Fault> unreadable_;
};

}  // namespace

std::expected<Ast, Fault> parse(std::string_view source) {
  if (source.size() > kSourceBytesMax)
    return std::unexpected(Fault{.what = fmt::format("the expression has {} bytes, at most {} are "
                                                     "read",
                                                     source.size(), kSourceBytesMax),
                                 .fix = "split it into several"});
  if (!is_utf8(source))
    return std::unexpected(
        Fault{.what = "the expression is not valid UTF-8", .fix = "write it in UTF-8"});
  return Parser(source).run();
}

}  // namespace plimsoll::cel
