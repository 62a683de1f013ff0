#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/usage.h"
#include "tokens/family.h"

namespace plimsoll::tokens {

/// Counts the prompt in a request body of any dialect: its messages, system
/// texts, tools, schema and pictures. Knows the members that carry text by
/// name, so one walk serves all dialects.
///
/// Built in time linear in the body, without counting; the counting is done in
/// steps, so that a long prompt does not keep a loop. One thread at a time.
class Prompt {
 public:
  /// `body` and `family` must outlive it. A body that is no object counts nothing.
  Prompt(const Family& family, const json::Value& body);

  /// Counts about `bytes_at_most` bytes of text more; a text that this thread
  /// counted before costs next to nothing. True when all is counted.
  bool count_some(std::size_t bytes_at_most);

  /// What was counted so far, all when `count_some` returned true. `factor`
  /// corrects the estimate where the vocabulary is not the model's own
  /// (Calibration). The bound is never below the estimate.
  PromptTokens tokens(double factor = 1) const;

  std::size_t text_bytes() const noexcept { return text_bytes_; }

  /// A bound on `tokens().at_most` that needs no counting.
  std::int64_t bytes_bound() const noexcept;

 private:
  std::int64_t texts_bound() const noexcept;
  std::int64_t rest_bound() const noexcept;
  void add_member(const json::Member& member);
  void add_messages(const json::Value& value);
  void add_message(const json::Value& message);
  void add_value(const json::Value& value);
  void add_object(const json::Object& object);
  bool add_attachment(const json::Member& member);
  void add_picture(std::string_view source, bool low_detail);
  void add_schemas(const json::Value& value);
  void add_tools(const json::Value& tools);
  void add_declaration(const json::Value& tool);
  void add_properties(const json::Value& parameters);
  void add_text(std::string_view text);
  void add_json(const json::Value& value);

  const Family& family_;
  const Encoder& encoder_;
  std::vector<std::string_view> texts_;  // still to be counted, first one last
  std::deque<std::string> written_;      // what `texts_` points to beside the body
  Counted current_;                      // in the last of `texts_`
  std::size_t text_bytes_ = 0, text_count_ = 0;
  std::size_t counted_tokens_ = 0;  // of texts
  std::int64_t framing_ = 0;        // tokens that no text has
  std::int64_t tools_bytes_ = 0;    // JSON of tools: more than any way to show them
  std::int64_t pictures_ = 0, pictures_at_most_ = 0;
  std::int64_t messages_ = 0, tools_ = 0;
  bool exact_;
};

}  // namespace plimsoll::tokens
