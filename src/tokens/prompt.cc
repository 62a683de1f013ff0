// The members that count, of OpenAI chat and responses, Anthropic messages and
// Gemini:
//   messages / contents / input              messages, each with framing
//   system / instructions / systemInstruction   one message
//   tools / functions                        definitions
//   response_format / text / generationConfig / output_format / output_config
//                                            a schema somewhere below
// In a message every string is text, but for names of kinds, ids and data.
#include "tokens/prompt.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "tokens/picture.h"
#include "tokens/text_counts.h"

namespace plimsoll::tokens {
namespace {

using Names = std::initializer_list<std::string_view>;

bool is_one_of(std::string_view name, Names names) noexcept {
  return std::ranges::find(names, name) != names.end();
}

bool is_messages(std::string_view key) noexcept {
  return is_one_of(key, {"messages", "contents", "input", "prompt"});
}
bool is_system(std::string_view key) noexcept {
  return is_one_of(key, {"system", "instructions", "systemInstruction", "system_instruction"});
}
bool is_answer_shape(std::string_view key) noexcept {
  return is_one_of(key, {"response_format", "text", "generationConfig", "generation_config",
                         "output_format", "output_config"});
}
bool is_schema(std::string_view key) noexcept {
  return is_one_of(key, {"schema", "responseSchema", "responseJsonSchema", "response_schema"});
}

/// Members of a message that the model does not read as text.
bool is_mark(std::string_view key) noexcept {
  return is_one_of(key, {"type",
                         "role",
                         "id",
                         "tool_call_id",
                         "tool_use_id",
                         "call_id",
                         "status",
                         "detail",
                         "format",
                         "media_type",
                         "mimeType",
                         "mime_type",
                         "signature",
                         "thoughtSignature",
                         "thought_signature",
                         "encrypted_content",
                         "cache_control",
                         "file_id",
                         "fileUri",
                         "file_uri",
                         "annotations",
                         "logprobs",
                         "phase"});
}

/// Members whose value the model is shown as JSON.
bool is_shown_as_json(std::string_view key) noexcept {
  return is_one_of(key, {"input", "args", "arguments", "response", "json"});
}

constexpr int kPerSchema = 3;
constexpr std::int64_t kBoundPerMessage = 16, kBoundPerTool = 32, kBoundPerPrompt = 64;

std::int64_t bytes_of(std::string_view data) { return static_cast<std::int64_t>(data.size()); }

}  // namespace

Prompt::Prompt(const Family& family, const json::Value& body)
    : family_(family), encoder_(Encoder::of(family.encoding)), exact_(family.exact) {
  const auto object = body.as_object();
  if (!object) return;
  for (const json::Member member : *object) add_member(member);
  framing_ += family_.per_prompt + messages_ * family_.per_message;
  if (tools_ > 0) framing_ += family_.per_tools;
  std::ranges::reverse(texts_);
}

void Prompt::add_member(const json::Member& member) {
  if (is_messages(member.key)) add_messages(member.value);
  if (is_system(member.key)) add_message(member.value);
  if (is_answer_shape(member.key)) add_schemas(member.value);
  if (member.key == "tools" || member.key == "functions") add_tools(member.value);
}

void Prompt::add_messages(const json::Value& value) {
  const auto list = value.as_array();
  const bool tokens = list && list->size() > 0 && (*list->begin()).kind() == json::Kind::integer;
  if (!list || tokens) return add_message(value);
  for (const json::Value message : *list) add_message(message);
}

void Prompt::add_message(const json::Value& message) {
  ++messages_;
  add_value(message);
}

void Prompt::add_value(const json::Value& value) {
  if (const auto text = value.as_string()) add_text(*text);
  if (const auto object = value.as_object()) add_object(*object);
  const auto list = value.as_array();
  if (!list) return;
  for (const json::Value item : *list) {
    if (item.kind() == json::Kind::integer) ++framing_;  // a token that was counted already
    add_value(item);
  }
}

void Prompt::add_object(const json::Object& object) {
  for (const json::Member member : object) {
    if (is_mark(member.key) || add_attachment(member)) continue;
    const bool structured = member.value.as_object().has_value();
    if (structured && is_shown_as_json(member.key))
      add_json(member.value);
    else
      add_value(member.value);
  }
}

/// A picture, sound or document: its data is no text.
bool Prompt::add_attachment(const json::Member& member) {
  const json::Value& value = member.value;
  if (member.key == "image_url") {
    const auto url = value.is_null() ? std::nullopt : value.as_string();
    add_picture(url.value_or(value.get_string("url").value_or(std::string_view())),
                value.get_string("detail") == "low");
    return true;
  }
  const bool carries_data =
      is_one_of(member.key, {"inlineData", "inline_data", "source", "input_audio", "file",
                             "fileData", "file_data"}) &&
      !value.get_string("text") && !value.get("content");
  if (!carries_data) return false;
  std::string_view data = value.as_string().value_or(std::string_view());
  for (const std::string_view key : {"data", "file_data", "url", "fileUri", "file_uri"})
    if (data.empty()) data = value.get_string(key).value_or(std::string_view());
  if (data.empty()) return false;
  std::string_view kind = "image/";
  for (const std::string_view key : {"media_type", "mimeType", "mime_type"})
    kind = value.get_string(key).value_or(kind);
  if (kind.starts_with("image/") && member.key != "file" && member.key != "input_audio") {
    add_picture(data, false);
    return true;
  }
  // Sound and documents: no provider counts more than a token a byte of the data.
  exact_ = false;
  pictures_ += bytes_of(data) / 64;
  pictures_at_most_ += bytes_of(data);
  return true;
}

void Prompt::add_picture(std::string_view source, bool low_detail) {
  const auto size = picture_size(source);
  const std::int64_t tokens = picture_tokens(family_.pictures, size, low_detail);
  const std::int64_t most = family_.pictures.most;
  pictures_ += tokens;
  pictures_at_most_ +=
      std::max(tokens, most > 0 ? most : std::max<std::int64_t>(bytes_of(source), 4'096));
  if (!size) exact_ = false;
}

void Prompt::add_schemas(const json::Value& value) {
  const auto object = value.as_object();
  if (!object) return;
  for (const json::Member member : *object) {
    if (!is_schema(member.key)) {
      add_schemas(member.value);
      continue;
    }
    exact_ = false;
    if (family_.schema_free) {
      tools_bytes_ += bytes_of(member.value.dump());
      continue;
    }
    framing_ += kPerSchema;
    add_json(member.value);
  }
}

void Prompt::add_tools(const json::Value& tools) {
  const auto list = tools.as_array();
  if (!list) return;
  exact_ = exact_ && list->size() == 0;
  for (const json::Value tool : *list) {
    ++tools_;
    if (!family_.tools_as_code) {
      add_json(tool);
      continue;
    }
    tools_bytes_ += bytes_of(tool.dump());
    add_declaration(tool);
  }
}

/// OpenAI's cookbook, "How to count tokens with tiktoken", for tools.
void Prompt::add_declaration(const json::Value& tool) {
  constexpr int kPerTool = 7;
  framing_ += kPerTool;
  const json::Value function = tool.get("function").value_or(tool);
  std::string& line = written_.emplace_back(function.get_string("name").value_or(""));
  line += ':';
  line += function.get_string("description").value_or("");
  add_text(line);
  for (const std::string_view key : {"parameters", "input_schema", "format"})
    if (const auto parameters = function.get(key)) add_properties(*parameters);
}

void Prompt::add_properties(const json::Value& parameters) {
  constexpr int kProperties = 3, kPerProperty = 3, kPerChoice = 3;
  const auto list = parameters.get("properties");
  const auto properties = list ? list->as_object() : std::nullopt;
  if (!properties || properties->size() == 0) return;
  framing_ += kProperties;
  for (const json::Member property : *properties) {
    framing_ += kPerProperty;
    std::string& line = written_.emplace_back(property.key);
    line += ':';
    line += property.value.get_string("type").value_or("");
    line += ':';
    line += property.value.get_string("description").value_or("");
    add_text(line);
    const auto choices = property.value.get("enum");
    if (choices && choices->as_array()) {
      framing_ += kPerChoice * static_cast<int>(choices->as_array()->size());
      add_value(*choices);
    }
    const json::Value inner = property.value.get("items").value_or(property.value);
    add_properties(inner);
  }
}

void Prompt::add_text(std::string_view text) {
  if (text.empty()) return;
  texts_.push_back(text);
  text_bytes_ += text.size();
  ++text_count_;
}

void Prompt::add_json(const json::Value& value) { add_text(written_.emplace_back(value.dump())); }

bool Prompt::count_some(std::size_t bytes_at_most) {
  TextCounts& known = TextCounts::of_this_thread();
  while (!texts_.empty() && bytes_at_most > 0) {
    const std::string_view text = texts_.back();
    const bool worth = text.size() >= TextCounts::kTextBytesMin;
    if (const auto before =
            worth && current_.bytes == 0 ? known.find(text, family_.encoding) : std::nullopt) {
      counted_tokens_ += *before;
      texts_.pop_back();
      continue;
    }
    const std::size_t begin = current_.bytes;
    current_ = encoder_.count_some(text, current_, bytes_at_most);
    bytes_at_most -= std::min(bytes_at_most, current_.bytes - begin);
    if (current_.bytes < text.size()) continue;
    counted_tokens_ += current_.tokens;
    exact_ = exact_ && current_.exact;
    if (worth && current_.exact) known.keep(text, family_.encoding, current_.tokens);
    current_ = {};
    texts_.pop_back();
  }
  return texts_.empty();
}

PromptTokens Prompt::tokens(double factor) const {
  const auto counted = static_cast<std::int64_t>(counted_tokens_ + current_.tokens);
  const double scale = family_.exact ? 1 : family_.percent / 100.0;
  const double estimate =
      std::ceil(static_cast<double>(counted) * scale) + static_cast<double>(framing_ + pictures_);
  PromptTokens all{.uncorrected = static_cast<std::int64_t>(estimate),
                   .exact = exact_ && texts_.empty()};
  all.tokens =
      family_.exact ? all.uncorrected : static_cast<std::int64_t>(std::ceil(estimate * factor));
  const bool texts_known = family_.exact && texts_.empty();
  all.at_most = rest_bound() + (texts_known ? counted : texts_bound());
  all.at_most = std::max(all.at_most, all.tokens);
  return all;
}

std::int64_t Prompt::bytes_bound() const noexcept { return rest_bound() + texts_bound(); }

/// A token is at least a byte of its text, and a text may get a mark of its own.
std::int64_t Prompt::texts_bound() const noexcept {
  return static_cast<std::int64_t>(text_bytes_ + text_count_);
}

/// Everything but texts. What providers add of their own is measured, so twice
/// the measure is allowed for.
std::int64_t Prompt::rest_bound() const noexcept {
  return 2 * framing_ + messages_ * kBoundPerMessage + tools_ * kBoundPerTool + kBoundPerPrompt +
         tools_bytes_ + pictures_at_most_;
}

}  // namespace plimsoll::tokens
