#include "checks/json_pieces.h"

#include "base/json.h"

namespace plimsoll::checks {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

/// Follows a text through its strings.
class Strings {
 public:
  /// True when `c` belongs to a string, its quotes included.
  bool take(char c) noexcept {
    if (!inside_) {
      inside_ = c == '"';
      return inside_;
    }
    if (c == '"' && !escaped_) inside_ = false;
    escaped_ = c == '\\' && !escaped_;
    return true;
  }
  bool inside() const noexcept { return inside_; }

 private:
  bool inside_ = false, escaped_ = false;
};

/// Keeps what is open while a text is read.
class Tracker {
 public:
  explicit Tracker(std::string_view text) : text_(text) {}

  /// False when a bracket closes what it did not open.
  bool take(std::size_t at) {
    const char c = text_[at];
    if (strings_.take(c)) {
      if (c == '"' && strings_.inside() && !was_inside_) string_begin_ = at;
      if (!strings_.inside()) string_end_ = at;
      was_inside_ = strings_.inside();
      return true;
    }
    if (c == '{' || c == '[') open_.push_back({.is_object = c == '{', .begin = at});
    if (c == ':' && !open_.empty())
      open_.back().last_key = text_.substr(string_begin_ + 1, string_end_ - string_begin_ - 1);
    if (c == ',' && !open_.empty()) ++open_.back().last_index;
    if (c != '}' && c != ']') return true;
    if (open_.empty() || open_.back().is_object != (c == '}')) return false;
    open_.pop_back();
    return true;
  }
  bool in_string() const noexcept { return strings_.inside(); }
  std::vector<OpenContainer>& open() noexcept { return open_; }

 private:
  std::string_view text_;
  Strings strings_;
  bool was_inside_ = false;
  std::size_t string_begin_ = 0, string_end_ = 0;
  std::vector<OpenContainer> open_;
};

}  // namespace

std::size_t container_end(std::string_view text, std::size_t at) noexcept {
  Strings strings;
  std::size_t depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (strings.take(c)) continue;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at + 1;
  }
  return kNone;
}

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == kNone) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::vector<Piece> members_of(std::string_view object) {
  struct Walk {
    std::string_view text;
    std::vector<Piece> pieces;
  } walk{object, {}};
  const auto visit = [](void* self, const json::RawMember& member) {
    auto& to = *static_cast<Walk*>(self);
    to.pieces.push_back(
        {.key = member.key,
         .head = to.text.substr(member.whole.begin, member.value.begin - member.whole.begin),
         .value = to.text.substr(member.value.begin, member.value.end - member.value.begin)});
  };
  (void)json::for_each_raw_member(object, visit, &walk);
  return std::move(walk.pieces);
}

std::vector<std::string_view> items_of(std::string_view array) {
  std::vector<std::string_view> items;
  if (array.size() < 2 || trimmed(array.substr(1, array.size() - 2)).empty()) return items;
  Strings strings;
  std::size_t depth = 0, begin = 1;
  for (std::size_t at = 0; at < array.size(); ++at) {
    const char c = array[at];
    if (strings.take(c)) continue;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    const bool ends = (c == ',' && depth == 1) || depth == 0;
    if (!ends) continue;
    items.push_back(trimmed(array.substr(begin, at - begin)));
    begin = at + 1;
    if (depth == 0) break;
  }
  return items;
}

std::optional<std::vector<OpenContainer>> open_containers(std::string_view text) {
  Tracker tracker(text);
  for (std::size_t at = 0; at < text.size(); ++at)
    if (!tracker.take(at)) return std::nullopt;
  if (tracker.in_string()) return std::nullopt;
  return std::move(tracker.open());
}

}  // namespace plimsoll::checks
