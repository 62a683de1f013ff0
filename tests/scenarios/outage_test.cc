// Goal: a target that is down for a while is left within a few requests, is used
// again soon after it recovers, gets hardly a request meanwhile, and no client
// notices; every attempt is in the books with what it used.
// Method: raw clients one after another, real gateway, a scripted primary and
// fallback; the clock of the public baseline (an outage of 60 s, rests of 5 to
// 20 s) runs 1:40.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "app/gateway.h"
#include "ports/fakes/collecting_sink.h"
#include "store/embedded/accounts.h"
#include "tests/scenarios/scenario.h"
#include "tests/scenarios/sockets.h"

namespace plimsoll::scenarios {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kScale = 40;
constexpr milliseconds kOutage{60'000 / kScale};
constexpr milliseconds kBackWithin{30'000 / kScale};

Answer down() {
  return {.status = 503, .body = {R"({"error":{"message":"down","type":"server_error"}})"}};
}

Answer answered_by(const std::string& model) {
  return {.body = {R"({"id":"c","object":"chat.completion","created":1,"model":")" + model +
                   R"(","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},)"
                   R"("finish_reason":"stop"}],"usage":{"prompt_tokens":100,)"
                   R"("completion_tokens":10}})"}};
}

Provider provider_at(const std::string& name, std::uint16_t port) {
  Provider provider{.name = name, .base_url = "http://127.0.0.1:" + std::to_string(port) + "/v1"};
  provider.targets.breaker.rest /= kScale;
  provider.targets.breaker.rest_max /= kScale;
  provider.targets.breaker.window /= kScale;
  return provider;
}

/// Two models on two providers, one feature over both; the defaults otherwise.
std::shared_ptr<const Plan> plan_for(std::uint16_t primary, std::uint16_t fallback) {
  Plan plan;
  plan.server.listen = {{.address = "127.0.0.1:0"}};
  plan.server.admin_address = "";
  plan.server.threads = 1;
  plan.providers = {provider_at("primary", primary), provider_at("fallback", fallback)};
  const Price price{.input = 1'000'000'000, .output = 2'000'000'000};
  plan.models.push_back({.name = "small", .upstream_model = "m-small", .price = price});
  plan.models.push_back(
      {.name = "large", .provider = 1, .upstream_model = "m-large", .price = price});
  Feature feature{.name = "bot"};
  feature.ladder = {{.model = 0}, {.model = 1}};
  feature.retry.backoff_base = milliseconds{1};
  plan.features.push_back(std::move(feature));
  return std::make_shared<const Plan>(std::move(plan));
}

/// A gateway between a primary that plays `script` and a fallback that answers.
class OutageTest : public testing::Test {
 protected:
  void start(ScriptedServer::Script script) {
    primary_ = std::make_unique<ScriptedServer>(std::move(script));
    auto gateway = app::Gateway::start(
        plan_for(primary_->port(), fallback_.port()),
        {.sink = sink_, .accounts = accounts_, .metrics = [] { return std::string(); }});
    ASSERT_TRUE(gateway.has_value()) << gateway.error().what;
    gateway_ = std::move(*gateway);
  }

  std::string ask() const {
    const Ask ask{.method = "POST",
                  .path = "/v1/chat/completions",
                  .headers = {},
                  .body = R"({"model":"bot","messages":[{"role":"user","content":"hi"}]})"};
    return exchange(gateway_->port(), request_bytes(ask));
  }

  static bool from(const std::string& answer, const std::string& model) {
    return answer.find(R"("model":")" + model) != std::string::npos;
  }

  ports::CollectingSink sink_;
  store::EmbeddedAccounts accounts_;
  ScriptedServer fallback_{[](std::size_t) { return answered_by("m-large"); }};
  std::unique_ptr<ScriptedServer> primary_;
  std::unique_ptr<app::Gateway> gateway_;
};

TEST_F(OutageTest, s15_a_flapping_primary_is_left_soon_and_used_again_soon) {
  const auto began = steady_clock::now();
  const auto recovered = began + kOutage;
  start([recovered](std::size_t) {
    return steady_clock::now() < recovered ? down() : answered_by("m-small");
  });

  int asked = 0;
  auto back = steady_clock::time_point::max();
  while (back == steady_clock::time_point::max() && steady_clock::now() < recovered + kBackWithin) {
    const std::string answer = ask();
    ++asked;
    ASSERT_EQ(status_of_answer(answer), 200) << answer;
    if (from(answer, "m-small")) back = steady_clock::now();
  }
  EXPECT_LT(back, recovered + kBackWithin) << "not used again in time";
  // Five failures in a row open the breaker; then one probe a rest.
  const auto arrivals = primary_->arrivals();
  const auto in_outage =
      std::ranges::count_if(arrivals, [&](const auto& at) { return at < recovered; });
  EXPECT_LE(in_outage, 5 + 10) << "of " << asked << " requests";
  EXPECT_GT(asked, 100) << "so that the count above means something";
}

TEST_F(OutageTest, a_full_outage_costs_hardly_an_attempt_more_once_the_breaker_is_warm) {
  start([](std::size_t) { return down(); });
  for (int i = 0; i < 10; ++i) ask();
  const std::size_t before = sink_.size();
  constexpr std::size_t kAsked = 200;
  for (std::size_t i = 0; i < kAsked; ++i) ASSERT_EQ(status_of_answer(ask()), 200);
  gateway_->drain();
  std::size_t attempts = 0;
  const auto trails = sink_.trails();
  for (std::size_t i = before; i < trails.size(); ++i) attempts += trails[i]->attempts.size();
  EXPECT_LE(static_cast<double>(attempts) / kAsked, 1.1);
}

TEST_F(OutageTest, s16_every_attempt_is_in_the_books_with_what_it_used) {
  start([](std::size_t place) { return place == 0 ? down() : answered_by("m-small"); });
  const std::string answer = ask();
  gateway_->drain();
  ASSERT_TRUE(from(answer, "m-small")) << answer;
  EXPECT_NE(answer.find("x-plimsoll-attempts: 2"), std::string::npos) << answer;

  const Trail& trail = sink_.last();
  ASSERT_EQ(trail.attempts.size(), 2U);
  EXPECT_EQ(trail.attempts[0].provider, "primary");
  EXPECT_EQ(trail.attempts[0].status, 503);
  EXPECT_EQ(trail.attempts[0].cost, Money{0});
  ASSERT_TRUE(trail.attempts[1].usage.has_value());
  EXPECT_EQ(trail.attempts[1].usage->input, 100);
  EXPECT_EQ(trail.attempts[1].usage->output, 10);
  EXPECT_EQ(trail.cost_total(), Money{(100 * 1'000) + (10 * 2'000)});
  EXPECT_EQ(accounts_.books("default").spent, *trail.cost_total());
  EXPECT_EQ(accounts_.books("default").held, Money{0});
}

}  // namespace
}  // namespace plimsoll::scenarios
