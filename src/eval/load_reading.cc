#include "eval/load_reading.h"

namespace plimsoll::eval {
namespace {

/// True when a delta or message brings something a user would see.
bool brings_content(const json::Value& message) {
  for (const std::string_view member : {"content", "refusal"}) {
    if (!message.get_string(member).value_or("").empty()) return true;
  }
  return message.get("tool_calls").has_value();
}

}  // namespace

std::string_view to_string(LoadOutcome outcome) noexcept {
  static constexpr std::string_view kNames[kLoadOutcomes] = {
      "ok",        "http_error", "unreachable", "timed_out", "cut",
      "truncated", "malformed",  "error_event", "not_sent",  "stopped"};
  return kNames[static_cast<std::size_t>(outcome)];
}

LoadOutcome outcome_of(const Error& error) noexcept {
  switch (error.kind) {
    case ErrorKind::upstream_cut: return LoadOutcome::cut;
    case ErrorKind::upstream_malformed: return LoadOutcome::malformed;
    case ErrorKind::cancelled: return LoadOutcome::stopped;
    case ErrorKind::deadline_exceeded:
    case ErrorKind::upstream_timeout_connect:
    case ErrorKind::upstream_timeout_headers:
    case ErrorKind::upstream_timeout_idle: return LoadOutcome::timed_out;
    default: return LoadOutcome::unreachable;
  }
}

void LoadReading::feed(std::string_view bytes, Deadline now) {
  if (form_ == Form::stream) {
    frames_.feed(bytes);
    read_frames(now);
  } else if (body_.size() + bytes.size() <= kBodyBytesMax) {
    body_ += bytes;
  } else {
    outcome_ = LoadOutcome::malformed;
  }
}

LoadOutcome LoadReading::finish(Deadline now) {
  if (form_ == Form::whole) {
    read_whole(now);
    return outcome_;
  }
  frames_.end_of_input();
  read_frames(now);
  if (outcome_ == LoadOutcome::ok && !done_ && !finished_) outcome_ = LoadOutcome::truncated;
  return outcome_;
}

void LoadReading::read_frames(Deadline now) {
  while (true) {
    const auto frame = frames_.next();
    if (!frame) {
      outcome_ = LoadOutcome::malformed;
      return;
    }
    if (!frame->has_value()) return;
    if (!(*frame)->data.empty()) read_event((*frame)->data, now);
  }
}

void LoadReading::read_event(std::string_view data, Deadline now) {
  if (data == "[DONE]") {
    done_ = true;
    return;
  }
  const auto root = document_.parse(data);
  if (!root || !root->as_object()) {
    outcome_ = LoadOutcome::malformed;
    return;
  }
  if (root->get("error") && outcome_ == LoadOutcome::ok) outcome_ = LoadOutcome::error_event;
  read_usage(*root);
  read_choices(*root, "delta", now);
}

void LoadReading::read_choices(const json::Value& root, std::string_view holder, Deadline now) {
  const auto member = root.get("choices");
  const auto choices = member ? member->as_array() : std::nullopt;
  if (!choices) return;
  bool content = false;
  for (const json::Value choice : *choices) {
    if (choice.get_string("finish_reason")) finished_ = true;
    const auto message = choice.get(holder);
    if (!message) continue;
    content = content || brings_content(*message);
    if (choice.get_int("index").value_or(0) == 0)
      text_ += message->get_string("content").value_or("");
  }
  if (content) content_at_.push_back(now);
}

void LoadReading::read_usage(const json::Value& root) {
  const auto usage = root.get("usage");
  if (!usage) return;
  if (const auto tokens = usage->get_int("completion_tokens")) completion_tokens_ = *tokens;
}

void LoadReading::read_whole(Deadline now) {
  if (outcome_ != LoadOutcome::ok) return;
  const auto root = document_.parse(body_);
  if (!root || !root->as_object()) {
    outcome_ = LoadOutcome::malformed;
    return;
  }
  read_usage(*root);
  read_choices(*root, "message", now);
  if (root->get("error")) {
    outcome_ = LoadOutcome::error_event;
  } else if (!root->get("choices")) {
    outcome_ = LoadOutcome::malformed;
  } else if (!finished_) {
    outcome_ = LoadOutcome::truncated;
  }
}

}  // namespace plimsoll::eval
