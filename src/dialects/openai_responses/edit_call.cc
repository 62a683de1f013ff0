#include <fmt/format.h>

#include "dialects/body_edits.h"
#include "dialects/json_object.h"
#include "dialects/openai_responses/openai_responses.h"

namespace plimsoll::dialects::openai_responses {
namespace {

/// The value of "input", as bytes.
struct Search {
  std::string_view body, input{};
};

std::string_view input_of(std::string_view body) {
  Search search{.body = body};
  const auto visit = [](void* self, const json::RawMember& member) {
    auto& to = *static_cast<Search*>(self);
    if (member.key == "input")
      to.input = to.body.substr(member.value.begin, member.value.end - member.value.begin);
  };
  (void)json::for_each_raw_member(body, visit, &search);
  return search.input;
}

/// One more message of the user's, behind what stands there.
std::string with_words(std::string body, std::string_view words) {
  const std::string_view input = input_of(body);
  const std::string said =
      fmt::format(R"({{"type":"message","role":"user","content":{}}})", json::quoted(words));
  std::string items;
  if (input.starts_with('"'))
    items = fmt::format(R"([{{"type":"message","role":"user","content":{}}},{}])", input, said);
  else if (input.starts_with('['))
    items = std::string(input.substr(0, input.size() - 1)) +
            (input.find('{') == std::string_view::npos ? "" : ",") + said + "]";
  return items.empty() ? body : with_member(std::move(body), "input", items);
}

std::string text_of(const Correction& correction) {
  std::string out;
  JsonObject text(out);
  JsonObject format(text.open("format"));
  if (correction.schema.empty()) {
    format.text("type", "json_object");
  } else {
    format.text("type", "json_schema");
    format.text("name", "answer");
    format.raw("schema", correction.schema);
    format.boolean("strict", correction.strict);
  }
  format.end();
  text.end();
  return out;
}

}  // namespace

std::string edit_call(std::string body, const CallEdits& edits, std::vector<std::string>& dropped) {
  const RungEdits& rung = edits.rung;
  if (rung.seed) dropped.emplace_back("rung.seed");
  if (rung.temperature)
    body = with_member(std::move(body), "temperature", fmt::format("{}", *rung.temperature));
  if (rung.correction == nullptr) return body;
  const Correction& correction = *rung.correction;
  if (!correction.words.empty()) body = with_words(std::move(body), correction.words);
  const bool asks = !correction.schema.empty() || correction.json;
  if (asks && !has_member(body, "text"))
    body = with_member(std::move(body), "text", text_of(correction));
  return body;
}

}  // namespace plimsoll::dialects::openai_responses
