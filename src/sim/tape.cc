#include "sim/tape.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.h"
#include "sim/files.h"

namespace plimsoll::sim {
namespace {

/// Headers that described the recorded connection, not the answer.
constexpr std::array<std::string_view, 6> kFramingHeaders = {
    "content-length", "transfer-encoding", "connection", "date", "content-encoding", "keep-alive"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

Result<std::string> body_of(const json::Value& message) {
  const auto body = message.get("body");
  if (!body) return std::string();
  if (const auto text = body->get_string("text")) return std::string(*text);
  if (const auto base64 = body->get_string("base64")) return decode_base64(*base64);
  return std::string();
}

Result<Performance> read_response(const json::Value& response) {
  Performance out;
  const auto status = response.get_int("status").value_or(0);
  if (status < 200 || status > 999) {
    return fail(ErrorKind::config_invalid, fmt::format("the status {} cannot be sent", status), "");
  }
  out.status = static_cast<int>(status);
  const auto member = response.get("headers");
  if (const auto headers = member ? member->as_object() : std::nullopt) {
    for (const json::Member& header : *headers) {
      const std::string name = lower(header.key);
      if (std::ranges::find(kFramingHeaders, name) != kFramingHeaders.end()) continue;
      out.headers.emplace_back(name, header.value.as_string().value_or(""));
      if (name == "content-type")
        out.whole = out.headers.back().second.find("stream") == std::string::npos;
    }
  }
  PLIMSOLL_TRY(std::string bytes, body_of(response));
  out.beats.push_back({.bytes = std::move(bytes)});
  return out;
}

}  // namespace

Result<Tape> Tape::parse(std::string_view jsonl) {
  Tape tape;
  json::Document document;
  std::size_t number = 0;
  for (const std::string_view line : lines_of(jsonl)) {
    ++number;
    if (line.empty()) continue;
    const auto bad = [number](std::string_view why) {
      return fail(ErrorKind::config_invalid, fmt::format("recording, line {}: {}", number, why),
                  "see docs/guide/sim.md, \"Recordings\"");
    };
    const auto root = document.parse(line);
    if (!root) return bad(root.error().what);
    const auto response = root->get("response");
    if (!response) return bad("no \"response\"");
    auto played = read_response(*response);
    if (!played) return bad(played.error().what);
    const auto request = root->get("request");
    const std::size_t index = tape.records_.size();
    tape.by_id_.try_emplace(std::string(root->get_string("id").value_or("")), index);
    if (request) {
      PLIMSOLL_TRY(std::string asked, body_of(*request));
      tape.by_body_[std::move(asked)].push_back(index);
    }
    tape.records_.push_back(std::move(*played));
  }
  return tape;
}

Result<Tape> Tape::load(const std::string& path) {
  PLIMSOLL_TRY(const std::string text, read_file(path));
  return parse(text);
}

const Performance* Tape::find(std::string_view id, std::string_view body, std::uint64_t k) const {
  if (records_.empty()) return nullptr;
  if (!id.empty()) {
    const auto found = by_id_.find(std::string(id));
    return found == by_id_.end() ? nullptr : &records_[found->second];
  }
  const auto same = by_body_.find(std::string(body));
  if (same != by_body_.end()) return &records_[same->second[k % same->second.size()]];
  return &records_[k % records_.size()];
}

}  // namespace plimsoll::sim
