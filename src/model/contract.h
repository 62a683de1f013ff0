#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/rule_table.h"

namespace plimsoll {

using std::chrono::milliseconds;

enum class StreamMode : std::uint8_t {
  pass,      // bytes leave as they come; marked in the Trail
  verified,  // nothing leaves before the whole answer has passed its checks
};

/// A schema that the plan brings along; compiled by who uses it.
struct SchemaFile {
  std::string path;
  std::string text;  // it compiles; whoever loaded the plan has tried
};

/// What becomes of a schema that a client sends along (response_format).
enum class ClientSchema : std::uint8_t {
  whole,    // enforced on whole answers, and on streams that are verified anyway
  enforce,  // enforced; its streams are verified
  ignore,   // the provider's business alone
};

/// What may be mended in an answer that was to be JSON (checks/repair.h).
struct RepairRules {
  bool strip = true;
  bool close = true;
  bool coerce = false;
  bool drop_unknown = false;
};

/// What a request must be, to cost anything at all.
struct InputRules {
  std::optional<std::size_t> max_chars;  // of all that was said, in Unicode code points
  std::optional<SchemaFile> schema;      // that what the user said last, as JSON, must fit
};

/// Which answers are kept for the same request.
struct CacheRules {
  enum class Use : std::uint8_t {
    automatic,  // those of requests that state a temperature of 0
    on,
    off,
  };
  Use use = Use::automatic;
  milliseconds ttl{3'600'000};
};

/// The output contract of a feature.
struct OutputRules {
  bool json = false;                 // the text is one JSON value
  std::optional<SchemaFile> schema;  // that the text, as JSON, must fit
  bool formats = true;               // `format` in it is checked
  ClientSchema client_schema = ClientSchema::whole;
  std::vector<std::string> json_required;           // keys the top-level object must have
  std::vector<std::string> must_contain;            // literal, case-sensitive
  std::vector<std::string> must_match;              // RE2 patterns
  std::vector<std::string> must_not_match;          // RE2 patterns
  std::vector<std::string> require;                 // CEL conditions over the answer
  std::shared_ptr<const RuleTable> confirm;         // a table whose answer it must be
  std::optional<std::size_t> min_chars, max_chars;  // Unicode code points
  bool non_empty = true;                            // text or a tool call
  bool not_truncated = true;                        // finish_reason is not "length"
  std::optional<StreamMode> stream;  // absent: verified with a contract, pass without
  RepairRules repair;
  std::string correction;  // the words of corrective retries; "": our own

  /// True when something beyond the two defaults was asked for.
  bool is_contract() const noexcept {
    return json || schema || !json_required.empty() || !must_contain.empty() ||
           !must_match.empty() || !must_not_match.empty() || !require.empty() || confirm ||
           min_chars || max_chars;
  }
  /// True when some check looks at answers, if only to note its verdict.
  bool looks_at_answers() const noexcept { return is_contract() || non_empty || not_truncated; }
  StreamMode mode() const noexcept {
    return stream.value_or(is_contract() ? StreamMode::verified : StreamMode::pass);
  }
};

}  // namespace plimsoll
