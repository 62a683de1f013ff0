// Goal: the same request is answered from what was kept, and nothing else is; what did
// not pass every check is never kept; nobody is given what another asked for.
// Method: the real stages in their real order between a scripted upstream, fake books
// and a fake clock; the upstream says something else each time it is asked.
#include <gtest/gtest.h>

#include "app/fakes/road.h"

namespace plimsoll::app {
namespace {

constexpr const char* kAsk = R"({"model":"bot","messages":[{"role":"user","content":"hi"}]})";
constexpr const char* kAskStream =
    R"({"model":"bot","stream":true,"messages":[{"role":"user","content":"hi"}]})";

Plan caching_plan() {
  Plan plan = small_plan();
  plan.features[0].cache = {.use = CacheRules::Use::on};
  return plan;
}

bool says(const Got& got, std::string_view text) {
  return got.bytes.find(text) != std::string::npos;
}

TEST(PipelineCacheTest, the_same_request_is_answered_once_and_paid_once) {
  Road road(caching_plan());
  road.upstream.answers("first").answers("second");
  EXPECT_TRUE(says(road.send(kAsk), "first"));
  EXPECT_EQ(road.trail().cache, "miss");
  EXPECT_TRUE(says(road.send(kAsk), "first"));
  EXPECT_EQ(road.trail().cache, "hit");
  EXPECT_EQ(road.upstream.calls(), 1);
  EXPECT_TRUE(road.trail().attempts.empty());
  EXPECT_EQ(road.accounts.books.spent, (Money{20'000}));
}

TEST(PipelineCacheTest, what_was_kept_whole_streams_and_the_other_way_round) {
  Road road(caching_plan());
  road.upstream.answers("first");
  road.send(kAsk);
  const Got streamed = road.send(kAskStream);
  EXPECT_TRUE(streamed.streamed);
  EXPECT_EQ(streamed.bytes, "first");
  Road other(caching_plan());
  other.upstream.streams_text({"fi", "rst"});
  other.send(kAskStream);
  EXPECT_EQ(other.send(kAsk).bytes, "first");
  EXPECT_EQ(other.upstream.calls(), 1);
}

TEST(PipelineCacheTest, spaces_and_the_order_of_members_make_no_other_request) {
  Road road(caching_plan());
  road.upstream.answers("first");
  road.send(kAsk);
  EXPECT_TRUE(says(
      road.send(
          R"({ "messages" : [ {"role":"user", "content":"hi"} ], "stream":false, "model":"bot"})"),
      "first"));
  EXPECT_EQ(road.trail().cache, "hit");
}

TEST(PipelineCacheTest, anything_that_could_change_the_answer_makes_another_request) {
  const char* others[] = {
      R"({"model":"bot","messages":[{"role":"user","content":"hi "}]})",
      R"({"model":"bot","messages":[{"role":"system","content":"x"},{"role":"user","content":"hi"}]})",
      R"({"model":"bot","temperature":0,"messages":[{"role":"user","content":"hi"}]})",
      R"({"model":"bot","tools":[],"messages":[{"role":"user","content":"hi"}]})",
      R"({"model":"bot","max_tokens":5,"messages":[{"role":"user","content":"hi"}]})",
      R"({"model":"bot","user":"u","messages":[{"role":"user","content":"hi"}]})",
      R"({"model":"bot","unknown":1,"messages":[{"role":"user","content":"hi"}]})"};
  for (const char* other : others) {
    Road road(caching_plan());
    road.upstream.answers("first").answers("second");
    road.send(kAsk);
    EXPECT_TRUE(says(road.send(other), "second")) << other;
  }
}

TEST(PipelineCacheTest, a_feature_that_says_nothing_keeps_what_is_asked_at_temperature_nought) {
  constexpr const char* kZero =
      R"({"model":"bot","temperature":0.0,"messages":[{"role":"user","content":"hi"}]})";
  Road road;
  road.upstream.answers("first").answers("second").answers("third");
  road.send(kAsk);
  EXPECT_TRUE(says(road.send(kAsk), "second"));
  EXPECT_EQ(road.trail().cache, "off");
  road.send(kZero);
  EXPECT_TRUE(says(road.send(kZero), "third"));
  EXPECT_EQ(road.trail().cache, "hit");
}

TEST(PipelineCacheTest, an_answer_is_not_kept_beyond_its_time) {
  Road road(caching_plan());
  road.upstream.answers("first").answers("second");
  road.send(kAsk);
  road.timers.advance(std::chrono::minutes{61});
  EXPECT_TRUE(says(road.send(kAsk), "second"));
}

TEST(PipelineCacheTest, a_client_may_ask_anew_and_may_leave_nothing_behind) {
  Road road(caching_plan());
  road.upstream.answers("first").answers("second").answers("third");
  road.origin.cache = {.look_up = false, .keep = false};
  road.send(kAsk);
  EXPECT_EQ(road.trail().cache, "off");
  road.origin.cache = {};
  EXPECT_TRUE(says(road.send(kAsk), "second")) << "nothing was kept";
  road.origin.cache = {.look_up = false, .keep = true};
  EXPECT_TRUE(says(road.send(kAsk), "third"));
  EXPECT_EQ(road.trail().cache, "bypass");
  road.origin.cache = {};
  EXPECT_TRUE(says(road.send(kAsk), "third")) << "the newer one";
}

TEST(PipelineCacheTest, nobody_is_given_what_another_key_or_tenant_asked_for) {
  Plan plan = caching_plan();
  plan.server.auth = Auth::keys;
  plan.keys = {{.id = "a", .secret = Secret("sk-a"), .tenant = "one"},
               {.id = "b", .secret = Secret("sk-b"), .tenant = "two"},
               {.id = "c", .secret = Secret("sk-c"), .tenant = "two"},
               {.id = "d", .secret = Secret("sk-d"), .tenant = ""},
               {.id = "e", .secret = Secret("sk-e"), .tenant = ""}};
  Road road(std::move(plan));
  road.upstream.answers("for one").answers("for two").answers("for d").answers("for e");
  const auto ask_as = [&road](const char* key) {
    road.origin.credential = std::make_shared<const Secret>(std::string(key));
    return road.send(kAsk);
  };
  EXPECT_TRUE(says(ask_as("sk-a"), "for one"));
  EXPECT_TRUE(says(ask_as("sk-b"), "for two"));
  EXPECT_TRUE(says(ask_as("sk-c"), "for two")) << "the same tenant";
  EXPECT_TRUE(says(ask_as("sk-d"), "for d"));
  EXPECT_TRUE(says(ask_as("sk-e"), "for e")) << "without a tenant each key is one";
  EXPECT_EQ(ask_as("sk-unknown").error->kind, ErrorKind::unauthorized);
}

TEST(PipelineCacheTest, a_client_with_a_providers_key_of_its_own_is_a_tenant) {
  Plan plan = caching_plan();
  plan.providers[0].pass_client_key = true;
  Road road(std::move(plan));
  road.upstream.answers("first").answers("second");
  road.origin.credential = std::make_shared<const Secret>(std::string("sk-1"));
  road.send(kAsk);
  road.origin.credential = std::make_shared<const Secret>(std::string("sk-2"));
  EXPECT_TRUE(says(road.send(kAsk), "second"));
}

/// Asks twice; the second answer comes from the upstream when nothing was kept.
void expect_not_kept(Road& road, const char* ask) {
  road.upstream.answers("good");
  (void)road.send(ask);
  EXPECT_TRUE(says(road.send(kAsk), "good")) << "what came before was kept";
}

TEST(PipelineCacheTest, nothing_that_failed_or_was_cut_is_kept) {
  Plan once = caching_plan();
  once.features[0].retry.attempts = 1;
  once.features[0].output.not_truncated = false;
  once.features[0].ladder.resize(1);
  {
    Road road(once);
    road.upstream.fails(ErrorKind::upstream_server_error, 500);
    expect_not_kept(road, kAsk);
  }
  {
    Road road(once);
    Answer cut = ports::scripted::answer("cut");
    cut.choices[0].finish = Finish::length;
    road.upstream.answers(cut);
    expect_not_kept(road, kAsk);
  }
  {
    Road road(once);
    Answer refused = ports::scripted::answer("");
    refused.choices[0].refusal = "no";
    road.upstream.answers(refused);
    expect_not_kept(road, kAsk);
  }
  {
    Road road(once);
    road.upstream.breaks_after({"half"}, {.kind = ErrorKind::upstream_cut, .what = "cut"});
    expect_not_kept(road, kAskStream);
  }
}

TEST(PipelineCacheTest, an_answer_that_breaks_its_contract_is_not_kept_in_any_mode) {
  Plan plan = caching_plan();
  plan.features[0].output.must_not_match = {"secret"};
  plan.features[0].output.stream = StreamMode::pass;
  Road road(std::move(plan));
  road.upstream.streams_text({"the sec", "ret"});
  expect_not_kept(road, kAskStream);
}

TEST(PipelineCacheTest, a_fallback_is_not_kept) {
  Plan plan = caching_plan();
  plan.features[0].retry.attempts = 1;
  plan.features[0].ladder[1] = {.kind = Rung::Kind::fixed_text, .text = "later"};
  Road road(std::move(plan));
  road.upstream.fails(ErrorKind::upstream_server_error, 500);
  expect_not_kept(road, kAsk);
}

TEST(PipelineCacheTest, checks_that_changed_judge_what_was_kept_before) {
  Road road(caching_plan());
  Plan stricter = caching_plan();
  stricter.features[0].output.must_not_match = {"first"};
  stricter.features[0].output.stream = StreamMode::pass;
  road.upstream.answers("first");
  road.send(kAsk);
  Road later(stricter, [&road](const StagePorts& fakes) {
    return StagePorts{.timers = fakes.timers,
                      .random = fakes.random,
                      .accounts = fakes.accounts,
                      .upstream = fakes.upstream,
                      .targets = fakes.targets,
                      .calibration = fakes.calibration,
                      .keys = fakes.keys,
                      .budgets = fakes.budgets,
                      .limits = fakes.limits,
                      .answers = road.answers,
                      .flights = fakes.flights};
  });
  later.upstream.answers("second");
  EXPECT_TRUE(says(later.send(kAsk), "second"));
}

/// True when the second of two equal requests was answered from what was kept.
bool is_kept(const std::string& body, Plan plan = caching_plan(),
             Dialect dialect = Dialect::openai_chat) {
  Road road(std::move(plan));
  road.origin.dialect = dialect;
  road.upstream.answers("{}").answers("{}");
  EXPECT_FALSE(road.send(body).error) << body;
  EXPECT_FALSE(road.send(body).error) << body;
  return road.trail().cache == "hit";
}

TEST(PipelineCacheTest, what_a_kept_answer_could_not_say_is_not_kept) {
  const auto chat = [](const std::string& more) {
    return R"({"model":"bot","messages":[{"role":"user","content":"hi"}],)" + more + "}";
  };
  const std::string function = R"({"type":"function","function":{"name":"f","parameters":{}}})";
  EXPECT_TRUE(is_kept(chat(R"("tools":[)" + function + "]")));
  EXPECT_FALSE(is_kept(chat(R"("tools":[)" + function + R"(,{"type":"web_search"}])")));
  EXPECT_FALSE(is_kept(chat(R"("web_search_options":{})")));
  Plan by_itself = small_plan();
  EXPECT_TRUE(is_kept(chat(R"("temperature":0)"), by_itself));
  EXPECT_FALSE(is_kept(chat(R"("temperature":0,"tools":[)" + function + "]"), by_itself))
      << "a step of an agent is kept only where the page says so";
  const auto messages = [](const std::string& more) {
    return R"({"model":"bot","max_tokens":9,"messages":[{"role":"user","content":"hi"}])" + more +
           "}";
  };
  EXPECT_TRUE(is_kept(messages(""), caching_plan(), Dialect::anthropic));
  for (const char* more : {R"(,"tools":[{"type":"web_search_20250305","name":"web_search"}])",
                           R"(,"stop_sequences":["x"])", R"(,"thinking":{"type":"enabled"})"})
    EXPECT_FALSE(is_kept(messages(more), caching_plan(), Dialect::anthropic)) << more;
  const std::string responses = R"({"model":"bot","input":"hi")";
  EXPECT_FALSE(is_kept(responses + "}", caching_plan(), Dialect::openai_responses))
      << "the provider would keep it under its own id";
  EXPECT_TRUE(is_kept(responses + R"(,"store":false})", caching_plan(), Dialect::openai_responses));
}

TEST(PipelineCacheTest, a_stream_that_nobody_held_to_the_clients_schema_answers_no_whole_request) {
  const std::string schema =
      R"("response_format":{"type":"json_schema","json_schema":{"name":"s","schema":)"
      R"({"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}}}})";
  const std::string rest = R"("model":"bot","messages":[{"role":"user","content":"hi"}],)" + schema;
  Road road(caching_plan());
  road.upstream.streams_text({R"({"a":"x"})"});
  road.send(R"({"stream":true,)" + rest + "}");
  road.upstream.answers(R"({"a":1})");
  EXPECT_TRUE(says(road.send("{" + rest + "}"), "1"));
  EXPECT_EQ(road.upstream.calls(), 2);
}

TEST(PipelineCacheTest, a_route_to_a_provider_that_takes_the_clients_key_parts_the_clients) {
  Plan plan = caching_plan();
  plan.providers.push_back(
      {.name = "theirs", .base_url = "http://127.0.0.1:2/v1", .pass_client_key = true});
  plan.models[1].provider = 1;
  plan.features[0].ladder = {{.model = 0}};
  plan.features[0].route = {{.when = "", .model = 1}};
  Road road(std::move(plan));
  road.origin.credential = std::make_shared<const Secret>("key-of-a");
  road.upstream.answers("for a").answers("for b");
  EXPECT_TRUE(says(road.send(kAsk), "for a"));
  road.origin.credential = std::make_shared<const Secret>("key-of-b");
  EXPECT_TRUE(says(road.send(kAsk), "for b"));
}

}  // namespace
}  // namespace plimsoll::app
