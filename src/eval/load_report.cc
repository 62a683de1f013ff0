#include "eval/load_report.h"

#include <fmt/format.h>

#include <iterator>

#include "base/json.h"

namespace plimsoll::eval {
namespace {

using objectives::Histogram;

struct Row {
  std::string_view label, key;
  const Histogram* histogram;
};

std::array<Row, 5> rows_of(const LoadTally& tally) {
  return {{{"from planned time", "from_planned_ms", &tally.from_planned},
           {"from sent time", "from_sent_ms", &tally.from_sent},
           {"first token, from planned", "first_token_ms", &tally.first_content},
           {"between tokens", "between_tokens_ms", &tally.gaps},
           {"generator late by", "lateness_ms", &tally.lateness}}};
}

double ms(std::int64_t ns) { return static_cast<double>(ns) / 1e6; }

std::string_view word_of(LoadVerdict::Result result) {
  switch (result) {
    case LoadVerdict::Result::pass: return "pass";
    case LoadVerdict::Result::fail: return "fail";
    case LoadVerdict::Result::none: return "no verdict";
  }
  return "no verdict";
}

void write_row(std::string& out, const Row& row) {
  const Histogram& h = *row.histogram;
  if (h.count() == 0) return;
  fmt::format_to(std::back_inserter(out),
                 "  {:<26}{:>10.1f}{:>10.1f}{:>10.1f}{:>10.1f}{:>10.1f}{:>10.1f}\n", row.label,
                 h.mean() / 1e6, ms(h.percentile(0.50)), ms(h.percentile(0.90)),
                 ms(h.percentile(0.95)), ms(h.percentile(0.99)), ms(h.max()));
}

void write_counts(std::string& out, const LoadTally& tally) {
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "  {:<26}{:>10}\n", "ok", tally.count(LoadOutcome::ok));
  for (std::size_t i = 1; i < kLoadOutcomes; ++i) {
    if (tally.outcomes[i] == 0) continue;
    fmt::format_to(to, "  {:<26}{:>10}\n", to_string(static_cast<LoadOutcome>(i)),
                   tally.outcomes[i]);
  }
  for (const auto& [status, count] : tally.statuses) {
    fmt::format_to(to, "  {:<26}{:>10}\n", fmt::format("status {}", status), count);
  }
  if (tally.correct + tally.incorrect > 0) {
    fmt::format_to(to, "  {:<26}{:>10}\n  {:<26}{:>10}\n", "correct answers", tally.correct,
                   "incorrect answers", tally.incorrect);
  }
  if (tally.without_done > 0)
    fmt::format_to(to, "  {:<26}{:>10}\n", "ok, but without [DONE]", tally.without_done);
}

std::string histogram_json(const Histogram& h) {
  return fmt::format(
      R"({{"count":{},"mean":{:.3f},"min":{:.3f},"p50":{:.3f},"p90":{:.3f},"p95":{:.3f},)"
      R"("p99":{:.3f},"p999":{:.3f},"max":{:.3f}}})",
      h.count(), h.mean() / 1e6, ms(h.min()), ms(h.percentile(0.50)), ms(h.percentile(0.90)),
      ms(h.percentile(0.95)), ms(h.percentile(0.99)), ms(h.percentile(0.999)), ms(h.max()));
}

std::string outcomes_json(const LoadTally& tally) {
  std::string out;
  for (std::size_t i = 0; i < kLoadOutcomes; ++i) {
    out += fmt::format("{}\"{}\":{}", i == 0 ? "" : ",", to_string(static_cast<LoadOutcome>(i)),
                       tally.outcomes[i]);
  }
  return "{" + out + "}";
}

std::string statuses_json(const LoadTally& tally) {
  std::string out;
  for (const auto& [status, count] : tally.statuses)
    out += fmt::format("{}\"{}\":{}", out.empty() ? "" : ",", status, count);
  return "{" + out + "}";
}

std::string verdicts_json(const std::vector<LoadVerdict>& verdicts) {
  std::string out;
  for (const LoadVerdict& verdict : verdicts) {
    out += fmt::format(R"({}{{"name":"{}","result":"{}","reason":{}}})", out.empty() ? "" : ",",
                       verdict.name, word_of(verdict.result), json::quoted(verdict.reason));
  }
  return "[" + out + "]";
}

}  // namespace

std::string load_table(const LoadHeading& heading, const LoadTally& tally,
                       const std::vector<LoadVerdict>& verdicts) {
  std::string out;
  const auto to = std::back_inserter(out);
  const double seconds = std::chrono::duration<double>(tally.last_end).count();
  fmt::format_to(to, "{} requests of {} to {} as {}, {} arrivals, {:.1f} s{}\n\n", tally.total(),
                 heading.planned, heading.url, heading.model, heading.arrivals, seconds,
                 heading.stopped ? ", stopped early" : "");
  write_counts(out, tally);
  fmt::format_to(to, "\n  {:<26}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n",
                 "milliseconds (ok answers)", "mean", "p50", "p90", "p95", "p99", "max");
  for (const Row& row : rows_of(tally)) write_row(out, row);
  if (generator_was_late(tally)) {
    fmt::format_to(to,
                   "\n  The generator was late (p99 over {} ms): the tail shows this machine, not "
                   "the server.\n  Lower --rate, or raise --threads.\n",
                   kLatenessMax.count());
  }
  if (!verdicts.empty()) out += '\n';
  for (const LoadVerdict& verdict : verdicts) {
    fmt::format_to(to, "  {:<18}{:<12}{}\n", verdict.name, word_of(verdict.result), verdict.reason);
  }
  return out;
}

std::string load_json(const LoadHeading& heading, const LoadTally& tally,
                      const std::vector<LoadVerdict>& verdicts) {
  std::string out =
      fmt::format(R"({{"url":{},"model":{},"arrivals":{},"planned":{},"requests":{},"stopped":{},)"
                  R"("seconds":{:.3f},"outcomes":{},"statuses":{},"correct":{},"incorrect":{},)"
                  R"("without_done":{},"completion_tokens":{},"generator_late":{})",
                  json::quoted(heading.url), json::quoted(heading.model),
                  json::quoted(heading.arrivals), heading.planned, tally.total(), heading.stopped,
                  std::chrono::duration<double>(tally.last_end).count(), outcomes_json(tally),
                  statuses_json(tally), tally.correct, tally.incorrect, tally.without_done,
                  tally.completion_tokens, generator_was_late(tally));
  for (const Row& row : rows_of(tally))
    out += fmt::format(",\"{}\":{}", row.key, histogram_json(*row.histogram));
  return out + fmt::format(",\"verdicts\":{}}}\n", verdicts_json(verdicts));
}

}  // namespace plimsoll::eval
