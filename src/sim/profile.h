#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sim/spread.h"

namespace plimsoll::sim {

/// What becomes of a request. Everything but `answer` is a fault with a rate.
/// On a whole (not streamed) answer the stream faults act on its body.
enum class Fate : std::uint8_t {
  answer,
  rate_limited,     // 429, with a wait told in the form `retry_after` names
  server_error,     // 500
  unavailable,      // 503
  overloaded,       // 529, the way Anthropic-like hosts say it
  reset,            // TCP reset instead of an answer
  hang,             // never answers; the connection stays open
  cut_reset,        // TCP reset at token `cut_at`
  cut_eof,          // connection closed at token `cut_at`, HTTP framing broken
  stops_early,      // ends at token `cut_at`, HTTP framing intact, no finish, no [DONE]
  no_done,          // everything but [DONE]; a whole answer is not harmed
  malformed_event,  // one event (or the whole body) is not JSON
  error_in_stream,  // an error event at token `cut_at`; as a whole answer: 200 with an error
};
inline constexpr std::size_t kFates = 13;

/// What is wrong with an answer that does arrive.
enum class Flaw : std::uint8_t {
  none,
  fenced,          // the right JSON inside a Markdown fence, with a sentence before it
  wrong_type,      // one member has another type; a text answer becomes prose
  missing_key,     // one member is gone; a text answer becomes prose
  truncated,       // cut in the middle, finish_reason "length"
  prose,           // talks about the answer instead of giving it
  refusal,         // refuses; in the `refusal` field when a JSON schema was asked for
  wrong_language,  // prose in another language
};
inline constexpr std::size_t kFlaws = 8;

/// How a 429 tells its wait.
enum class RetryAfter : std::uint8_t { none, seconds, date, milliseconds, ratelimit_reset };

std::string_view to_string(Fate fate) noexcept;
std::string_view to_string(Flaw flaw) noexcept;
std::string_view to_string(RetryAfter form) noexcept;

/// How one model behaves. Rates are shares of all requests, each in [0, 1]; the
/// sum of the fault rates, and that of the flaw rates, is at most 1.
struct Behaviour {
  Spread latency;                     // before a whole answer or an error
  std::optional<Spread> first_token;  // before the first event of a stream; else latency
  Spread between_tokens;              // between two content events
  Spread tokens;                      // length of an answer that no golden case gives
  std::array<double, kFates> faults{};
  std::array<double, kFlaws> flaws{};
  double accuracy = 1.0;  // share of golden cases answered as expected
  RetryAfter retry_after = RetryAfter::seconds;
  std::chrono::nanoseconds retry_after_wait{std::chrono::seconds(1)};
  std::optional<std::size_t> cut_at;  // token where a stream breaks; else drawn
  std::size_t tokens_per_event = 1;   // 1 to 1000

  Behaviour();
};

/// One field of a behaviour, as a flag or a file member sets it: ("latency",
/// "lognormal:300ms:0.5"), ("faults.reset", "0.01"), ("accuracy", "0.9").
///
/// Errors
///   config_invalid   no such field, or a value it cannot have; nothing changed
[[nodiscard]] Result<void> set_field(Behaviour& behaviour, std::string_view field,
                                     std::string_view value);

/// The names set_field knows, for help texts and error hints.
std::vector<std::string> field_names();

/// The behaviour of every model: the default one, and those that differ.
struct Profile {
  Behaviour usual;
  std::map<std::string, Behaviour, std::less<>> by_model;

  const Behaviour& of(std::string_view model) const;
  /// Sets a field for all models, those with a behaviour of their own included.
  [[nodiscard]] Result<void> set(std::string_view field, std::string_view value);
  /// Sets it for one model only.
  [[nodiscard]] Result<void> set_for(std::string_view model, std::string_view field,
                                     std::string_view value);
};

/// Lays the JSON object `text` over `profile`. Members are the fields by name;
/// `faults` and `flaws` are objects of rates; `models` is an object of models,
/// each an object of the same fields, laid over the rest.
///
/// Errors
///   config_invalid   not such an object; says which member
[[nodiscard]] Result<void> lay_over(Profile& profile, std::string_view text);

/// A profile that comes with the program. docs/guide/sim.md describes them.
///
/// Errors
///   config_invalid   no profile of that name; the hint lists them
[[nodiscard]] Result<Profile> named_profile(std::string_view name);
std::vector<std::string_view> profile_names();

}  // namespace plimsoll::sim
