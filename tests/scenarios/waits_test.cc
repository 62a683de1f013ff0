// Goal: a target that says it is asked too much, in whatever form, is asked by
// nobody before the wait it named is over, however many calls want to; it is not
// stormed afterwards; and all of them are answered or told the truth.
// Method: twenty clients at once on real sockets for each of eleven forms; the
// scripted server notes when each request arrived.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <thread>

#include "app/gateway.h"
#include "ports/fakes/collecting_sink.h"
#include "store/embedded/accounts.h"
#include "tests/scenarios/scenario.h"
#include "tests/scenarios/sockets.h"

namespace plimsoll::scenarios {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

constexpr int kClients = 20;

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string http_date(system_clock::time_point when) {
  const std::time_t seconds = system_clock::to_time_t(when);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  (void)std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return text;
}

/// One way to say it. `wait` is what it names; nought: nothing that makes sense.
struct Form {
  std::string name;
  Headers headers;
  milliseconds wait{0};
  int status = 429;
  bool in_band = false;  // the first event of a stream that began with 200
};

std::vector<Form> forms() {
  const auto now = system_clock::now();
  const Headers ahead{{"date", http_date(now)},
                      {"retry-after", http_date(now + std::chrono::seconds{2})}};
  const Headers past{{"date", http_date(now)},
                     {"retry-after", http_date(now - std::chrono::seconds{60})}};
  return {{"seconds", {{"retry-after", "1"}}, milliseconds{1'000}},
          {"a_date_ahead", ahead, milliseconds{2'000}},
          {"a_date_in_the_past", past},
          {"milliseconds", {{"retry-after-ms", "700"}}, milliseconds{700}},
          {"a_reset_of_requests", {{"x-ratelimit-reset-requests", "800ms"}}, milliseconds{800}},
          {"a_negative_number", {{"retry-after", "-1"}}},
          {"no_number", {{"retry-after", "abc"}}},
          {"two_that_differ", {{"retry-after", "0"}, {"retry-after-ms", "900"}}, milliseconds{900}},
          {"overloaded_with_a_wait", {{"retry-after", "1"}}, milliseconds{1'000}, 503},
          {"in_band", {}, milliseconds{0}, 200, true}};
}

Answer limited(const Form& form) {
  const std::string error =
      R"({"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}})";
  return {.status = form.status, .stream = form.in_band, .headers = form.headers, .body = {error}};
}

Answer answered(bool streamed) {
  if (streamed)
    return {.stream = true,
            .body = {R"({"model":"m","choices":[{"index":0,"delta":{"content":"ok"},)"
                     R"("finish_reason":"stop"}]})",
                     "[DONE]"}};
  return {.body = {R"({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[)"
                   R"({"index":0,"message":{"role":"assistant","content":"ok"},)"
                   R"("finish_reason":"stop"}],"usage":{"prompt_tokens":1,)"
                   R"("completion_tokens":1}})"}};
}

std::shared_ptr<const Plan> plan_for(std::uint16_t port, milliseconds total) {
  Plan plan;
  plan.no_file = true;
  plan.server.listen = {{.address = "127.0.0.1:0"}};
  plan.server.admin_address = "";
  plan.server.threads = 2;
  plan.providers.push_back(
      {.name = "up", .base_url = "http://127.0.0.1:" + std::to_string(port) + "/v1"});
  plan.models.push_back({.name = "m", .upstream_model = "m"});
  plan.default_feature.ladder = {{.model = 0}};
  plan.default_feature.timeouts.total = total;
  return std::make_shared<const Plan>(std::move(plan));
}

/// Twenty clients at once against a server whose first answer is a refusal.
class Crowd {
 public:
  explicit Crowd(const Form& form, milliseconds total = std::chrono::minutes{10})
      : streamed_(form.in_band), server_([form](std::size_t place) {
          return place == 0 ? limited(form) : answered(form.in_band);
        }) {
    auto gateway = app::Gateway::start(
        plan_for(server_.port(), total),
        {.sink = sink_, .accounts = accounts_, .metrics = [] { return std::string(); }});
    EXPECT_TRUE(gateway.has_value());
    if (gateway) gateway_ = std::move(*gateway);
  }

  /// What each of them got.
  std::vector<std::string> ask() {
    std::vector<std::string> answers(kClients);
    std::vector<std::thread> clients;
    for (std::string& answer : answers)
      clients.emplace_back([this, &answer] {
        const std::string stream = streamed_ ? R"("stream":true,)" : "";
        const Ask ask{
            .method = "POST",
            .path = "/v1/chat/completions",
            .headers = {},
            .body = "{" + stream + R"("model":"m","messages":[{"role":"user","content":"hi"}]})"};
        answer = scenarios::exchange(gateway_->port(), request_bytes(ask));
      });
    for (std::thread& client : clients) client.join();
    return answers;
  }

  std::vector<std::chrono::steady_clock::time_point> arrivals() const { return server_.arrivals(); }
  std::vector<ports::TargetView> targets() const { return gateway_->targets(); }

 private:
  bool streamed_;
  ScriptedServer server_;
  ports::CollectingSink sink_;
  store::EmbeddedAccounts accounts_;
  std::unique_ptr<app::Gateway> gateway_;
};

class WaitsTest : public testing::TestWithParam<Form> {};

TEST_P(WaitsTest, nobody_asks_a_target_before_its_wait_is_over) {
  const Form& form = GetParam();
  Crowd crowd(form);
  for (const std::string& answer : crowd.ask()) EXPECT_EQ(status_of_answer(answer), 200) << answer;

  const auto arrivals = crowd.arrivals();
  EXPECT_EQ(arrivals.size(), 1U + kClients) << "one was refused, once";
  for (const ports::TargetView& view : crowd.targets()) EXPECT_EQ(view.trips, 0U);
  if (form.wait == milliseconds{0}) return;
  // Those that were under way when the refusal came are the first wave.
  const auto first_wave = arrivals.front() + form.wait / 2;
  for (const auto& arrival : arrivals)
    EXPECT_TRUE(arrival < first_wave || arrival >= arrivals.front() + form.wait)
        << (arrival - arrivals.front()) / milliseconds{1} << " ms after the first";
}

INSTANTIATE_TEST_SUITE_P(Forms, WaitsTest, testing::ValuesIn(forms()),
                         [](const auto& info) { return info.param.name; });

/// The eleventh: a wait that does not fit the deadline is told at once.
TEST(LongWaitTest, a_wait_beyond_the_deadline_is_told_at_once) {
  const Form form{"too_long", {{"retry-after", "120"}}, std::chrono::seconds{120}};
  Crowd crowd(form, std::chrono::seconds{10});
  const auto began = std::chrono::steady_clock::now();
  const std::vector<std::string> answers = crowd.ask();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{5});
  int told = 0;
  for (const std::string& answer : answers) {
    if (status_of_answer(answer) == 200) continue;  // was under way
    EXPECT_EQ(status_of_answer(answer), 429) << answer;
    const auto at = answer.find("retry-after: ");
    ASSERT_NE(at, std::string::npos) << answer;
    const int seconds = std::stoi(answer.substr(at + 13));
    EXPECT_GT(seconds, 100);
    EXPECT_LE(seconds, 120);
    ++told;
  }
  EXPECT_GE(told, 1);
  EXPECT_EQ(crowd.arrivals().size(), 1U + kClients - static_cast<std::size_t>(told));
}

}  // namespace
}  // namespace plimsoll::scenarios
