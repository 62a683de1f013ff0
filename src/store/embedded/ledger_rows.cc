#include "store/embedded/ledger_rows.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

#include "base/json.h"

namespace plimsoll::store {
namespace {

/// The parameters stand in the order of the table; see schema.cc.
constexpr const char* kInsertCall =
    "INSERT INTO calls VALUES(NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
constexpr const char* kInsertAttempt =
    "INSERT INTO attempts VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
constexpr const char* kInsertViolation = "INSERT INTO violations VALUES(?,?,?,?,?,?,?)";

std::optional<std::int64_t> happened(nanoseconds when) {
  if (when < nanoseconds{0}) return std::nullopt;
  return when.count();
}

std::optional<std::int64_t> nanos_of(const std::optional<Money>& amount) {
  if (!amount) return std::nullopt;
  return amount->nanos;
}

Statement& bind_error(Statement& row, const std::optional<ErrorKind>& error) {
  return error ? row.text(to_string(*error)) : row.null();
}

Statement& bind_text_if_kept(Statement& row, const std::string& text) {
  return text.empty() ? row.null() : row.text(text);
}

void append_number(std::string& out, std::int64_t number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

/// [["admit",-1,1,"",1200],...], see schema.cc.
void list_controls(std::string& out, const Trail& trail) {
  out = "[";
  for (const ControlRun& run : trail.controls) {
    out += out.size() > 1 ? ",[" : "[";
    json::append_string(out, run.control);
    append_number(out += ',', run.attempt);
    out += run.passed ? ",1," : ",0,";
    json::append_string(out, run.note);
    append_number(out += ',', run.took.count());
    out += ']';
  }
  // What a translation between dialects left out, in the form of a control's note.
  for (std::size_t i = 0; i < trail.attempts.size(); ++i) {
    if (trail.attempts[i].dropped.empty()) continue;
    fmt::format_to(std::back_inserter(out), "{}[\"translate\",{},1,", out.size() > 1 ? "," : "", i);
    json::append_string(out, "dropped " + trail.attempts[i].dropped);
    out += ",0]";
  }
  for (std::size_t i = 0; i < trail.attempts.size(); ++i) {
    if (trail.attempts[i].repaired.empty()) continue;
    fmt::format_to(std::back_inserter(out), "{}[\"repair\",{},1,", out.size() > 1 ? "," : "", i);
    json::append_string(out, trail.attempts[i].repaired);
    out += ",0]";
  }
  out += "]";
}

std::string_view name_of(StreamMode mode) noexcept {
  return mode == StreamMode::verified ? "verified" : "pass";
}

/// Evidence quotes the answer, so it is kept only where texts are kept.
bool keeps_text(const Trail& trail) noexcept {
  return !trail.request_text.empty() || !trail.answer_text.empty();
}

bool any_usage(const Trail& trail) noexcept {
  return std::any_of(trail.attempts.begin(), trail.attempts.end(),
                     [](const AttemptTrail& attempt) { return attempt.usage.has_value(); });
}

}  // namespace

LedgerRows::LedgerRows(Database& database, Statement call, Statement attempt, Statement violation)
    : database_(&database),
      call_(std::move(call)),
      attempt_(std::move(attempt)),
      violation_(std::move(violation)) {}

Result<LedgerRows> LedgerRows::prepare(Database& database) {
  PLIMSOLL_TRY(Statement call, Statement::prepare(database, kInsertCall));
  PLIMSOLL_TRY(Statement attempt, Statement::prepare(database, kInsertAttempt));
  PLIMSOLL_TRY(Statement violation, Statement::prepare(database, kInsertViolation));
  return LedgerRows(database, std::move(call), std::move(attempt), std::move(violation));
}

Result<void> LedgerRows::write(std::span<const std::shared_ptr<const Trail>> trails) {
  if (auto begun = database_->run("BEGIN IMMEDIATE"); !begun) return begun;
  auto written = write_all(trails);
  if (written) written = database_->run("COMMIT");
  if (!written) (void)database_->run("ROLLBACK");
  return written;
}

Result<void> LedgerRows::write_all(std::span<const std::shared_ptr<const Trail>> trails) {
  for (const auto& trail : trails) {
    if (auto done = write_call(*trail); !done) return done;
    const std::int64_t call = database_->last_row_id();
    for (std::size_t n = 0; n < trail->attempts.size(); ++n) {
      if (auto done = write_attempt(*trail, call, n); !done) return done;
      if (trail->attempts[n].verdict.passed()) continue;
      if (auto done = write_violations(*trail, call, n); !done) return done;
    }
  }
  return {};
}

Result<void> LedgerRows::write_call(const Trail& trail) {
  list_controls(controls_, trail);
  const Usage usage = trail.usage_total();
  const bool metered = any_usage(trail);
  call_.text(trail.call_id)
      .text(trail.trace_id)
      .integer(trail.started_wall.time_since_epoch().count())
      .text(trail.tenant)
      .text(trail.key_id)
      .text(trail.client_address)
      .text(trail.endpoint)
      .text(trail.feature)
      .text(trail.model_asked)
      .text(trail.policy_version)
      .text(trail.request_hash)
      .integer(static_cast<std::int64_t>(trail.request_bytes))
      .integer(trail.streamed ? 1 : 0)
      .text(name_of(trail.mode))
      .integer(trail.client_retry)
      .text(trail.cache);
  bind_error(call_, trail.error)
      .text(trail.error_text)
      .integer(trail.http_status)
      .integer(static_cast<std::int64_t>(trail.bytes_released))
      .integer_or_null(happened(trail.first_byte))
      .integer(trail.duration.count())
      .integer(static_cast<std::int64_t>(trail.attempts.size()))
      .integer_or_null(metered ? std::optional(usage.input) : std::nullopt)
      .integer_or_null(metered ? std::optional(usage.output) : std::nullopt)
      .integer_or_null(nanos_of(trail.cost_total()))
      .text(controls_);
  bind_text_if_kept(call_, trail.request_text);
  return bind_text_if_kept(call_, trail.answer_text).execute();
}

Result<void> LedgerRows::write_attempt(const Trail& trail, std::int64_t call, std::size_t n) {
  const AttemptTrail& attempt = trail.attempts[n];
  const auto tokens = [&](std::int64_t Usage::* field) -> std::optional<std::int64_t> {
    if (!attempt.usage) return std::nullopt;
    return (*attempt.usage).*field;
  };
  attempt_.integer(call)
      .integer(static_cast<std::int64_t>(n))
      .integer(attempt.rung)
      .text(attempt.provider)
      .text(attempt.model)
      .integer_or_null(happened(attempt.started))
      .integer_or_null(happened(attempt.first_byte))
      .integer_or_null(happened(attempt.first_content))
      .integer_or_null(happened(attempt.ended))
      .integer(attempt.waited_before.count())
      .integer_or_null(attempt.status == 0 ? std::nullopt
                                           : std::optional<std::int64_t>(attempt.status));
  bind_error(attempt_, attempt.error).text(attempt.error_text);
  if (!attempt.verdict_known)
    attempt_.null();
  else
    attempt_.text(attempt.verdict.passed() ? "passed" : to_string(attempt.verdict.kind));
  return attempt_.integer_or_null(tokens(&Usage::input))
      .integer_or_null(tokens(&Usage::output))
      .integer_or_null(tokens(&Usage::cached_input))
      .integer_or_null(tokens(&Usage::reasoning_output))
      .integer(attempt.usage_estimated ? 1 : 0)
      .integer_or_null(nanos_of(attempt.cost))
      .integer(attempt.reserved.nanos)
      .real(attempt.probability)
      .integer(attempt.presumed ? 1 : 0)
      .execute();
}

Result<void> LedgerRows::write_violations(const Trail& trail, std::int64_t call,
                                          std::size_t attempt) {
  const auto& violations = trail.attempts[attempt].verdict.violations;
  for (std::size_t n = 0; n < violations.size(); ++n) {
    violation_.integer(call)
        .integer(static_cast<std::int64_t>(attempt))
        .integer(static_cast<std::int64_t>(n))
        .text(violations[n].check)
        .text(violations[n].where)
        .text(violations[n].expected);
    keeps_text(trail) ? violation_.text(violations[n].found) : violation_.null();
    if (auto done = violation_.execute(); !done) return done;
  }
  return {};
}

}  // namespace plimsoll::store
