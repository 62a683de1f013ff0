#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/verdict.h"

namespace plimsoll::checks {

namespace schema {
struct Program;
enum class Outcome : std::uint8_t {
  fits,
  breaks,
  undecided,  // a bound was reached; JsonSchema::kStepsMax or kRunDepthMax
};
struct Judgement {
  Outcome outcome = Outcome::fits;
  std::vector<Violation> violations;  // what breaks, or one that names the bound
};
}  // namespace schema

/// What is wrong with a schema itself.
struct SchemaProblem {
  std::string where;  // JSON pointer into the schema, "#/properties/a"
  std::string what;
  std::string hint;  // may be empty
};

/// A JSON Schema, compiled: draft 2020-12, 2019-09 or draft-07 as `$schema` names it.
/// Remote references reach only the documents given; nothing is ever fetched.
/// Immutable and thread-safe; copies share one program.
///
/// Members that stand twice are judged each; for `required` and `dependent...` one
/// is enough. Numbers are compared as they were written, whatever their length.
class JsonSchema {
 public:
  using Outcome = schema::Outcome;
  using Judgement = schema::Judgement;
  using Documents = std::map<std::string, std::string, std::less<>>;  // absolute URI -> text

  /// Bounds; a schema beyond one does not compile.
  static constexpr std::size_t kBytesMax = 4 * 1024 * 1024;
  static constexpr int kDepthMax = 200;               // of schemas within schemas
  static constexpr std::size_t kBlocksMax = 100'000;  // schemas that are reached
  static constexpr std::size_t kPatternsMax = 1'000;
  static constexpr std::size_t kClientPatternsMax = 32;  // in a client's
  static constexpr std::size_t kProblemsMax = 20;        // told of one schema
  /// Bounds of one judgement; beyond one the outcome is `undecided`.
  static constexpr std::int64_t kStepsMax = 20'000'000;       // schemas applied, members visited
  static constexpr std::int64_t kClientStepsMax = 1'000'000;  // for a client's schema
  static constexpr int kRunDepthMax = 1'200;
  /// At most so many violations of one value are told.
  static constexpr std::size_t kViolationsMax = 20;

  enum class Draft : std::uint8_t { draft7, draft2019_09, draft2020_12 };
  enum class Formats : std::uint8_t { annotate, check };
  /// Whose schema it is. In our own, a keyword that is not known and a pattern that
  /// cannot run in linear time are problems; in a client's the first is ignored, as
  /// the specification says, and the second is listed in unchecked().
  enum class Author : std::uint8_t { ourselves, client };

  struct Options {
    Draft draft = Draft::draft2020_12;  // where `$schema` is absent
    Formats formats = Formats::annotate;
    Author author = Author::ourselves;
    std::string uri;                                 // the schema's own, where `$id` is absent
    const Documents* documents = nullptr;            // for references; must outlive only the call
    std::vector<SchemaProblem>* problems = nullptr;  // all of them, in order
  };

  /// Errors
  ///   config_invalid   not JSON, no schema, or beyond a bound; `what` names the
  ///                    first problem and counts the others
  [[nodiscard]] static Result<JsonSchema> compile(std::string_view schema, const Options& options);
  [[nodiscard]] static Result<JsonSchema> compile(std::string_view schema) {
    return compile(schema, Options());
  }

  /// `text` is what `value`'s document was parsed from; without it, numbers beyond
  /// 64 bits are taken as the nearest double.
  Outcome check(const json::Value& value, std::string_view text = {}) const;

  /// The same with reasons. Violation::where is a JSON pointer into the value;
  /// Violation::expected ends in one into the schema: "a string (#/properties/a/type)".
  Judgement judge(const json::Value& value, std::string_view text = {}) const;

  /// Keywords that are not enforced, as JSON pointers into the schema.
  const std::vector<std::string>& unchecked() const noexcept;

  const schema::Program& program() const noexcept { return *program_; }

 private:
  explicit JsonSchema(std::shared_ptr<const schema::Program> program);
  std::shared_ptr<const schema::Program> program_;
};

}  // namespace plimsoll::checks
