// The profile file:
//
//   profile  := { field : value, ..., "models" : { name : { field : value, ... } } }
//   field    := one of field_names(); "faults" and "flaws" hold { kind : rate }
//   value    := a string or a number, as set_field reads it
#include "sim/profile.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "base/json.h"

namespace plimsoll::sim {
namespace {

constexpr std::array<std::string_view, kFates> kFateNames = {
    "answer",         "rate_limited", "server_error", "unavailable",
    "overloaded",     "reset",        "hang",         "cut_reset",
    "cut_eof",        "stops_early",  "no_done",      "malformed_event",
    "error_in_stream"};
constexpr std::array<std::string_view, kFlaws> kFlawNames = {
    "none",      "fenced", "wrong_type", "missing_key",
    "truncated", "prose",  "refusal",    "wrong_language"};
constexpr std::array<std::string_view, 5> kRetryNames = {"none", "seconds", "date", "milliseconds",
                                                         "ratelimit_reset"};

std::unexpected<Error> refuse(std::string what, std::string hint) {
  return fail(ErrorKind::config_invalid, std::move(what), std::move(hint));
}

Result<double> number_between(std::string_view field, std::string_view text, double least,
                              double most) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (whole && value >= least && value <= most) return value;
  return refuse(fmt::format("{}: \"{}\" is not a number from {} to {}", field, text, least, most),
                "correct the number");
}

/// Sets the rate of one kind; entry 0 of `names` is the faultless case.
template <std::size_t N>
Result<void> set_rate(std::array<double, N>& rates, const std::array<std::string_view, N>& names,
                      std::string_view group, std::pair<std::string_view, std::string_view> entry) {
  const auto name = std::ranges::find(names.begin() + 1, names.end(), entry.first);
  if (name == names.end()) {
    return refuse(fmt::format("there is no {} \"{}\"", group, entry.first),
                  fmt::format("known: {}", fmt::join(names.begin() + 1, names.end(), ", ")));
  }
  PLIMSOLL_TRY(const double rate, number_between(entry.first, entry.second, 0, 1));
  std::array<double, N> changed = rates;
  changed[static_cast<std::size_t>(name - names.begin())] = rate;
  if (std::accumulate(changed.begin() + 1, changed.end(), 0.0) > 1.0 + 1e-9) {
    return refuse(fmt::format("the rates of all {} kinds add up to more than 1", group),
                  "lower some of them");
  }
  rates = changed;
  return {};
}

struct Field {
  std::string_view name;
  Result<void> (*set)(Behaviour&, std::string_view value);
};

template <auto Member>
Result<void> set_time_spread(Behaviour& behaviour, std::string_view value) {
  PLIMSOLL_TRY(behaviour.*Member, Spread::parse(value, Spread::Measure::time));
  return {};
}

Result<void> set_tokens(Behaviour& behaviour, std::string_view value) {
  PLIMSOLL_TRY(behaviour.tokens, Spread::parse(value, Spread::Measure::count));
  return {};
}

Result<void> set_accuracy(Behaviour& behaviour, std::string_view value) {
  PLIMSOLL_TRY(behaviour.accuracy, number_between("accuracy", value, 0, 1));
  return {};
}

Result<void> set_retry_after(Behaviour& behaviour, std::string_view value) {
  const auto name = std::ranges::find(kRetryNames, value);
  if (name == kRetryNames.end()) {
    return refuse(fmt::format("retry_after cannot be \"{}\"", value),
                  fmt::format("known: {}", fmt::join(kRetryNames, ", ")));
  }
  behaviour.retry_after = static_cast<RetryAfter>(name - kRetryNames.begin());
  return {};
}

Result<void> set_wait(Behaviour& behaviour, std::string_view value) {
  PLIMSOLL_TRY(behaviour.retry_after_wait, parse_time(value));
  return {};
}

Result<void> set_cut_at(Behaviour& behaviour, std::string_view value) {
  PLIMSOLL_TRY(const double token, number_between("cut_at", value, 0, Spread::kCountMax));
  behaviour.cut_at = static_cast<std::size_t>(token);
  return {};
}

Result<void> set_per_event(Behaviour& behaviour, std::string_view value) {
  PLIMSOLL_TRY(const double tokens, number_between("tokens_per_event", value, 1, 1000));
  behaviour.tokens_per_event = static_cast<std::size_t>(tokens);
  return {};
}

constexpr Field kFields[] = {
    {"latency", set_time_spread<&Behaviour::latency>},
    {"first_token", set_time_spread<&Behaviour::first_token>},
    {"between_tokens", set_time_spread<&Behaviour::between_tokens>},
    {"tokens", set_tokens},
    {"accuracy", set_accuracy},
    {"retry_after", set_retry_after},
    {"retry_after_wait", set_wait},
    {"cut_at", set_cut_at},
    {"tokens_per_event", set_per_event},
};

struct Named {
  std::string_view name;
  std::string_view text;
};

/// In order of how much they hurt.
constexpr Named kProfiles[] = {
    {"instant", "{}"},
    {"steady", R"({"latency":"50ms","first_token":"30ms","between_tokens":"2ms"})"},
    {"production",
     R"({"latency":"lognormal:220ms:0.45","first_token":"lognormal:120ms:0.4",
         "between_tokens":"lognormal:6ms:0.5","retry_after":"milliseconds",
         "retry_after_wait":"200ms","accuracy":0.95,
         "faults":{"rate_limited":0.02,"server_error":0.01,"unavailable":0.005,"overloaded":0.005,
                   "reset":0.005,"cut_eof":0.005,"stops_early":0.005},
         "flaws":{"fenced":0.03,"wrong_type":0.01,"missing_key":0.01,"truncated":0.01,
                  "prose":0.01,"refusal":0.005,"wrong_language":0.005}})"},
    {"spiky",
     R"({"latency":"spikes:150ms:2s:0.05","first_token":"spikes:80ms:1s:0.05",
         "between_tokens":"spikes:5ms:300ms:0.01","accuracy":0.95,
         "faults":{"rate_limited":0.05,"overloaded":0.02}})"},
    {"hostile",
     R"({"latency":"bimodal:50ms:800ms:0.1","first_token":"bimodal:30ms:500ms:0.1",
         "between_tokens":"3ms","accuracy":0.8,"retry_after_wait":"1s",
         "faults":{"rate_limited":0.06,"server_error":0.04,"unavailable":0.03,"overloaded":0.03,
                   "reset":0.04,"hang":0.01,"cut_reset":0.03,"cut_eof":0.03,"stops_early":0.03,
                   "no_done":0.02,"malformed_event":0.02,"error_in_stream":0.02},
         "flaws":{"fenced":0.06,"wrong_type":0.05,"missing_key":0.05,"truncated":0.04,
                  "prose":0.04,"refusal":0.03,"wrong_language":0.03}})"},
};

/// A member's value as set_field reads it.
Result<std::string> scalar_text(std::string_view field, const json::Value& value) {
  if (const auto text = value.as_string()) return std::string(*text);
  if (value.as_double()) return value.dump();
  return refuse(fmt::format("\"{}\" must be a string or a number", field), "correct the file");
}

using SetField = std::function<Result<void>(std::string_view field, std::string_view value)>;

Result<void> lay_rates(std::string_view group, const json::Value& value, const SetField& set) {
  const auto rates = value.as_object();
  if (!rates)
    return refuse(fmt::format("\"{}\" must be an object of rates", group),
                  "write {\"KIND\": 0.01}");
  for (const json::Member& rate : *rates) {
    PLIMSOLL_TRY(const std::string text, scalar_text(rate.key, rate.value));
    if (auto laid = set(fmt::format("{}.{}", group, rate.key), text); !laid) return laid;
  }
  return {};
}

Result<void> lay_fields(const json::Object& object, const SetField& set) {
  for (const json::Member& member : object) {
    if (member.key == "models") continue;
    if (member.key == "faults" || member.key == "flaws") {
      if (auto laid = lay_rates(member.key, member.value, set); !laid) return laid;
      continue;
    }
    PLIMSOLL_TRY(const std::string text, scalar_text(member.key, member.value));
    if (auto laid = set(member.key, text); !laid) return laid;
  }
  return {};
}

Result<void> lay_model(Profile& profile, const json::Member& model) {
  const auto fields = model.value.as_object();
  if (!fields)
    return refuse(fmt::format("model \"{}\" must be an object", model.key),
                  "write {\"accuracy\": 0.9}");
  if (model.value.get("models")) return refuse("\"models\" stands at the top only", "move it up");
  profile.by_model.try_emplace(std::string(model.key), profile.usual);
  return lay_fields(*fields, [&](std::string_view field, std::string_view value) {
    return profile.set_for(model.key, field, value);
  });
}

}  // namespace

std::string_view to_string(Fate fate) noexcept {
  return kFateNames[static_cast<std::size_t>(fate)];
}
std::string_view to_string(Flaw flaw) noexcept {
  return kFlawNames[static_cast<std::size_t>(flaw)];
}
std::string_view to_string(RetryAfter form) noexcept {
  return kRetryNames[static_cast<std::size_t>(form)];
}

Behaviour::Behaviour() : tokens(Spread::parse("24", Spread::Measure::count).value()) {}

Result<void> set_field(Behaviour& behaviour, std::string_view field, std::string_view value) {
  if (field.starts_with("faults."))
    return set_rate(behaviour.faults, kFateNames, "fault", {field.substr(7), value});
  if (field.starts_with("flaws."))
    return set_rate(behaviour.flaws, kFlawNames, "flaw", {field.substr(6), value});
  const auto* known = std::ranges::find(kFields, field, &Field::name);
  if (known != std::end(kFields)) return known->set(behaviour, value);
  return refuse(fmt::format("the simulator has no field \"{}\"", field),
                fmt::format("known: {}", fmt::join(field_names(), ", ")));
}

std::vector<std::string> field_names() {
  std::vector<std::string> names;
  for (const Field& field : kFields) names.emplace_back(field.name);
  for (std::size_t i = 1; i < kFates; ++i) names.push_back(fmt::format("faults.{}", kFateNames[i]));
  for (std::size_t i = 1; i < kFlaws; ++i) names.push_back(fmt::format("flaws.{}", kFlawNames[i]));
  return names;
}

const Behaviour& Profile::of(std::string_view model) const {
  const auto own = by_model.find(model);
  return own == by_model.end() ? usual : own->second;
}

Result<void> Profile::set(std::string_view field, std::string_view value) {
  if (auto done = set_field(usual, field, value); !done) return done;
  for (auto& [model, behaviour] : by_model) {
    if (auto done = set_field(behaviour, field, value); !done) return done;
  }
  return {};
}

Result<void> Profile::set_for(std::string_view model, std::string_view field,
                              std::string_view value) {
  return set_field(by_model.try_emplace(std::string(model), usual).first->second, field, value);
}

Result<void> lay_over(Profile& profile, std::string_view text) {
  json::Document document;
  PLIMSOLL_TRY(const json::Value root, document.parse(text));
  const auto object = root.as_object();
  if (!object) return refuse("a profile must be a JSON object", "write {\"latency\": \"50ms\"}");
  const SetField set = [&](std::string_view field, std::string_view value) {
    return profile.set(field, value);
  };
  if (auto laid = lay_fields(*object, set); !laid) return laid;
  const auto models = root.get("models");
  if (!models) return {};
  const auto entries = models->as_object();
  if (!entries) return refuse("\"models\" must be an object", "write {\"NAME\": {...}}");
  for (const json::Member& model : *entries) {
    if (auto laid = lay_model(profile, model); !laid) return laid;
  }
  return {};
}

Result<Profile> named_profile(std::string_view name) {
  const auto* found = std::ranges::find(kProfiles, name, &Named::name);
  if (found == std::end(kProfiles)) {
    return refuse(fmt::format("there is no profile \"{}\"", name),
                  fmt::format("known: {}", fmt::join(profile_names(), ", ")));
  }
  Profile profile;
  if (auto laid = lay_over(profile, found->text); !laid) return std::unexpected(laid.error());
  return profile;
}

std::vector<std::string_view> profile_names() {
  std::vector<std::string_view> names;
  for (const Named& profile : kProfiles) names.push_back(profile.name);
  return names;
}

}  // namespace plimsoll::sim
