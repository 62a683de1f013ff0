#include "config/yaml.h"

#include <fmt/format.h>
#include <libfyaml.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "config/utf8.h"

// libfyaml's document builder stops at the first duplicate key and expands
// aliases without a bound, so we build our own tree from its events.

namespace plimsoll::config::yaml {
namespace {

struct Free {
  void operator()(fy_diag* p) const { fy_diag_destroy(p); }
  void operator()(fy_parser* p) const { fy_parser_destroy(p); }
};

class Builder {
 public:
  explicit Builder(std::string_view text) : text_(text) {}
  std::expected<Node, Fault> build();

 private:
  /// A collection that is still open. `key` waits for its value.
  struct Open {
    Node node;
    std::optional<Node> key;
    std::string anchor;
  };

  bool take(const fy_event& event, Place place);
  bool scalar(const fy_event& event, Place place);
  bool alias(const fy_event& event, Place place);
  bool open(Kind kind, Place place, fy_token* anchor);
  bool close(Place place);
  bool add(Node node, const std::string& anchor);
  bool count(std::size_t nodes, std::size_t at);
  bool fault(std::string token, std::size_t at, std::string what, std::string fix);
  Fault parser_fault(fy_diag* diag) const;
  std::size_t offset_of(int line, int column) const;

  std::string_view text_;
  std::vector<Open> open_;
  std::map<std::string, Node> anchors_;
  std::optional<Node> root_;
  std::optional<Fault> fault_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
  bool ended_ = false;
};

std::string text_of(fy_token* token) {
  std::size_t length = 0;
  const char* text = token == nullptr ? nullptr : fy_token_get_text(token, &length);
  return text == nullptr ? std::string{} : std::string(text, length);
}

std::size_t size_of(const Node& node) {
  std::size_t n = 1;
  for (const Node& item : node.items) n += size_of(item);
  for (const Entry& entry : node.entries) n += size_of(entry.key) + size_of(entry.value);
  return n;
}

std::expected<Node, Fault> Builder::build() {
  fy_diag_cfg diag_rules;
  fy_diag_cfg_default(&diag_rules);
  diag_rules.fp = nullptr;
  diag_rules.output_fn = [](fy_diag*, void*, const char*, std::size_t) {};
  const std::unique_ptr<fy_diag, Free> diag(fy_diag_create(&diag_rules));
  fy_diag_set_collect_errors(diag.get(), true);
  fy_parse_cfg rules{};
  rules.flags = static_cast<fy_parse_cfg_flags>(FYPCF_ALLOW_DUPLICATE_KEYS | FYPCF_QUIET);
  rules.diag = diag.get();
  const std::unique_ptr<fy_parser, Free> parser(fy_parser_create(&rules));
  fy_parser_set_string(parser.get(), text_.data(), text_.size());
  bool go_on = true;
  while (go_on) {
    fy_event* event = fy_parser_parse(parser.get());
    if (event == nullptr) break;
    const fy_mark* begin = fy_event_start_mark(event);
    const fy_mark* end = fy_event_end_mark(event);
    const Place place{begin != nullptr ? begin->input_pos : 0, end != nullptr ? end->input_pos : 0};
    go_on = take(*event, place);
    fy_parser_event_free(parser.get(), event);
  }
  if (fault_) return std::unexpected(*fault_);
  if (!ended_) return std::unexpected(parser_fault(diag.get()));
  return root_.value_or(Node{});
}

bool Builder::take(const fy_event& event, Place place) {
  switch (event.type) {
    case FYET_SCALAR: return scalar(event, place);
    case FYET_ALIAS: return alias(event, place);
    case FYET_MAPPING_START: return open(Kind::mapping, place, event.mapping_start.anchor);
    case FYET_SEQUENCE_START: return open(Kind::sequence, place, event.sequence_start.anchor);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END: return close(place);
    case FYET_DOCUMENT_START:
      if (++documents_ == 1) return true;
      return fault("config_syntax", place.begin, "a second document begins here",
                   "keep one document in the file: remove the line \"---\" and what follows");
    case FYET_STREAM_END: ended_ = true; return false;
    default: return true;
  }
}

bool Builder::scalar(const fy_event& event, Place place) {
  Node node{.kind = Kind::scalar, .text = text_of(event.scalar.value), .place = place};
  node.quoted =
      event.scalar.value != nullptr && fy_token_scalar_style(event.scalar.value) != FYSS_PLAIN;
  // An empty plain scalar has no place of its own: it is where its key ends.
  const bool unplaced = place.begin > text_.size() || (!node.quoted && node.text.empty());
  if (unplaced && !open_.empty() && open_.back().key) {
    const std::size_t at = open_.back().key->place.end;
    node.place = {at, at};
  } else if (unplaced && !open_.empty()) {
    node.place = {open_.back().node.place.begin, open_.back().node.place.begin};
  } else if (unplaced) {
    node.place = {};
  }
  const bool is_null = !node.quoted && (node.text.empty() || node.text == "~" ||
                                        node.text == "null" || node.text == "Null");
  if (is_null) node.kind = Kind::null;
  return count(1, node.place.begin) && add(std::move(node), text_of(event.scalar.anchor));
}

bool Builder::alias(const fy_event& event, Place place) {
  const std::string name = text_of(event.alias.anchor);
  const auto found = anchors_.find(name);
  if (found == anchors_.end())
    return fault("config_syntax", place.begin,
                 fmt::format("\"*{}\" names no anchor above it", name),
                 fmt::format("write \"&{}\" before the value that is meant, or repeat it", name));
  if (!count(size_of(found->second), place.begin)) return false;
  Node copy = found->second;
  copy.place = place;
  return add(std::move(copy), "");
}

bool Builder::open(Kind kind, Place place, fy_token* anchor) {
  if (open_.size() >= kDepthMax)
    return fault("config_too_deep", place.begin,
                 fmt::format("values are nested more than {} deep", kDepthMax),
                 "remove the nesting; no field of a one-pager needs more than 8");
  open_.push_back({.node = {.kind = kind, .place = place}, .key = {}, .anchor = text_of(anchor)});
  return count(1, place.begin);
}

bool Builder::close(Place place) {
  Open done = std::move(open_.back());
  open_.pop_back();
  done.node.place.end = std::max(place.end, done.node.place.begin);
  return add(std::move(done.node), done.anchor);
}

bool Builder::add(Node node, const std::string& anchor) {
  if (!anchor.empty()) anchors_[anchor] = node;
  if (open_.empty()) {
    root_ = std::move(node);
    return true;
  }
  Open& into = open_.back();
  if (into.node.kind == Kind::sequence) {
    into.node.items.push_back(std::move(node));
  } else if (!into.key) {
    into.key = std::move(node);
  } else {
    into.node.entries.push_back({std::move(*into.key), std::move(node)});
    into.key.reset();
  }
  return true;
}

bool Builder::count(std::size_t nodes, std::size_t at) {
  nodes_ += nodes;
  if (nodes_ <= kNodesMax) return true;
  return fault("config_too_large", at,
               fmt::format("the file has more than {} values once aliases are expanded", kNodesMax),
               "use fewer aliases, or split the plan over several gateways");
}

bool Builder::fault(std::string token, std::size_t at, std::string what, std::string fix) {
  fault_ = Fault{std::move(token), at, std::move(what), std::move(fix)};
  return false;
}

Fault Builder::parser_fault(fy_diag* diag) const {
  void* next = nullptr;
  const fy_diag_error* error = fy_diag_errors_iterate(diag, &next);
  if (error == nullptr || error->msg == nullptr)
    return {"config_syntax", 0, "the text is not YAML 1.2", "remove the directive (a line with %)"};
  const std::string message = error->msg;
  const std::size_t at = offset_of(error->line, error->column);
  if (message.find("tab") != std::string::npos)
    return {"config_tab", at, "a tab is used as indentation", "indent with spaces"};
  return {"config_syntax", at, message, "correct the YAML at the caret; the rest was not read"};
}

/// The parser counts characters; we count bytes.
std::size_t Builder::offset_of(int line, int column) const {
  std::size_t at = 0;
  for (; line > 1; --line) {
    const std::size_t end = text_.find('\n', at);
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  for (; column > 1 && at < text_.size() && text_[at] != '\n'; --column) {
    ++at;
    while (at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xC0) == 0x80) ++at;
  }
  return at;
}

}  // namespace

std::expected<Node, Fault> parse(std::string_view text) {
  if (text.size() > kTextMax)
    return std::unexpected(
        Fault{"config_too_large", 0,
              fmt::format("the file has {} bytes; at most {} are read", text.size(), kTextMax),
              "move long texts to files of their own"});
  if (const auto bad = first_bad_utf8(text))
    return std::unexpected(Fault{
        "config_syntax", *bad,
        fmt::format("byte 0x{:02X} is not UTF-8 text", static_cast<unsigned char>(text[*bad])),
        "save the file as UTF-8"});
  return Builder(text).build();
}

}  // namespace plimsoll::config::yaml
