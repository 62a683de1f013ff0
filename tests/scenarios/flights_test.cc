// Goal: a hundred clients that ask the same thing at the same time cost one request,
// whichever way each of them wants its answer; and they all get it.
// Method: real sockets and two loops; the scripted server counts, and answers only when
// all of the clients have sent their request.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "app/gateway.h"
#include "ports/fakes/collecting_sink.h"
#include "store/embedded/accounts.h"
#include "tests/scenarios/scenario.h"
#include "tests/scenarios/sockets.h"

namespace plimsoll::scenarios {
namespace {

constexpr int kClients = 100;

enum class Mix : std::uint8_t { whole, streamed, mixed };

struct Case {
  std::string name;
  Mix mix = Mix::whole;
  bool contract = false;
};

std::shared_ptr<const Plan> plan_for(std::uint16_t port, bool contract) {
  Plan plan;
  plan.server.listen = {{.address = "127.0.0.1:0"}};
  plan.server.admin_address = "";
  plan.server.threads = 2;
  plan.providers.push_back(
      {.name = "up", .base_url = "http://127.0.0.1:" + std::to_string(port) + "/v1"});
  plan.models.push_back({.name = "m", .upstream_model = "m"});
  plan.default_feature.ladder = {{.model = 0}};
  Feature feature;
  feature.name = "bot";
  feature.ladder = {{.model = 0}};
  feature.cache.use = CacheRules::Use::on;
  feature.output.json = contract;
  plan.features.push_back(std::move(feature));
  plan.default_feature.index = 1;
  return std::make_shared<const Plan>(std::move(plan));
}

Answer answered(bool streamed) {
  if (streamed)
    return {.stream = true,
            .body = {R"({"model":"m","choices":[{"index":0,"delta":{"content":"{}"},)"
                     R"("finish_reason":"stop"}]})",
                     "[DONE]"}};
  return {.body = {R"({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[)"
                   R"({"index":0,"message":{"role":"assistant","content":"{}"},)"
                   R"("finish_reason":"stop"}],"usage":{"prompt_tokens":1,)"
                   R"("completion_tokens":1}})"}};
}

class FlightsScenarioTest : public testing::TestWithParam<Case> {};

TEST_P(FlightsScenarioTest, a_hundred_at_once_cost_one_request) {
  const Case& one = GetParam();
  std::atomic<int> sent{0};
  ScriptedServer* self = nullptr;
  ScriptedServer server([&](std::size_t place) {
    while (sent < kClients) std::this_thread::yield();
    const std::string asked = self->requests().at(place);
    return answered(asked.find("\"stream\":true") != std::string::npos);
  });
  self = &server;
  ports::CollectingSink sink;
  store::EmbeddedAccounts accounts;
  auto gateway = app::Gateway::start(
      plan_for(server.port(), one.contract),
      {.sink = sink, .accounts = accounts, .metrics = [] { return std::string(); }});
  ASSERT_TRUE(gateway.has_value()) << gateway.error().what;
  std::vector<std::string> answers(kClients);
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i)
    clients.emplace_back([&, i] {
      const bool stream = one.mix == Mix::streamed || (one.mix == Mix::mixed && i % 2 == 0);
      const Ask ask{.method = "POST",
                    .path = "/v1/chat/completions",
                    .headers = {},
                    .body = std::string(stream ? R"({"stream":true,)" : "{") +
                            R"("model":"bot","messages":[{"role":"user","content":"hi"}]})"};
      ++sent;
      answers[static_cast<std::size_t>(i)] = exchange((*gateway)->port(), request_bytes(ask));
    });
  for (std::thread& client : clients) client.join();
  for (int i = 0; i < kClients; ++i) {
    const std::string& answer = answers[static_cast<std::size_t>(i)];
    const bool stream = one.mix == Mix::streamed || (one.mix == Mix::mixed && i % 2 == 0);
    EXPECT_EQ(status_of_answer(answer), 200) << answer;
    EXPECT_NE(answer.find(R"("content":"{}")"), std::string::npos) << answer;
    EXPECT_EQ(answer.find("[DONE]") != std::string::npos, stream) << answer;
  }
  EXPECT_EQ(server.requests().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Mixes, FlightsScenarioTest,
                         testing::Values(Case{"whole", Mix::whole, false},
                                         Case{"streamed", Mix::streamed, false},
                                         Case{"mixed", Mix::mixed, false},
                                         Case{"verified_and_mixed", Mix::mixed, true}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace plimsoll::scenarios
