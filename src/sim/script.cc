#include "sim/script.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "sim/encode.h"
#include "sim/files.h"
#include "sim/spread.h"

namespace plimsoll::sim {
namespace {

std::unexpected<Error> refuse(std::string what) {
  return fail(ErrorKind::config_invalid, std::move(what), "see docs/guide/sim.md, \"Scripts\"");
}

/// A string as it stands, any other value as JSON.
std::string text_of(const json::Value& value) {
  const auto text = value.as_string();
  return text ? std::string(*text) : value.dump();
}

Result<void> read_status(const json::Value& value, Performance& step) {
  const auto status = value.as_int();
  if (!status || (*status != 0 && (*status < 200 || *status > 999)))
    return refuse("\"status\" must be 0 or from 200 to 999");
  step.status = static_cast<int>(*status);
  return {};
}

Result<void> read_headers(const json::Value& value, Performance& step) {
  const auto object = value.as_object();
  if (!object) return refuse("\"headers\" must be an object");
  for (const json::Member& header : *object) {
    step.headers.emplace_back(std::string(header.key), text_of(header.value));
  }
  return {};
}

Result<void> read_delay(const json::Value& value, Performance& step) {
  PLIMSOLL_TRY(step.wait, parse_time(text_of(value)));
  return {};
}

void default_type(Performance& step, std::string_view type) {
  const bool has = std::ranges::any_of(step.headers, [](const auto& h) {
    return h.first == "content-type" || h.first == "Content-Type";
  });
  if (!has) step.headers.emplace_back("content-type", std::string(type));
}

Result<void> read_body(const json::Value& value, Performance& step) {
  default_type(step, "application/json");
  step.beats.push_back({.bytes = text_of(value)});
  return {};
}

Result<void> read_base64(const json::Value& value, Performance& step) {
  PLIMSOLL_TRY(std::string bytes, decode_base64(value.as_string().value_or("")));
  step.beats.push_back({.bytes = std::move(bytes)});
  return {};
}

Result<void> read_list(const json::Value& value, Performance& step, std::string_view before,
                       std::string_view after) {
  const auto list = value.as_array();
  if (!list) return refuse("\"chunks\" and \"sse\" must be arrays");
  step.whole = false;
  for (const json::Value entry : *list) {
    step.beats.push_back({.bytes = fmt::format("{}{}{}", before, text_of(entry), after)});
  }
  return {};
}

Result<void> read_chunks(const json::Value& value, Performance& step) {
  return read_list(value, step, "", "");
}

Result<void> read_sse(const json::Value& value, Performance& step) {
  default_type(step, "text/event-stream");
  return read_list(value, step, "data: ", "\n\n");
}

Result<void> read_raw(const json::Value& value, Performance& step) {
  step.raw = text_of(value);
  if (step.raw.empty()) return refuse("\"raw\" must not be empty");
  return {};
}

Result<void> read_chunk_delay(const json::Value& value, Performance& step) {
  PLIMSOLL_TRY(const auto wait, parse_time(text_of(value)));
  for (std::size_t i = 1; i < step.beats.size(); ++i) step.beats[i].wait = wait;
  return {};
}

Result<void> read_end(const json::Value& value, Performance& step) {
  const std::string name = text_of(value);
  for (const End end : {End::finish, End::close, End::reset, End::hang}) {
    if (to_string(end) != name) continue;
    step.end = end;
    if (end != End::finish) step.whole = false;
    return {};
  }
  return refuse(fmt::format("\"end\" cannot be \"{}\"", name));
}

Result<void> read_cut(const json::Value& value, Performance& step) {
  const auto bytes = value.as_int();
  if (!bytes || *bytes < 0) return refuse("\"cut_after\" must be a number of bytes");
  cut_after(step, static_cast<std::size_t>(*bytes),
            step.end == End::finish ? End::close : step.end);
  return {};
}

struct Member {
  std::string_view name;
  Result<void> (*read)(const json::Value&, Performance&);
};

/// In the order in which they act on the step.
constexpr Member kMembers[] = {{"status", read_status},
                               {"headers", read_headers},
                               {"delay", read_delay},
                               {"body", read_body},
                               {"body_base64", read_base64},
                               {"chunks", read_chunks},
                               {"sse", read_sse},
                               {"raw", read_raw},
                               {"chunk_delay", read_chunk_delay},
                               {"end", read_end},
                               {"cut_after", read_cut}};

Result<void> refuse_unknown(const json::Object& object) {
  for (const json::Member& member : object) {
    if (member.key == "repeat") continue;
    if (std::ranges::find(kMembers, member.key, &Member::name) == std::end(kMembers))
      return refuse(fmt::format("there is no member \"{}\"", member.key));
  }
  return {};
}

Result<Performance> read_step(const json::Value& value) {
  const auto object = value.as_object();
  if (!object) return refuse("a step must be an object");
  if (auto known = refuse_unknown(*object); !known) return std::unexpected(known.error());
  Performance step;
  for (const Member& member : kMembers) {
    const auto given = value.get(member.name);
    if (!given) continue;
    if (auto read = member.read(*given, step); !read) return std::unexpected(read.error());
  }
  if (step.status == 0 && step.end == End::finish)
    return refuse("a status of 0 needs an \"end\" of close, reset or hang");
  return step;
}

Result<Script::Then> read_then(const json::Value& root) {
  const std::string_view then = root.get_string("then").value_or("answer");
  if (then == "answer") return Script::Then::answer;
  if (then == "repeat") return Script::Then::repeat;
  if (then == "fail") return Script::Then::fail;
  return refuse(fmt::format("\"then\" cannot be \"{}\"", then));
}

}  // namespace

Result<Script> Script::parse(std::string_view text) {
  json::Document document;
  auto root = document.parse(text);
  if (!root) return refuse(fmt::format("the script is not JSON: {}", root.error().what));
  const auto member = root->get("steps");
  const auto steps = member ? member->as_array() : std::nullopt;
  if (!steps) return refuse("the script has no array \"steps\"");
  Script script;
  PLIMSOLL_TRY(script.then_, read_then(*root));
  std::size_t number = 0;
  for (const json::Value value : *steps) {
    auto step = read_step(value);
    if (!step) return refuse(fmt::format("step {}: {}", number, step.error().what));
    const auto times = value.get_int("repeat").value_or(1);
    if (times < 1 || static_cast<std::size_t>(times) > kStepsMax - script.steps_.size())
      return refuse(fmt::format("step {}: more than {} steps in all", number, kStepsMax));
    script.steps_.insert(script.steps_.end(), static_cast<std::size_t>(times), *step);
    ++number;
  }
  return script;
}

std::optional<Performance> Script::step(std::uint64_t k) const {
  if (steps_.empty()) return std::nullopt;
  if (k < steps_.size()) return steps_[k];
  if (then_ == Then::repeat) return steps_[k % steps_.size()];
  if (then_ == Then::answer) return std::nullopt;
  return error_performance({.status = 500,
                            .message = "the script has no more steps",
                            .type = "server_error",
                            .code = "script_exhausted"});
}

}  // namespace plimsoll::sim
