// Goal: the table, the plan's own defaults and the binding agree for every field.
// Method: a dump of the whole plan; writing a default changes nothing of it, writing
// another value changes something.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "config/compile.h"
#include "config/fakes/fake_environment.h"
#include "config/field.h"
#include "config/scalar.h"
#include "config/shape.h"

namespace plimsoll::config {
namespace {

std::string dump(const std::optional<ProportionTarget>& t) {
  return t ? fmt::format("{}@{}", t->at_least, t->confidence) : "-";
}
std::string dump(const std::optional<milliseconds>& t) {
  return t ? fmt::format("{}ms", t->count()) : "-";
}
std::string dump(const std::optional<Money>& m) { return m ? to_string(*m) : "-"; }
template <class T>
std::string dump(const std::optional<T>& n) {
  return n ? fmt::format("{}", *n) : "-";
}

std::string dump(const Objectives& o) {
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {}", dump(o.accuracy), o.accuracy_on,
                     dump(o.valid), dump(o.p50), dump(o.p95), dump(o.p99), dump(o.first_token_p95),
                     dump(o.input_tokens_max), dump(o.output_tokens_max), dump(o.cost_per_request),
                     dump(o.cost_per_resolution));
}

std::string dump(const OutputRules& r) {
  return fmt::format(
             "{} {} {} {} {} {} {} {} {} {} {} {} {} {} {}", r.json, fmt::join(r.require, ","),
             r.schema ? r.schema->path : "-", r.schema ? r.schema->text : "-", r.formats,
             int(r.client_schema), fmt::join(r.json_required, ","), fmt::join(r.must_contain, ","),
             fmt::join(r.must_match, ","), fmt::join(r.must_not_match, ","), dump(r.min_chars),
             dump(r.max_chars), r.non_empty, r.not_truncated, r.stream ? int(*r.stream) : -1) +
         fmt::format(" {} {} {} {} {}", r.repair.strip, r.repair.close, r.repair.coerce,
                     r.repair.drop_unknown, r.correction);
}

std::string dump(const std::optional<Rate>& r) {
  return r ? fmt::format("{}/{}", r->count, r->period.count()) : "-";
}
std::string dump(const LimitSet& set) {
  std::string out = fmt::format("burst {}", set.burst.count());
  for (const LimitRules& r : set.of)
    out += fmt::format(" {} {} {};", dump(r.requests), dump(r.tokens), dump(r.concurrent));
  return out;
}

std::string dump(const Feature& f) {
  std::string out = fmt::format("feature {} {} {} [{}] [{}]", f.index, f.name, f.owner,
                                dump(f.objectives), dump(f.output));
  out += fmt::format(" {}{}", f.critical ? "critical " : "",
                     f.output.confirm ? f.output.confirm->path : "");
  for (const RouteRule& rule : f.route) out += fmt::format(" route {} {}", rule.when, rule.model);
  for (const Rung& rung : f.ladder) {
    out +=
        fmt::format(" rung {} {} {} {} {} {}", int(rung.kind), rung.model, dump(rung.temperature),
                    dump(rung.seed), dump(rung.output_tokens_max), rung.text) +
        dump(rung.tighten);
    for (const Alternative& one : rung.any)
      out += fmt::format(" any {} {} {}", one.model, one.weight, one.priority);
  }
  out +=
      fmt::format(" {} {} {}", dump(f.input.max_chars), f.input.schema ? f.input.schema->path : "-",
                  f.input.schema ? f.input.schema->text : "-");
  out += fmt::format(" {} {}", int(f.cache.use), f.cache.ttl.count());
  out += dump(f.limits);
  return out + fmt::format(" {} {} {} {} | {} {} {} {} {} {} {} {} | {} {} | {}\n",
                           f.retry.attempts, f.retry.backoff_base.count(),
                           f.retry.backoff_max.count(), f.retry.wait_max.count(),
                           f.timeouts.total.count(), f.timeouts.attempt.count(),
                           dump(f.timeouts.headers), dump(f.timeouts.first_token),
                           f.timeouts.idle.count(), f.timeouts.chars_per_second, f.store_text,
                           int(f.commit), int(f.disconnect.then), f.disconnect.within.count(),
                           f.hedge ? fmt::format("{} {} {}", dump(f.hedge->after), f.hedge->share,
                                                 f.hedge->in_flight_max)
                                   : "-");
}

std::string dump(const ServerRules& s) {
  std::string out;
  for (const Listen& l : s.listen)
    out += fmt::format("{} {} {};", l.address, l.tls_certificate_file, l.tls_key_file);
  return out + fmt::format(" {} {} {} {} {} {} {} {} {} {}\n", s.admin_address, int(s.auth),
                           s.threads, s.header_bytes_max, s.body_bytes_max, s.connections_max,
                           s.header_timeout.count(), s.body_timeout.count(),
                           s.keep_alive_timeout.count(), s.drain_timeout.count());
}

std::string dump(const Provider& p) {
  std::string out =
      fmt::format("provider {} {} {} {} {} {} {} {} {} {} {}", p.name, int(p.dialect),
                  p.responses ? int(*p.responses) : -1, p.api_version, p.base_url, p.key.reveal(),
                  p.ca_file, p.pass_client_key, p.connect_timeout.count(), p.connections_max,
                  p.output_limit_field ? int(*p.output_limit_field) : -1);
  for (const auto& [name, value] : p.headers) out += fmt::format(" {}={}", name, value.reveal());
  const BreakerRules& b = p.targets.breaker;
  return out + fmt::format(" | {} {} {} {} {} {} {} | {} {}\n", b.on, b.failures, b.error_ratio,
                           b.requests, b.window.count(), b.rest.count(), b.rest_max.count(),
                           p.targets.resends.share, p.targets.resends.per_second);
}

std::string dump(const Plan& plan) {
  std::string out = dump(plan.server);
  out += fmt::format("ledger {} {} {} {}\n", plan.ledger.on, plan.ledger.folder,
                     plan.ledger.flush_interval.count(), plan.ledger.queue_max);
  for (const Provider& p : plan.providers) out += dump(p);
  for (const ModelEntry& m : plan.models)
    out += fmt::format("model {} {} {} {} {} {} {} {}\n", m.name, m.provider, m.upstream_model,
                       m.price ? m.price->input : -1, m.price ? m.price->output : -1,
                       m.price ? dump(m.price->cached_input) : "",
                       m.price ? dump(m.price->cache_write) : "", m.output_tokens_max);
  for (const Feature& f : plan.features) out += dump(f);
  for (const Key& k : plan.keys)
    out += fmt::format("key {} {} {}\n", k.id, k.secret.reveal(), k.tenant);
  for (const BudgetRule& b : plan.budgets)
    out += fmt::format("budget {} {} {} {} {} {} {} {}\n", b.name, int(b.scope), b.only,
                       b.cap.nanos, int(b.period), b.rolling, b.warn_at, int(b.on_exceeded));
  return out + dump(plan.limits) + dump(plan.default_feature);
}

FakeEnvironment environment() {
  FakeEnvironment fake;
  fake.variables = {{"KEY", "k"}, {"OTHER", "o"}};
  fake.files = {{"a.pem", "x"},
                {"b.pem", "x"},
                {"s.json", "{}"},
                {"r.yaml",
                 "facts: {type: object, properties: {a: {type: boolean}}, required: [a]}\n"
                 "rows: [{then: {b: 1}}]\n"}};
  return fake;
}

/// The smallest good document with `path` set to `value`, by building a tree.
struct Tree {
  std::string scalar;
  std::map<std::string, Tree> children;
  bool is_list = false;

  std::string text() const {
    if (children.empty()) return scalar;
    std::string out;
    for (const auto& [key, child] : children)
      out += (out.empty() ? "" : ", ") + (is_list ? "" : key + ": ") + child.text();
    return is_list ? "[" + out + "]" : "{" + out + "}";
  }
  void set(std::string_view path, std::string value) {
    Tree* at = this;
    const std::string name = path.starts_with("features") ? "f" : "x";
    while (!path.empty()) {
      if (path.starts_with('.')) path.remove_prefix(1);
      const bool list = path.starts_with("[]");
      const std::size_t end = list ? 2 : path.find_first_of(".[");
      const std::string step(path.substr(0, end));
      if (list) at->is_list = true;
      at = &at->children[step == "*" ? name : step];
      path.remove_prefix(std::min(path.size(), list ? 2 : end));
    }
    at->scalar = std::move(value);
  }
};

Tree smallest(std::string_view field) {
  Tree tree;
  tree.set("version", "1");
  tree.set("providers.*.base_url", "'http://h/v1'");
  tree.set("models.*.provider", "x");
  tree.set("models.*.model", "m");
  tree.set("models.*.price.input", "1");
  tree.set("models.*.price.output", "1");
  const bool equals = field.find(".any[]") != std::string_view::npos;
  tree.set(equals ? "features.*.ladder[].any[].model" : "features.*.ladder[].model", "x");
  if (field.starts_with("budgets")) {
    tree.set("budgets.*.cap", "$1");
    if (field.ends_with("only")) tree.set("budgets.*.per", "key");
  }
  if (field.starts_with("keys")) {
    tree.set("keys[].id", "a");
    tree.set("keys[].secret", "env:KEY");
  }
  if (field.starts_with("server.listen[]")) tree.set("server.listen[].address", "'127.0.0.1:1'");
  if (field.find(".tls") != std::string_view::npos) {
    tree.set("server.listen[].tls.certificate", "a.pem");
    tree.set("server.listen[].tls.key", "a.pem");
  }
  if (field.find("confidence") != std::string_view::npos) {
    tree.set("features.*.objectives.accuracy.at_least", "0.5");
    tree.set("features.*.objectives.valid.at_least", "0.5");
  }
  if (field.ends_with(".on") && field.starts_with("features"))
    tree.set("features.*.objectives.accuracy.at_least", "0.5");
  if (field.find(".hedge.") != std::string_view::npos) tree.set("features.*.hedge.after", "5ms");
  if (field.find(".route[]") != std::string_view::npos) tree.set("features.*.route[].use", "x");
  if (field.ends_with("critical")) tree.set("features.*.output.confirm", "r.yaml");
  if (field.ends_with("required_keys")) tree.set("features.*.output.json", "true");
  return tree;
}

/// A value that is neither the default nor what smallest() writes.
std::string another(const Field& field) {
  switch (field.kind) {
    case Kind::boolean: return field.fallback == "true" ? "false" : "true";
    case Kind::integer:
    case Kind::count:
    case Kind::size:
    case Kind::duration:
    case Kind::money:
      return std::string(field.path.ends_with("backoff") ? field.least : field.most);
    case Kind::ratio: return "0.75";
    case Kind::rate: return "7/s";
    case Kind::name:
      return field.path.ends_with("id") || field.path.ends_with("tenant") ? "b" : "x";
    case Kind::choice: return std::string(words(field.choices).back());
    case Kind::text: return field.path.ends_with("correction") ? "'{violations}'" : "other";
    case Kind::texts:
    case Kind::patterns: return "[abc]";
    case Kind::when: return "request.stream";
    case Kind::require: return "['answer.total > 0']";
    case Kind::secret: return "env:OTHER";
    case Kind::headers: return "{x-a: b}";
    case Kind::file: return "b.pem";
    case Kind::schema: return "s.json";
    case Kind::rules: return "r.yaml";
    case Kind::address: return "'127.0.0.1:7'";
    case Kind::url: return "'https://other/v1'";
    default: return "other";
  }
}

Loaded compiled(const Tree& tree) { return compile(tree.text() + "\n", "x.yaml", environment()); }

bool is_leaf(const Field& field) {
  return field.kind != Kind::section && field.kind != Kind::named && field.kind != Kind::list &&
         field.presence != Presence::later && field.path != "version";
}

TEST(FieldsTest, writing_a_default_changes_nothing) {
  int tried = 0;
  for (const Field& field : fields()) {
    if (!is_leaf(field) || field.fallback.empty()) continue;
    Tree tree = smallest(field.path);
    const Loaded without = compiled(tree);
    ASSERT_TRUE(without.plan) << field.path << "\n" << without.report();
    tree.set(field.path, std::string(field.fallback));
    const Loaded with = compiled(tree);
    ASSERT_TRUE(with.plan) << field.path << "\n" << with.report();
    EXPECT_EQ(dump(*with.plan), dump(*without.plan)) << field.path;
    ++tried;
  }
  EXPECT_GT(tried, 25);
}

TEST(FieldsTest, writing_another_value_reaches_the_plan) {
  for (const Field& field : fields()) {
    if (!is_leaf(field)) continue;
    // References have a single good value here, and a rung is of one kind.
    if (field.path.ends_with(".provider") || field.path.ends_with("[].model")) continue;
    if (field.path.ends_with("[].static") || field.path.ends_with("[].rules") ||
        field.path.ends_with("[].use"))
      continue;
    Tree tree = smallest(field.path);
    if (field.path.find("latency") != std::string_view::npos)
      tree.set("features.*.timeouts.total", "1d");
    const Loaded before = compiled(tree);
    tree.set(field.path, another(field));
    if (field.path == "server.auth") tree.set("server.auth", "none");
    const Loaded after = compiled(tree);
    ASSERT_TRUE(before.plan && after.plan) << field.path << "\n"
                                           << tree.text() << before.report() << after.report();
    if (field.path == "server.auth") continue;
    EXPECT_NE(dump(*after.plan), dump(*before.plan)) << field.path;
  }
}

TEST(FieldsTest, equal_models_and_keys_become_places_of_a_rung) {
  const Loaded loaded = compile(R"(version: 1
providers:
  eu: {base_url: http://h/v1, keys: [env:KEY, {key: env:OTHER}]}
  us: {base_url: http://i/v1, key: env:KEY}
models:
  fast-eu: {provider: eu, model: m, price: {input: 1, output: 1}}
  fast-us: {provider: us, model: m, price: {input: 1, output: 1}}
features:
  f: {ladder: [{any: [fast-eu, {model: fast-us, weight: 3, priority: 1}]}]}
)",
                                "x.yaml", environment());
  ASSERT_TRUE(loaded.plan) << loaded.report();
  const Plan& plan = *loaded.plan;
  const Rung& rung = plan.features[0].ladder[0];
  ASSERT_EQ(rung.any.size(), 2U);
  EXPECT_EQ(rung.model, 0U);
  EXPECT_EQ(rung.any[0].weight, 1);
  EXPECT_EQ(rung.any[1].model, 1U);
  EXPECT_EQ(rung.any[1].weight, 3);
  EXPECT_EQ(rung.any[1].priority, 1);
  ASSERT_EQ(plan.providers.size(), 3U) << "one account for each key";
  ASSERT_EQ(plan.models[0].twins, std::vector<std::size_t>{2});
  const ModelEntry& twin = plan.models[2];
  EXPECT_TRUE(twin.twin);
  EXPECT_EQ(twin.upstream_model, "m");
  EXPECT_EQ(plan.providers[twin.provider].name, "eu");
  EXPECT_NE(plan.providers[twin.provider].key.reveal(), plan.providers[0].key.reveal());
  EXPECT_TRUE(plan.models[1].twins.empty());
}

TEST(FieldsTest, the_plan_without_a_file_has_the_same_defaults_as_plan_h) {
  FakeEnvironment fake;
  EXPECT_FALSE(no_file_plan(fake).plan) << "no key, no plan";
  EXPECT_TRUE(no_file_plan(fake).diagnostics.empty());
  fake.variables["OPENAI_API_KEY"] = "k";
  const Loaded loaded = no_file_plan(fake);
  ASSERT_TRUE(loaded.plan);
  EXPECT_TRUE(loaded.plan->no_file);
  EXPECT_EQ(dump(loaded.plan->server), dump(ServerRules{}));
  Feature feature;
  feature.ladder = {Rung{}};
  EXPECT_EQ(dump(loaded.plan->default_feature), dump(feature));
  ASSERT_EQ(loaded.plan->providers.size(), 1U);
  EXPECT_EQ(loaded.plan->providers[0].name, "openai");
  EXPECT_EQ(loaded.plan->providers[0].base_url, "https://api.openai.com/v1");
  EXPECT_EQ(loaded.plan->providers[0].key.reveal(), "k");
}

TEST(FieldsTest, the_plan_without_a_file_takes_url_and_port_from_the_environment) {
  FakeEnvironment fake;
  fake.variables = {
      {"OPENAI_API_KEY", "k"}, {"OPENAI_BASE_URL", "http://127.0.0.1:9/v1/"}, {"PORT", "9090"}};
  const Loaded loaded = no_file_plan(fake);
  ASSERT_TRUE(loaded.plan);
  EXPECT_EQ(loaded.plan->providers[0].base_url, "http://127.0.0.1:9/v1");
  EXPECT_EQ(loaded.plan->server.listen[0].address, "127.0.0.1:9090");
  fake.variables["PORT"] = "http";
  EXPECT_EQ(no_file_plan(fake).diagnostics.at(0).token, "config_bad_value");
  fake.variables["OPENAI_API_KEY"] = "a\nb";
  EXPECT_EQ(no_file_plan(fake).diagnostics.at(0).token, "config_secret_invalid");
}

TEST(FieldsTest, short_forms_of_repair_and_cache_are_what_they_say) {
  Tree tree = smallest("features.*.output.json");
  tree.set("features.*.output.repair", "off");
  tree.set("features.*.cache", "on");
  const Loaded loaded = compiled(tree);
  ASSERT_TRUE(loaded.plan) << loaded.report();
  const Feature& feature = loaded.plan->features.at(0);
  EXPECT_FALSE(feature.output.repair.strip || feature.output.repair.close);
  EXPECT_EQ(feature.cache.use, CacheRules::Use::on);
  EXPECT_EQ(feature.cache.ttl, milliseconds{3'600'000});
}

TEST(FieldsTest, human_limits_set_the_p95) {
  for (const auto& [word, ms] :
       {std::pair{"direct", 100}, std::pair{"navigation", 1'000}, std::pair{"attention", 10'000}}) {
    Tree tree = smallest("");
    tree.set("features.*.objectives.latency", word);
    const Loaded loaded = compiled(tree);
    ASSERT_TRUE(loaded.plan) << loaded.report();
    EXPECT_EQ(loaded.plan->features[0].objectives.p95, milliseconds(ms));
  }
}

TEST(FieldsTest, a_model_takes_its_price_from_the_catalogue_unless_it_is_written) {
  FakeEnvironment fake;
  fake.variables["K"] = "k";
  const Loaded loaded = compile(
      "version: 1\nproviders: {o: {base_url: 'https://api.openai.com/v1', key: env:K}}\n"
      "models:\n  a: {provider: o, model: gpt-5-mini}\n"
      "  b: {provider: o, model: gpt-5-mini, price: {input: $0, output: 0.5}}\n",
      "x.yaml", fake);
  ASSERT_TRUE(loaded.plan) << loaded.report();
  EXPECT_EQ(loaded.plan->models[0].price->input, 250'000'000);
  EXPECT_EQ(loaded.plan->models[0].output_tokens_max, 128'000);
  EXPECT_EQ(loaded.plan->models[1].price->input, 0);
  EXPECT_EQ(loaded.plan->models[1].price->output, 500'000'000);
}

TEST(FieldsTest, keys_close_the_door_by_themselves) {
  Tree tree = smallest("keys");
  tree.set("server.listen[]", "'0.0.0.0:8080'");
  const Loaded loaded = compiled(tree);
  ASSERT_TRUE(loaded.plan) << loaded.report();
  EXPECT_EQ(loaded.plan->server.auth, Auth::keys);
}

}  // namespace
}  // namespace plimsoll::config
