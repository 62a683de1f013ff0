#include <fmt/core.h>

#include <cmath>

#include "cel/ast.h"
#include "cel/lexer.h"

namespace plimsoll::cel {
namespace {

class Printer {
 public:
  explicit Printer(const Ast& ast) : ast_(ast) {}
  std::string run() {
    write(ast_.at(ast_.root));
    return std::move(out_);
  }

 private:
  void write(const Expr& node) {
    switch (node.kind) {
      case ExprKind::null: out_ += "null"; return;
      case ExprKind::boolean: out_ += node.magnitude != 0 ? "true" : "false"; return;
      case ExprKind::integer:
        out_ += fmt::format("{}", static_cast<std::int64_t>(node.magnitude));
        return;
      case ExprKind::uinteger: out_ += fmt::format("{}u", node.magnitude); return;
      case ExprKind::real: return write_real(node.number);
      case ExprKind::string:
      case ExprKind::bytes: return write_text(node);
      case ExprKind::identifier: out_ += (node.absolute ? "." : "") + node.text; return;
      case ExprKind::select: return write_select(node);
      case ExprKind::call: return write_call(node);
      case ExprKind::list: return write_items(node, "[", "]", 1);
      case ExprKind::map: return write_items(node, "{", "}", 2);
    }
  }

  void write(ExprId id) { write(ast_.at(id)); }

  void write_real(double number) {
    std::string text = fmt::format("{}", number);
    if (text.find_first_of(".en") == std::string::npos) text += ".0";
    out_ += text;
  }

  void write_text(const Expr& node) {
    out_ += node.kind == ExprKind::bytes ? "b\"" : "\"";
    for (const char c : node.text) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') out_ += '\\';
      const bool plain = byte >= 0x20 && byte != 0x7F;
      if (plain && (byte < 0x80 || node.kind == ExprKind::string))
        out_ += c;
      else
        out_ += fmt::format("\\x{:02x}", byte);
    }
    out_ += '"';
  }

  /// A number before a dot would run into it, so every operand stands in brackets.
  void write_operand(ExprId id) {
    out_ += '(';
    write(id);
    out_ += ')';
  }

  void write_select(const Expr& node) {
    const Expr& operand = ast_.at(node.children[0]);
    const bool name = operand.kind == ExprKind::identifier || operand.kind == ExprKind::select;
    if (name)
      write(operand);
    else
      write_operand(node.children[0]);
    out_ += node.optional ? ".?" : ".";
    const bool plain = node.text.find_first_of(".-/ ") == std::string::npos &&
                       (node.text[0] < '0' || node.text[0] > '9');
    out_ += plain ? node.text : "`" + node.text + "`";
  }

  void write_call(const Expr& node) {
    if (is_operator(node)) return write_operator(node);
    std::size_t first = 0;
    if (node.receiver) {
      write_select_operand(node.children[0]);
      out_ += '.';
      first = 1;
    }
    out_ += (node.absolute ? "." : "") + node.text + "(";
    for (std::size_t i = first; i < node.children.size(); ++i) {
      if (i > first) out_ += ", ";
      write(node.children[i]);
    }
    out_ += ')';
  }

  void write_select_operand(ExprId id) {
    const Expr& operand = ast_.at(id);
    if (operand.kind == ExprKind::identifier || operand.kind == ExprKind::select)
      write(operand);
    else
      write_operand(id);
  }

  void write_operator(const Expr& node) {
    const std::string& name = node.text;
    if (name == "_[_]" || name == "_[?_]") {
      write_operand(node.children[0]);
      out_ += name == "_[_]" ? "[" : "[?";
      write(node.children[1]);
      out_ += ']';
    } else if (name == "_?_:_") {
      write_operand(node.children[0]);
      out_ += " ? ";
      write_operand(node.children[1]);
      out_ += " : ";
      write_operand(node.children[2]);
    } else if (name == "!_" || name == "-_") {
      out_ += name[0];
      write_operand(node.children[0]);
    } else {
      const std::string mark = name == "@in" ? " in " : " " + name.substr(1, name.size() - 2) + " ";
      for (std::size_t i = 0; i < node.children.size(); ++i) {
        if (i > 0) out_ += mark;
        write_operand(node.children[i]);
      }
    }
  }

  /// No function that can be written has such a name.
  static bool is_operator(const Expr& node) {
    return node.text == "@in" || node.text.find_first_of("+-*/%<>=!&|[?") != std::string::npos;
  }

  void write_items(const Expr& node, std::string_view open, std::string_view close,
                   std::size_t wide) {
    out_ += open;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      if (i > 0) out_ += i % wide == 0 ? ", " : ": ";
      if (i % wide == 0 && node.marks[i / wide]) out_ += '?';
      write(node.children[i]);
    }
    out_ += close;
  }

  const Ast& ast_;
  std::string out_;
};

}  // namespace

std::string print(const Ast& ast) { return Printer(ast).run(); }

}  // namespace plimsoll::cel
