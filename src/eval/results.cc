#include "eval/results.h"

#include <fmt/core.h>

#include <array>
#include <optional>
#include <utility>

#include "base/json.h"

namespace plimsoll::eval {
namespace {

using json::quoted;
using std::chrono::nanoseconds;

constexpr std::array<std::pair<Finish, std::string_view>, 6> kFinishNames = {{
    {Finish::none, "none"},
    {Finish::stop, "stop"},
    {Finish::length, "length"},
    {Finish::tool_calls, "tool_calls"},
    {Finish::content_filter, "content_filter"},
    {Finish::other, "other"},
}};

std::string_view name_of(Finish finish) {
  for (const auto& [value, name] : kFinishNames) {
    if (value == finish) return name;
  }
  return "other";
}

Finish finish_of(std::string_view text) {
  for (const auto& [value, name] : kFinishNames) {
    if (name == text) return value;
  }
  return Finish::other;
}

ErrorKind kind_of(std::string_view text) {
  for (int i = 0; i < kErrorKinds; ++i) {
    if (to_string(static_cast<ErrorKind>(i)) == text) return static_cast<ErrorKind>(i);
  }
  return ErrorKind::internal_bug;
}

// ---- writing --------------------------------------------------------------

std::string scores_json(const std::vector<Score>& scores) {
  std::string out = "[";
  for (const Score& one : scores) {
    if (out.size() > 1) out += ',';
    out += fmt::format(R"({{"check":{},"passed":{},"evidence":{}}})", quoted(one.check), one.passed,
                       quoted(one.evidence));
  }
  return out + "]";
}

std::string tools_json(const std::vector<ToolCall>& calls) {
  std::string out = "[";
  for (const ToolCall& one : calls) {
    if (out.size() > 1) out += ',';
    out += fmt::format(R"({{"id":{},"name":{},"arguments":{}}})", quoted(one.id), quoted(one.name),
                       quoted(one.arguments));
  }
  return out + "]";
}

std::string usage_json(const std::optional<Usage>& usage) {
  if (!usage) return "null";
  return fmt::format(R"({{"input":{},"output":{},"cached_input":{},"reasoning_output":{}}})",
                     usage->input, usage->output, usage->cached_input, usage->reasoning_output);
}

/// What is only written when it is known.
std::string optional_members(const Outcome& outcome) {
  std::string out;
  const auto add = [&out](std::string_view key, const std::string& value) {
    out += fmt::format(",\"{}\":{}", key, value);
  };
  if (!outcome.answer.refusal.empty()) add("refusal", quoted(outcome.answer.refusal));
  if (!outcome.answer.tool_calls.empty()) add("tool_calls", tools_json(outcome.answer.tool_calls));
  if (outcome.first_token) add("first_token_ns", std::to_string(outcome.first_token->count()));
  if (outcome.attempts) add("attempts", std::to_string(*outcome.attempts));
  if (!outcome.call_id.empty()) add("call", quoted(outcome.call_id));
  if (!outcome.plan_version.empty()) add("plan", quoted(outcome.plan_version));
  if (!outcome.trail.empty()) add("trail", outcome.trail);
  return out;
}

std::string error_json(const std::optional<Error>& error) {
  if (!error) return "null";
  return fmt::format(R"({{"kind":{},"what":{}}})", quoted(to_string(error->kind)),
                     quoted(error->what));
}

// ---- reading --------------------------------------------------------------

std::string text_at(const json::Value& object, std::string_view key) {
  return std::string(object.get_string(key).value_or(""));
}

std::int64_t count_at(const json::Value& object, std::string_view key) {
  return object.get_int(key).value_or(0);
}

RunHeader header_of(const json::Value& line) {
  return {.feature = text_at(line, "feature"),
          .subject = text_at(line, "subject"),
          .dataset = text_at(line, "dataset"),
          .dataset_hash = text_at(line, "dataset_hash"),
          .cases = count_at(line, "cases"),
          .runs = count_at(line, "runs"),
          .limit = count_at(line, "limit"),
          .stream = line.get_bool("stream").value_or(false),
          .timeout_ms = count_at(line, "timeout_ms"),
          .plan_version = text_at(line, "plan_version"),
          .started = text_at(line, "started")};
}

std::vector<Score> scores_of(const json::Value& line) {
  std::vector<Score> scores;
  const auto value = line.get("scores");
  const auto list = value ? value->as_array() : std::nullopt;
  if (!list) return scores;
  for (const json::Value one : *list) {
    scores.push_back({.check = text_at(one, "check"),
                      .passed = one.get_bool("passed").value_or(false),
                      .evidence = text_at(one, "evidence")});
  }
  return scores;
}

std::vector<ToolCall> tools_of(const json::Value& line) {
  std::vector<ToolCall> calls;
  const auto value = line.get("tool_calls");
  const auto list = value ? value->as_array() : std::nullopt;
  if (!list) return calls;
  for (const json::Value one : *list) {
    calls.push_back({text_at(one, "id"), text_at(one, "name"), text_at(one, "arguments")});
  }
  return calls;
}

std::optional<Usage> usage_of(const json::Value& line) {
  const auto value = line.get("usage");
  if (!value || !value->as_object()) return std::nullopt;
  return Usage{.input = count_at(*value, "input"),
               .output = count_at(*value, "output"),
               .cached_input = count_at(*value, "cached_input"),
               .reasoning_output = count_at(*value, "reasoning_output")};
}

Outcome outcome_of(const json::Value& line) {
  Outcome outcome;
  outcome.answer = {.text = text_at(line, "answer"),
                    .refusal = text_at(line, "refusal"),
                    .tool_calls = tools_of(line),
                    .finish = finish_of(text_at(line, "finish"))};
  outcome.usage = usage_of(line);
  if (const auto cost = line.get_int("cost_nanodollars")) outcome.cost = Money{*cost};
  outcome.duration = nanoseconds(count_at(line, "duration_ns"));
  if (const auto first = line.get_int("first_token_ns")) outcome.first_token = nanoseconds(*first);
  if (const auto attempts = line.get_int("attempts"))
    outcome.attempts = static_cast<int>(*attempts);
  outcome.http_status = static_cast<int>(count_at(line, "status"));
  outcome.call_id = text_at(line, "call");
  outcome.plan_version = text_at(line, "plan");
  outcome.harness_error = line.get_bool("harness_error").value_or(false);
  if (const auto trail = line.get("trail")) outcome.trail = trail->dump();
  const auto error = line.get("error");
  if (error && error->as_object()) {
    outcome.error =
        Error{.kind = kind_of(text_at(*error, "kind")), .what = text_at(*error, "what")};
  }
  return outcome;
}

std::unexpected<Error> bad_line(std::size_t line, std::string_view why) {
  return fail(ErrorKind::config_invalid, fmt::format("line {}: {}", line, why),
              "run plimsoll eval again into a new file");
}

Result<Row> row_of(const json::Value& line, std::size_t number) {
  if (!line.get_string("case") || !line.get_int("run") || !line.get_bool("passed") ||
      !line.get_int("duration_ns")) {
    return bad_line(number, "not a row of an eval run");
  }
  Row row;
  row.case_id = text_at(line, "case");
  row.run = count_at(line, "run");
  const auto weight = line.get("weight");
  row.weight = weight ? weight->as_double().value_or(1) : 1;
  row.passed = *line.get_bool("passed");
  row.scores = scores_of(line);
  row.outcome = outcome_of(line);
  return row;
}

}  // namespace

std::string write_header(const RunHeader& header) {
  return fmt::format(
      R"({{"plimsoll_eval":1,"feature":{},"subject":{},"dataset":{},"dataset_hash":{},)"
      R"("cases":{},"runs":{},"limit":{},"stream":{},"timeout_ms":{},"plan_version":{},)"
      R"("started":{}}})",
      quoted(header.feature), quoted(header.subject), quoted(header.dataset),
      quoted(header.dataset_hash), header.cases, header.runs, header.limit, header.stream,
      header.timeout_ms, quoted(header.plan_version), quoted(header.started));
}

std::string write_row(const Row& row) {
  const Outcome& outcome = row.outcome;
  return fmt::format(
      R"({{"case":{},"run":{},"weight":{},"passed":{},"scores":{},"answer":{},"finish":"{}",)"
      R"("duration_ns":{},"usage":{},"cost_nanodollars":{},"status":{},"error":{},)"
      R"("harness_error":{}{}}})",
      quoted(row.case_id), row.run, row.weight, row.passed, scores_json(row.scores),
      quoted(outcome.answer.text), name_of(outcome.answer.finish), outcome.duration.count(),
      usage_json(outcome.usage), outcome.cost ? std::to_string(outcome.cost->nanos) : "null",
      outcome.http_status, error_json(outcome.error), outcome.harness_error,
      optional_members(outcome));
}

Result<RunRecord> read_results(std::string_view text) {
  RunRecord record;
  json::Document document;
  std::size_t begin = 0;
  for (std::size_t line = 1; begin < text.size(); ++line) {
    const std::size_t end = text.find('\n', begin);
    record.torn = end == std::string_view::npos;
    if (record.torn) break;
    const auto value = document.parse(text.substr(begin, end - begin));
    if (!value) return bad_line(line, value.error().what);
    if (line == 1) {
      if (value->get_int("plimsoll_eval") != 1) return bad_line(1, "not the head of an eval run");
      record.header = header_of(*value);
    } else {
      PLIMSOLL_TRY(Row row, row_of(*value, line));
      record.rows.push_back(std::move(row));
    }
    begin = end + 1;
    record.whole_bytes = begin;
  }
  if (record.whole_bytes == 0) return bad_line(1, "the file has no head");
  return record;
}

Result<void> same_run(const RunHeader& before, const RunHeader& now) {
  const auto differs = [](std::string_view what, const auto& old_one, const auto& new_one) {
    return fail(
        ErrorKind::config_invalid,
        fmt::format("the file was begun with {} {}, this run has {}", what, old_one, new_one),
        "write to another file, or remove this one");
  };
  if (before.dataset_hash != now.dataset_hash) {
    return differs("data set", before.dataset_hash, now.dataset_hash);
  }
  if (before.feature != now.feature) return differs("feature", before.feature, now.feature);
  if (before.subject != now.subject) return differs("subject", before.subject, now.subject);
  if (before.plan_version != now.plan_version) {
    return differs("plan", before.plan_version, now.plan_version);
  }
  if (before.runs != now.runs) return differs("--runs", before.runs, now.runs);
  if (before.limit != now.limit) return differs("--limit", before.limit, now.limit);
  if (before.stream != now.stream) return differs("--stream", before.stream, now.stream);
  if (before.timeout_ms != now.timeout_ms) {
    return differs("--timeout in ms", before.timeout_ms, now.timeout_ms);
  }
  return {};
}

}  // namespace plimsoll::eval
