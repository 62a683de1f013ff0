#include "tests/scenarios/scenario.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace plimsoll::scenarios {
namespace {

struct Section {
  std::vector<std::string> words;
  std::vector<std::string> lines;
};

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::vector<Section> sections_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<Section> sections;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) continue;
    if (!line.empty() && line[0] != ' ')
      sections.push_back({words_of(line), {}});
    else if (!sections.empty())
      sections.back().lines.push_back(line.substr(std::min<std::size_t>(2, line.size())));
  }
  for (Section& section : sections)
    while (!section.lines.empty() && section.lines.back().empty()) section.lines.pop_back();
  return sections;
}

std::string joined(const std::vector<std::string>& lines, std::size_t from = 0) {
  std::string text;
  for (std::size_t i = from; i < lines.size(); ++i) text += (i > from ? "\n" : "") + lines[i];
  return text;
}

Ask ask_of(const Section& section) {
  Ask ask{.method = section.words.at(1), .path = section.words.at(2)};
  std::size_t at = 0;
  const auto is_header = [](const std::string& line) {
    return !line.empty() && line[0] != '{' && line.find(": ") != std::string::npos;
  };
  while (at < section.lines.size() && is_header(section.lines[at]))
    ask.headers.push_back(section.lines[at++]);
  while (at < section.lines.size() && section.lines[at].empty()) ++at;
  ask.body = joined(section.lines, at);
  return ask;
}

Answer answer_of(const Section& section) {
  Answer answer{.status = std::stoi(section.words.at(1)), .body = section.lines};
  for (std::size_t i = 2; i < section.words.size(); ++i) {
    const std::string& word = section.words[i];
    answer.stream |= word == "stream";
    answer.named |= word == "named";
    answer.reset |= word == "reset";
    answer.cut |= word == "cut";
    answer.silent |= word == "silent";
    answer.stall |= word == "stall";
    if (const auto equals = word.find('='); equals != std::string::npos)
      answer.headers.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return answer;
}

Expectation expectation_of(const Section& section) {
  Expectation expected{.status = std::stoi(section.words.at(1))};
  for (const std::string& line : section.lines) {
    if (line.starts_with("! "))
      expected.has_not.push_back(line.substr(2));
    else if (!line.empty())
      expected.has.push_back(line);
  }
  return expected;
}

}  // namespace

Scenario read_scenario(const std::string& path) {
  Scenario scenario{.name = std::filesystem::path(path).stem().string()};
  for (const Section& section : sections_of(path)) {
    const std::string& kind = section.words.at(0);
    if (kind == "plan")
      scenario.plan = joined(section.lines) + "\n";
    else if (kind == "client")
      scenario.asks.push_back(ask_of(section));
    else if (kind == "upstream")
      scenario.answers.push_back(answer_of(section));
    else if (kind == "expect")
      scenario.expectations.push_back(expectation_of(section));
    else if (kind == "attempts")
      scenario.attempts = std::stoi(section.words.at(1));
    else if (kind == "upstream-saw")
      scenario.upstream_saw = section.lines;
    else
      scenario.problems.push_back("unknown section \"" + kind + "\"");
  }
  if (scenario.asks.empty() || scenario.asks.size() != scenario.expectations.size())
    scenario.problems.push_back("every client section needs one expect section");
  return scenario;
}

std::vector<std::string> scenario_files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".scenario") files.push_back(entry.path().string());
  std::ranges::sort(files);
  return files;
}

}  // namespace plimsoll::scenarios
