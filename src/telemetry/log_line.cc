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

/// Writes the members of one flat object. A member is given with its quotes and
/// comma, `,"status":`, so that it is one copy: every call has a line.
class Line {
 public:
  explicit Line(std::string& out) : out_(out) {}

  Line& text(std::string_view member, std::string_view value) {
    out_ += member;
    json::append_string(out_, value);
    return *this;
  }
  /// For what is known to hold nothing that JSON escapes.
  Line& plain(std::string_view member, std::string_view value) {
    out_.append(member).append(1, '"').append(value).append(1, '"');
    return *this;
  }
  Line& text_if_any(std::string_view member, std::string_view value) {
    return value.empty() ? *this : text(member, value);
  }
  Line& integer(std::string_view member, std::int64_t value) {
    out_ += member;
    append_number(value);
    return *this;
  }
  Line& boolean(std::string_view member, bool value) {
    out_.append(member).append(value ? "true" : "false");
    return *this;
  }
  /// In milliseconds with three decimals; left out when it never happened.
  Line& millis(std::string_view member, nanoseconds value) {
    if (value < nanoseconds{0}) return *this;
    const std::int64_t micros = value.count() / 1'000;
    integer(member, micros / 1'000);
    const auto rest = static_cast<unsigned>(micros % 1'000);
    const char decimals[] = {'.', digit(rest / 100), digit(rest / 10 % 10), digit(rest % 10)};
    out_.append(decimals, sizeof decimals);
    return *this;
  }

 private:
  static char digit(unsigned value) noexcept { return static_cast<char>('0' + value); }

  void append_number(std::int64_t value) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
  }

  std::string& out_;
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
  line.integer(R"(,"attempts":)", static_cast<std::int64_t>(trail.attempts.size()));
  if (!trail.attempts.empty())
    line.text(R"(,"provider":)", trail.answered_by().provider)
        .text(R"(,"model":)", trail.answered_by().model);
  if (any_usage(trail)) {
    const Usage usage = trail.usage_total();
    line.integer(R"(,"input_tokens":)", usage.input).integer(R"(,"output_tokens":)", usage.output);
  }
  if (const std::optional<Money> cost = trail.cost_total())
    line.integer(R"(,"cost_nanos":)", cost->nanos);
  line.text_if_any(R"(,"checks_refused":)", checks_refused(trail));
}

}  // namespace

void append_log_line(std::string& out, const Trail& trail) {
  Line line(out);
  line.plain(R"({"time":)", in_utc(trail.started_wall))
      .text(R"(,"call":)", trail.call_id)
      .text_if_any(R"(,"trace":)", trail.trace_id)
      .plain(R"(,"outcome":)", trail.error ? to_string(*trail.error) : "answered")
      .integer(R"(,"status":)", trail.http_status)
      .text(R"(,"endpoint":)", trail.endpoint)
      .text_if_any(R"(,"feature":)", trail.feature)
      .text(R"(,"model_asked":)", trail.model_asked)
      .text_if_any(R"(,"tenant":)", trail.tenant)
      .text_if_any(R"(,"key":)", trail.key_id)
      .text(R"(,"client":)", trail.client_address)
      .boolean(R"(,"streamed":)", trail.streamed)
      .plain(R"(,"mode":)", trail.mode == StreamMode::verified ? "verified" : "pass")
      .plain(R"(,"cache":)", trail.cache)
      .millis(R"(,"first_byte_ms":)", trail.first_byte)
      .millis(R"(,"duration_ms":)", trail.duration)
      .integer(R"(,"bytes":)", static_cast<std::int64_t>(trail.bytes_released));
  add_attempts(line, trail);
  line.text_if_any(R"(,"policy":)", trail.policy_version);
  out += "}\n";
}

struct LogLines::State {
  using Row = std::shared_ptr<const Trail>;

  State(int target, bool owned, milliseconds patience)
      : descriptor(target),
        owns(owned),
        patience_millis(static_cast<int>(patience.count())),
        piece(piece_for(target)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (owns) close(descriptor);
  }

  static std::size_t piece_for(int target) noexcept;
  bool write(std::span<const Row> trails);
  bool write_text();

  const int descriptor;
  const bool owns;
  const int patience_millis;
  const std::size_t piece;    // bytes of one write
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

/// A pipe that polls as ready takes this much without blocking; what has no reader
/// that could be slow takes a batch at once.
std::size_t LogLines::State::piece_for(int target) noexcept {
  constexpr std::size_t kPipe = 4'096, kFile = 256 * 1'024;  // PIPE_BUF; a batch
  struct stat kind{};
  return ::fstat(target, &kind) == 0 && S_ISREG(kind.st_mode) ? kFile : kPipe;
}

bool LogLines::State::write_text() {
  std::size_t out = 0;
  while (out < text.size()) {
    pollfd ready{.fd = descriptor, .events = POLLOUT, .revents = 0};
    if (poll(&ready, 1, patience_millis) <= 0) break;
    const ssize_t wrote =
        ::write(descriptor, text.data() + out, std::min(piece, text.size() - out));
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
