// Goal: a target that names a wait is asked by nobody before it is over, however
// many calls want to; and then all of them are answered.
// Method: twenty clients at once on real sockets; the scripted server notes when
// each request arrived.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "app/gateway.h"
#include "ports/fakes/collecting_sink.h"
#include "store/embedded/accounts.h"
#include "tests/scenarios/scenario.h"
#include "tests/scenarios/sockets.h"

namespace plimsoll::scenarios {
namespace {

using std::chrono::milliseconds;

constexpr int kClients = 20;
constexpr milliseconds kWait{1'000};

Answer limited() {
  Answer answer{.status = 429};
  answer.headers.emplace_back("retry-after-ms", std::to_string(kWait.count()));
  answer.body = {R"({"error":{"message":"slow down","code":"rate_limit_exceeded"}})"};
  return answer;
}

Answer answered() {
  Answer answer;
  answer.body = {R"({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[)"
                 R"({"index":0,"message":{"role":"assistant","content":"ok"},)"
                 R"("finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}})"};
  return answer;
}

std::shared_ptr<const Plan> plan_for(std::uint16_t port) {
  Plan plan;
  plan.no_file = true;
  plan.server.listen = {{.address = "127.0.0.1:0"}};
  plan.server.admin_address = "";
  plan.server.threads = 2;
  plan.providers.push_back(
      {.name = "up", .base_url = "http://127.0.0.1:" + std::to_string(port) + "/v1"});
  plan.models.push_back({.name = "m", .upstream_model = "m"});
  plan.default_feature.ladder = {{.model = 0}};
  return std::make_shared<const Plan>(std::move(plan));
}

TEST(WaitsTest, nobody_asks_a_target_before_its_wait_is_over) {
  std::vector<Answer> script{limited()};  // one refusal holds back all that are not on their way
  script.resize(3 * kClients, answered());
  ScriptedServer server(std::move(script));
  ports::CollectingSink sink;
  store::EmbeddedAccounts accounts;
  auto gateway = app::Gateway::start(
      plan_for(server.port()),
      {.sink = sink, .accounts = accounts, .metrics = [] { return std::string(); }});
  ASSERT_TRUE(gateway.has_value()) << gateway.error().what;
  const Ask ask{.method = "POST",
                .path = "/v1/chat/completions",
                .headers = {},
                .body = R"({"model":"m","messages":[{"role":"user","content":"hi"}]})"};
  std::vector<int> statuses(kClients);
  std::vector<std::thread> clients;
  for (int& status : statuses)
    clients.emplace_back([&status, &ask, port = (*gateway)->port()] {
      status = status_of_answer(scenarios::exchange(port, request_bytes(ask)));
    });
  for (std::thread& client : clients) client.join();

  EXPECT_EQ(std::ranges::count(statuses, 200), kClients);
  const auto arrivals = server.arrivals();
  EXPECT_EQ(arrivals.size(), 1U + kClients) << "one was refused, once";
  // Those that were under way when the first refusal came are the first wave.
  const auto first_wave = arrivals.front() + kWait / 2;
  for (const auto& arrival : arrivals)
    EXPECT_TRUE(arrival < first_wave || arrival >= arrivals.front() + kWait)
        << (arrival - arrivals.front()) / milliseconds{1} << " ms after the first";
}

}  // namespace
}  // namespace plimsoll::scenarios
