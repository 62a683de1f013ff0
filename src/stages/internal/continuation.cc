#include "stages/internal/continuation.h"

#include <algorithm>

namespace plimsoll::stages {
namespace {

std::unexpected<Error> other_text() {
  return fail(ErrorKind::upstream_cut,
              "another answer does not go on where the stream broke: its text differs");
}

}  // namespace

bool Continuation::restart() {
  if (finished_ || too_long_) return false;
  for (Strand& strand : strands_) strand.matched = 0;
  restarted_ = true;
  return true;
}

Continuation::Strand& Continuation::strand_of(const Delta& delta) {
  for (Strand& strand : strands_)
    if (strand.choice == delta.choice && strand.kind == delta.kind && strand.tool == delta.tool)
      return strand;
  return strands_.emplace_back(
      Strand{.choice = delta.choice, .kind = delta.kind, .tool = delta.tool});
}

bool Continuation::caught_up(int choice) const noexcept {
  return std::ranges::all_of(strands_, [choice](const Strand& strand) {
    return strand.choice != choice || strand.caught_up();
  });
}

bool Continuation::caught_up() const noexcept {
  return std::ranges::all_of(strands_, [](const Strand& strand) { return strand.caught_up(); });
}

void Continuation::note(const Event& event) {
  finished_ = finished_ || !event.finishes.empty();
  if (too_long_) return;
  for (const Delta& delta : event.deltas) {
    Strand& strand = strand_of(delta);
    strand.sent += delta.text;
    strand.matched = strand.sent.size();
    kept_bytes_ += delta.text.size();
  }
  if (kept_bytes_ <= kKeptBytesMax) return;
  too_long_ = true;
  strands_.clear();
}

/// The part of `delta` that was not sent yet, if there is one.
std::optional<Delta> Continuation::new_part(const Delta& delta, bool& differs) {
  Strand& strand = strand_of(delta);
  // Ids are made up anew by every answer; the one that was sent stays.
  if (delta.kind == Delta::Kind::tool_id && !strand.sent.empty()) {
    strand.matched = strand.sent.size();
    return {};
  }
  const std::size_t known = std::min(delta.text.size(), strand.sent.size() - strand.matched);
  if (delta.text.compare(0, known, strand.sent, strand.matched, known) != 0) {
    differs = true;
    return {};
  }
  strand.matched += known;
  if (known == delta.text.size()) return {};
  // New text of a choice comes after all that was sent of it.
  differs = !caught_up(delta.choice);
  Delta rest = delta;
  rest.text.erase(0, known);
  return rest;
}

Result<std::optional<Event>> Continuation::take(Event event) {
  if (!restarted_ || event.kind == Event::Kind::comment) {
    note(event);
    return std::optional<Event>(std::move(event));
  }
  if (caught_up()) {
    restarted_ = false;
    // The beginning of an answer, its role, was sent long ago.
    const bool is_beginning =
        event.kind == Event::Kind::chunk && event.deltas.empty() && event.finishes.empty();
    if (is_beginning) return std::optional<Event>();
    note(event);
    return std::optional<Event>(std::move(event));
  }
  if (event.kind == Event::Kind::done) return other_text();

  bool differs = false;
  std::vector<Delta> rest;
  for (const Delta& delta : event.deltas) {
    if (auto part = new_part(delta, differs)) rest.push_back(std::move(*part));
    if (differs) return other_text();
  }
  for (const FinishMark& mark : event.finishes)
    if (!caught_up(mark.choice)) return other_text();
  if (rest.empty() && event.finishes.empty() && !event.usage) return std::optional<Event>();

  // The bytes of the frame hold the old part too: it is written anew from this.
  if (rest != event.deltas) event.raw.clear();
  event.deltas = std::move(rest);
  note(event);
  return std::optional<Event>(std::move(event));
}

}  // namespace plimsoll::stages
