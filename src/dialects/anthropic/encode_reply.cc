#include "dialects/anthropic/anthropic.h"
#include "dialects/json_object.h"

namespace plimsoll::dialects::anthropic {

std::string encode_token_count(std::int64_t tokens) {
  std::string out;
  JsonObject object(out);
  object.integer("input_tokens", tokens);
  object.end();
  return out;
}

std::string encode_model(std::string_view id) {
  std::string out;
  JsonObject object(out);
  object.text("type", "model");
  object.text("id", id);
  object.text("display_name", id);
  object.text("created_at", "1970-01-01T00:00:00Z");
  object.end();
  return out;
}

std::string encode_models(const std::vector<std::string>& ids) {
  std::string out;
  JsonObject object(out);
  std::string& data = object.open("data");
  data += '[';
  for (const std::string& id : ids) next_item(data) += encode_model(id);
  data += ']';
  object.boolean("has_more", false);
  if (ids.empty()) {
    object.raw("first_id", "null");
    object.raw("last_id", "null");
  } else {
    object.text("first_id", ids.front());
    object.text("last_id", ids.back());
  }
  object.end();
  return out;
}

}  // namespace plimsoll::dialects::anthropic
