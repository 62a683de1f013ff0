// Goal: each sentence that README promises is true of the program.
// Method: one test per sentence, named after it; the real pipeline on fakes, or
// the real gateway where the sentence is about the process.
#include <gtest/gtest.h>

#include "app/fakes/road.h"
#include "app/gateway.h"
#include "app/process.h"
#include "store/embedded/accounts.h"

namespace plimsoll {
namespace {

using app::Got;
using app::Road;

constexpr const char* kAsk = R"({"model":"bot","messages":[{"role":"user","content":"hi"}]})";
constexpr const char* kAskStream =
    R"({"model":"bot","stream":true,"messages":[{"role":"user","content":"hi"}]})";

Plan with_contract() {
  Plan plan = app::small_plan();
  plan.features[0].output.json = true;
  return plan;
}

TEST(PromisesTest, an_answer_that_breaks_its_contract_never_reaches_the_client) {
  for (const char* ask : {kAsk, kAskStream}) {
    Road road(with_contract());
    for (int i = 0; i < 3; ++i) {
      if (ask == kAsk)
        road.upstream.answers("BROKEN");
      else
        road.upstream.streams_text({"BRO", "KEN"});
    }
    const Got got = road.send(ask);
    ASSERT_TRUE(got.error);
    EXPECT_EQ(got.bytes.find("BRO"), std::string::npos);
    EXPECT_EQ(got.error->what.find("BROKEN"), std::string::npos);
  }
}

TEST(PromisesTest, before_the_first_byte_a_failure_is_invisible_and_after_it_it_is_told) {
  const Error cut{.kind = ErrorKind::upstream_cut, .what = "cut"};
  Road before;
  before.upstream.streams({}, cut).streams_text({"whole"});
  EXPECT_FALSE(before.send(kAskStream).error);

  Road after;
  after.upstream.breaks_after({"half"}, cut);
  const Got got = after.send(kAskStream);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.bytes.find("[DONE]"), std::string::npos);
}

TEST(PromisesTest, all_tries_of_a_call_share_one_deadline_one_attempt_budget_and_one_ceiling) {
  Plan plan = with_contract();
  plan.features[0].objectives.cost_per_request = Money{110'000};
  plan.features[0].retry.attempts = 10;
  Road road(std::move(plan));
  for (int i = 0; i < 10; ++i) road.upstream.answers("BROKEN");
  road.send(kAsk);
  EXPECT_LE(road.accounts.books.spent, Money{110'000});
  for (const auto& sent : road.upstream.sent())
    EXPECT_LE(sent.attempt_deadline, road.trail().started + milliseconds{600'000});
}

TEST(PromisesTest, every_attempt_is_paid_once_thrown_away_ones_included) {
  Road road(with_contract());
  road.upstream.answers("BROKEN").answers("{}");
  road.send(kAsk);
  EXPECT_EQ(road.trail().cost_total(), (Money{40'000}));
  EXPECT_EQ(road.accounts.books.spent, (Money{40'000}));
  EXPECT_EQ(road.accounts.books.held, Money{0});
}

TEST(PromisesTest, an_unknown_cost_is_unknown_and_never_nought) {
  Plan plan = app::small_plan();
  plan.models[0].price.reset();
  Road road(std::move(plan));
  road.upstream.answers("hi");
  road.send(kAsk);
  EXPECT_FALSE(road.trail().cost_total().has_value());
}

class NullSink final : public ports::TrailSink {
 public:
  void take(const std::shared_ptr<const Trail>&) noexcept override {}
};

TEST(PromisesTest, a_reload_with_problems_keeps_the_running_plan) {
  Plan plan = app::small_plan();
  plan.server.listen = {{.address = "127.0.0.1:0"}};
  plan.server.admin_address = "";
  plan.server.threads = 1;
  NullSink sink;
  store::EmbeddedAccounts accounts;
  auto gateway =
      app::Gateway::start(std::make_shared<const Plan>(plan),
                          {.sink = sink, .accounts = accounts, .metrics = [] { return ""; }});
  ASSERT_TRUE(gateway) << gateway.error().what;

  Plan moved = plan;
  moved.version = "moved";
  moved.server.listen = {{.address = "127.0.0.1:1"}};
  auto refused = (*gateway)->reload(std::make_shared<const Plan>(moved));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("server.listen"), std::string::npos) << "refused by name";

  Plan broken = plan;
  broken.version = "broken";
  broken.features[0].output.must_match = {"("};
  EXPECT_FALSE((*gateway)->reload(std::make_shared<const Plan>(broken)));
  EXPECT_NE((*gateway)->health().json().find("\"plan\":\"test\""), std::string::npos);

  Plan better = plan;
  better.version = "better";
  EXPECT_TRUE((*gateway)->reload(std::make_shared<const Plan>(better)));
  EXPECT_NE((*gateway)->health().json().find("\"plan\":\"better\""), std::string::npos);
}

TEST(PromisesTest, a_refused_reload_is_told_on_readyz_until_one_goes_well) {
  Plan plan = app::small_plan();
  plan.server.listen = {{.address = "127.0.0.1:0"}};
  plan.server.admin_address = "";
  plan.server.threads = 1;
  auto process =
      app::Process::start(std::make_shared<const Plan>(plan), {.ledger = false, .log = false});
  ASSERT_TRUE(process) << process.error().what;
  app::Health& health = (*process)->gateway().health();
  (*process)->reload(fail(ErrorKind::config_invalid, "line 3 is wrong"));
  EXPECT_NE(health.json().find("line 3 is wrong"), std::string::npos);
  EXPECT_NE(health.json().find("\"ready\":true"), std::string::npos) << "it still serves";
  (*process)->reload(std::make_shared<const Plan>(plan));
  EXPECT_NE(health.json().find("\"reload_error\":null"), std::string::npos);
}

}  // namespace
}  // namespace plimsoll
