// A request goes upstream as the client's own bytes with a few spans replaced,
// so that nothing we do not know about can get lost or change its form.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dialects/members.h"
#include "dialects/openai_chat/openai_chat.h"

namespace plimsoll::dialects::openai_chat {
namespace {

/// `text` in place of the bytes of `span`; an empty span inserts.
struct Patch {
  json::Span span;
  std::string text;
};

constexpr std::string_view kAskUsage = R"("include_usage":true)";

/// Sets include_usage inside the options object the client sent.
void patch_stream_options(const Request& request, std::vector<Patch>& patches) {
  const json::Span place = *request.stream_options;
  const std::string_view text = std::string_view(request.body).substr(0, place.end);
  json::Document document;
  const auto options = document.parse(text.substr(place.begin));
  const auto object = options ? options->as_object() : std::nullopt;
  if (!object) {  // null
    patches.push_back({place, fmt::format("{{{}}}", kAskUsage)});
    return;
  }
  bool found = false;
  for (const Field& field : fields_of(*object, text, place.begin)) {
    if (field.key != "include_usage") continue;
    patches.push_back({field.place, "true"});
    found = true;
  }
  if (found) return;
  const std::size_t inside = place.begin + 1;
  const std::string_view comma = object->size() > 0 ? "," : "";
  patches.push_back({{inside, inside}, fmt::format("{}{}", kAskUsage, comma)});
}

/// Lowers the limit where it stands, and returns what stands there then; nothing
/// where the client sent none.
std::optional<std::int64_t> lower_limit(const Request& request,
                                        const std::optional<json::Span>& place, std::int64_t limit,
                                        std::vector<Patch>& patches) {
  if (!place) return std::nullopt;
  const std::string_view sent =
      std::string_view(request.body).substr(place->begin, place->end - place->begin);
  json::Document document;
  const auto value = document.parse(sent);
  const auto number = value ? value->as_int() : std::nullopt;
  if (number && *number <= limit) return number;
  patches.push_back({*place, fmt::to_string(limit)});
  return limit;
}

/// Both names are lowered when both were sent, because upstreams differ in which
/// one they obey. Returns the member to add, where the one that this upstream
/// obeys was not sent.
std::string limit_output(const Request& request, std::int64_t limit, OutputLimitField field,
                         std::vector<Patch>& patches) {
  const auto newer = lower_limit(request, request.max_completion_tokens, limit, patches);
  const auto older = lower_limit(request, request.max_tokens, limit, patches);
  // Who knows the newer name knows the older one, but not the other way round.
  if (field == OutputLimitField::max_tokens)
    return older ? "" : fmt::format(R"(,"max_tokens":{})", newer.value_or(limit));
  return newer || older ? "" : fmt::format(R"(,"max_completion_tokens":{})", limit);
}

std::vector<Patch> patches_for(const Request& request, const CallEdits& edits) {
  std::vector<Patch> patches;
  std::string added;  // new members stand right behind the model
  if (request.stream && edits.ask_usage && !request.stream_options)
    added += fmt::format(R"(,"stream_options":{{{}}})", kAskUsage);
  if (request.stream && edits.ask_usage && request.stream_options && !request.usage_asked)
    patch_stream_options(request, patches);
  if (edits.output_tokens_max)
    added += limit_output(request, *edits.output_tokens_max, edits.output_limit_field, patches);
  std::string model;
  if (edits.model == request.model) {
    const auto& at = request.model_value;
    model = request.body.substr(at.begin, at.end - at.begin);
  } else {
    json::append_string(model, edits.model);
  }
  patches.push_back({request.model_value, model + added});
  return patches;
}

}  // namespace

std::string encode_call(const Request& request, const CallEdits& edits) {
  std::vector<Patch> patches = patches_for(request, edits);
  std::ranges::sort(patches, {}, [](const Patch& patch) { return patch.span.begin; });
  std::size_t size = request.body.size();
  for (const Patch& patch : patches) size += patch.text.size();
  std::string out;
  out.reserve(size);
  std::size_t copied = 0;
  for (const Patch& patch : patches) {
    out.append(request.body, copied, patch.span.begin - copied);
    out += patch.text;
    copied = patch.span.end;
  }
  out.append(request.body, copied);
  return out;
}

}  // namespace plimsoll::dialects::openai_chat
