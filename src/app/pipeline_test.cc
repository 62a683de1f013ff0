// Goal: the road keeps its promises: every way out is recorded, every attempt is
// paid once, one deadline and one attempt budget bound all tries, and nothing
// unverified leaves.
// Method: the real stages in their real order between a scripted upstream, fake
// books and a fake clock; we assert on the client's bytes, the books and the trail.
#include <gtest/gtest.h>

#include "app/fakes/road.h"
#include "stages/budget.h"

namespace plimsoll::app {
namespace {

using ports::scripted::answer;
using std::chrono::seconds;

constexpr const char* kAsk = R"({"model":"bot","messages":[{"role":"user","content":"hi"}]})";
constexpr const char* kAskStream =
    R"({"model":"bot","stream":true,"messages":[{"role":"user","content":"hi"}]})";

Plan json_plan() {
  Plan plan = small_plan();
  plan.features[0].output.json = true;
  return plan;
}

TEST(PipelineTest, an_answer_passes_untouched_and_is_paid_once) {
  Road road;
  road.upstream.answers("hello");
  const Got got = road.send(kAsk);
  ASSERT_FALSE(got.error) << got.error->what;
  EXPECT_NE(got.bytes.find("hello"), std::string::npos);
  EXPECT_EQ(road.accounts.books.held, Money{0});
  EXPECT_EQ(road.accounts.books.spent, (Money{10 * 1'000 + 5 * 2'000}));
  ASSERT_EQ(road.sink.size(), 1U);
  EXPECT_EQ(road.trail().attempts.at(0).cost, (Money{20'000}));
  EXPECT_FALSE(road.trail().error);
}

TEST(PipelineTest, the_trail_lists_every_control_that_ran) {
  Road road;
  road.upstream.answers("hello");
  road.send(kAsk);
  std::vector<std::string> names;
  for (const ControlRun& run : road.trail().controls) names.emplace_back(run.control);
  EXPECT_EQ(names, (std::vector<std::string>{"record", "admit", "validate_call", "route", "budget",
                                             "dispatch", "check_reply"}));
}

TEST(PipelineTest, a_server_error_is_tried_again_and_the_client_never_hears_of_it) {
  Road road;
  road.upstream.fails(ErrorKind::upstream_server_error, 500).answers("ok");
  const Got got = road.send(kAsk);
  EXPECT_FALSE(got.error);
  EXPECT_EQ(road.upstream.calls(), 2);
  EXPECT_EQ(road.trail().attempts.at(0).error, ErrorKind::upstream_server_error);
  EXPECT_EQ(road.trail().attempts.at(0).cost, Money{0}) << "a refusal costs nothing";
  EXPECT_EQ(road.accounts.books.held, Money{0});
}

TEST(PipelineTest, retries_of_the_first_model_leave_one_attempt_for_the_second) {
  Road road;
  for (int i = 0; i < 3; ++i) road.upstream.fails(ErrorKind::upstream_overloaded, 503);
  const Got got = road.send(kAsk);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::upstream_overloaded);
  ASSERT_EQ(road.upstream.calls(), 3) << "the attempt budget is 3";
  EXPECT_EQ(road.upstream.sent()[1].model, "m-small");
  EXPECT_EQ(road.upstream.sent()[2].model, "m-large");
}

TEST(PipelineTest, a_request_the_upstream_calls_wrong_is_not_tried_elsewhere) {
  Road road;
  road.upstream.fails(ErrorKind::upstream_request_invalid, 400);
  EXPECT_EQ(road.send(kAsk).error->kind, ErrorKind::upstream_request_invalid);
  EXPECT_EQ(road.upstream.calls(), 1);
}

TEST(PipelineTest, a_wrong_key_moves_on_to_another_account_at_once) {
  Plan plan = small_plan();
  plan.providers.push_back({.name = "other", .base_url = "http://127.0.0.1:2/v1"});
  plan.models.push_back(plan.models[0]);
  plan.models[2].provider = 1;
  plan.features[0].ladder.push_back({.model = 2});
  Road road(std::move(plan));
  road.upstream.fails(ErrorKind::upstream_credential, 401).answers("ok");
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_EQ(road.upstream.sent().at(1).provider, "other") << "the model between has the same key";
}

TEST(PipelineTest, a_wrong_key_is_told_when_there_is_no_other_account) {
  Road road;
  road.upstream.fails(ErrorKind::upstream_credential, 401);
  EXPECT_EQ(road.send(kAsk).error->kind, ErrorKind::upstream_credential);
  EXPECT_EQ(road.upstream.calls(), 1);
}

TEST(PipelineTest, a_silent_target_is_left_and_never_asked_again) {
  Road road;
  road.upstream.fails(ErrorKind::upstream_timeout_headers).answers("ok");
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_EQ(road.upstream.sent().at(1).model, "m-large");
}

TEST(PipelineTest, a_retry_after_is_waited_for) {
  Road road;
  Error busy{
      .kind = ErrorKind::upstream_rate_limited, .what = "slow", .retry_after = milliseconds{3'000}};
  road.upstream.fails(busy).answers("ok");
  const Deadline before = road.timers.now();
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_GE(road.timers.now() - before, milliseconds{3'000});
  EXPECT_GE(road.trail().attempts.at(1).waited_before, milliseconds{3'000});
  EXPECT_LE(road.trail().attempts.at(1).waited_before, milliseconds{3'750}) << "spread";
  EXPECT_EQ(road.upstream.sent().at(1).model, "m-small") << "asked there again";
}

TEST(PipelineTest, a_wait_that_one_call_was_told_is_kept_by_the_next) {
  Plan plan = small_plan();
  plan.features[0].ladder.pop_back();
  plan.features[0].retry.attempts = 1;
  Road road(std::move(plan));
  Error busy{
      .kind = ErrorKind::upstream_rate_limited, .what = "slow", .retry_after = milliseconds{3'000}};
  road.upstream.fails(busy).answers("ok");
  EXPECT_EQ(road.send(kAsk).error->kind, ErrorKind::upstream_rate_limited);
  const Deadline told = road.timers.now();
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_GE(road.timers.now() - told, milliseconds{3'000});
  EXPECT_EQ(road.upstream.calls(), 2);
}

TEST(PipelineTest, a_call_with_no_time_for_the_wait_is_told_how_long_it_is) {
  Plan plan = small_plan();
  plan.features[0].ladder.pop_back();
  Road road(std::move(plan));
  Error busy{.kind = ErrorKind::upstream_rate_limited, .what = "slow", .retry_after = seconds{120}};
  road.upstream.fails(busy);
  road.origin.client_timeout = seconds{10};
  EXPECT_EQ(road.send(kAsk).error->retry_after, seconds{120});
  const Deadline before = road.timers.now();
  const Got got = road.send(kAsk);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::upstream_rate_limited);
  EXPECT_EQ(got.error->retry_after, seconds{120});
  EXPECT_EQ(road.timers.now(), before) << "refused at once";
  EXPECT_EQ(road.upstream.calls(), 1) << "the second call sent nothing";
  EXPECT_TRUE(road.trail().attempts.empty());
}

TEST(PipelineTest, a_target_that_keeps_failing_is_left_and_used_again_after_its_rest) {
  Road road;
  for (const int failures : {2, 2, 1}) {
    for (int i = 0; i < failures; ++i) road.upstream.fails(ErrorKind::upstream_server_error, 500);
    road.upstream.answers("of the second model");
    EXPECT_FALSE(road.send(kAsk).error);
  }
  EXPECT_EQ(road.upstream.calls(), 8);
  for (int i = 0; i < 20; ++i) {
    road.upstream.answers("b");
    EXPECT_FALSE(road.send(kAsk).error);
    EXPECT_EQ(road.upstream.sent().back().model, "m-large");
  }
  EXPECT_EQ(road.upstream.calls(), 28) << "one attempt a call: the breaker is warm";
  road.timers.advance(seconds{5});
  road.upstream.answers("recovered");
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_EQ(road.upstream.sent().back().model, "m-small");
}

TEST(PipelineTest, nobody_is_asked_when_every_target_rests) {
  Plan plan = small_plan();
  plan.features[0].ladder.pop_back();
  plan.features[0].retry.attempts = 1;
  Road road(std::move(plan));
  for (int i = 0; i < 5; ++i) {
    road.upstream.fails(ErrorKind::upstream_server_error, 500);
    road.send(kAsk);
  }
  const Got got = road.send(kAsk);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::upstream_resting);
  EXPECT_GT(got.error->retry_after, milliseconds{3'999});
  EXPECT_EQ(road.upstream.calls(), 5);
}

TEST(PipelineTest, a_client_that_retries_by_itself_gets_no_second_try_of_one_model) {
  Road road;
  road.upstream.fails(ErrorKind::upstream_server_error, 500).answers("ok");
  road.client_retry = 1;
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_EQ(road.upstream.sent().at(1).model, "m-large");
}

TEST(PipelineTest, re_sends_to_one_target_end_with_their_budget) {
  Plan plan = small_plan();
  plan.features[0].ladder.pop_back();
  plan.features[0].retry = {.attempts = 2, .backoff_base = milliseconds{0}};
  plan.providers[0].targets.breaker.on = false;
  Road road(std::move(plan));
  for (int i = 0; i < 200; ++i) road.upstream.fails(ErrorKind::upstream_server_error, 500);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(road.send(kAsk).error);
  EXPECT_LE(road.upstream.calls(), 100 + 20 + 3);
  EXPECT_GE(road.upstream.calls(), 100 + 20);
}

TEST(PipelineTest, a_retry_after_that_is_too_long_moves_on_instead) {
  Road road;
  Error busy{.kind = ErrorKind::upstream_rate_limited,
             .what = "slow",
             .retry_after = milliseconds{60'000}};
  road.upstream.fails(busy).answers("ok");
  const Deadline before = road.timers.now();
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_LT(road.timers.now() - before, milliseconds{1'000});
  EXPECT_EQ(road.upstream.sent().at(1).model, "m-large");
}

TEST(PipelineTest, nothing_is_started_after_the_deadline) {
  Plan plan = small_plan();
  plan.features[0].timeouts.total = milliseconds{100};
  plan.features[0].timeouts.attempt = milliseconds{100};
  Road road(std::move(plan));
  road.upstream.answers("late").after(milliseconds{200});
  road.upstream.answers("never");
  const Got got = road.send(kAsk);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(road.upstream.calls(), 1);
  EXPECT_EQ(road.accounts.books.held, Money{0});
}

TEST(PipelineTest, the_clients_own_timeout_shrinks_the_deadline) {
  Road road;
  road.origin.client_timeout = milliseconds{50};
  road.upstream.answers("late").after(milliseconds{200});
  EXPECT_TRUE(road.send(kAsk).error);
  EXPECT_LE(road.upstream.sent().at(0).attempt_deadline, road.trail().started + milliseconds{50});
}

TEST(PipelineTest, an_answer_that_breaks_its_contract_never_leaves_and_both_tries_are_paid) {
  Road road(json_plan());
  road.upstream.answers("not json").answers("{}");
  const Got got = road.send(kAsk);
  ASSERT_FALSE(got.error);
  EXPECT_EQ(got.bytes.find("not json"), std::string::npos);
  EXPECT_EQ(road.accounts.books.spent, (Money{2 * 20'000}));
  EXPECT_FALSE(road.trail().attempts.at(0).verdict.passed());
  EXPECT_TRUE(road.trail().attempts.at(1).verdict.passed());
}

TEST(PipelineTest, a_stream_that_breaks_its_contract_releases_no_byte) {
  Road road(json_plan());
  for (int i = 0; i < 3; ++i) road.upstream.streams_text({"{\"a\":", " oops"});
  const Got got = road.send(kAskStream);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::reply_invalid);
  EXPECT_EQ(got.bytes, "");
}

TEST(PipelineTest, every_choice_is_checked) {
  Road road(json_plan());
  Answer two = answer("{}");
  two.choices.push_back({.text = "no", .finish = Finish::stop});
  road.upstream.answers(two).answers("{}");
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_EQ(road.upstream.calls(), 2);
}

TEST(PipelineTest, a_truncated_answer_is_not_asked_again_of_the_same_model) {
  Road road(json_plan());
  road.upstream.answers(answer("{}", Usage{1, 1}, Finish::length)).answers("{}");
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_EQ(road.upstream.sent().at(1).model, "m-large");
}

TEST(PipelineTest, before_the_first_content_a_cut_is_invisible) {
  Road road;
  Error cut{.kind = ErrorKind::upstream_cut, .what = "cut"};
  road.upstream.streams({ports::scripted::comment()}, cut).streams_text({"he", "llo"});
  const Got got = road.send(kAskStream);
  EXPECT_FALSE(got.error);
  EXPECT_EQ(got.bytes.find("keep-alive"), std::string::npos) << "of the thrown-away attempt";
  EXPECT_NE(got.bytes.find("[DONE]"), std::string::npos);
}

TEST(PipelineTest, a_cut_stream_is_finished_by_another_target_and_both_are_paid) {
  Road road;
  road.upstream.breaks_after({"Hel", "lo wor"}, {.kind = ErrorKind::upstream_cut, .what = "cut"})
      .streams_text({"Hello world", "!"});
  const Got got = road.send(kAskStream);
  EXPECT_FALSE(got.error);
  EXPECT_EQ(road.upstream.sent().at(1).model, "m-large") << "not the target that broke";
  EXPECT_EQ(got.bytes.find("Hello world"), std::string::npos) << "no word twice";
  EXPECT_NE(got.bytes.find("ld"), std::string::npos);
  EXPECT_NE(got.bytes.find("[DONE]"), std::string::npos);
  EXPECT_EQ(road.trail().attempts.at(0).error, ErrorKind::upstream_cut);
  EXPECT_FALSE(road.trail().error);
  EXPECT_EQ(road.accounts.books.held, Money{0});
  EXPECT_GT(road.accounts.books.spent, (Money{20'000}));
}

TEST(PipelineTest, a_cut_stream_with_no_other_target_is_told) {
  Plan plan = small_plan();
  plan.features[0].ladder.pop_back();
  Road road(std::move(plan));
  road.upstream.breaks_after({"he"}, {.kind = ErrorKind::upstream_cut, .what = "cut"}).answers("x");
  EXPECT_EQ(road.send(kAskStream).error->kind, ErrorKind::upstream_cut);
  EXPECT_EQ(road.upstream.calls(), 1);
}

TEST(PipelineTest, a_rescue_that_says_something_else_is_told_as_the_cut_it_did_not_mend) {
  Road road;
  road.upstream.breaks_after({"Hello"}, {.kind = ErrorKind::upstream_cut, .what = "cut"})
      .streams_text({"Good day"});
  const Got got = road.send(kAskStream);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->what, "cut");
  EXPECT_EQ(got.bytes.find("Good"), std::string::npos);
  EXPECT_EQ(road.accounts.books.held, Money{0});
  EXPECT_EQ(road.upstream.open_replies(), 0);
}

TEST(PipelineTest, a_slow_first_token_is_left_early_only_where_there_is_somewhere_to_go) {
  Road road;
  road.upstream.fails(ErrorKind::upstream_timeout_first_token).streams_text({"ok"});
  EXPECT_FALSE(road.send(kAskStream).error);
  EXPECT_LE(road.upstream.sent().at(0).first_token, seconds{15});
  EXPECT_GE(road.upstream.sent().at(1).first_token, seconds{60});
}

TEST(PipelineTest, in_honest_mode_nothing_is_sent_again_after_the_first_content) {
  Plan plan = small_plan();
  plan.features[0].commit = Commit::honest;
  Road road(std::move(plan));
  road.upstream.breaks_after({"he"}, {.kind = ErrorKind::upstream_cut, .what = "cut"}).answers("x");
  const Got got = road.send(kAskStream);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::upstream_cut);
  EXPECT_EQ(road.upstream.calls(), 1);
  EXPECT_EQ(road.trail().error, ErrorKind::upstream_cut);
  EXPECT_TRUE(road.trail().attempts.at(0).usage_estimated);
  EXPECT_EQ(road.accounts.books.held, Money{0});
  EXPECT_GT(road.accounts.books.spent, Money{0}) << "what was streamed is paid";
}

TEST(PipelineTest, an_unknown_price_is_an_unknown_cost_and_never_nought) {
  Plan plan = small_plan();
  plan.models[0].price.reset();
  Road road(std::move(plan));
  road.upstream.answers("hi");
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_FALSE(road.trail().attempts.at(0).cost.has_value());
  EXPECT_FALSE(road.trail().cost_total().has_value());
}

TEST(PipelineTest, one_nano_short_never_reaches_the_upstream) {
  Plan plan = small_plan();
  plan.features[0].objectives.cost_per_request = Money{1};
  Road road(std::move(plan));
  const Got got = road.send(kAsk);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::cost_ceiling);
  EXPECT_EQ(road.upstream.calls(), 0);
}

TEST(PipelineTest, an_output_without_a_limit_gets_one_that_the_ceiling_can_pay) {
  Plan plan = small_plan();
  plan.features[0].objectives.cost_per_request = Money{1'000'000};
  Road road(std::move(plan));
  road.upstream.answers("hi");
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_LE(road.trail().attempts.at(0).reserved, Money{1'000'000});
}

TEST(PipelineTest, a_limit_the_client_stated_is_not_changed_but_refused_with_one_that_fits) {
  Plan plan = small_plan();
  plan.features[0].objectives.cost_per_request = Money{1'000'000};
  Road road(std::move(plan));
  const Got got = road.send(
      R"({"model":"bot","max_tokens":100000,"messages":[{"role":"user","content":"hi"}]})");
  ASSERT_TRUE(got.error);
  EXPECT_NE(got.error->hint.find("lower max_tokens to "), std::string::npos) << got.error->hint;
}

TEST(PipelineTest, attempts_share_one_cost_ceiling) {
  Plan plan = json_plan();
  plan.features[0].objectives.cost_per_request = Money{110'000};
  plan.features[0].retry.attempts = 10;
  Road road(std::move(plan));
  for (int i = 0; i < 10; ++i) road.upstream.answers("not json");
  EXPECT_TRUE(road.send(kAsk).error);
  EXPECT_LE(road.accounts.books.spent, Money{110'000});
  EXPECT_LT(road.upstream.calls(), 10);
}

TEST(PipelineTest, an_empty_account_refuses_before_the_upstream) {
  Road road;
  road.accounts.books.balance = Money{1};
  EXPECT_EQ(road.send(kAsk).error->kind, ErrorKind::budget_exhausted);
  EXPECT_EQ(road.upstream.calls(), 0);
}

TEST(PipelineTest, keys_are_asked_for_when_the_plan_says_so) {
  Plan plan = small_plan();
  plan.server.auth = Auth::keys;
  plan.keys.push_back({.id = "team-a", .secret = Secret("pl-secret"), .tenant = "acme"});
  Road road(std::move(plan));
  EXPECT_EQ(road.send(kAsk).error->kind, ErrorKind::unauthorized);
  road.origin.credential = std::make_shared<const Secret>("pl-secreT");
  EXPECT_EQ(road.send(kAsk).error->kind, ErrorKind::unauthorized);
  road.origin.credential = std::make_shared<const Secret>("pl-secret");
  road.upstream.answers("hi");
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_EQ(road.trail().tenant, "acme");
  EXPECT_EQ(road.trail().key_id, "team-a");
}

TEST(PipelineTest, a_client_that_left_is_not_answered_by_another_attempt) {
  Road road;
  road.upstream.fails(ErrorKind::upstream_server_error, 500);
  road.cancel.cancel(CancelReason::client_gone);
  EXPECT_EQ(road.send(kAsk).error->kind, ErrorKind::cancelled);
  EXPECT_LE(road.upstream.calls(), 1);
  EXPECT_EQ(road.accounts.books.held, Money{0});
  EXPECT_EQ(road.sink.size(), 1U);
}

TEST(PipelineTest, an_input_over_its_ceiling_costs_nothing) {
  Plan plan = small_plan();
  plan.features[0].objectives.input_tokens_max = 1;
  Road road(std::move(plan));
  EXPECT_EQ(road.send(kAsk).error->kind, ErrorKind::token_ceiling);
  EXPECT_EQ(road.upstream.calls(), 0);
}

TEST(PipelineTest, a_prompt_is_counted_in_its_models_own_tokens) {
  for (const std::int64_t ceiling : {8, 7}) {
    Plan plan = small_plan();
    plan.models[0].upstream_model = "gpt-4o";
    plan.features[0].objectives.input_tokens_max = ceiling;
    Road road(std::move(plan));
    road.upstream.answers("hello");
    const Got got = road.send(kAsk);
    EXPECT_EQ(got.error.has_value(), ceiling == 7);
    if (got.error)
      EXPECT_EQ(got.error->what,
                "the prompt has exactly 8 tokens; feature \"bot\" takes at most 7");
  }
}

/// About 800 tokens in 4 kB.
std::string long_ask() {
  std::string words;
  for (int i = 0; i < 800; ++i) words += "word ";
  return R"({"model":"bot","max_tokens":100,"messages":[{"role":"user","content":")" + words +
         "\"}]}";
}

TEST(PipelineTest, a_prompt_is_counted_where_its_bytes_alone_are_too_dear) {
  for (const std::string model : {"gpt-4o", "a-model-without-a-public-vocabulary"}) {
    Plan plan = small_plan();
    plan.models[0].upstream_model = model;
    plan.features[0].ladder.resize(1);
    plan.features[0].objectives.cost_per_request = Money{2'000'000};
    Road road(std::move(plan));
    road.upstream.answers("hello");
    const Got got = road.send(long_ask());
    EXPECT_EQ(got.error.has_value(), model != "gpt-4o");
    EXPECT_LE(road.trail().attempts.at(0).reserved, Money{2'000'000});
    EXPECT_EQ(road.accounts.books.held, Money{0});
  }
}

TEST(PipelineTest, what_a_guessed_prompt_was_billed_teaches_the_next_guess) {
  Plan plan = small_plan();
  plan.models[0].upstream_model = "claude-sonnet-4-5";
  plan.features[0].objectives.input_tokens_max = 3'000;
  Road road(std::move(plan));
  road.upstream.answers("hello");
  EXPECT_FALSE(road.send(long_ask()).error);
  EXPECT_LT(road.calibration.factor("claude-sonnet-4-5"), 0.7) << "10 tokens were billed";
}

TEST(PipelineTest, a_long_prompt_lets_the_loop_run_while_it_is_counted) {
  Plan plan = small_plan();
  plan.models[0].upstream_model = "gpt-4o";
  plan.features[0].objectives.input_tokens_max = 100'000;
  Road road(std::move(plan));
  std::string words;
  for (int i = 0; i < 100'000; ++i) words += std::to_string(i) + ' ';
  const Deadline before = road.timers.now();
  const Got got =
      road.send(R"({"model":"bot","messages":[{"role":"user","content":")" + words + "\"}]}");
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::token_ceiling);
  EXPECT_GT(road.timers.now(), before) << "it waited for the timer between two steps";
}

TEST(PipelineTest, a_limit_refuses_with_the_true_wait_and_reaches_no_upstream) {
  Plan plan = small_plan();
  plan.features[0].limits[LimitScope::feature].requests =
      Rate{.count = 2, .period = std::chrono::minutes(1)};
  Road road(std::move(plan));
  road.upstream.answers("one").answers("two").answers("three");
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_EQ(road.trail().limits->requests->remaining, 1);
  EXPECT_FALSE(road.send(kAsk).error);
  const Got third = road.send(kAsk);
  ASSERT_TRUE(third.error);
  EXPECT_EQ(third.error->kind, ErrorKind::rate_limited);
  EXPECT_EQ(third.error->what, "feature \"bot\" has used up its 2 requests a minute");
  EXPECT_EQ(third.error->hint, "wait 30 s, or raise features.bot.limits.per_feature.requests");
  EXPECT_EQ(third.error->retry_after, milliseconds{30'000});
  EXPECT_EQ(road.upstream.calls(), 2);
  EXPECT_EQ(road.accounts.books.held, Money{0});
}

TEST(PipelineTest, a_call_that_one_limit_refuses_counts_on_none) {
  Plan plan = small_plan();
  plan.features[0].limits[LimitScope::key].requests =
      Rate{.count = 2, .period = std::chrono::hours(1)};
  plan.limits[LimitScope::key].requests = Rate{.count = 1, .period = std::chrono::hours(1)};
  Road road(std::move(plan));
  road.upstream.answers("one");
  EXPECT_FALSE(road.send(kAsk).error);
  for (int i = 0; i < 3; ++i) {
    const Got got = road.send(kAsk);
    ASSERT_TRUE(got.error);
    EXPECT_NE(got.error->what.find("1 requests a hour"), std::string::npos) << got.error->what;
    EXPECT_NE(got.error->hint.find("raise limits.per_key"), std::string::npos) << got.error->hint;
  }
}

TEST(PipelineTest, tokens_of_a_limit_are_corrected_by_what_was_used) {
  Plan plan = small_plan();
  plan.limits[LimitScope::tenant].tokens = Rate{.count = 3'000, .period = std::chrono::hours(1)};
  Road road(std::move(plan));
  road.upstream.answers("one").fails(ErrorKind::upstream_request_invalid, 400).answers("three");
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_LT(road.trail().limits->tokens->remaining, 2'000) << "1,024 of output were set aside";
  EXPECT_TRUE(road.send(kAsk).error) << "costs no tokens";
  EXPECT_FALSE(road.send(kAsk).error);
  const auto left = road.trail().limits->tokens->remaining;
  EXPECT_GT(left, 3'000 - 15 - 1'100) << "15 were used before, and this call's estimate is held";
}

TEST(PipelineTest, a_place_comes_back_when_a_stream_ends_or_its_client_leaves) {
  Plan plan = small_plan();
  plan.features[0].limits[LimitScope::key].concurrent = 1;
  Road road(std::move(plan));
  road.upstream.answers("one").fails(ErrorKind::upstream_request_invalid, 400).answers("three");
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_TRUE(road.send(kAsk).error);
  EXPECT_FALSE(road.send(kAsk).error) << "a failed call gave its place back";
  EXPECT_EQ(road.upstream.calls(), 3);
}

TEST(PipelineTest, a_made_key_lets_in_and_names_tenant_and_holder) {
  Plan plan = small_plan();
  plan.server.auth = Auth::keys;
  Road road(std::move(plan));
  road.keys.add("plim_a", {.id = "team-a", .tenant = "acme", .features = {"bot"}});
  road.keys.add("plim_b", {.id = "team-b", .features = {"other"}});
  road.keys.add("plim_c", {.id = "team-c"}, ports::FoundKey::State::revoked);
  road.upstream.answers("one");
  const auto as = [&](std::string credential) {
    road.origin.credential = std::make_shared<const Secret>(std::move(credential));
    return road.send(kAsk).error;
  };
  EXPECT_FALSE(as("plim_a"));
  EXPECT_EQ(road.trail().key_id, "team-a");
  EXPECT_EQ(road.trail().tenant, "acme");
  EXPECT_EQ(as("plim_b")->kind, ErrorKind::forbidden);
  EXPECT_EQ(as("plim_b")->what, "key \"team-b\" may not ask feature \"bot\"");
  EXPECT_EQ(as("plim_c")->what, "key \"team-c\" is revoked");
  EXPECT_EQ(as("plim_x")->kind, ErrorKind::unauthorized);
  EXPECT_EQ(road.upstream.calls(), 1);
}

TEST(PipelineTest, a_keys_own_limits_hold_beside_those_of_the_plan) {
  Plan plan = small_plan();
  plan.server.auth = Auth::keys;
  Road road(std::move(plan));
  ClientKey key{.id = "team-a"};
  key.limits.requests = Rate{.count = 1, .period = std::chrono::hours(24)};
  road.keys.add("plim_a", key);
  road.origin.credential = std::make_shared<const Secret>("plim_a");
  road.upstream.answers("one");
  EXPECT_FALSE(road.send(kAsk).error);
  const Got second = road.send(kAsk);
  ASSERT_TRUE(second.error);
  EXPECT_EQ(second.error->hint, "wait 86400 s, or raise the key's own limit of requests");
}

BudgetRule small_budget(std::int64_t nanos, OnExceeded then = OnExceeded::reject) {
  return {.name = "b", .cap = Money{nanos}, .warn_at = 1, .on_exceeded = then};
}

Plan budgeted_plan(BudgetRule rule) {
  Plan plan = small_plan();
  plan.budgets.push_back(std::move(rule));
  plan.features[0].objectives.output_tokens_max = 5;
  for (ModelEntry& model : plan.models) model.price->input = 0;  // 10,000 nanos a call
  return plan;
}

TEST(PipelineTest, a_budget_settles_what_was_used_and_refuses_what_does_not_fit) {
  const BudgetRule rule = small_budget(25'000);
  Road road(budgeted_plan(rule));
  for (int i = 0; i < 9; ++i) road.upstream.answers("ok");
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_EQ(road.budgets.view(rule, "").spent, Money{10'000});
  EXPECT_EQ(road.budgets.view(rule, "").held, Money{0});
  EXPECT_FALSE(road.send(kAsk).error);
  const Got third = road.send(kAsk);
  ASSERT_TRUE(third.error);
  EXPECT_EQ(third.error->kind, ErrorKind::budget_exhausted);
  EXPECT_NE(third.error->what.find("everybody together has $0.000005 left"), std::string::npos)
      << third.error->what;
  EXPECT_EQ(road.upstream.calls(), 2);
  EXPECT_LE(road.budgets.view(rule, "").spent, Money{25'000});
}

TEST(PipelineTest, a_holder_whose_money_is_gone_holds_back_nobody_else) {
  Plan plan = budgeted_plan(small_budget(9'000));
  plan.server.auth = Auth::keys;
  plan.budgets[0].scope = BudgetScope::key;
  plan.budgets[0].only = "poor";
  Road road(std::move(plan));
  road.keys.add("plim_poor", {.id = "poor"});
  road.keys.add("plim_rich", {.id = "rich"});
  road.upstream.answers("ok");
  road.origin.credential = std::make_shared<const Secret>("plim_poor");
  EXPECT_EQ(road.send(kAsk).error->kind, ErrorKind::budget_exhausted);
  road.origin.credential = std::make_shared<const Secret>("plim_rich");
  const Got got = road.send(kAsk);
  EXPECT_FALSE(got.error) << got.error->what;
}

TEST(PipelineTest, a_budget_that_degrades_goes_on_with_a_cheaper_rung) {
  Plan plan = budgeted_plan(small_budget(9'000, OnExceeded::degrade));
  plan.models[1].price = Price{.input = 0, .output = 1'000'000};  // 1 nano a token
  Road road(std::move(plan));
  road.upstream.answers("ok");
  EXPECT_FALSE(road.send(kAsk).error);
  ASSERT_EQ(road.upstream.calls(), 1);
  EXPECT_EQ(road.upstream.sent()[0].model, "m-large")
      << "the second rung, which is the cheaper one";
}

TEST(PipelineTest, a_budget_that_degrades_is_exhausted_after_the_last_rung) {
  Road road(budgeted_plan(small_budget(1, OnExceeded::degrade)));
  EXPECT_EQ(road.send(kAsk).error->kind, ErrorKind::budget_exhausted);
  EXPECT_EQ(road.upstream.calls(), 0);
}

TEST(PipelineTest, a_budget_that_queues_waits_for_the_next_period) {
  BudgetRule rule = small_budget(15'000, OnExceeded::queue);
  rule.period = BudgetPeriod::minute;
  Road road(budgeted_plan(rule));
  road.upstream.answers("one").answers("two");
  EXPECT_FALSE(road.send(kAsk).error);
  const Deadline before = road.timers.now();
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_GE(road.timers.now() - before, seconds(20)) << "the minute had to end";
  EXPECT_EQ(road.upstream.calls(), 2);
}

TEST(PipelineTest, an_output_without_a_limit_gets_one_where_a_budget_applies) {
  const Plan plan = small_plan();
  const Request request;
  const auto free = stages::worst_case(request, plan.features[0], plan.models[0], {});
  EXPECT_EQ(free->upstream_limit, std::nullopt);
  const auto bound =
      stages::worst_case(request, plan.features[0], plan.models[0], {.limit_output = true});
  EXPECT_EQ(bound->upstream_limit, 16'384) << "else the worst case would be none";
  EXPECT_EQ(bound->cost, (Money{16'384 * 2'000}));
}

TEST(PipelineTest, retries_cuts_and_failures_leave_nothing_reserved) {
  const BudgetRule rule = small_budget(1'000'000'000);
  Road road(budgeted_plan(rule));
  road.upstream.fails(ErrorKind::upstream_server_error, 500).answers("ok");
  EXPECT_FALSE(road.send(kAsk).error);
  road.upstream.fails(ErrorKind::upstream_cut).fails(ErrorKind::upstream_cut).answers("ok");
  (void)road.send(kAsk);
  road.upstream.fails(ErrorKind::upstream_timeout_headers)
      .fails(ErrorKind::upstream_request_invalid, 400);
  (void)road.send(kAskStream);
  EXPECT_EQ(road.budgets.view(rule, "").held, Money{0});
  Money billed;
  for (const auto& trail : road.sink.trails()) billed += trail->cost_total().value_or(Money{});
  EXPECT_EQ(road.budgets.view(rule, "").spent, billed) << "the trails and the books agree";
}

TEST(PipelineTest, a_bare_model_is_served_without_a_feature) {
  Road road;
  road.upstream.answers("hi");
  EXPECT_FALSE(
      road.send(R"({"model":"up/other","messages":[{"role":"user","content":"x"}]})").error);
  EXPECT_EQ(road.upstream.sent().at(0).model, "other");
  EXPECT_EQ(road.trail().feature, "");
}

TEST(PipelineTest, an_unknown_model_is_answered_with_the_nearest_names) {
  Road road;
  const Got got = road.send(R"({"model":"bott","messages":[{"role":"user","content":"x"}]})");
  EXPECT_EQ(got.error->kind, ErrorKind::model_not_found);
  EXPECT_EQ(got.error->hint, "did you mean \"bot\"?");
}

TEST(PipelineTest, no_limit_of_output_is_below_nought_or_beyond_all_sums) {
  Road road;
  for (const char* limit : {"9223372036854775807", "144115188075855872"}) {
    const Got got = road.send(R"({"model":"bot","messages":[],"n":128,"max_tokens":)" +
                              std::string(limit) + "}");
    EXPECT_EQ(got.error->kind, ErrorKind::request_invalid) << limit;
  }
  road.origin.dialect = Dialect::openai_completions;
  EXPECT_EQ(road.send(R"({"model":"bot","prompt":"x","max_tokens":-9000000000000})").error->kind,
            ErrorKind::request_invalid);
  EXPECT_EQ(road.upstream.calls(), 0);
  EXPECT_EQ(road.accounts.books.held, Money{0});
}

TEST(PipelineTest, each_prompt_of_a_list_is_set_aside_for) {
  const auto reserved = [](const char* prompt) {
    Road road;
    road.origin.dialect = Dialect::openai_completions;
    road.upstream.answers("hi");
    road.send(R"({"model":"bot","max_tokens":100,"prompt":)" + std::string(prompt) + "}");
    return road.trail().attempts.at(0).reserved.nanos;
  };
  const std::int64_t one = reserved(R"("a")");
  EXPECT_GT(reserved(R"(["a","a","a"])"), one + 2 * 100 * 2'000 - 20'000);
  EXPECT_LT(reserved("[1,2,3]"), one + 20'000) << "one prompt, as tokens";
}

TEST(PipelineTest, what_a_provider_keeps_is_not_gone_on_with_under_keys_or_ceilings) {
  const char* ask = R"({"model":"bot","input":"hi","previous_response_id":"resp_1"})";
  Plan plan = small_plan();
  plan.providers[0].dialect = Dialect::openai_responses;
  Road open(plan);
  open.origin.dialect = Dialect::openai_responses;
  open.upstream.answers("hi");
  EXPECT_FALSE(open.send(ask).error);
  open.upstream.answers("hi");
  EXPECT_FALSE(open.send(R"({"model":"bot","input":"hi","background":true})").error);
  plan.features[0].objectives.cost_per_request = Money{1'000'000'000};
  Road bounded(plan);
  bounded.origin.dialect = Dialect::openai_responses;
  EXPECT_EQ(bounded.send(ask).error->kind, ErrorKind::request_invalid);
  EXPECT_EQ(bounded.send(R"({"model":"bot","input":"hi","background":true})").error->kind,
            ErrorKind::request_invalid);
}

TEST(PipelineTest, only_the_first_correction_of_a_rung_is_asked_for_at_temperature_nought) {
  Plan plan = small_plan();
  plan.features[0].output.json = true;
  plan.features[0].ladder = {{.model = 0}};
  plan.features[0].retry.attempts = 4;
  Road road(std::move(plan));
  road.upstream.answers("no").answers("no").answers("no").answers("{}");
  EXPECT_FALSE(road.send(kAsk).error);
  const auto& sent = road.upstream.sent();
  ASSERT_EQ(sent.size(), 4U);
  EXPECT_FALSE(sent[0].cold);
  EXPECT_TRUE(sent[1].cold);
  EXPECT_FALSE(sent[2].cold || sent[3].cold) << "the same words at 0 bring the same answer";
}

}  // namespace
}  // namespace plimsoll::app
