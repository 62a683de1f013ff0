#include "checks/prefix_validator.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "checks/excerpt.h"
#include "checks/schema/json_stream.h"
#include "checks/schema/watches.h"

namespace plimsoll::checks {
namespace {

/// Of what has been read, so much is kept for the violation.
constexpr std::size_t kTailBytes = 80;

const schema::Program& anything() {
  static const schema::Program program = [] {
    schema::Program empty;
    empty.blocks.resize(2);
    return empty;
  }();
  return program;
}

}  // namespace

struct PrefixValidator::State {
  explicit State(std::optional<JsonSchema> given)
      : schema(std::move(given)),
        watches(schema ? schema->program() : anything()),
        stream(watches) {}

  std::optional<JsonSchema> schema;
  schema::Watches watches;
  schema::JsonStream stream;
  std::string tail;
  bool refused = false;
};

PrefixValidator::PrefixValidator(std::optional<JsonSchema> schema)
    : state_(std::make_unique<State>(std::move(schema))) {}
PrefixValidator::~PrefixValidator() = default;
PrefixValidator::PrefixValidator(PrefixValidator&&) noexcept = default;
PrefixValidator& PrefixValidator::operator=(PrefixValidator&&) noexcept = default;

bool PrefixValidator::feed(std::string_view bytes) {
  State& state = *state_;
  if (state.refused) return false;
  const std::size_t before = state.stream.read();
  state.refused = !state.stream.feed(bytes);
  const std::string_view taken = bytes.substr(0, state.stream.read() - before);
  state.tail += taken.substr(taken.size() - std::min(taken.size(), kTailBytes));
  if (state.tail.size() > 4 * kTailBytes) state.tail.erase(0, state.tail.size() - kTailBytes);
  return !state.refused;
}

bool PrefixValidator::finish() {
  State& state = *state_;
  if (!state.refused) state.refused = !state.stream.finish();
  return !state.refused;
}

std::size_t PrefixValidator::bytes() const noexcept { return state_->stream.read(); }

Violation PrefixValidator::violation() const {
  const State& state = *state_;
  const std::size_t kept = std::min(state.tail.size(), kTailBytes);
  std::string found = fmt::format("...{} (stopped after {} bytes)",
                                  state.tail.substr(state.tail.size() - kept), bytes());
  if (state.watches.refused()) return state.watches.violation(found);
  return {.check = "json",
          .where = "/",
          .expected = "one JSON value, without prose or a code fence around it",
          .found = std::move(found)};
}

}  // namespace plimsoll::checks
