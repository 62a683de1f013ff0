#include <fmt/format.h>

#include "dialects/body_edits.h"
#include "dialects/json_object.h"
#include "dialects/openai_chat/openai_chat.h"

namespace plimsoll::dialects::openai_chat {
namespace {

std::string response_format(const Correction& correction) {
  std::string out;
  JsonObject object(out);
  if (correction.schema.empty()) {
    object.text("type", "json_object");
  } else {
    object.text("type", "json_schema");
    JsonObject schema(object.open("json_schema"));
    schema.text("name", "answer");
    schema.raw("schema", correction.schema);
    schema.boolean("strict", correction.strict);
    schema.end();
  }
  object.end();
  return out;
}

}  // namespace

std::string edit_call(std::string body, const CallEdits& edits, std::vector<std::string>&) {
  const RungEdits& rung = edits.rung;
  if (rung.temperature)
    body = with_member(std::move(body), "temperature", fmt::format("{}", *rung.temperature));
  if (rung.seed) body = with_member(std::move(body), "seed", fmt::to_string(*rung.seed));
  if (rung.correction == nullptr) return body;
  const Correction& correction = *rung.correction;
  if (!correction.words.empty()) body = with_words(std::move(body), correction.words);
  const bool asks = !correction.schema.empty() || correction.json;
  if (asks && !has_member(body, "response_format"))
    body = with_member(std::move(body), "response_format", response_format(correction));
  return body;
}

}  // namespace plimsoll::dialects::openai_chat
