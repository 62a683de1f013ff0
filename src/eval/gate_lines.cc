#include "eval/gate_lines.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "objectives/cluster.h"
#include "objectives/percentile.h"
#include "objectives/ratio.h"

namespace plimsoll::eval {
namespace {

using objectives::Confidence;
using objectives::Count;
using objectives::Finding;

constexpr double kConfidence = 0.95;  // where the one-pager has no word for it
constexpr double kNanosPerDollar = 1e9;
constexpr double kNever = std::numeric_limits<double>::infinity();

Ruling ruling_of(Finding finding) {
  switch (finding) {
    case Finding::shown: return Ruling::pass;
    case Finding::refuted: return Ruling::fail;
    case Finding::undecided: return Ruling::insufficient;
  }
  return Ruling::error;
}

/// In runs, from a number of independent ones.
std::optional<std::int64_t> scaled(std::optional<std::int64_t> runs, double factor) {
  if (!runs) return std::nullopt;
  return static_cast<std::int64_t>(std::ceil(static_cast<double>(*runs) * factor));
}

/// The question that a person asks at "insufficient": how much longer?
std::string how_many_more(const objectives::FurtherRuns& further, std::string_view unit) {
  if (!further.if_all_pass) return "no number of runs can show this target: lower it below 100 %";
  std::string text =
      fmt::format("{} more {} without a miss would show it", *further.if_all_pass, unit);
  if (further.at_observed_rate == further.if_all_pass) return text;
  if (further.at_observed_rate) {
    return text + fmt::format("; at the observed rate about {}", *further.at_observed_rate);
  }
  return text + "; at the observed rate it will not be met: improve first";
}

Line share_line(std::string objective, const std::vector<objectives::CaseTally>& cases,
                ProportionTarget target) {
  const objectives::ClusteredRate found = objectives::clustered_rate(cases);
  const Confidence confidence{target.confidence};
  Line line{.objective = std::move(objective),
            .unit = Unit::share,
            .at_least = true,
            .target = target.at_least,
            .confidence = target.confidence,
            .n = found.runs,
            .worth = found.effective.total};
  line.n_minimum = objectives::sample_needed(target, 0);
  if (found.runs == 0) {
    line.ruling = Ruling::insufficient;
    line.next = "run plimsoll eval first";
    return line;
  }
  const objectives::Interval shown = objectives::wilson(found.effective, confidence);
  line.observed = found.rate;
  line.lower = shown.lower;
  line.upper = shown.upper;
  line.ruling = ruling_of(objectives::judge(found.effective, target));
  line.bound = line.ruling == Ruling::fail ? objectives::upper_bound(found.effective, confidence)
                                           : objectives::lower_bound(found.effective, confidence);
  if (line.ruling != Ruling::insufficient) return line;
  const double worth = static_cast<double>(found.runs) / found.effective.total;
  const Count plain{std::llround(std::floor(found.effective.good + 1e-9)),
                    std::llround(found.effective.total)};
  auto further = objectives::further_runs(plain, target);
  further.if_all_pass = scaled(further.if_all_pass, worth);
  further.at_observed_rate = scaled(further.at_observed_rate, worth);
  line.further = further;
  line.next = how_many_more(further, "runs");
  if (worth > 1.5) line.next += "; new cases count for more than repeats of these";
  return line;
}

template <class Good>
std::vector<objectives::CaseTally> tallies(const JudgedRows& rows, Good good) {
  std::map<std::string_view, objectives::CaseTally> cases;
  for (const Judged& one : rows) {
    objectives::CaseTally& tally = cases[one.row->case_id];
    tally.weight = one.row->weight;
    tally.runs += 1;
    tally.passed += good(one) ? 1 : 0;
  }
  std::vector<objectives::CaseTally> list;
  for (const auto& [id, tally] : cases) list.push_back(tally);
  return list;
}

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// Sorted; kNever for a run that was not answered.
std::vector<double> latencies(const JudgedRows& rows, const LatencyTarget& target) {
  std::vector<double> all;
  for (const Judged& one : rows) {
    const Outcome& outcome = one.row->outcome;
    const bool streamed = target.all_streamed || outcome.first_token.has_value();
    if (target.first_token && !streamed) continue;
    if (outcome.error || (target.first_token && !outcome.first_token))
      all.push_back(kNever);
    else
      all.push_back(seconds(target.first_token ? *outcome.first_token : outcome.duration));
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::optional<double> at_rank(const std::vector<double>& sorted, std::optional<std::int64_t> rank) {
  if (!rank) return std::nullopt;
  const double value = sorted[static_cast<std::size_t>(*rank - 1)];
  if (std::isinf(value)) return std::nullopt;
  return value;
}

std::string unknown_text(std::size_t unknown, std::size_t all, std::string_view what) {
  return fmt::format("{} of {} runs told no {}, and unknown is not 0", unknown, all, what);
}

}  // namespace

Line judge_accuracy(const JudgedRows& rows, ProportionTarget target) {
  Line line = share_line("accuracy",
                         tallies(rows, [](const Judged& one) { return one.row->passed; }), target);
  if (line.ruling == Ruling::fail) line.next = "look at the failed cases below";
  return line;
}

Line judge_valid(const JudgedRows& rows, ProportionTarget target) {
  Line line =
      share_line("valid", tallies(rows, [](const Judged& one) { return one.valid; }), target);
  if (line.ruling == Ruling::fail) {
    line.next = "compare the refused answers with the output rules of the feature";
  }
  return line;
}

Line judge_latency(const JudgedRows& rows, const LatencyTarget& target) {
  const objectives::PercentileTarget wanted{.quantile = target.quantile, .confidence = kConfidence};
  const std::vector<double> sorted = latencies(rows, target);
  const auto n = static_cast<std::int64_t>(sorted.size());
  Line line{.objective = target.objective,
            .unit = Unit::seconds,
            .target = seconds(target.limit),
            .confidence = kConfidence,
            .n = n,
            .worth = static_cast<double>(n)};
  line.n_minimum = objectives::minimum_sample(wanted);
  if (n == 0) {
    line.ruling = Ruling::insufficient;
    line.next =
        target.first_token ? "ask for streams: plimsoll eval --stream" : "run plimsoll eval first";
    return line;
  }
  const auto within = std::upper_bound(sorted.begin(), sorted.end(), line.target) - sorted.begin();
  const Count count{within, n};
  line.over = n - within;
  line.over_allowed = objectives::exceedances_allowed(n, wanted);
  line.observed = at_rank(sorted, objectives::nearest_rank(n, target.quantile));
  const auto ranks = objectives::quantile_ranks(n, wanted);
  line.lower = at_rank(sorted, ranks.lower);
  line.upper = at_rank(sorted, ranks.upper);
  line.bound = at_rank(sorted, objectives::upper_rank(n, wanted));
  line.ruling = ruling_of(objectives::judge(count, wanted));
  if (line.ruling == Ruling::fail) line.next = "too many runs were slower, or not answered at all";
  if (line.ruling != Ruling::insufficient) return line;
  line.further = objectives::further_runs(count, wanted);
  line.next = how_many_more(*line.further, "runs");
  return line;
}

Line judge_tokens(const JudgedRows& rows, const TokenCeiling& ceiling) {
  Line line{.objective = ceiling.objective,
            .unit = Unit::tokens,
            .target = static_cast<double>(ceiling.most),
            .confidence = kConfidence,
            .over = 0};
  std::size_t unknown = 0;
  for (const Judged& one : rows) {
    const Outcome& outcome = one.row->outcome;
    if (outcome.error && !outcome.usage) continue;  // nothing was answered
    if (!outcome.usage) {
      ++unknown;
      continue;
    }
    const std::int64_t used = (*outcome.usage).*ceiling.figure;
    ++line.n;
    line.observed = std::max(line.observed.value_or(0), static_cast<double>(used));
    if (used > ceiling.most) ++*line.over;
  }
  line.worth = static_cast<double>(line.n);
  line.over_allowed = 0;
  if (*line.over > 0) {
    line.ruling = Ruling::fail;
    line.next = "the ceiling holds for every request: shorten the prompt or lower max_tokens";
  } else if (unknown > 0) {
    line.ruling = Ruling::error;
    line.next = unknown_text(unknown, rows.size(), "usage");
  } else {
    line.ruling = line.n > 0 ? Ruling::pass : Ruling::insufficient;
  }
  return line;
}

namespace {

std::size_t unknown_costs(const JudgedRows& rows) {
  return static_cast<std::size_t>(std::ranges::count_if(
      rows, [](const Judged& one) { return !one.row->outcome.cost.has_value(); }));
}

std::string price_advice(std::size_t unknown, std::size_t all) {
  return unknown_text(unknown, all, "cost") + ": give the model a price, or plimsoll eval --price";
}

}  // namespace

Line judge_cost_per_request(const JudgedRows& rows, Money most) {
  Line line{.objective = "cost.per_request",
            .unit = Unit::dollars,
            .target = static_cast<double>(most.nanos) / kNanosPerDollar,
            .confidence = kConfidence,
            .over = 0,
            .over_allowed = 0};
  const std::size_t unknown = unknown_costs(rows);
  for (const Judged& one : rows) {
    if (!one.row->outcome.cost) continue;
    ++line.n;
    const double cost = static_cast<double>(one.row->outcome.cost->nanos) / kNanosPerDollar;
    line.observed = std::max(line.observed.value_or(0), cost);
    if (*one.row->outcome.cost > most) ++*line.over;
  }
  line.worth = static_cast<double>(line.n);
  if (*line.over > 0) {
    line.ruling = Ruling::fail;
    line.next = "the ceiling holds for every request: fewer attempts, a cheaper model, less text";
  } else if (unknown > 0) {
    line.ruling = Ruling::error;
    line.next = price_advice(unknown, rows.size());
  } else {
    line.ruling = line.n > 0 ? Ruling::pass : Ruling::insufficient;
  }
  return line;
}

namespace {

std::vector<objectives::RatioCase> spending(const JudgedRows& rows) {
  std::map<std::string_view, objectives::RatioCase> cases;
  for (const Judged& one : rows) {
    auto [place, is_new] = cases.try_emplace(one.row->case_id);
    objectives::RatioCase& sum = place->second;
    if (is_new) sum.runs = 0;
    sum.runs += 1;
    sum.cost += static_cast<double>(one.row->outcome.cost->nanos);
    sum.resolved += one.resolved ? 1 : 0;
  }
  std::vector<objectives::RatioCase> list;
  for (const auto& [id, sum] : cases) list.push_back(sum);
  return list;
}

/// What an undecided ratio needs: its interval shrinks with the root of the cases.
std::string more_cases(const Line& line, double cases) {
  const double room = line.target - line.observed.value_or(0);
  if (room <= 0) return "at this cost per resolution it will not be met: improve first";
  if (!line.bound) return fmt::format("too little was resolved for a bound of {} cases", cases);
  const double shrink = (*line.bound - *line.observed) / room;
  return fmt::format("about {} more cases would show it, if the figures stay",
                     std::ceil(cases * shrink * shrink - cases));
}

/// The verdict once an estimate stands; `lower` is the one-sided bound here.
void decide_ratio(Line& line, std::size_t cases) {
  if (line.bound && *line.bound <= line.target) {
    line.ruling = Ruling::pass;
  } else if (*line.lower > line.target) {
    line.ruling = Ruling::fail;
    line.bound = line.lower;
    line.next = "every failed run is paid for by the resolved ones: raise accuracy or cut cost";
  } else {
    line.ruling = Ruling::insufficient;
    line.next = more_cases(line, static_cast<double>(cases));
  }
}

}  // namespace

Line judge_cost_per_resolution(const JudgedRows& rows, Money most) {
  Line line{.objective = "cost.per_resolution",
            .unit = Unit::dollars,
            .target = static_cast<double>(most.nanos) / kNanosPerDollar,
            .confidence = kConfidence,
            .n = static_cast<std::int64_t>(rows.size()),
            .n_minimum = objectives::kRatioCasesMin};
  line.worth = static_cast<double>(line.n);
  if (const std::size_t unknown = unknown_costs(rows); unknown > 0) {
    line.ruling = Ruling::error;
    line.next = price_advice(unknown, rows.size());
    return line;
  }
  const auto cases = spending(rows);
  line.ruling = Ruling::insufficient;
  const auto one_sided = objectives::ratio_of_sums(cases, {kConfidence});
  if (!one_sided) {
    line.next = "nothing was resolved, so there is nothing to divide by";
    return line;
  }
  line.observed = one_sided->ratio / kNanosPerDollar;
  const auto shown = objectives::ratio_of_sums(cases, {0.5 + kConfidence / 2});
  if (one_sided->upper) line.bound = *one_sided->upper / kNanosPerDollar;
  line.lower = one_sided->lower / kNanosPerDollar;
  if (static_cast<std::int64_t>(cases.size()) < objectives::kRatioCasesMin) {
    line.next = fmt::format("{} cases are too few for an interval, {} are needed", cases.size(),
                            objectives::kRatioCasesMin);
    return line;
  }
  if (shown->upper) line.upper = *shown->upper / kNanosPerDollar;
  decide_ratio(line, cases.size());
  line.lower = shown->lower / kNanosPerDollar;
  return line;
}

}  // namespace plimsoll::eval
