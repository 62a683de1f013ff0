#include "config/field.h"

namespace plimsoll::config {
namespace {

ProportionTarget& accuracy(Draft& d) {
  auto& target = d.feature().objectives.accuracy;
  return target ? *target : target.emplace();
}

ProportionTarget& valid(Draft& d) {
  auto& target = d.feature().objectives.valid;
  return target ? *target : target.emplace();
}

/// What people perceive: 0.1 s feels direct, 1 s keeps the train of thought,
/// 10 s keeps the attention.
void human_limit(Draft& d, const Value& v) {
  const milliseconds p95 = v.text == "direct"       ? milliseconds(100)
                           : v.text == "navigation" ? milliseconds(1'000)
                                                    : milliseconds(10'000);
  d.feature().objectives.p95 = p95;
}

constexpr Field kRows[] = {
    {.path = "features",
     .kind = Kind::named,
     .sentence = "What the business calls them, what each promises, and how it is treated."},
    {.path = "features.*",
     .sentence = "One feature; a request selects it by its `model` field or the header "
                 "x-plimsoll-feature.",
     .bind =
         [](Draft& d, const Value& v) {
           const std::size_t index = d.plan.features.size();
           d.plan.features.emplace_back();
           d.feature().index = index;
           d.feature().name = v.text;
           d.ladders.emplace_back();
           d.routes.emplace_back();
         }},
    {.path = "features.*.owner",
     .kind = Kind::text,
     .sentence = "The team that answers for it.",
     .bind = [](Draft& d, const Value& v) { d.feature().owner = v.text; }},

    {.path = "features.*.objectives",
     .sentence = "What we stand behind; `plimsoll gate` judges these."},
    {.path = "features.*.objectives.accuracy",
     .sentence = "The share of right answers on the golden set.",
     .presence = Presence::absent},
    {.path = "features.*.objectives.accuracy.at_least",
     .kind = Kind::ratio,
     .sentence = "The share that is promised.",
     .least = "0",
     .most = "1",
     .presence = Presence::required,
     .bind = [](Draft& d, const Value& v) { accuracy(d).at_least = v.ratio; }},
    {.path = "features.*.objectives.accuracy.confidence",
     .kind = Kind::ratio,
     .sentence = "How sure the gate must be, one-sided.",
     .fallback = "0.95",
     .least = "0.5",
     .most = "0.9999",
     .bind = [](Draft& d, const Value& v) { accuracy(d).confidence = v.ratio; }},
    {.path = "features.*.objectives.accuracy.on",
     .kind = Kind::file,
     .sentence = "The golden set: a JSONL file.",
     .bind = [](Draft& d, const Value& v) { d.feature().objectives.accuracy_on = v.text; }},
    {.path = "features.*.objectives.valid",
     .sentence = "The share of answers that keep the output contract.",
     .presence = Presence::absent},
    {.path = "features.*.objectives.valid.at_least",
     .kind = Kind::ratio,
     .sentence = "The share that is promised.",
     .least = "0",
     .most = "1",
     .presence = Presence::required,
     .bind = [](Draft& d, const Value& v) { valid(d).at_least = v.ratio; }},
    {.path = "features.*.objectives.valid.confidence",
     .kind = Kind::ratio,
     .sentence = "How sure the gate must be, one-sided.",
     .fallback = "0.95",
     .least = "0.5",
     .most = "0.9999",
     .bind = [](Draft& d, const Value& v) { valid(d).confidence = v.ratio; }},
    {.path = "features.*.objectives.latency",
     .sentence = "How long an answer takes; or a named human limit for p95: `direct` 0.1 s, "
                 "`navigation` 1 s, `attention` 10 s.",
     .choices = "direct|navigation|attention",
     .short_kind = Kind::choice,
     .short_bind = human_limit},
    {.path = "features.*.objectives.latency.p50",
     .kind = Kind::duration,
     .sentence = "Half of the answers are complete within this.",
     .least = "1ms",
     .most = "1h",
     .bind = [](Draft& d,
                const Value& v) { d.feature().objectives.p50 = milliseconds(v.integer); }},
    {.path = "features.*.objectives.latency.p95",
     .kind = Kind::duration,
     .sentence = "95 of 100 answers are complete within this.",
     .least = "1ms",
     .most = "1h",
     .bind = [](Draft& d,
                const Value& v) { d.feature().objectives.p95 = milliseconds(v.integer); }},
    {.path = "features.*.objectives.latency.p99",
     .kind = Kind::duration,
     .sentence = "99 of 100 answers are complete within this.",
     .least = "1ms",
     .most = "1h",
     .bind = [](Draft& d,
                const Value& v) { d.feature().objectives.p99 = milliseconds(v.integer); }},
    {.path = "features.*.objectives.latency.first_token_p95",
     .kind = Kind::duration,
     .sentence = "95 of 100 streams show their first content within this.",
     .least = "1ms",
     .most = "1h",
     .bind =
         [](Draft& d, const Value& v) {
           d.feature().objectives.first_token_p95 = milliseconds(v.integer);
         }},
    {.path = "features.*.objectives.tokens", .sentence = "Hard ceilings for one request."},
    {.path = "features.*.objectives.tokens.input",
     .kind = Kind::count,
     .sentence = "The most input tokens; a longer request is refused.",
     .least = "1",
     .most = "100M",
     .bind = [](Draft& d, const Value& v) { d.feature().objectives.input_tokens_max = v.integer; }},
    {.path = "features.*.objectives.tokens.output",
     .kind = Kind::count,
     .sentence = "The most output tokens; the request is sent with this limit.",
     .least = "1",
     .most = "100M",
     .bind = [](Draft& d,
                const Value& v) { d.feature().objectives.output_tokens_max = v.integer; }},
    {.path = "features.*.objectives.cost", .sentence = "What an answer may cost."},
    {.path = "features.*.objectives.cost.per_request",
     .kind = Kind::money,
     .sentence = "Hard ceiling for all attempts of one request together.",
     .least = "$0.000000001",
     .most = "$1000",
     .bind = [](Draft& d,
                const Value& v) { d.feature().objectives.cost_per_request = Money{v.integer}; }},
    {.path = "features.*.objectives.cost.per_resolution",
     .kind = Kind::money,
     .sentence = "All money spent over the answers that were right; judged by the gate.",
     .least = "$0.000000001",
     .most = "$1000",
     .bind = [](Draft& d,
                const Value& v) { d.feature().objectives.cost_per_resolution = Money{v.integer}; }},
    {.path = "features.*.objectives.cost.per_day",
     .kind = Kind::money,
     .sentence =
         "Hard ceiling for all requests of one day, UTC, together: a budget of the feature.",
     .least = "$0.000000001",
     .most = "$1000000",
     .bind =
         [](Draft& d, const Value& v) {
           d.plan.budgets.push_back({.name = "features." + d.feature().name + ".cost.per_day",
                                     .scope = BudgetScope::feature,
                                     .only = d.feature().name,
                                     .cap = Money{v.integer}});
         }},
    {.path = "features.*.objectives.availability",
     .sentence = "The share of requests that are answered, over a window.",
     .presence = Presence::later},

    {.path = "features.*.output",
     .sentence = "The contract that every answer keeps before it reaches the client."},
    {.path = "features.*.output.json",
     .kind = Kind::boolean,
     .sentence = "The text is one JSON value and nothing else.",
     .fallback = "false",
     .bind = [](Draft& d, const Value& v) { d.feature().output.json = v.boolean; }},
    {.path = "features.*.output.required_keys",
     .kind = Kind::texts,
     .sentence = "Keys that the top-level object must have; needs `json: true`.",
     .bind = [](Draft& d, const Value& v) { d.feature().output.json_required = v.texts; }},
    {.path = "features.*.output.must_contain",
     .kind = Kind::texts,
     .sentence = "Texts that must appear, letter by letter.",
     .bind = [](Draft& d, const Value& v) { d.feature().output.must_contain = v.texts; }},
    {.path = "features.*.output.must_match",
     .kind = Kind::patterns,
     .sentence = "RE2 patterns that must match somewhere in the text.",
     .bind = [](Draft& d, const Value& v) { d.feature().output.must_match = v.texts; }},
    {.path = "features.*.output.must_not_match",
     .kind = Kind::patterns,
     .sentence = "RE2 patterns that must match nowhere in the text.",
     .bind = [](Draft& d, const Value& v) { d.feature().output.must_not_match = v.texts; }},
    {.path = "features.*.output.min_chars",
     .kind = Kind::count,
     .sentence = "The fewest Unicode characters of the text.",
     .least = "0",
     .most = "10M",
     .bind = [](Draft& d,
                const Value& v) { d.feature().output.min_chars = std::size_t(v.integer); }},
    {.path = "features.*.output.max_chars",
     .kind = Kind::count,
     .sentence = "The most Unicode characters of the text.",
     .least = "1",
     .most = "10M",
     .bind = [](Draft& d,
                const Value& v) { d.feature().output.max_chars = std::size_t(v.integer); }},
    {.path = "features.*.output.non_empty",
     .kind = Kind::boolean,
     .sentence = "An answer has text or a tool call.",
     .fallback = "true",
     .bind = [](Draft& d, const Value& v) { d.feature().output.non_empty = v.boolean; }},
    {.path = "features.*.output.not_truncated",
     .kind = Kind::boolean,
     .sentence = "An answer that its token limit cut is refused.",
     .fallback = "true",
     .bind = [](Draft& d, const Value& v) { d.feature().output.not_truncated = v.boolean; }},
    {.path = "features.*.output.stream",
     .kind = Kind::choice,
     .sentence = "`verified`: nothing leaves before the whole answer has passed; `pass`: bytes "
                 "leave as they come. Default: `verified` with a contract, `pass` without.",
     .choices = "pass|verified",
     .later_choices = "windowed",
     .bind =
         [](Draft& d, const Value& v) {
           d.feature().output.stream = v.text == "pass" ? StreamMode::pass : StreamMode::verified;
         }},
    {.path = "features.*.output.schema",
     .kind = Kind::schema,
     .sentence = "A JSON Schema (draft 2020-12, 2019-09 or draft-07) that the text, as JSON, must "
                 "fit.",
     .bind =
         [](Draft& d, const Value& v) {
           d.feature().output.schema = SchemaFile{.path = v.text, .text = v.content};
         }},
    {.path = "features.*.output.formats",
     .kind = Kind::choice,
     .sentence = "What `format` in the schema means: `check`: a text that has another form is "
                 "refused; `note`: nothing.",
     .fallback = "check",
     .choices = "check|note",
     .bind = [](Draft& d, const Value& v) { d.feature().output.formats = v.text == "check"; }},
    {.path = "features.*.output.client_schema",
     .kind = Kind::choice,
     .sentence = "What becomes of a schema that a client sends (`response_format`): `whole`: "
                 "whole answers and verified streams must fit it; `enforce`: its streams are "
                 "verified too; `ignore`: it is the provider's business.",
     .fallback = "whole",
     .choices = "whole|enforce|ignore",
     .bind =
         [](Draft& d, const Value& v) {
           d.feature().output.client_schema = v.text == "enforce"  ? ClientSchema::enforce
                                              : v.text == "ignore" ? ClientSchema::ignore
                                                                   : ClientSchema::whole;
         }},

    {.path = "features.*.output.repair",
     .sentence = "What may be mended in an answer that was to be JSON, before another is paid for. "
                 "`off`: nothing.",
     .choices = "off",
     .short_kind = Kind::choice,
     .short_bind =
         [](Draft& d, const Value&) {
           d.feature().output.repair = {
               .strip = false, .close = false, .coerce = false, .drop_unknown = false};
         }},
    {.path = "features.*.output.repair.strip",
     .kind = Kind::boolean,
     .sentence = "Takes the one JSON object or array out of prose or a code fence.",
     .fallback = "true",
     .bind = [](Draft& d, const Value& v) { d.feature().output.repair.strip = v.boolean; }},
    {.path = "features.*.output.repair.close",
     .kind = Kind::boolean,
     .sentence = "Adds brackets that are missing at the end, where the schema shows that nothing "
                 "else is.",
     .fallback = "true",
     .bind = [](Draft& d, const Value& v) { d.feature().output.repair.close = v.boolean; }},
    {.path = "features.*.output.repair.coerce",
     .kind = Kind::boolean,
     .sentence = "Takes the quotes off a number or a boolean where the schema wants one.",
     .fallback = "false",
     .bind = [](Draft& d, const Value& v) { d.feature().output.repair.coerce = v.boolean; }},
    {.path = "features.*.output.repair.drop_unknown",
     .kind = Kind::boolean,
     .sentence = "Drops members that the schema does not allow.",
     .fallback = "false",
     .bind = [](Draft& d, const Value& v) { d.feature().output.repair.drop_unknown = v.boolean; }},
    {.path = "features.*.output.correction",
     .kind = Kind::text,
     .sentence = "The words that are put behind a request after an answer that broke the contract; "
                 "`{violations}` stands for what was wrong, `{contract}` for what JSON is wanted.",
     .bind = [](Draft& d, const Value& v) { d.feature().output.correction = v.text; }},

    {.path = "features.*.ladder",
     .kind = Kind::list,
     .sentence = "The attempts, in order, under one deadline and one budget.",
     .presence = Presence::required},
    {.path = "features.*.ladder[]",
     .sentence = "One rung.",
     .bind = [](Draft& d, const Value&) { d.ladders.back().emplace_back(); }},
    {.path = "features.*.ladder[].model",
     .kind = Kind::name,
     .sentence = "The name of an entry of `models`, which is asked.",
     .bind =
         [](Draft& d, const Value& v) {
           d.rung().model = v.text;
           d.rung().kinds.push_back("model");
         }},
    {.path = "features.*.ladder[].any",
     .kind = Kind::list,
     .sentence = "Models that answer equally well, in place of `model`: each call goes to the one "
                 "with less to do, and on to another when it fails.",
     .bind = [](Draft& d, const Value&) { d.rung().kinds.push_back("any"); }},
    {.path = "features.*.ladder[].any[]",
     .sentence = "One of them, or its name alone.",
     .bind =
         [](Draft& d, const Value&) {
           d.rung().any.emplace_back();
           d.rung().rung.any.emplace_back();
         },
     .short_kind = Kind::name,
     .short_bind = [](Draft& d, const Value& v) { d.rung().any.back() = v.text; }},
    {.path = "features.*.ladder[].any[].model",
     .kind = Kind::name,
     .sentence = "The name of an entry of `models`.",
     .presence = Presence::required,
     .bind = [](Draft& d, const Value& v) { d.rung().any.back() = v.text; }},
    {.path = "features.*.ladder[].any[].weight",
     .kind = Kind::integer,
     .sentence = "Its share of the load, beside the weights of the others.",
     .fallback = "1",
     .least = "1",
     .most = "1000",
     .bind = [](Draft& d, const Value& v) { d.rung().rung.any.back().weight = double(v.integer); }},
    {.path = "features.*.ladder[].any[].priority",
     .kind = Kind::integer,
     .sentence = "One with a higher number is asked only when none with a lower one can be.",
     .fallback = "0",
     .least = "0",
     .most = "9",
     .bind =
         [](Draft& d, const Value& v) {
           d.rung().rung.any.back().priority = static_cast<int>(v.integer);
         }},
    {.path = "features.*.ladder[].tighten",
     .kind = Kind::boolean,
     .sentence = "`true`: the attempt says what the contract is, and what was wrong with an answer "
                 "before it; `false`: never. Default: after an answer that broke the contract.",
     .bind = [](Draft& d, const Value& v) { d.rung().rung.tighten = v.boolean; }},
    {.path = "features.*.ladder[].temperature",
     .kind = Kind::ratio,
     .sentence = "The temperature of this rung, in place of the client's, where the model takes "
                 "one.",
     .least = "0",
     .most = "2",
     .bind = [](Draft& d, const Value& v) { d.rung().rung.temperature = v.ratio; }},
    {.path = "features.*.ladder[].seed",
     .kind = Kind::integer,
     .sentence = "The seed of this rung, in place of the client's, where the provider takes one.",
     .least = "0",
     .most = "2147483647",
     .bind = [](Draft& d, const Value& v) { d.rung().rung.seed = v.integer; }},
    {.path = "features.*.ladder[].output_tokens",
     .kind = Kind::count,
     .sentence = "The most output tokens at this rung; lowers what client and feature allow.",
     .least = "1",
     .most = "100M",
     .bind = [](Draft& d, const Value& v) { d.rung().rung.output_tokens_max = v.integer; }},
    {.path = "features.*.ladder[].rules",
     .kind = Kind::rules,
     .sentence = "Answers by this rule table, without a model: its path.",
     .bind =
         [](Draft& d, const Value& v) {
           d.rung().rung.table = v.table;
           d.rung().rung.kind = Rung::Kind::rules;
           d.rung().kinds.push_back("rules");
         }},
    {.path = "features.*.ladder[].static",
     .kind = Kind::text,
     .sentence = "Answers with this text, without a model; it is marked as a fallback and costs "
                 "none of `retry.attempts`.",
     .bind =
         [](Draft& d, const Value& v) {
           d.rung().rung.text = v.text;
           d.rung().rung.kind = Rung::Kind::fixed_text;
           d.rung().kinds.push_back("static");
         }},
    {.path = "features.*.ladder[].http",
     .sentence = "Answers with what an HTTP service says.",
     .presence = Presence::later},
    {.path = "features.*.ladder[].chain",
     .sentence = "Answers with a chain of calls.",
     .presence = Presence::later},

    {.path = "features.*.store_text",
     .kind = Kind::boolean,
     .sentence = "Keeps the text of prompts and answers in the ledger.",
     .fallback = "false",
     .bind = [](Draft& d, const Value& v) { d.feature().store_text = v.boolean; }},
    {.path = "features.*.instructions",
     .sentence = "The guarded system prompt: purpose, limits, capabilities.",
     .presence = Presence::later},
    {.path = "features.*.input",
     .sentence = "The contract of requests: what breaks it is refused before it costs anything."},
    {.path = "features.*.input.max_chars",
     .kind = Kind::count,
     .sentence = "The most Unicode characters of all texts of the request together.",
     .least = "1",
     .most = "100M",
     .bind = [](Draft& d,
                const Value& v) { d.feature().input.max_chars = std::size_t(v.integer); }},
    {.path = "features.*.input.schema",
     .kind = Kind::schema,
     .sentence = "A JSON Schema that what the user said last, as JSON, must fit.",
     .bind =
         [](Draft& d, const Value& v) {
           d.feature().input.schema = SchemaFile{.path = v.text, .text = v.content};
         }},
    {.path = "features.*.input.filters",
     .sentence = "Guards on what the user says.",
     .presence = Presence::later},
    {.path = "features.*.cache",
     .sentence = "Keeps answers that passed every check, for the same request. Without it, or with "
                 "`auto`: where the request states a temperature of 0; with `on` or a `ttl`: "
                 "always; `off`: never.",
     .choices = "auto|on|off",
     .presence = Presence::absent,
     .short_kind = Kind::choice,
     .short_bind =
         [](Draft& d, const Value& v) {
           using Use = CacheRules::Use;
           d.feature().cache.use = v.text == "on"    ? Use::on
                                   : v.text == "off" ? Use::off
                                                     : Use::automatic;
         }},
    {.path = "features.*.cache.ttl",
     .kind = Kind::duration,
     .sentence = "How long an answer is kept. Default: 1h.",
     .least = "1s",
     .most = "30d",
     .bind =
         [](Draft& d, const Value& v) {
           d.feature().cache = {.use = CacheRules::Use::on, .ttl = milliseconds(v.integer)};
         }},
    {.path = "features.*.guards", .sentence = "Guards on segments.", .presence = Presence::later},
    {.path = "features.*.chain", .sentence = "Several calls as one.", .presence = Presence::later},
    {.path = "features.*.release",
     .sentence = "Shadow and canary of a changed plan.",
     .presence = Presence::later},
    {.path = "chains", .sentence = "Several calls as one answer.", .presence = Presence::later},
    {.path = "guards", .sentence = "Guards of all features.", .presence = Presence::later},
    {.path = "cache", .sentence = "Where answers are kept.", .presence = Presence::later},
    {.path = "release", .sentence = "Phased release.", .presence = Presence::later},
    {.path = "drift", .sentence = "Drift and anomaly detection.", .presence = Presence::later},
    {.path = "store", .sentence = "State shared by many gateways.", .presence = Presence::later},
    {.path = "telemetry", .sentence = "Export of spans and metrics.", .presence = Presence::later},
};

}  // namespace

std::span<const Field> feature_fields() { return kRows; }

std::span<const Field> fields() {
  static const std::vector<Field> all = [] {
    std::vector<Field> rows;
    for (const auto part : {server_fields(), upstream_fields(), feature_fields(), attempt_fields(),
                            limit_fields(), budget_fields(), route_fields()})
      rows.insert(rows.end(), part.begin(), part.end());
    return rows;
  }();
  return all;
}

}  // namespace plimsoll::config
