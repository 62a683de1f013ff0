#include "eval/load_tally.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace plimsoll::eval {
namespace {

double to_ms(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

struct Question {
  std::string_view name;
  double quantile;
  std::optional<std::chrono::nanoseconds> limit;
  const objectives::Histogram* measured;
};

/// Requests that a quantile needs before one of them lies beyond it.
std::uint64_t least_requests(double quantile) {
  return static_cast<std::uint64_t>(std::llround(1.0 / (1.0 - quantile)));
}

LoadVerdict judge_quantile(const LoadTally& tally, const Question& question) {
  LoadVerdict verdict{.name = std::string(question.name), .reason = {}};
  const std::uint64_t asked = tally.total() - tally.count(LoadOutcome::stopped);
  if (asked < least_requests(question.quantile)) {
    verdict.reason = fmt::format("{} requests are fewer than the {} it takes", asked,
                                 least_requests(question.quantile));
    return verdict;
  }
  if (question.quantile >= 0.99 && generator_was_late(tally)) {
    verdict.reason = fmt::format(
        "the generator itself was late: p99 {:.1f} ms after plan, allowed {} ms",
        to_ms(std::chrono::nanoseconds(tally.lateness.percentile(0.99))), kLatenessMax.count());
    return verdict;
  }
  const std::uint64_t measured = question.measured->count();
  const std::uint64_t over =
      question.measured->count_above(question.limit->count()) + (asked - std::min(asked, measured));
  const double share =
      static_cast<double>(asked - std::min(asked, over)) / static_cast<double>(asked);
  verdict.result =
      share >= question.quantile ? LoadVerdict::Result::pass : LoadVerdict::Result::fail;
  verdict.reason = fmt::format("{} of {} requests were over {:.1f} ms or failed", over, asked,
                               to_ms(*question.limit));
  return verdict;
}

LoadVerdict judge_failures(const LoadTally& tally, double most) {
  const std::uint64_t asked = tally.total() - tally.count(LoadOutcome::stopped);
  LoadVerdict verdict{.name = "failures", .reason = "nothing was sent"};
  if (asked == 0) return verdict;
  const double share = static_cast<double>(tally.failed()) / static_cast<double>(asked);
  verdict.result = share <= most ? LoadVerdict::Result::pass : LoadVerdict::Result::fail;
  verdict.reason = fmt::format("{} of {} requests failed ({:.2f} %), allowed {:.2f} %",
                               tally.failed(), asked, 100 * share, 100 * most);
  return verdict;
}

}  // namespace

void LoadTally::add(const LoadSample& sample) {
  ++outcomes[static_cast<std::size_t>(sample.outcome)];
  if (sample.outcome == LoadOutcome::not_sent) return;
  lateness.add((sample.sent - sample.planned).count());
  last_end = std::max(last_end, sample.ended);
  if (sample.status != 0) ++statuses[sample.status];
  completion_tokens += sample.completion_tokens;
  if (sample.outcome != LoadOutcome::ok) return;
  from_planned.add((sample.ended - sample.planned).count());
  from_sent.add((sample.ended - sample.sent).count());
  if (sample.first_content) first_content.add((*sample.first_content - sample.planned).count());
  if (sample.correct) ++(*sample.correct ? correct : incorrect);
  without_done += sample.without_done ? 1 : 0;
}

void LoadTally::add_gaps(const std::vector<Deadline>& content_at) {
  for (std::size_t i = 1; i < content_at.size(); ++i) {
    gaps.add((content_at[i] - content_at[i - 1]).count());
  }
}

void LoadTally::merge(const LoadTally& other) {
  for (std::size_t i = 0; i < kLoadOutcomes; ++i) outcomes[i] += other.outcomes[i];
  for (const auto& [status, count] : other.statuses) statuses[status] += count;
  from_planned.merge(other.from_planned);
  from_sent.merge(other.from_sent);
  first_content.merge(other.first_content);
  gaps.merge(other.gaps);
  lateness.merge(other.lateness);
  correct += other.correct;
  incorrect += other.incorrect;
  without_done += other.without_done;
  completion_tokens += other.completion_tokens;
  last_end = std::max(last_end, other.last_end);
}

std::uint64_t LoadTally::total() const noexcept {
  return std::accumulate(outcomes.begin(), outcomes.end(), std::uint64_t{0});
}

std::uint64_t LoadTally::failed() const noexcept {
  return total() - count(LoadOutcome::ok) - count(LoadOutcome::stopped);
}

bool generator_was_late(const LoadTally& tally) noexcept {
  return tally.lateness.percentile(0.99) > std::chrono::nanoseconds(kLatenessMax).count();
}

std::vector<LoadVerdict> judge_load(const LoadTally& tally, const LoadLimits& limits) {
  const Question questions[] = {
      {"p50", 0.50, limits.p50, &tally.from_planned},
      {"p95", 0.95, limits.p95, &tally.from_planned},
      {"p99", 0.99, limits.p99, &tally.from_planned},
      {"first_token_p95", 0.95, limits.first_content_p95, &tally.first_content}};
  std::vector<LoadVerdict> verdicts;
  for (const Question& question : questions) {
    if (question.limit) verdicts.push_back(judge_quantile(tally, question));
  }
  if (limits.failures) verdicts.push_back(judge_failures(tally, *limits.failures));
  return verdicts;
}

}  // namespace plimsoll::eval
