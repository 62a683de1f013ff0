#include "config/secrets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "checks/excerpt.h"
#include "config/forms.h"

namespace plimsoll::config {
namespace {

constexpr std::array<std::string_view, 7> kFramingHeaders{
    "host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"};
constexpr std::array<std::string_view, 6> kSecretEndings{"authorization", "key",    "token",
                                                         "secret",        "cookie", "password"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool is_reference(std::string_view text) {
  return text.starts_with("env:") || text.starts_with("file:");
}

/// Where a reference points, and what came from there.
struct Fetched {
  std::string source;  // `environment variable OPENAI_API_KEY`
  std::optional<std::string> text;
  std::string missing;  // why there is none
};

Fetched fetch(std::string_view reference, const Environment& environment) {
  if (reference.starts_with("env:")) {
    const std::string_view name = reference.substr(4);
    return {fmt::format("environment variable {}", name), environment.variable(name), "is not set"};
  }
  const std::string_view path = reference.substr(5);
  auto text = environment.read_file(path);
  Fetched out{fmt::format("file \"{}\"", checks::excerpt(path, 60)), {}, "cannot be read"};
  if (!text) return out;
  while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
  out.text = std::move(*text);
  return out;
}

bool refuse_literal(const yaml::Node& node, std::string_view subject, Problems& problems) {
  problems.hide(node.place);
  problems.add(node.place, "config_secret_literal",
               fmt::format("{} is written into the file", subject),
               "write env:NAME or file:PATH, and keep the secret there");
  return false;
}

}  // namespace

bool read_secret(const yaml::Node& node, std::string_view subject, const Environment& environment,
                 Problems& problems, std::string& out) {
  const std::string_view text = node.text;
  const bool named = text.starts_with("env:") ? is_variable(text.substr(4)) : text.size() > 5;
  if (!is_reference(text) || !named) return refuse_literal(node, subject, problems);
  Fetched got = fetch(text, environment);
  const bool empty = got.text && got.text->empty();
  if (!got.text || empty) {
    problems.add(
        node.place, "config_secret_missing",
        fmt::format("{} is in {}, which {}", subject, got.source, empty ? "is empty" : got.missing),
        text.starts_with("env:")
            ? fmt::format("set {} before starting plimsoll, or correct the name", text.substr(4))
            : "write the secret into the file, or correct the path");
    return false;
  }
  if (!is_credential(*got.text)) {
    problems.add(node.place, "config_secret_invalid",
                 fmt::format("{} comes from {}, which holds a space, a line break or a character "
                             "outside ASCII",
                             subject, got.source),
                 "store the credential alone there, on one line");
    return false;
  }
  out = std::move(*got.text);
  return true;
}

std::optional<std::pair<std::string, std::string>> read_header(const yaml::Entry& entry,
                                                               std::string_view subject,
                                                               const Environment& environment,
                                                               Problems& problems) {
  const std::string name = lower(entry.key.text);
  const auto bad = [&](const yaml::Node& at, std::string what, std::string fix) {
    problems.add(at.place, "config_bad_value", std::move(what), std::move(fix));
    return std::nullopt;
  };
  if (!is_header_name(name))
    return bad(entry.key,
               fmt::format("\"{}\" in {} is no header name", checks::excerpt(name, 60), subject),
               "use letters, digits and -");
  if (std::ranges::find(kFramingHeaders, name) != kFramingHeaders.end())
    return bad(entry.key, fmt::format("header \"{}\" in {} is written by plimsoll", name, subject),
               "remove it");
  const std::string what = fmt::format("header \"{}\" in {}", name, subject);
  if (entry.value.kind != yaml::Kind::scalar)
    return bad(entry.value, fmt::format("{} has no text", what), "write a text or a reference");
  const bool secret = std::ranges::any_of(
      kSecretEndings, [&name](std::string_view end) { return name.ends_with(end); });
  std::string value = entry.value.text;
  if (secret || is_reference(value)) {
    if (!read_secret(entry.value, what, environment, problems, value)) return std::nullopt;
  } else if (!is_header_value(value)) {
    return bad(entry.value, fmt::format("{} holds a line break or a control character", what),
               "keep it on one line");
  }
  return std::pair{name, std::move(value)};
}

}  // namespace plimsoll::config
