// Grammar (OpenAI's document, CreateChatCompletionResponse):
//   answer = { "choices": [ { "index", "message", "finish_reason" }, ... ],
//              "usage": { ... }, "model": string, any other }
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "dialects/members.h"
#include "dialects/openai_chat/answer_fields.h"
#include "dialects/openai_chat/openai_chat.h"

namespace plimsoll::dialects::openai_chat {
namespace {

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::upstream_malformed, std::move(what), "try again, or choose another model");
}

Result<void> read_choice(const json::Value& choice, int position, AnswerBuilder& builder) {
  PLIMSOLL_TRY(const int index, index_of(choice, position, kChoiceIndexMax));
  Event event{.kind = Event::Kind::chunk};
  if (const auto message = choice.get("message"))
    if (auto read = append_deltas(event.deltas, index, *message); !read) return read;
  append_text_of(event.deltas, index, choice);
  const auto reason = choice.get_string("finish_reason");
  if (reason && is_failure(*reason))
    return fail(ErrorKind::upstream_server_error,
                fmt::format("the upstream ended its answer with finish_reason \"{}\"", *reason),
                "try again, or choose another model");
  event.finishes.push_back({.choice = index, .finish = finish_of(reason)});
  builder.add(std::move(event));
  return {};
}

Result<Answer> read_answer(const json::Value& root) {
  if (root.kind() != json::Kind::object)
    return malformed(fmt::format("the answer is {}, not an object", name_of(root.kind())));
  const auto value = root.get("choices");
  const auto choices = value ? value->as_array() : std::nullopt;
  if (!choices) return malformed("the answer has no \"choices\" array");
  AnswerBuilder builder;
  int position = 0;
  for (const json::Value choice : *choices)
    if (auto read = read_choice(choice, position++, builder); !read)
      return std::unexpected(std::move(read).error());
  if (position == 0) return malformed("the answer has 0 choices");
  Answer answer = std::move(builder).take();
  answer.usage = usage_in(root);
  answer.model = root.get_string("model").value_or("");
  return answer;
}

}  // namespace

Result<Event> decode_whole(std::string body) {
  json::Document large;
  auto root = document_for(body, large).parse(body);
  if (!root) return malformed("the answer is " + root.error().what);
  if (carries_error(*root)) return std::unexpected(classify(200, {}, body));
  PLIMSOLL_TRY(Answer answer, read_answer(*root));
  Event event{.kind = Event::Kind::whole};
  event.usage = answer.usage;
  event.model = answer.model;
  event.whole = std::move(answer);
  event.raw = std::move(body);
  return event;
}

namespace {

/// What an unread answer is skimmed for; views into its bytes, quotes included.
struct Skimmed {
  std::string_view text, choices, usage, model, error;
};

void skim_member(void* self, const json::RawMember& member) {
  auto& to = *static_cast<Skimmed*>(self);
  const std::string_view value =
      to.text.substr(member.value.begin, member.value.end - member.value.begin);
  if (member.key == "choices") to.choices = value;
  if (member.key == "usage") to.usage = value;
  if (member.key == "model") to.model = value;
  if (member.key == "error" || member.key == "object") {
    const bool good = value == "null" || value == "\"chat.completion\"";
    if (!good) to.error = value;
  }
}

/// Every "finish_reason" in `choices` is one that says the generation went well. A
/// text that quotes the key has backslashes before its quotes.
bool ended_well(std::string_view choices) {
  constexpr std::string_view kKey = "\"finish_reason\"";
  constexpr std::string_view kGood[] = {"\"stop\"", "\"length\"", "\"tool_calls\""};
  for (std::size_t at = choices.find(kKey); at != std::string_view::npos;
       at = choices.find(kKey, at)) {
    at += kKey.size();
    std::string_view rest = choices.substr(at);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n:"), rest.size()));
    const auto begins = [rest](std::string_view value) { return rest.starts_with(value); };
    if (!std::ranges::any_of(kGood, begins)) return false;
  }
  return true;
}

/// A count that is not negative, as it stands in the answer; null is 0.
bool read_count(std::string_view value, std::int64_t& count) {
  constexpr std::size_t kDigitsMax = 18;
  if (value == "null") return true;
  if (value.size() > kDigitsMax) return false;
  const char* const end = value.data() + value.size();
  const auto read = std::from_chars(value.data(), end, count);
  return read.ec == std::errc() && read.ptr == end && count >= 0;
}

/// The usage of an unread answer. It reads the members that `usage_in` reads, and
/// leaves the judgement of every other form to it.
struct SkimmedUsage {
  std::string_view text;  // the object
  std::int64_t prompt = 0, completion = 0, total = 0, cached = 0, cache_hit = 0, cache_write = 0,
               reasoning = 0;
  int seen = 0;  // of prompt and completion
  bool plain = true;

  std::string_view value_of(const json::RawMember& member) const {
    return text.substr(member.value.begin, member.value.end - member.value.begin);
  }
  void take(std::string_view value, std::int64_t& count) { plain &= read_count(value, count); }
};

void skim_detail(void* self, const json::RawMember& member) {
  auto& to = *static_cast<SkimmedUsage*>(self);
  const std::string_view value = to.value_of(member);
  if (member.key == "cached_tokens") to.take(value, to.cached);
  if (member.key == "cache_write_tokens") to.take(value, to.cache_write);
  if (member.key == "reasoning_tokens") to.take(value, to.reasoning);
}

void skim_details(SkimmedUsage& to, std::string_view value) {
  if (value == "null") return;
  const std::string_view whole = std::exchange(to.text, value);
  to.plain &= json::for_each_raw_member(value, skim_detail, &to);
  to.text = whole;
}

void skim_usage(void* self, const json::RawMember& member) {
  auto& to = *static_cast<SkimmedUsage*>(self);
  const std::string_view value = to.value_of(member);
  if (member.key == "prompt_tokens") ++to.seen, to.take(value, to.prompt);
  if (member.key == "completion_tokens") ++to.seen, to.take(value, to.completion);
  if (member.key == "total_tokens") to.take(value, to.total);
  if (member.key == "prompt_cache_hit_tokens") to.take(value, to.cache_hit);
  if (member.key == "prompt_tokens_details" || member.key == "completion_tokens_details")
    skim_details(to, value);
}

std::optional<Usage> usage_skimmed(std::string_view text) {
  SkimmedUsage seen{.text = text};
  const bool whole = json::for_each_raw_member(text, skim_usage, &seen);
  if (!whole || !seen.plain || seen.seen != 2) return {};
  return Usage{.input = seen.prompt,
               .output = std::max(seen.completion, seen.total - seen.prompt),
               .cached_input = std::max(seen.cached, seen.cache_hit),
               .reasoning_output = seen.reasoning,
               .cache_write_input = seen.cache_write};
}

bool is_plain_string(std::string_view value) {
  return value.size() >= 2 && value.front() == '"' && value.find('\\') == std::string_view::npos;
}

}  // namespace

Result<Event> decode_unread(std::string body) {
  Skimmed seen{.text = body};
  const bool closed = json::for_each_raw_member(body, skim_member, &seen) && body.ends_with('}');
  const bool good = closed && seen.error.empty() && seen.choices.starts_with("[{") &&
                    seen.usage.starts_with('{') && is_plain_string(seen.model) &&
                    ended_well(seen.choices);
  if (!good) return decode_whole(std::move(body));
  Event event{.kind = Event::Kind::whole};
  event.usage = usage_skimmed(seen.usage);
  if (!event.usage) return decode_whole(std::move(body));
  event.model = seen.model.substr(1, seen.model.size() - 2);
  event.raw = std::move(body);
  return event;
}

}  // namespace plimsoll::dialects::openai_chat
