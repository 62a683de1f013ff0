#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/json.h"
#include "eval/gate.h"

namespace plimsoll::eval {
namespace {

constexpr std::size_t kFailedShown = 5;

std::string share_text(double value) { return fmt::format("{:.4g} %", value * 100); }

std::string seconds_text(double value) {
  return value < 1 ? fmt::format("{:.4g} ms", value * 1000) : fmt::format("{:.4g} s", value);
}

std::string figure(Unit unit, double value) {
  switch (unit) {
    case Unit::share: return share_text(value);
    case Unit::seconds: return seconds_text(value);
    case Unit::tokens: return fmt::format("{:.0f}", value);
    case Unit::dollars: return fmt::format("${:.4g}", value);
  }
  return "";
}

std::string figure(Unit unit, std::optional<double> value, std::string_view otherwise) {
  return value ? figure(unit, *value) : std::string(otherwise);
}

std::string observed_text(const Line& line) {
  if (line.n == 0) return "-";
  const bool latency = line.unit == Unit::seconds;
  const std::string value = figure(line.unit, line.observed, latency ? "no answer" : "unknown");
  return line.unit == Unit::tokens || line.objective == "cost.per_request" ? "max " + value : value;
}

std::string interval_text(const Line& line) {
  if (!line.lower && !line.upper) return "-";
  return fmt::format("{} .. {}", figure(line.unit, line.lower, "?"),
                     figure(line.unit, line.upper, "?"));
}

/// What the ruling rests on.
std::string judged_on(const Line& line) {
  if (line.over) {
    const std::string allowed = line.over_allowed ? fmt::format("{}", *line.over_allowed) : "none";
    if (!line.over_allowed)
      return fmt::format("{} over; n >= {} needed", *line.over, line.n_minimum.value_or(0));
    return fmt::format("{} over, {} allowed", *line.over, allowed);
  }
  if (!line.bound) return "-";
  const bool floor_shown = line.at_least == (line.ruling != Ruling::fail);
  return fmt::format("bound {} {}", floor_shown ? ">=" : "<=", figure(line.unit, *line.bound));
}

std::string target_text(const Line& line) {
  return fmt::format("{} {}", line.at_least ? ">=" : "<=", figure(line.unit, line.target));
}

std::string size_text(const Line& line) {
  if (line.worth <= 0 || line.worth > 0.98 * static_cast<double>(line.n)) {
    return std::to_string(line.n);
  }
  return fmt::format("{} (worth {:.0f})", line.n, line.worth);
}

/// The confidence stands in the title where it is that of every line.
std::string interval_title(const std::vector<Line>& lines) {
  const auto differs = [&](const Line& line) { return line.confidence != lines[0].confidence; };
  if (lines.empty() || std::ranges::any_of(lines, differs)) return "interval";
  return fmt::format("{:.4g} % interval", lines[0].confidence * 100);
}

using Cells = std::array<std::string, 7>;

std::string table_of(const std::vector<Line>& lines) {
  std::vector<Cells> rows = {
      {"objective", "verdict", "observed", interval_title(lines), "judged on", "target", "n"}};
  for (const Line& line : lines) {
    rows.push_back({line.objective, std::string(to_string(line.ruling)), observed_text(line),
                    interval_text(line), judged_on(line), target_text(line), size_text(line)});
  }
  std::array<std::size_t, 7> width{};
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  }
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string text;
    for (std::size_t i = 0; i < width.size(); ++i) {
      text += fmt::format("  {:<{}}", rows[r][i], width[i]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + '\n';
    if (r > 0 && !lines[r - 1].next.empty()) out += fmt::format("      -> {}\n", lines[r - 1].next);
  }
  return out;
}

/// What a model or a server wrote must not steer the terminal.
std::string printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

std::string failed_text(const GateReport& report) {
  if (report.failed_cases.empty()) return "";
  std::string out = "\nFailed cases\n";
  const std::size_t shown = std::min(kFailedShown, report.failed_cases.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const FailedCase& one = report.failed_cases[i];
    out += fmt::format("  {}  {} of {}  {}\n", printable(one.id), one.failed, one.runs,
                       printable(one.evidence));
  }
  if (report.failed_cases.size() > shown) {
    out += fmt::format("  ... and {} more cases\n", report.failed_cases.size() - shown);
  }
  return out;
}

// ---- JSON -----------------------------------------------------------------

std::string number(std::optional<double> value) {
  return value ? fmt::format("{}", *value) : "null";
}
std::string number(std::optional<std::int64_t> value) {
  return value ? fmt::format("{}", *value) : "null";
}

std::string_view name_of(Unit unit) {
  constexpr std::array<std::string_view, 4> kNames = {"share", "seconds", "tokens", "dollars"};
  return kNames.at(static_cast<std::size_t>(unit));
}

std::string line_json(const Line& line) {
  std::string further = "null";
  if (line.further) {
    further =
        fmt::format(R"({{"if_all_pass":{},"at_observed_rate":{}}})",
                    number(line.further->if_all_pass), number(line.further->at_observed_rate));
  }
  return fmt::format(
      R"({{"objective":{},"verdict":"{}","unit":"{}","direction":"{}","target":{},)"
      R"("confidence":{},"n":{},"worth":{},"observed":{},"interval":[{},{}],"bound":{},)"
      R"("over":{},"over_allowed":{},"n_minimum":{},"further_runs":{},"next":{}}})",
      json::quoted(line.objective), to_string(line.ruling), name_of(line.unit),
      line.at_least ? "at_least" : "at_most", line.target, line.confidence, line.n, line.worth,
      number(line.observed), number(line.lower), number(line.upper), number(line.bound),
      number(line.over), number(line.over_allowed), number(line.n_minimum), further,
      json::quoted(line.next));
}

std::string texts_json(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    json::append_string(out, text);
  }
  return out + "]";
}

std::string failed_json(const std::vector<FailedCase>& cases) {
  std::string out = "[";
  for (const FailedCase& one : cases) {
    if (out.size() > 1) out += ',';
    out += fmt::format(R"({{"case":{},"failed":{},"runs":{},"evidence":{}}})", json::quoted(one.id),
                       one.failed, one.runs, json::quoted(one.evidence));
  }
  return out + "]";
}

}  // namespace

std::string render_table(const GateReport& report) {
  std::string out =
      fmt::format("Gate for \"{}\": {} cases x {} from {}, asked of {}\n\n", report.feature,
                  report.run.cases, report.run.runs, report.run.dataset, report.run.subject);
  out += table_of(report.lines);
  out += failed_text(report);
  for (const std::string& note : report.notes) out += fmt::format("\nnote: {}\n", note);
  for (const std::string& fault : report.faults)
    out += fmt::format("\ninvalid: {}\n", printable(fault));
  out += fmt::format("\nverdict: {} (exit code {})\n", to_string(report.ruling),
                     exit_code(report.ruling));
  return out;
}

std::string render_json(const GateReport& report) {
  std::string lines = "[";
  for (const Line& line : report.lines) {
    if (lines.size() > 1) lines += ',';
    lines += line_json(line);
  }
  return fmt::format(
      R"({{"feature":{},"verdict":"{}","exit_code":{},"run":{},"faults":{},"notes":{},)"
      R"("objectives":{}],"failed_cases":{}}})",
      json::quoted(report.feature), to_string(report.ruling), exit_code(report.ruling),
      write_header(report.run), texts_json(report.faults), texts_json(report.notes), lines,
      failed_json(report.failed_cases));
}

}  // namespace plimsoll::eval
