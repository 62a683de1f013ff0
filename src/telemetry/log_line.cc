#include "telemetry/log_line.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "base/batch_worker.h"
#include "base/json.h"

namespace plimsoll::telemetry {
namespace {

/// Writes the members of one flat object. Keys are literals without the need of
/// an escape. Every call has a line, so this takes no way round through formats.
class Line {
 public:
  explicit Line(std::string& out) : out_(out) { out_ += '{'; }
  void end() { out_ += "}\n"; }

  Line& text(std::string_view key, std::string_view value) {
    begin(key);
    json::append_string(out_, value);
    return *this;
  }
  Line& text_if_any(std::string_view key, std::string_view value) {
    return value.empty() ? *this : text(key, value);
  }
  Line& integer(std::string_view key, std::int64_t value) {
    begin(key);
    append_number(value);
    return *this;
  }
  Line& boolean(std::string_view key, bool value) {
    begin(key);
    out_ += value ? "true" : "false";
    return *this;
  }
  /// In milliseconds with three decimals; left out when it never happened.
  Line& millis(std::string_view key, nanoseconds value) {
    if (value < nanoseconds{0}) return *this;
    begin(key);
    const std::int64_t micros = value.count() / 1'000;
    append_number(micros / 1'000);
    const auto rest = static_cast<unsigned>(micros % 1'000);
    const char decimals[] = {'.', digit(rest / 100), digit(rest / 10 % 10), digit(rest % 10)};
    out_.append(decimals, sizeof decimals);
    return *this;
  }

 private:
  static char digit(unsigned value) noexcept { return static_cast<char>('0' + value); }

  void begin(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_.append(key).append("\":", 2);
  }
  void append_number(std::int64_t value) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), end);
  }

  std::string& out_;
  bool first_ = true;
};

/// "2026-01-01T00:00:00.123Z". Most lines of a batch share their second, whose
/// text is kept on each thread.
std::string_view in_utc(WallTime when) {
  struct Kept {
    std::chrono::sys_seconds second = std::chrono::sys_seconds::max();
    std::array<char, 40> text{};
  };
  thread_local Kept kept;
  constexpr std::size_t kToSeconds = 20;  // with the dot
  const auto second = std::chrono::floor<std::chrono::seconds>(when);
  if (second != kept.second) {
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(second - day);
    fmt::format_to_n(kept.text.data(), kToSeconds, "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.",
                     static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
    kept.second = second;
  }
  const auto rest =
      static_cast<unsigned>(std::chrono::duration_cast<milliseconds>(when - second).count());
  char* const end = kept.text.data() + kToSeconds;
  end[0] = static_cast<char>('0' + rest / 100);
  end[1] = static_cast<char>('0' + rest / 10 % 10);
  end[2] = static_cast<char>('0' + rest % 10);
  end[3] = 'Z';
  return {kept.text.data(), kToSeconds + 4};
}

/// The checks that refused any attempt, each once, with commas.
std::string checks_refused(const Trail& trail) {
  std::vector<std::string_view> names;
  for (const AttemptTrail& attempt : trail.attempts)
    for (const Violation& violation : attempt.verdict.violations)
      if (std::find(names.begin(), names.end(), violation.check) == names.end())
        names.push_back(violation.check);
  return names.empty() ? std::string() : fmt::format("{}", fmt::join(names, ","));
}

bool any_usage(const Trail& trail) noexcept {
  return std::any_of(trail.attempts.begin(), trail.attempts.end(),
                     [](const AttemptTrail& attempt) { return attempt.usage.has_value(); });
}

void add_attempts(Line& line, const Trail& trail) {
  line.integer("attempts", static_cast<std::int64_t>(trail.attempts.size()));
  if (!trail.attempts.empty())
    line.text("provider", trail.attempts.back().provider)
        .text("model", trail.attempts.back().model);
  if (any_usage(trail)) {
    const Usage usage = trail.usage_total();
    line.integer("input_tokens", usage.input).integer("output_tokens", usage.output);
  }
  if (const std::optional<Money> cost = trail.cost_total()) line.integer("cost_nanos", cost->nanos);
  line.text_if_any("checks_refused", checks_refused(trail));
}

}  // namespace

void append_log_line(std::string& out, const Trail& trail) {
  Line line(out);
  line.text("time", in_utc(trail.started_wall))
      .text("call", trail.call_id)
      .text_if_any("trace", trail.trace_id)
      .text("outcome", trail.error ? to_string(*trail.error) : "answered")
      .integer("status", trail.http_status)
      .text("endpoint", trail.endpoint)
      .text_if_any("feature", trail.feature)
      .text("model_asked", trail.model_asked)
      .text_if_any("tenant", trail.tenant)
      .text_if_any("key", trail.key_id)
      .text("client", trail.client_address)
      .boolean("streamed", trail.streamed)
      .text("mode", trail.mode == StreamMode::verified ? "verified" : "pass")
      .text("cache", trail.cache)
      .millis("first_byte_ms", trail.first_byte)
      .millis("duration_ms", trail.duration)
      .integer("bytes", static_cast<std::int64_t>(trail.bytes_released));
  add_attempts(line, trail);
  line.text_if_any("policy", trail.policy_version).end();
}

struct LogLines::State {
  using Row = std::shared_ptr<const Trail>;

  State(int target, bool owned, milliseconds patience)
      : descriptor(target), owns(owned), patience_millis(static_cast<int>(patience.count())) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (owns) close(descriptor);
  }

  bool write(std::span<const Row> trails);
  bool write_text();

  const int descriptor;
  const bool owns;
  const int patience_millis;
  std::string text;           // lines not yet out; the worker's own
  std::size_t formatted = 0;  // trails at the batch's front that are in `text` or out already
  std::unique_ptr<BatchWorker<Row>> worker;
};

bool LogLines::State::write(std::span<const Row> trails) {
  for (; formatted < trails.size(); ++formatted) append_log_line(text, *trails[formatted]);
  if (!write_text()) return false;
  formatted = 0;
  return true;
}

/// In pieces that a pipe which polls as ready takes without blocking.
bool LogLines::State::write_text() {
  constexpr std::size_t kPiece = 4'096;  // PIPE_BUF
  std::size_t out = 0;
  while (out < text.size()) {
    pollfd ready{.fd = descriptor, .events = POLLOUT, .revents = 0};
    if (poll(&ready, 1, patience_millis) <= 0) break;
    const ssize_t wrote =
        ::write(descriptor, text.data() + out, std::min(kPiece, text.size() - out));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) break;
    out += static_cast<std::size_t>(wrote);
  }
  text.erase(0, out);
  return text.empty();
}

LogLines::LogLines(std::unique_ptr<State> state) : state_(std::move(state)) {}
LogLines::~LogLines() { state_->worker->stop(); }

Result<std::unique_ptr<LogLines>> LogLines::open(LogLineRules rules) {
  int descriptor = rules.path == "-" ? STDOUT_FILENO : STDERR_FILENO;
  const bool own = rules.path != "-" && rules.path != "stderr";
  if (own) descriptor = ::open(rules.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0)
    return fail(ErrorKind::io_failed,
                fmt::format("cannot open the log {}: {}", rules.path, std::strerror(errno)),
                "name a file this user may write");
  auto state = std::make_unique<State>(descriptor, own, rules.patience);
  const BatchRules batches{.interval = rules.interval, .waiting_max = rules.queue_max};
  state->worker = std::make_unique<BatchWorker<State::Row>>(
      batches, [own_state = state.get()](std::span<const State::Row> rows) {
        return own_state->write(rows);
      });
  return std::unique_ptr<LogLines>(new LogLines(std::move(state)));
}

void LogLines::take(const std::shared_ptr<const Trail>& trail) noexcept {
  state_->worker->push(trail);
}

bool LogLines::flush() { return state_->worker->flush(); }

std::uint64_t LogLines::dropped() const noexcept { return state_->worker->dropped(); }

}  // namespace plimsoll::telemetry
