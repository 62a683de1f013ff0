#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/json.h"
#include "cel/program.h"
#include "model/request.h"

namespace plimsoll::facts {

/// What conditions may know, in the order of their variables. The first ones stand
/// in the request's body; the others are set by whoever knows them.
enum class Fact : std::uint8_t {
  model,          // as the client asked for it
  stream,         // bool
  json,           // whether JSON was asked for
  messages,       // how many
  text,           // of the user's last message
  system,         // of the system's messages
  tools,          // names of the tools that are offered
  attachments,    // how many pictures, documents and sounds
  characters,     // of all messages, in bytes of text
  output_tokens,  // the limit that was asked for; not set when none was
  metadata,       // the client's own; an empty map when none came
  user,           // the client's id of its user; "" when none came
  of_the_call,    // the number of those above
  input_tokens = of_the_call,
  feature,
  tenant,
  time_left,                  // a duration
  cost_left,                  // dollars; not set when there is no ceiling
  all,                        // the number of those above
  answer_text = of_the_call,  // in conditions over an answer these two follow the body's
  answer,
  all_of_an_answer,
};

inline constexpr std::size_t kFacts = static_cast<std::size_t>(Fact::all);

/// The names of conditions over a request (`request.text`, `request.tools`, ...):
/// route rules.
const cel::Environment& request_names();
/// The names of conditions over an answer: those that stand in the request's body,
/// and `text` and `answer`, its text as it is and as JSON.
const cel::Environment& answer_names();

/// The facts of one request, for one thread; it must not outlive the request.
/// Read from the body only where a condition asks for one.
class RequestFacts {
 public:
  explicit RequestFacts(const Request& request);
  RequestFacts(const RequestFacts&) = delete;
  RequestFacts& operator=(const RequestFacts&) = delete;

  /// Looks into the body for what `program` reads; what was read stays.
  void read_for(const cel::Program& program);
  void set(Fact fact, cel::Value value) { values_[static_cast<std::size_t>(fact)] = value; }

  std::span<const cel::Value> values() const noexcept { return values_; }
  cel::Arena& arena() noexcept { return arena_; }

 private:
  void read_body();

  const Request& request_;
  bool read_ = false;
  json::Document document_;
  cel::Arena arena_;
  std::array<cel::Value, kFacts> values_;
};

/// Whether `program` reads that variable.
bool reads(const cel::Program& program, Fact fact) noexcept;

}  // namespace plimsoll::facts
