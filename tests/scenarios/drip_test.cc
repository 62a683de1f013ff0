// Goal: every limit of time ends what it is for, at its own value, once; bytes
// that are no content move none of them; and the client is rescued or told.
// Method: an upstream that drips in six ways over raw sockets, limits at 1:40 of
// the defaults, a fallback that answers.
#include <gtest/gtest.h>

#include "app/gateway.h"
#include "ports/fakes/collecting_sink.h"
#include "store/embedded/accounts.h"
#include "tests/scenarios/scenario.h"
#include "tests/scenarios/sockets.h"

namespace plimsoll::scenarios {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kFirstToken{300}, kIdle{1'500};

const std::string kHead =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
const std::string kToken =
    "data: {\"model\":\"m-small\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"wo\"}}]}\n\n";

struct Drip {
  const char* name;
  Answer answer;
  milliseconds limit;  // that ends it
  ErrorKind why;
  bool content = false;
};

std::vector<Drip> drips() {
  using enum ErrorKind;
  const milliseconds often{20};
  Answer silent{.silent = true};
  Answer headers_only{.stall = true, .wire = kHead};
  Answer a_byte_at_a_time{.wire = kHead, .drip = "d", .drip_every = often};
  Answer comments{.wire = kHead, .drip = ": still here\n\n", .drip_every = often};
  Answer stalls{.stall = true, .wire = kHead + kToken};
  Answer comments_after{.wire = kHead + kToken, .drip = ": ping\n\n", .drip_every = often};
  // Two characters each 0.5 s where ten a second are the least.
  Answer trickles{.wire = kHead + kToken, .drip = kToken, .drip_every = milliseconds{500}};
  return {{"never answers", silent, kFirstToken, upstream_timeout_headers},
          {"a head and no more", headers_only, kFirstToken, upstream_timeout_first_token},
          {"never a whole event", a_byte_at_a_time, kFirstToken, upstream_timeout_first_token},
          {"comments only", comments, kFirstToken, upstream_timeout_first_token},
          {"stalls", stalls, kIdle, upstream_timeout_idle, true},
          {"comments after content", comments_after, kIdle, upstream_timeout_idle, true},
          {"trickles", trickles, milliseconds{2'300}, upstream_timeout_idle, true}};
}

Answer whole() {
  return {.wire = kHead +
                  "data: {\"model\":\"m-large\",\"choices\":[{\"index\":0,\"delta\":{\"content\":"
                  "\"wowowowowowowo, done\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"};
}

std::shared_ptr<const Plan> plan_for(std::uint16_t primary, std::uint16_t fallback) {
  Plan plan;
  plan.no_file = true;
  plan.server.listen = {{.address = "127.0.0.1:0"}};
  plan.server.admin_address = "";
  plan.server.threads = 1;
  plan.providers = {
      {.name = "primary", .base_url = "http://127.0.0.1:" + std::to_string(primary)},
      {.name = "fallback", .base_url = "http://127.0.0.1:" + std::to_string(fallback)}};
  plan.models.push_back({.name = "small", .upstream_model = "m-small"});
  plan.models.push_back({.name = "large", .provider = 1, .upstream_model = "m-large"});
  Feature feature{.name = "bot"};
  feature.ladder = {{.model = 0}, {.model = 1}};
  feature.timeouts.first_token = kFirstToken;
  feature.timeouts.idle = kIdle;
  feature.timeouts.chars_per_second = 10;
  plan.features.push_back(std::move(feature));
  return std::make_shared<const Plan>(std::move(plan));
}

TEST(DripTest, every_limit_of_time_ends_what_it_is_for) {
  const Ask ask{
      .method = "POST",
      .path = "/v1/chat/completions",
      .headers = {},
      .body = R"({"model":"bot","stream":true,"messages":[{"role":"user","content":"hi"}]})"};
  for (const Drip& drip : drips()) {
    SCOPED_TRACE(drip.name);
    ScriptedServer primary([&drip](std::size_t) { return drip.answer; });
    ScriptedServer fallback([](std::size_t) { return whole(); });
    ports::CollectingSink sink;
    store::EmbeddedAccounts accounts;
    auto gateway = app::Gateway::start(
        plan_for(primary.port(), fallback.port()),
        {.sink = sink, .accounts = accounts, .metrics = [] { return std::string(); }});
    ASSERT_TRUE(gateway.has_value()) << gateway.error().what;

    const auto began = steady_clock::now();
    const std::string answer = exchange((*gateway)->port(), request_bytes(ask));
    const auto took = steady_clock::now() - began;
    EXPECT_NE(answer.find(", done"), std::string::npos) << answer;
    EXPECT_NE(answer.find("[DONE]"), std::string::npos) << answer;
    EXPECT_GE(took, drip.limit - milliseconds{10});
    EXPECT_LT(took, drip.limit + milliseconds{1'000});
    EXPECT_EQ(primary.requests().size(), 1U) << "a silent route is not asked again";
    (*gateway)->drain();
    EXPECT_EQ(sink.last().attempts.at(0).error, drip.why);
    EXPECT_EQ(accounts.books("default").held, Money{0});
  }
}

}  // namespace
}  // namespace plimsoll::scenarios
