#include "config/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/error.h"
#include "config/field.h"
#include "config/reference.h"
#include "config/remedies.h"
#include "config/scalar.h"
#include "config/shape.h"
#include "config/tokens.h"

namespace plimsoll::config {
namespace {

std::string indented(std::string_view text) {
  std::string out = "    ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "    ";
  }
  return out + "\n";
}

std::string page(const Token& token) {
  std::string out = fmt::format("{}\n\n{}\nWhy it matters: {}.\nWhat to do: {}\n", token.token,
                                token.meaning, token.why, token.remedy);
  if (!token.wrong.empty())
    out += fmt::format("\nWrong:\n{}\nRight:\n{}", indented(token.wrong), indented(token.right));
  return out;
}

std::string page(ErrorKind kind) {
  return fmt::format("{}\n\n{}\nWhat to do: {}\n", to_string(kind), meaning_of(kind),
                     remedy_of(kind));
}

std::string page(const Shape& shape) {
  const Field& field = *shape.field;
  std::string out = fmt::format("{}\n\n{}\n", field.path, field.sentence);
  if (field.presence == Presence::later)
    return out + "Not yet supported: a file that has it is refused by name.\n";
  out += fmt::format("Takes: {}", form_of(field.kind));
  if (field.short_bind != nullptr) out += fmt::format(", or {}", form_of(field.short_kind));
  out += "\n";
  if (!field.choices.empty())
    out += fmt::format("Words: {}\n", fmt::join(words(field.choices), ", "));
  if (field.presence == Presence::required) out += "Required.\n";
  if (!field.fallback.empty()) out += fmt::format("Default: {}\n", field.fallback);
  if (!field.least.empty()) out += fmt::format("Bounds: {} to {}\n", field.least, field.most);
  if (!shape.children.empty()) out += "Holds:\n";
  for (const Shape& child : shape.children)
    out += fmt::format("  {:<16} {}\n", child.key, child.field->sentence);
  return out;
}

std::vector<std::string> steps(std::string_view path) {
  std::vector<std::string> out(1);
  for (const char c : path) {
    if (c == '.') out.emplace_back();
    if (c == '[' && !out.back().empty()) out.emplace_back();
    if (c != '.') out.back() += c;
  }
  std::erase(out, "");
  return out;
}

/// Whether `asked` names the end of `path`: "support-bot" fits "*", "[3]" fits
/// "[]", and both may be left out within.
bool fits(std::span<const std::string> asked, std::span<const std::string> path, bool last = true) {
  if (asked.empty()) return true;
  if (path.empty()) return false;
  const std::string& step = path.back();
  const auto up = path.first(path.size() - 1);
  const auto rest = asked.first(asked.size() - 1);
  if (step == "[]")
    return asked.back().starts_with('[') ? fits(rest, up, false) : !last && fits(asked, up, false);
  if (step == "*" && last) return asked.back() == "*" || (!rest.empty() && fits(rest, up, false));
  if (step == "*") return fits(rest, up, false) || fits(asked, up, false);
  return step == asked.back() && fits(rest, up, false);
}

std::vector<std::string_view> fields_named(std::string_view topic) {
  std::vector<std::string_view> found;
  const auto asked = steps(topic);
  if (asked.empty()) return found;
  for (const Field& field : fields()) {
    if (field.path == topic) return {field.path};
    if (fits(asked, steps(field.path))) found.push_back(field.path);
  }
  return found;
}

std::string upper_first(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
  return out;
}

}  // namespace

std::optional<std::string> explain(std::string_view topic) {
  if (const Token* token = find_token(topic)) return page(*token);
  for (int i = 0; i < kErrorKinds; ++i)
    if (to_string(static_cast<ErrorKind>(i)) == topic) return page(static_cast<ErrorKind>(i));
  std::string out;
  for (const std::string_view path : fields_named(topic))
    out += fmt::format("{}{}", out.empty() ? "" : "\n", page(*shape_at(path)));
  if (out.empty()) return std::nullopt;
  return out;
}

std::string explain_list() {
  std::string out = "Errors that a client or the ledger sees:\n";
  for (int i = 0; i < kErrorKinds; ++i) {
    const auto kind = static_cast<ErrorKind>(i);
    out += fmt::format("  {:<30} {}\n", to_string(kind), meaning_of(kind));
  }
  out += "\nProblems of a one-pager:\n";
  for (const Token& token : tokens())
    out += fmt::format("  {:<30} {}\n", token.token, token.meaning);
  out += "\nFields of a one-pager:\n";
  for (const Field& field : fields())
    if (field.presence != Presence::later)
      out += fmt::format("  {:<48} {}\n", field.path, field.sentence);
  return out;
}

std::vector<std::string_view> topics() {
  std::vector<std::string_view> out;
  for (int i = 0; i < kErrorKinds; ++i) out.push_back(to_string(static_cast<ErrorKind>(i)));
  for (const Token& token : tokens()) out.push_back(token.token);
  for (const Field& field : fields()) {
    out.push_back(field.path);
    const std::size_t dot = field.path.rfind('.');
    if (dot != std::string_view::npos) out.push_back(field.path.substr(dot + 1));
  }
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

std::string errors_markdown() {
  std::string out =
      "# Errors\n\nGenerated by `plimsoll docs`; do not edit. The same token stands in JSON "
      "`code`, metric labels, logs and the\nledger; `plimsoll explain TOKEN` prints its page.\n\n"
      "## Of requests\n";
  for (int i = 0; i < kErrorKinds; ++i) {
    const auto kind = static_cast<ErrorKind>(i);
    out += fmt::format("\n### {}\n\n{}\n\nWhat to do: {}\n", to_string(kind), meaning_of(kind),
                       remedy_of(kind));
  }
  out += "\n## Of the one-pager\n";
  for (const Token& token : tokens()) {
    out += fmt::format("\n### {}\n\n{} {}.\n\nWhat to do: {}\n", token.token, token.meaning,
                       upper_first(token.why), token.remedy);
    if (!token.wrong.empty())
      out += fmt::format("\n```yaml\n# wrong\n{}\n# right\n{}\n```\n", token.wrong, token.right);
  }
  return out;
}

}  // namespace plimsoll::config
