#include "sim/golden.h"

#include <fmt/format.h>

#include "base/json.h"
#include "sim/files.h"

namespace plimsoll::sim {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string last_user_text(const json::Array& messages) {
  std::string text;
  for (const json::Value message : messages) {
    if (message.get_string("role") == "user") text = message.get_string("content").value_or("");
  }
  return text;
}

/// Empty when `input` has none of the three forms.
std::string prompt_of(const json::Value& input) {
  if (const auto text = input.as_string()) return std::string(*text);
  if (const auto messages = input.as_array()) return last_user_text(*messages);
  const auto member = input.get("messages");
  const auto messages = member ? member->as_array() : std::nullopt;
  return messages ? last_user_text(*messages) : std::string();
}

Result<GoldenCase> read_case(std::string_view line, std::size_t number) {
  const auto bad = [number](std::string_view why) {
    return fail(ErrorKind::config_invalid, fmt::format("golden set, line {}: {}", number, why),
                "write {\"id\": ..., \"input\": \"...\", \"expected\": ...}");
  };
  json::Document document;
  const auto root = document.parse(line);
  if (!root) return bad(root.error().what);
  const auto input = root->get("input");
  const auto expected = root->get("expected");
  if (!input) return bad("\"input\" is missing");
  GoldenCase read;
  read.prompt = std::string(trimmed(prompt_of(*input)));
  if (read.prompt.empty()) return bad("\"input\" has no user text");
  read.id = root->get_string("id").value_or("");
  if (!expected) return read;
  const auto text = expected->as_string();
  read.expected = text ? std::string(*text) : expected->dump();
  return read;
}

}  // namespace

Result<GoldenSet> GoldenSet::parse(std::string_view jsonl) {
  GoldenSet set;
  std::size_t number = 0;
  for (const std::string_view line : lines_of(jsonl)) {
    ++number;
    if (trimmed(line).empty()) continue;
    PLIMSOLL_TRY(GoldenCase read, read_case(line, number));
    if (read.expected.empty()) continue;
    if (set.cases_.size() == kCasesMax) {
      return fail(ErrorKind::config_invalid,
                  fmt::format("the golden set has more than {} cases", kCasesMax), "split it");
    }
    set.by_prompt_.try_emplace(read.prompt, set.cases_.size());
    set.cases_.push_back(std::move(read));
  }
  return set;
}

Result<GoldenSet> GoldenSet::load(const std::string& path) {
  PLIMSOLL_TRY(const std::string text, read_file(path));
  return parse(text);
}

const GoldenCase* GoldenSet::find(const std::vector<std::string>& user_turns) const {
  for (const std::string& turn : user_turns) {
    // Whole, then without the last paragraph, and so on: what a caller adds to a
    // question, such as what was wrong with the answer before, comes behind it.
    for (std::string_view text = turn;; text = text.substr(0, text.rfind("\n\n"))) {
      const auto found = by_prompt_.find(std::string(trimmed(text)));
      if (found != by_prompt_.end()) return &cases_[found->second];
      if (text.rfind("\n\n") == std::string_view::npos) break;
    }
  }
  return nullptr;
}

std::string_view GoldenSet::wrong_answer(const GoldenCase& asked, Dice dice) const {
  const std::size_t start = dice.below(cases_.size());
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    const GoldenCase& other = cases_[(start + i) % cases_.size()];
    if (other.expected != asked.expected) return other.expected;
  }
  return {};
}

}  // namespace plimsoll::sim
