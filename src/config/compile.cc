#include "config/compile.h"

#include <fmt/format.h>

#include <filesystem>

#include "config/cross_checks.h"
#include "config/forms.h"
#include "config/reader.h"
#include "config/system_environment.h"
#include "config/tokens.h"
#include "config/units.h"
#include "config/yaml.h"

namespace plimsoll::config {
namespace {

/// Names the text a plan came from: 64-bit FNV-1a in hex. Not for security.
std::string fingerprint(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

Feature default_feature(std::size_t index) {
  Draft draft;
  bind_defaults("features.*", "", draft);
  Feature feature = std::move(draft.feature());
  feature.index = index;
  feature.ladder = {Rung{}};
  return feature;
}

void check_version(const yaml::Node& document, const Places& places, Problems& problems) {
  if (!places.good("version")) return;
  for (const yaml::Entry& entry : document.entries)
    if (entry.key.text == "version" && entry.value.text != "1") {
      problems.add(entry.value.place, "config_version_unsupported",
                   fmt::format("version {} of the format is not known; this is plimsoll for "
                               "version 1",
                               entry.value.text),
                   "write version: 1, or run a newer plimsoll");
      return;
    }
}

std::string folder_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

Loaded one_problem(std::string file, std::string_view token, std::string what, std::string fix) {
  Loaded out;
  const Token* row = find_token(token);
  out.diagnostics.push_back({.file = std::move(file),
                             .line = 0,
                             .token = std::string(token),
                             .what = std::move(what),
                             .why = row == nullptr ? "" : std::string(row->why),
                             .fix = std::move(fix)});
  return out;
}

}  // namespace

std::string Loaded::report() const {
  return diagnostics.empty() ? "" : render(diagnostics, shown_text);
}

Loaded compile(std::string_view text, std::string_view file, const Environment& environment) {
  Problems problems(file, text);
  Draft draft;
  Places places;
  if (const auto document = yaml::parse(text)) {
    read_document(*document, environment, problems, draft, places);
    check_version(*document, places, problems);
    cross_check(draft, places, problems);
  } else {
    const yaml::Fault& fault = document.error();
    problems.add({fault.at, fault.at + 1}, fault.token, fault.what, fault.fix);
  }
  Loaded out;
  out.shown_text = problems.shown_text();
  out.diagnostics = problems.take();
  if (!out.diagnostics.empty()) return out;
  std::string all(text);
  for (const Feature& feature : draft.plan.features)
    for (const auto& schema : {feature.output.schema, feature.input.schema})
      if (schema) all += schema->text;
  draft.plan.version = fingerprint(all);
  draft.plan.source = std::string(file);
  draft.plan.default_feature = default_feature(draft.plan.features.size());
  out.plan = std::make_shared<const Plan>(std::move(draft.plan));
  return out;
}

Loaded load(const std::string& path, Secrets secrets) {
  const SystemEnvironment files;
  const auto text = files.read_file(path);
  if (!text)
    return one_problem(path, "config_file_unreadable", text.error().what,
                       "name the file with -c, or write a first one with plimsoll init");
  return compile(*text, path, SystemEnvironment(folder_of(path), secrets));
}

Loaded no_file_plan(const Environment& environment) {
  Loaded out;
  const auto key = environment.variable("OPENAI_API_KEY");
  if (!key || key->empty()) return out;
  if (!is_credential(*key))
    return one_problem("OPENAI_API_KEY", "config_secret_invalid",
                       "the variable holds a space, a line break or a character outside ASCII",
                       "set it to the key alone");
  Draft draft;
  bind_defaults("", "", draft);
  bind_defaults("providers.*", "openai", draft);
  draft.provider().key = Secret(*key);
  std::string url = environment.variable("OPENAI_BASE_URL").value_or("");
  if (url.empty()) url = "https://api.openai.com/v1";
  while (url.ends_with('/')) url.pop_back();
  if (!is_url(url))
    return one_problem("OPENAI_BASE_URL", "config_bad_value", "the variable holds no URL",
                       "set it to a URL such as https://api.openai.com/v1");
  draft.provider().base_url = url;
  const std::string port = environment.variable("PORT").value_or("");
  if (!port.empty()) draft.plan.server.listen.front().address = "127.0.0.1:" + port;
  if (!is_address(draft.plan.server.listen.front().address))
    return one_problem("PORT", "config_bad_value", "the variable holds no port",
                       "set it to a number from 0 to 65535");
  draft.plan.version = fingerprint(url);
  draft.plan.no_file = true;
  draft.plan.default_feature = default_feature(0);
  out.plan = std::make_shared<const Plan>(std::move(draft.plan));
  return out;
}

}  // namespace plimsoll::config
