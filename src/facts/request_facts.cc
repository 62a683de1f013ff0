#include "facts/request_facts.h"

#include <algorithm>
#include <string>
#include <vector>

namespace plimsoll::facts {
namespace {

using cel::Kind;
using cel::Type;
using cel::Value;

std::vector<cel::Variable> body_names() {
  return {{.name = "request.model", .type = Kind::string},
          {.name = "request.stream", .type = Kind::boolean},
          {.name = "request.json", .type = Kind::boolean},
          {.name = "request.messages", .type = Kind::integer},
          {.name = "request.text", .type = Kind::string},
          {.name = "request.system", .type = Kind::string},
          {.name = "request.tools", .type = Type::list(Kind::string)},
          {.name = "request.attachments", .type = Kind::integer},
          {.name = "request.characters", .type = Kind::integer},
          {.name = "request.output_tokens", .type = Kind::integer},
          {.name = "request.metadata", .type = Type::map(Kind::string, Type::dyn())},
          {.name = "request.user", .type = Kind::string}};
}

cel::Environment with(std::vector<cel::Variable> names, std::vector<cel::Variable> more) {
  names.insert(names.end(), more.begin(), more.end());
  cel::Environment environment;
  environment.variables = std::move(names);
  return environment;
}

std::size_t index_of(Fact fact) noexcept { return static_cast<std::size_t>(fact); }

/// What is in a message besides words and tools.
bool is_attachment(std::string_view type) noexcept {
  return type == "image_url" || type == "image" || type == "input_image" || type == "file" ||
         type == "input_file" || type == "document" || type == "input_audio" || type == "audio" ||
         type == "video" || type == "video_url";
}

/// Adds the words of a message's content: a text, or a list of parts.
void add_words(std::string& out, const json::Value& content) {
  const auto add = [&out](std::string_view words) {
    if (!out.empty()) out += '\n';
    out += words;
  };
  if (const auto text = content.as_string()) return add(*text);
  const auto parts = content.as_array();
  if (!parts) return;
  for (const json::Value part : *parts)
    if (const auto text = part.get_string("text")) add(*text);
}

std::int64_t attachments_in(const json::Value& content) {
  const auto parts = content.as_array();
  if (!parts) return 0;
  std::int64_t count = 0;
  for (const json::Value part : *parts) {
    if (is_attachment(part.get_string("type").value_or(""))) ++count;
    if (const auto inner = part.get("content")) count += attachments_in(*inner);
  }
  return count;
}

std::string_view tool_name(const json::Value& tool) {
  if (const auto function = tool.get("function"))
    if (const auto name = function->get_string("name")) return *name;
  if (const auto name = tool.get_string("name")) return *name;
  return tool.get_string("type").value_or("");
}

/// What the messages say, read in one pass.
struct Conversation {
  std::string text, system;
  std::int64_t attachments = 0;
};

Conversation conversation_of(const json::Value& root) {
  Conversation found;
  if (const auto system = root.get("system")) add_words(found.system, *system);
  if (const auto instructions = root.get("instructions")) add_words(found.system, *instructions);
  const auto input = root.get("input");
  if (const auto text = input ? input->as_string() : std::nullopt) found.text = *text;
  const auto messages = input ? input : root.get("messages");
  const auto list = messages ? messages->as_array() : std::nullopt;
  if (!list) return found;
  for (const json::Value message : *list) {
    const auto content = message.get("content");
    if (!content) continue;
    const std::string_view role = message.get_string("role").value_or("");
    found.attachments += attachments_in(*content);
    if (role == "system" || role == "developer") add_words(found.system, *content);
    if (role != "user") continue;
    found.text.clear();
    add_words(found.text, *content);
  }
  return found;
}

}  // namespace

const cel::Environment& request_names() {
  static const cel::Environment names =
      with(body_names(), {{.name = "request.input_tokens", .type = Kind::integer},
                          {.name = "request.feature", .type = Kind::string},
                          {.name = "request.tenant", .type = Kind::string},
                          {.name = "request.time_left", .type = Kind::duration},
                          {.name = "request.cost_left", .type = Kind::real}});
  return names;
}

const cel::Environment& answer_names() {
  static const cel::Environment names =
      with(body_names(), {{.name = "text", .type = Kind::string}, {.name = "answer", .type = {}}});
  return names;
}

RequestFacts::RequestFacts(const Request& request) : request_(request) {
  values_.fill(Value::error("not known"));
  set(Fact::model, Value::string(request.model));
  set(Fact::stream, Value::boolean(request.stream));
  set(Fact::json, Value::boolean(request.json_asked));
  set(Fact::messages, Value::integer(static_cast<std::int64_t>(request.messages)));
  set(Fact::characters, Value::integer(static_cast<std::int64_t>(request.text_bytes)));
  if (request.output_tokens_max)
    set(Fact::output_tokens, Value::integer(*request.output_tokens_max));
}

void RequestFacts::read_for(const cel::Program& program) {
  if (read_) return;
  const bool in_body =
      std::ranges::any_of(std::array{Fact::text, Fact::system, Fact::tools, Fact::attachments,
                                     Fact::metadata, Fact::user},
                          [&program](Fact fact) { return reads(program, fact); });
  if (in_body) read_body();
}

void RequestFacts::read_body() {
  read_ = true;
  const auto root = document_.parse(request_.body);
  if (!root) return;
  const Conversation said = conversation_of(*root);
  set(Fact::text, Value::string(arena_.copy(said.text)));
  set(Fact::system, Value::string(arena_.copy(said.system)));
  set(Fact::attachments, Value::integer(said.attachments));
  std::vector<Value> names;
  const auto tools = root->get("tools");
  if (const auto list = tools ? tools->as_array() : std::nullopt)
    for (const json::Value tool : *list) names.push_back(Value::string(tool_name(tool)));
  Value* const place = arena_.array<Value>(names.size());
  std::ranges::uninitialized_copy(names, std::span(place, names.size()));
  set(Fact::tools, Value::list({place, names.size()}));
  const auto metadata = root->get("metadata");
  const bool has_metadata = metadata && metadata->kind() == json::Kind::object;
  set(Fact::metadata, has_metadata ? Value::json(*metadata) : Value::map({}));
  std::string_view user = root->get_string("user").value_or("");
  if (user.empty() && has_metadata) user = metadata->get_string("user_id").value_or("");
  set(Fact::user, Value::string(user));
}

bool reads(const cel::Program& program, Fact fact) noexcept {
  return std::ranges::find(program.reads(), index_of(fact)) != program.reads().end();
}

}  // namespace plimsoll::facts
