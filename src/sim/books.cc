#include "sim/books.h"

#include <fmt/format.h>

#include "base/json.h"

namespace plimsoll::sim {
namespace {

using Named = std::map<std::string, std::uint64_t>;

std::string object_json(const Named& named) {
  std::string out = "{";
  for (const auto& [name, count] : named) {
    out += fmt::format("{}{}:{}", out.size() > 1 ? "," : "", json::quoted(name), count);
  }
  return out + "}";
}

std::string_view name_of(ClosedBy by) {
  return by == ClosedBy::peer ? "peer" : by == ClosedBy::us ? "us" : "nobody";
}

std::string closes_json(const std::deque<EarlyClose>& closes) {
  std::string out = "[";
  for (const EarlyClose& close : closes) {
    out += fmt::format(R"({}{{"request":{},"by":"{}","after_us":{},"body_bytes":{}}})",
                       out.size() > 1 ? "," : "", close.request, name_of(close.by),
                       close.after.count(), close.body_bytes);
  }
  return out + "]";
}

}  // namespace

std::uint64_t Books::opened() {
  const std::scoped_lock lock(mutex_);
  ++counts_.in_flight;
  return counts_.requests++;
}

void Books::read_request(std::size_t body_bytes) {
  const std::scoped_lock lock(mutex_);
  counts_.request_bytes += body_bytes;
}

std::uint64_t Books::asked_before(std::string_view model, std::string_view prompt) {
  const std::uint64_t key = fingerprint(prompt, fingerprint(model));
  const std::scoped_lock lock(mutex_);
  if (asked_.size() >= kPromptsMax && !asked_.contains(key)) return 0;
  return asked_[key]++;
}

void Books::decided(const Ask& ask, const Decision& decision) {
  const std::scoped_lock lock(mutex_);
  ++counts_.chats;
  const bool room = counts_.by_model.size() < kModelsMax || counts_.by_model.contains(ask.model);
  ++counts_.by_model[room ? ask.model : "(other)"];
  ++counts_.fates[std::string(to_string(decision.fate))];
  for (const Choice& choice : decision.choices) {
    ++counts_.answers[std::string(to_string(choice.worth))];
    if (choice.flaw != Flaw::none) ++counts_.flaws[std::string(to_string(choice.flaw))];
  }
  if (decision.choices.empty()) return;
  counts_.prompt_tokens += ask.prompt_tokens;
  counts_.completion_tokens += decision.completion_tokens();
}

void Books::scripted() {
  const std::scoped_lock lock(mutex_);
  ++counts_.scripted;
}

void Books::replayed() {
  const std::scoped_lock lock(mutex_);
  ++counts_.replayed;
}

void Books::refused() {
  const std::scoped_lock lock(mutex_);
  ++counts_.refused;
}

void Books::closed(const EarlyClose& close) {
  const std::scoped_lock lock(mutex_);
  if (counts_.in_flight > 0) --counts_.in_flight;
  counts_.response_bytes += close.body_bytes;
  if (close.by == ClosedBy::nobody) {
    ++counts_.completed;
    return;
  }
  ++(close.by == ClosedBy::peer ? counts_.closed_by_peer : counts_.closed_by_us);
  counts_.recent_closes.push_back(close);
  if (counts_.recent_closes.size() > kRecentMax) counts_.recent_closes.pop_front();
}

Counts Books::counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

void Books::reset() {
  const std::scoped_lock lock(mutex_);
  const std::uint64_t running = counts_.in_flight;
  counts_ = Counts{};
  counts_.in_flight = running;
  asked_.clear();
}

std::string stats_json(const Counts& counts, const ConnectionCounts& connections) {
  return fmt::format(
      R"({{"requests":{},"chats":{},"scripted":{},"replayed":{},"refused":{},"in_flight":{},)"
      R"("completed":{},"closed_by_peer":{},"closed_by_us":{},)"
      R"("by_model":{},"fates":{},"answers":{},"flaws":{},)"
      R"("bytes":{{"request_bodies":{},"response_bodies":{}}},)"
      R"("tokens":{{"prompt":{},"completion":{}}},)"
      R"("connections":{{"open":{},"accepted":{}}},"recent_closes":{}}})",
      counts.requests, counts.chats, counts.scripted, counts.replayed, counts.refused,
      counts.in_flight, counts.completed, counts.closed_by_peer, counts.closed_by_us,
      object_json(counts.by_model), object_json(counts.fates), object_json(counts.answers),
      object_json(counts.flaws), counts.request_bytes, counts.response_bytes, counts.prompt_tokens,
      counts.completion_tokens, connections.open, connections.accepted,
      closes_json(counts.recent_closes));
}

}  // namespace plimsoll::sim
