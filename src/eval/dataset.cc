#include "eval/dataset.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/candidates.h"
#include "base/hash.h"
#include "base/json.h"

namespace plimsoll::eval {
namespace {

constexpr std::size_t kShownMax = 20;
constexpr std::array<std::string_view, 8> kKeys = {"id",   "input",  "expected", "checks",
                                                   "tags", "weight", "stream",   "note"};

/// Reads one line, collecting what is wrong with it.
class LineReader {
 public:
  LineReader(std::size_t line, Problems& problems) : line_(line), problems_(problems) {}

  Case read(const json::Value& root) {
    Case read;
    only_known_keys(root);
    read.id = root.get_string("id").value_or("");
    if (read.id.empty()) {
      tell("dataset_no_id", "\"id\" is missing or not a text",
           "results of two runs are paired by it", "write \"id\": \"a-name-of-its-own\"");
    }
    read_input(read, root);
    read_checks(read, root);
    read_tags(read, root);
    read_weight(read, root);
    read_stream(read, root);
    return read;
  }

  void tell(std::string token, std::string what, std::string why, std::string fix) {
    problems_.push_back({line_, std::move(token), std::move(what), std::move(why), std::move(fix)});
  }

 private:
  void only_known_keys(const json::Value& root) {
    std::vector<std::string_view> seen;
    const json::Object members = *root.as_object();
    for (const json::Member member : members) {
      if (std::ranges::find(seen, member.key) != seen.end()) {
        tell("dataset_repeated_key", fmt::format("\"{}\" stands twice", member.key),
             "one of the two would be lost", "keep one of them");
      }
      seen.push_back(member.key);
      if (std::ranges::find(kKeys, member.key) != kKeys.end()) continue;
      const auto near = nearest_names(member.key, kKeys);
      tell("dataset_unknown_key", fmt::format("unknown key \"{}\"", member.key),
           "a misspelt rule would not be applied, and the case would pass too easily",
           near.empty() ? fmt::format("known keys: {}", fmt::join(kKeys, ", "))
                        : fmt::format("did you mean {}?", quoted_choice(near)));
    }
  }

  void bad_input(std::string what) {
    tell("dataset_bad_input", std::move(what), "there would be nothing to ask",
         "write \"input\": \"the user's message\", or a list of messages");
  }

  void read_input(Case& read, const json::Value& root) {
    const auto input = root.get("input");
    if (!input) return bad_input("\"input\" is missing");
    if (const auto text = input->as_string()) {
      if (text->empty()) return bad_input("\"input\" is empty");
      read.request_members =
          fmt::format(R"("messages":[{{"role":"user","content":{}}}])", json::quoted(*text));
    } else if (input->as_array()) {
      if (!are_messages(*input)) return;
      read.request_members = fmt::format("\"messages\":{}", input->dump());
    } else if (input->as_object()) {
      read_request(read, *input);
    } else {
      bad_input("\"input\" is neither text, a list of messages nor a request");
    }
  }

  bool are_messages(const json::Value& messages) {
    const auto list = messages.as_array();
    bool good = list && list->size() > 0;
    if (good) {
      for (const json::Value message : *list) good = good && message.get_string("role");
    }
    if (!good) bad_input("the messages are not a list of {\"role\": ..., \"content\": ...}");
    return good;
  }

  void read_request(Case& read, const json::Value& request) {
    const auto messages = request.get("messages");
    if (!messages) return bad_input("the request in \"input\" has no \"messages\"");
    if (!are_messages(*messages)) return;
    const json::Object members = *request.as_object();
    for (const json::Member member : members) {
      if (member.key == "model" || member.key == "stream" || member.key == "stream_options") {
        return bad_input(
            fmt::format("the request in \"input\" sets \"{}\", which the eval run "
                        "sets",
                        member.key));
      }
      if (!read.request_members.empty()) read.request_members += ',';
      json::append_string(read.request_members, member.key);
      read.request_members += ':' + member.value.dump();
    }
  }

  void keep(Case& read, Result<Check> check) {
    if (check) {
      read.checks.push_back(std::move(check).value());
      return;
    }
    tell("dataset_bad_check", check.error().what, "the answers would go unchecked",
         check.error().hint);
  }

  void read_checks(Case& read, const json::Value& root) {
    const auto expected = root.get("expected");
    const auto checks = root.get("checks");
    if (!checks) {
      if (expected) return keep(read, Check::from_expected(*expected));
      return tell("dataset_nothing_to_check", "the case has neither \"expected\" nor \"checks\"",
                  "every answer would count as right", "add \"expected\": ...");
    }
    const auto list = checks->as_array();
    if (!list || list->size() == 0) {
      return tell("dataset_bad_check", "\"checks\" is not a list of checks",
                  "the answers would go unchecked", "write \"checks\": [{\"type\": ...}]");
    }
    for (const json::Value spec : *list) {
      keep(read, Check::compile(spec, expected ? &*expected : nullptr));
    }
  }

  void read_tags(Case& read, const json::Value& root) {
    const auto tags = root.get("tags");
    if (!tags) return;
    const auto list = tags->as_array();
    bool good = list.has_value();
    if (good) {
      for (const json::Value tag : *list) {
        good = good && tag.as_string();
        if (tag.as_string()) read.tags.emplace_back(*tag.as_string());
      }
    }
    if (good) return;
    tell("dataset_bad_value", "\"tags\" is not a list of texts", "slices would be wrong",
         "write \"tags\": [\"refund\"]");
  }

  void read_weight(Case& read, const json::Value& root) {
    const auto value = root.get("weight");
    if (!value) return;
    read.weight = value->as_double().value_or(0);
    if (read.weight > 0 && std::isfinite(read.weight)) return;
    tell("dataset_bad_value", "\"weight\" is not a number above 0",
         "the pass rate would be meaningless", "write \"weight\": 1");
  }

  void read_stream(Case& read, const json::Value& root) {
    const auto value = root.get("stream");
    if (!value) return;
    if (const auto flag = value->as_bool()) {
      read.stream = *flag;
      return;
    }
    tell("dataset_bad_value", "\"stream\" is neither true nor false",
         "the case would be asked the wrong way", "write true or false");
  }

  std::size_t line_;
  Problems& problems_;
};

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

/// Reads the whole file line by line.
class FileReader {
 public:
  void read(std::string_view text) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    for (std::size_t line = 1; !text.empty() && set.cases.size() < kCasesMax; ++line) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      if (!is_blank(text.substr(0, end))) read_line(line, text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (set.cases.empty() && problems.empty()) {
      problems.push_back({0, "dataset_empty", "the file has no case",
                          "a run over nothing would pass", "write one JSON object a line"});
    }
  }

  Dataset set;
  Problems problems;

 private:
  void read_line(std::size_t line, std::string_view text) {
    LineReader reader(line, problems);
    const auto root = document_.parse(text);
    if (!root || !root->as_object()) {
      return reader.tell("dataset_not_json",
                         root ? "the line is not a JSON object" : root.error().what,
                         "the case would be left out",
                         "write one JSON object a line: {\"id\": ..., \"input\": ...}");
    }
    Case read = reader.read(*root);
    const auto [first, is_new] = lines_.try_emplace(read.id, line);
    if (!is_new && !read.id.empty()) {
      reader.tell("dataset_repeated_id",
                  fmt::format("id \"{}\" is that of line {} too", read.id, first->second),
                  "their results could not be told apart", "give each case an id of its own");
    }
    set.cases.push_back(std::move(read));
  }

  json::Document document_;
  std::unordered_map<std::string, std::size_t> lines_;
};

}  // namespace

std::expected<Dataset, Problems> parse_dataset(std::string_view text) {
  FileReader reader;
  reader.read(text);
  if (!reader.problems.empty()) return std::unexpected(std::move(reader.problems));
  reader.set.hash = fingerprint(text);
  return std::move(reader.set);
}

std::string render(const Problems& problems, std::string_view file) {
  std::string out;
  const std::size_t shown = std::min(problems.size(), kShownMax);
  for (std::size_t i = 0; i < shown; ++i) {
    const Problem& one = problems[i];
    const std::string place = one.line == 0 ? "" : fmt::format(":{}", one.line);
    out += fmt::format("{}{}: error: {} [{}]\n  why: {}\n  fix: {}\n", file, place, one.what,
                       one.token, one.why, one.fix);
  }
  if (problems.size() > shown) out += fmt::format("... and {} more\n", problems.size() - shown);
  return out;
}

std::string request_body(const Case& asked, std::string_view model, bool stream) {
  return fmt::format(R"({{"model":{},{}{}}})", json::quoted(model),
                     stream ? R"("stream":true,"stream_options":{"include_usage":true},)" : "",
                     asked.request_members);
}

}  // namespace plimsoll::eval
