#include "config/problems.h"

#include <algorithm>
#include <utility>

#include "config/mask.h"
#include "config/tokens.h"

namespace plimsoll::config {
namespace {

/// Problems beyond this number are not even collected: a hostile file may have
/// one for each of its bytes.
constexpr std::size_t kCollectedMax = 1'000;

}  // namespace

void Problems::add(yaml::Place place, std::string_view token, std::string what, std::string fix,
                   std::string why) {
  if (found_.size() >= kCollectedMax) return;
  const std::size_t at = std::min(place.begin, text_.size());
  const std::string_view before = text_.substr(0, at);
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  const std::size_t line_end = std::min(text_.find('\n', at), text_.size());
  const std::size_t end = std::clamp(place.end, at, line_end);
  Diagnostic d{.file = std::string(file_), .token = std::string(token), .what = std::move(what)};
  d.line = 1 + static_cast<std::size_t>(std::ranges::count(before, '\n'));
  d.column = at - line_begin + 1;
  d.width = std::max<std::size_t>(1, end - at);
  const Token* row = find_token(token);
  d.why = why.empty() && row != nullptr ? std::string(row->why) : std::move(why);
  d.fix = std::move(fix);
  found_.push_back({.at = at, .diagnostic = std::move(d)});
}

std::vector<Diagnostic> Problems::take() {
  for (std::size_t i = 0; i < found_.size(); ++i) found_[i].order = i;
  std::ranges::sort(found_, {}, [](const Found& one) { return std::pair(one.at, one.order); });
  std::vector<Diagnostic> out;
  for (Found& one : found_) out.push_back(std::move(one.diagnostic));
  found_.clear();
  return out;
}

std::string Problems::shown_text() const {
  std::string out = mask_secrets(text_);
  for (const yaml::Place& place : hidden_)
    for (std::size_t at = place.begin; at < std::min(place.end, out.size()); ++at)
      if (out[at] != '\n') out[at] = '*';
  return out;
}

}  // namespace plimsoll::config
