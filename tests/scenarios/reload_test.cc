// Goal: plans come and go under traffic, and no request notices: not when a plan
// is changed, not when it is refused; each call is judged by the plan it began with.
// Method: raw clients without a pause on the real gateway, while plans are
// reloaded, every other one broken.
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

constexpr int kClients = 3;
constexpr int kReloads = 30;

Plan plan_for(std::uint16_t port, int version) {
  Plan plan;
  plan.no_file = true;
  plan.version = "v" + std::to_string(version);
  plan.server.listen = {{.address = "127.0.0.1:0"}};
  plan.server.admin_address = "";
  plan.server.threads = 2;
  plan.providers.push_back({.name = "up", .base_url = "http://127.0.0.1:" + std::to_string(port)});
  plan.models.push_back({.name = "small", .upstream_model = "m-small"});
  Feature feature{.name = "bot"};
  feature.ladder = {{.model = 0}};
  feature.output.must_contain = {"ok"};
  plan.features.push_back(std::move(feature));
  return plan;
}

std::shared_ptr<const Plan> shared(Plan plan) {
  return std::make_shared<const Plan>(std::move(plan));
}

TEST(ReloadTest, no_request_notices_plans_that_come_and_go) {
  ScriptedServer server([](std::size_t) {
    return Answer{.body = {R"({"id":"c","object":"chat.completion","created":1,"model":"m",)"
                           R"("choices":[{"index":0,"message":{"role":"assistant",)"
                           R"("content":"ok"},"finish_reason":"stop"}]})"}};
  });
  ports::CollectingSink sink;
  store::EmbeddedAccounts accounts;
  auto gateway = app::Gateway::start(
      shared(plan_for(server.port(), 0)),
      {.sink = sink, .accounts = accounts, .metrics = [] { return std::string(); }});
  ASSERT_TRUE(gateway.has_value()) << gateway.error().what;

  std::atomic<bool> stop{false};
  std::atomic<int> served{0}, failed{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i)
    clients.emplace_back([&] {
      const Ask ask{.method = "POST",
                    .path = "/v1/chat/completions",
                    .headers = {},
                    .body = R"({"model":"bot","messages":[{"role":"user","content":"hi"}]})"};
      while (!stop) {
        const std::string answer = exchange((*gateway)->port(), request_bytes(ask));
        ++(status_of_answer(answer) == 200 ? served : failed);
      }
    });

  for (int version = 1; version <= kReloads; ++version) {
    const int before = served;
    while (served < before + kClients && failed == 0) std::this_thread::yield();
    Plan broken = plan_for(server.port(), version);
    broken.features[0].output.must_match = {"("};
    EXPECT_FALSE((*gateway)->reload(shared(std::move(broken))));
    EXPECT_TRUE((*gateway)->reload(shared(plan_for(server.port(), version))));
  }
  // The loops take the last plan in their own time; then calls begin with it.
  const std::string last = "v" + std::to_string(kReloads);
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (sink.last().policy_version != last && std::chrono::steady_clock::now() < patience)
    std::this_thread::yield();
  stop = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ((*gateway)->drain(), 0U);

  EXPECT_EQ(failed, 0) << "of " << served + failed;
  EXPECT_EQ(sink.size(), static_cast<std::size_t>(served));
  EXPECT_EQ(sink.trails().front()->policy_version, "v0");
  EXPECT_LT(std::chrono::steady_clock::now(), patience) << "the last plan was never used";
}

}  // namespace
}  // namespace plimsoll::scenarios
