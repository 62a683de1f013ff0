// Goal: what a client gets, byte for byte, for what an upstream does; one text
// file per story, so that adding a case is adding a file.
// Method: the real gateway on real sockets between a raw client and a raw
// scripted server, neither of which uses our HTTP code.
#include <gtest/gtest.h>

#include <algorithm>

#include "app/gateway.h"
#include "config/compile.h"
#include "config/system_environment.h"
#include "ports/fakes/collecting_sink.h"
#include "store/embedded/accounts.h"
#include "tests/scenarios/scenario.h"
#include "tests/scenarios/sockets.h"

namespace plimsoll::scenarios {
namespace {

const std::string kFolder = PLIMSOLL_SOURCE_DIR "/tests/scenarios";

std::string with_upstream(std::string plan, std::uint16_t port) {
  const std::string mark = "{upstream}";
  const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/v1";
  for (auto at = plan.find(mark); at != std::string::npos; at = plan.find(mark))
    plan.replace(at, mark.size(), url);
  return plan;
}

std::shared_ptr<const Plan> compiled(const Scenario& scenario, std::uint16_t port) {
  const std::string text = with_upstream(scenario.plan, port);
  const config::SystemEnvironment environment(kFolder);
  config::Loaded loaded = config::compile(text, scenario.name + ".yaml", environment);
  EXPECT_NE(loaded.plan, nullptr) << loaded.report();
  if (loaded.plan == nullptr) return nullptr;
  Plan plan = *loaded.plan;
  plan.server.listen = {{.address = "127.0.0.1:0"}};
  plan.server.admin_address = "";
  plan.server.threads = 1;
  return std::make_shared<const Plan>(std::move(plan));
}

void check_answer(const std::string& answer, const Expectation& expected) {
  EXPECT_EQ(status_of_answer(answer), expected.status) << answer;
  const std::string head = answer.substr(0, answer.find("\r\n\r\n"));
  const std::string seen = head + "\n" + body_of_answer(answer);
  for (const std::string& text : expected.has)
    EXPECT_NE(seen.find(text), std::string::npos) << "missing: " << text << "\nin: " << seen;
  for (const std::string& text : expected.has_not)
    EXPECT_EQ(seen.find(text), std::string::npos) << "unwanted: " << text << "\nin: " << seen;
}

void check_upstream(const Scenario& scenario, const ScriptedServer& server) {
  const std::vector<std::string> requests = server.requests();
  if (scenario.attempts >= 0) EXPECT_EQ(static_cast<int>(requests.size()), scenario.attempts);
  for (const std::string& text : scenario.upstream_saw) {
    const bool seen = std::ranges::any_of(requests, [&](const std::string& request) {
      return request.find(text) != std::string::npos;
    });
    EXPECT_TRUE(seen) << "no request had: " << text;
  }
}

class ScenarioTest : public testing::TestWithParam<std::string> {};

TEST_P(ScenarioTest, goes_as_written) {
  const Scenario scenario = read_scenario(kFolder + "/" + GetParam() + ".scenario");
  ASSERT_TRUE(scenario.problems.empty()) << scenario.problems.front();
  ScriptedServer server(scenario.answers);
  const auto plan = compiled(scenario, server.port());
  ASSERT_NE(plan, nullptr);
  ports::CollectingSink sink;
  store::EmbeddedAccounts accounts;
  auto gateway = app::Gateway::start(
      plan, {.sink = sink, .accounts = accounts, .metrics = [] { return std::string(); }});
  ASSERT_TRUE(gateway.has_value()) << gateway.error().what;
  for (std::size_t i = 0; i < scenario.asks.size(); ++i)
    check_answer(exchange((*gateway)->port(), request_bytes(scenario.asks[i])),
                 scenario.expectations[i]);
  check_upstream(scenario, server);
  EXPECT_EQ((*gateway)->drain(), 0U);
  EXPECT_EQ(sink.size(), scenario.asks.size()) << "every request leaves one trail";
  EXPECT_EQ(accounts.books("default").held, Money{0}) << "no hold is left behind";
}

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const std::string& file : scenario_files(kFolder)) names.push_back(read_scenario(file).name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, ScenarioTest, testing::ValuesIn(names()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace plimsoll::scenarios
