// Goal: SIGTERM ends the process cleanly, whatever its clients are doing.
// Method: the binary itself, with raw clients that are idle, or in the middle of
// a request's head, when the signal comes.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "net/testing/raw_client.h"
#include "tests/e2e/served.h"

namespace plimsoll::e2e {
namespace {

using net::testing::RawClient;

constexpr const char* kPage =
    "version: 1\n"
    "server: {drain: 100ms}\n"
    "ledger: {on: false}\n"
    "providers:\n"
    "  none: {dialect: openai, base_url: \"http://127.0.0.1:9/v1\"}\n"
    "models:\n"
    "  small: {provider: none, model: small, price: {input: 1, output: 2}}\n"
    "features:\n"
    "  bot: {ladder: [{model: small}]}\n";
constexpr const char* kModels = "GET /v1/models HTTP/1.1\r\nhost: h\r\n\r\n";

TEST(DrainTest, sigterm_waits_neither_for_an_idle_client_nor_for_the_rest_of_a_head) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("plimsoll-drain-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  Served gateway(kPage, folder);
  ASSERT_NE(gateway.port(), 0) << gateway.log();
  RawClient idle(gateway.port()), slow(gateway.port());
  idle.send(kModels);
  EXPECT_TRUE(idle.receive_answer().starts_with("HTTP/1.1 200 "));
  slow.send(std::string(kModels) + "GET /v1/models HTT");  // in one packet
  EXPECT_TRUE(slow.receive_answer().starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(gateway.terminate(), 0) << gateway.log();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace plimsoll::e2e
