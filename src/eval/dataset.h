#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "eval/scorers.h"

/// Golden sets. The file, one JSON object a line, empty lines left out:
///
///   case  := {"id": text, "input": input, "expected": any?, "checks": [check...]?,
///             "tags": [text...]?, "weight": number?, "stream": bool?, "note": text?}
///   input := text                    one user message
///          | [message...]            a chat
///          | {"messages": [...]...}  a request body; "model" and "stream" are not its
///                                    business and refused
///
/// `check` stands in eval/scorers.h. A case needs `expected` or `checks`; without
/// `checks` the answer must equal `expected`. `weight` is 1 unless given, above 0.
/// The simulated provider (plimsoll sim --golden) reads the same file and answers
/// with `expected`: as it is when it is text, else as compact JSON.
namespace plimsoll::eval {

struct Case {
  std::string id;
  std::string request_members;  // of the request body, raw: "\"messages\":[...]"
  std::vector<Check> checks;    // at least one
  std::vector<std::string> tags;
  double weight = 1;
  bool stream = false;
};

struct Dataset {
  std::vector<Case> cases;  // at least one; ids are unique
  std::string hash;         // of the file's bytes
};

/// One thing wrong with a data set, for the person who wrote it.
struct Problem {
  std::size_t line = 0;  // 1-based; 0: the file as a whole
  std::string token;     // "dataset_not_json", "dataset_bad_check", ...
  std::string what;      // fact, lower case, no full stop
  std::string why;       // what would follow if it were accepted
  std::string fix;       // imperative
};
using Problems = std::vector<Problem>;

inline constexpr std::size_t kCasesMax = 1'000'000;

/// Reads a whole data set; on failure everything that is wrong with it. Pure.
[[nodiscard]] std::expected<Dataset, Problems> parse_dataset(std::string_view text);

/// The problems as a person reads them: at most 20, then how many more.
std::string render(const Problems& problems, std::string_view file);

/// The body of a request for `asked`, with Plimsoll's members in front.
std::string request_body(const Case& asked, std::string_view model, bool stream);

}  // namespace plimsoll::eval
