#include "sim/invent.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/json.h"
#include "sim/ask.h"

namespace plimsoll::sim {
namespace {

constexpr std::string_view kWords[] = {"the",    "order",    "ship",  "water",  "line", "carries",
                                       "under",  "load",     "and",   "with",   "each", "request",
                                       "answer", "time",     "keeps", "within", "mark", "reaches",
                                       "port",   "before",   "after", "storm",  "calm", "crew",
                                       "cargo",  "measured", "deep",  "safe",   "slow", "steady"};

constexpr std::string_view kProse[] = {
    "Sure! Based on what you told me, I would say it depends on a few things.",
    "Great question. There are several ways to look at this, so let me explain.",
    "I looked into it and believe everything is in order, more or less."};

constexpr std::string_view kForeign[] = {
    "Natürlich! Die Bestellung wird voraussichtlich morgen geliefert.",
    "Bien sûr ! Votre demande a été prise en compte, merci de patienter.",
    "Claro, el pedido llegará en los próximos días; gracias por su paciencia.",
    "承知しました。ご注文は明日届く予定です。"};

constexpr std::string_view kRefusals[] = {"I'm sorry, but I can't help with that.",
                                          "I can't assist with this request."};

constexpr int kDepthMax = 16;
constexpr std::int64_t kItemsMax = 64;

template <std::size_t N>
std::string one_of(const std::string_view (&texts)[N], Dice& dice) {
  return std::string(texts[dice.below(N)]);
}

std::string words(std::size_t count, Dice& dice) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += ' ';
    text += kWords[dice.below(std::size(kWords))];
  }
  return text;
}

/// Writes one value after another; holds the root for `$ref`.
struct Inventor {
  json::Value root;
  Dice& dice;

  std::string value(const json::Value& schema, int depth);

 private:
  std::string object(const json::Value& schema, int depth);
  std::string array(const json::Value& schema, int depth);
  std::string text(const json::Value& schema);
  std::string number(const json::Value& schema, bool whole);
  std::optional<json::Value> target(std::string_view ref) const;
};

std::optional<json::Value> Inventor::target(std::string_view ref) const {
  if (!ref.starts_with("#")) return std::nullopt;
  std::optional<json::Value> at = root;
  ref.remove_prefix(1);
  while (at && ref.starts_with('/')) {
    ref.remove_prefix(1);
    const std::size_t end = std::min(ref.find('/'), ref.size());
    at = at->get(ref.substr(0, end));
    ref.remove_prefix(end);
  }
  return at;
}

std::optional<json::Value> first_of(const json::Value& schema, std::string_view keyword) {
  const auto list = schema.get(keyword);
  const auto array = list ? list->as_array() : std::nullopt;
  if (!array || array->size() == 0) return std::nullopt;
  return *array->begin();
}

std::string_view type_of(const json::Value& schema) {
  if (const auto type = schema.get_string("type")) return *type;
  if (const auto first = first_of(schema, "type")) return first->as_string().value_or("null");
  if (schema.get("properties")) return "object";
  if (schema.get("items")) return "array";
  return "string";
}

std::string Inventor::value(const json::Value& schema, int depth) {
  if (depth > kDepthMax) return "null";
  if (const auto ref = schema.get_string("$ref")) {
    const auto found = target(*ref);
    return found ? value(*found, depth + 1) : "null";
  }
  if (const auto fixed = schema.get("const")) return fixed->dump();
  const auto list = schema.get("enum");
  if (const auto choices = list ? list->as_array() : std::nullopt) {
    std::size_t left = dice.below(choices->size());
    for (const json::Value entry : *choices) {
      if (left-- == 0) return entry.dump();
    }
  }
  for (const std::string_view keyword : {"anyOf", "oneOf", "allOf"}) {
    if (const auto first = first_of(schema, keyword)) return value(*first, depth + 1);
  }
  const std::string_view type = type_of(schema);
  if (type == "object") return object(schema, depth);
  if (type == "array") return array(schema, depth);
  if (type == "integer" || type == "number") return number(schema, type == "integer");
  if (type == "boolean") return dice.chance(0.5) ? "true" : "false";
  if (type == "null") return "null";
  return text(schema);
}

std::string Inventor::object(const json::Value& schema, int depth) {
  std::string out = "{";
  const auto member = schema.get("properties");
  if (const auto properties = member ? member->as_object() : std::nullopt) {
    for (const json::Member& property : *properties) {
      if (out.size() > 1) out += ',';
      json::append_string(out, property.key);
      out += ':';
      out += value(property.value, depth + 1);
    }
  }
  return out + "}";
}

std::string Inventor::array(const json::Value& schema, int depth) {
  const std::int64_t least =
      std::clamp<std::int64_t>(schema.get_int("minItems").value_or(1), 0, kItemsMax);
  const std::int64_t most = schema.get_int("maxItems").value_or(std::max<std::int64_t>(least, 2));
  const auto room = static_cast<std::size_t>(std::clamp<std::int64_t>(most - least + 1, 1, 3));
  const std::int64_t count = least + static_cast<std::int64_t>(dice.below(room));
  const auto items = schema.get("items");
  std::string out = "[";
  for (std::int64_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    out += items ? value(*items, depth + 1) : json::quoted(words(1, dice));
  }
  return out + "]";
}

std::string Inventor::text(const json::Value& schema) {
  std::string out = words(1 + dice.below(4), dice);
  const auto least = static_cast<std::size_t>(
      std::clamp<std::int64_t>(schema.get_int("minLength").value_or(0), 0, 100'000));
  while (out.size() < least) out += " " + words(1, dice);
  if (const auto most = schema.get_int("maxLength"); most && *most >= 0) {
    out.resize(std::min(out.size(), static_cast<std::size_t>(*most)));
  }
  return json::quoted(out);
}

std::string Inventor::number(const json::Value& schema, bool whole) {
  const auto bound = [&](std::string_view keyword) -> std::optional<double> {
    const auto value = schema.get(keyword);
    return value ? value->as_double() : std::nullopt;
  };
  double least = bound("minimum").value_or(0);
  if (const auto above = bound("exclusiveMinimum")) least = *above + 1;
  double most = bound("maximum").value_or(least + 100);
  if (const auto below = bound("exclusiveMaximum")) most = *below - 1;
  const double drawn = least + (std::max(most, least) - least) * dice.unit();
  if (!whole) return fmt::format("{:.2f}", std::clamp(drawn, least, std::max(most, least)));
  return fmt::format("{}", static_cast<std::int64_t>(drawn));
}

std::string of_another_type(const json::Value& value) {
  switch (value.kind()) {
    case json::Kind::string: return "42";
    case json::Kind::integer:
    case json::Kind::number: return json::quoted(fmt::format("about {}", value.dump()));
    case json::Kind::boolean: return json::quoted(value.as_bool().value_or(false) ? "yes" : "no");
    default: return "\"n/a\"";
  }
}

/// The object written again with member `victim` changed or gone.
std::string hurt_object(const json::Object& object, Flaw flaw, std::size_t victim) {
  std::string out = "{";
  std::size_t at = 0;
  for (const json::Member& member : object) {
    const bool hit = at++ == victim;
    if (hit && flaw == Flaw::missing_key) continue;
    if (out.size() > 1) out += ',';
    json::append_string(out, member.key);
    out += ':';
    out += hit ? of_another_type(member.value) : member.value.dump();
  }
  return out + "}";
}

std::string hurt_member(std::string_view answer, Flaw flaw, Dice& dice) {
  json::Document document;
  const auto root = document.parse(answer);
  const auto object = root ? root->as_object() : std::nullopt;
  if (!object || object->size() == 0) return one_of(kProse, dice);
  return hurt_object(*object, flaw, dice.below(object->size()));
}

}  // namespace

std::string invent_text(std::size_t tokens, Dice dice) {
  const std::size_t bytes = tokens * 4;
  std::string text;
  while (text.size() < bytes) {
    if (!text.empty()) text += ' ';
    text += kWords[dice.below(std::size(kWords))];
  }
  text.resize(bytes);
  // A blank at the end would be lost by clients that trim.
  if (text.ends_with(' ')) text.back() = '.';
  return text;
}

std::string invent_json(std::string_view schema, Dice dice) {
  json::Document document;
  const auto root = document.parse(schema);
  if (!root) return "{}";
  return Inventor{*root, dice}.value(*root, 0);
}

std::string spoil(std::string_view answer, Flaw flaw, Dice dice) {
  switch (flaw) {
    case Flaw::fenced: return fmt::format("Here is the answer:\n```json\n{}\n```", answer);
    case Flaw::wrong_type:
    case Flaw::missing_key: return hurt_member(answer, flaw, dice);
    case Flaw::prose: return one_of(kProse, dice);
    case Flaw::wrong_language: return one_of(kForeign, dice);
    case Flaw::none:
    case Flaw::truncated:
    case Flaw::refusal: return std::string(answer);
  }
  return std::string(answer);
}

std::string invent_refusal(Dice dice) { return one_of(kRefusals, dice); }

}  // namespace plimsoll::sim
