// Goal: a gateway that is killed under load leaves a ledger of whole calls, in
// which no call is missing that a client had its answer to for longer than the
// flush interval; the next start goes on with it.
// Method: the binary itself between the simulator, whose faults make calls of
// several attempts, and raw clients that note when each answer was complete;
// SIGKILL at random moments, and our own reader on the file that is left.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "sim/simulator.h"
#include "store/embedded/ledger_reader.h"
#include "store/embedded/sqlite.h"
#include "tests/e2e/served.h"

namespace plimsoll::e2e {
namespace {

using std::chrono::milliseconds;
using Moment = std::chrono::steady_clock::time_point;

constexpr int kKills = 4;
constexpr int kClients = 8;
constexpr unsigned kLongestLoadMs = 3'000;
constexpr milliseconds kFlush{200};  // as README documents it
// What a busy machine may put between an interval's end and the commit.
constexpr milliseconds kWriting{500};

/// When which call's answer was complete.
using Acknowledged = std::map<std::string, Moment>;

int connected(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return socket;
  close(socket);
  return -1;
}

/// `name` in lower case; the value in the case in which it came.
std::string header(const std::string& answer, const std::string& name) {
  std::string head = answer.substr(0, answer.find("\r\n\r\n") + 2);
  for (char& c : head)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return answer.substr(begin, answer.find("\r\n", begin) - begin);
}

bool is_complete(const std::string& answer) {
  const std::size_t body = answer.find("\r\n\r\n");
  if (body == std::string::npos) return false;
  const std::string length = header(answer, "content-length");
  if (!length.empty()) return answer.size() - body - 4 >= std::stoul(length);
  return answer.ends_with("\r\n0\r\n\r\n");
}

/// One answer, or nothing when the connection ended before it was complete.
std::string answer_from(int socket) {
  std::string answer;
  char buffer[8192];
  while (!is_complete(answer)) {
    const ssize_t got = recv(socket, buffer, sizeof buffer, 0);
    if (got <= 0) return {};
    answer.append(buffer, static_cast<std::size_t>(got));
  }
  return answer;
}

std::string request(int client, int number) {
  const std::string body = R"({"model":"bot","stream":)" +
                           std::string(number % 2 == 0 ? "true" : "false") +
                           R"(,"messages":[{"role":"user","content":"client )" +
                           std::to_string(client) + " asks " + std::to_string(number) + R"("}]})";
  return "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
         "content-length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// Asks one question after the other until the gateway is gone.
void ask_on(std::uint16_t port, int client, Acknowledged& acknowledged,
            std::atomic<std::size_t>& answers) {
  int socket = connected(port);
  for (int number = 0; socket >= 0; ++number) {
    const std::string text = request(client, number);
    const bool sent = send(socket, text.data(), text.size(), MSG_NOSIGNAL) > 0;
    const std::string answer = sent ? answer_from(socket) : std::string();
    if (!answer.empty()) {
      acknowledged[header(answer, "x-request-id")] = std::chrono::steady_clock::now();
      ++answers;
    }
    // A stream that breaks ends its connection; the gateway may still be there.
    if (answer.empty() || header(answer, "connection") == "close") {
      close(socket);
      socket = connected(port);
    }
  }
}

/// Loads the gateway, kills it `after` some answers came, and says who had one.
struct Load {
  Acknowledged acknowledged;
  Moment killed;
};

Load load_and_kill(Served& gateway, milliseconds after) {
  std::vector<Acknowledged> seen(kClients);
  std::vector<std::thread> clients;
  std::atomic<std::size_t> answers{0};
  for (int i = 0; i < kClients; ++i)
    clients.emplace_back(
        [&, i] { ask_on(gateway.port(), i, seen[static_cast<std::size_t>(i)], answers); });
  while (answers < kClients) poll(nullptr, 0, 1);
  poll(nullptr, 0, static_cast<int>(after.count()));
  Load load{.acknowledged = {}, .killed = std::chrono::steady_clock::now()};
  gateway.kill_hard();
  for (std::thread& client : clients) client.join();
  for (Acknowledged& some : seen) load.acknowledged.merge(some);
  return load;
}

std::set<std::string> recorded_calls(const std::string& folder) {
  auto reader = store::LedgerReader::open(folder);
  EXPECT_TRUE(reader) << reader.error().what;
  std::set<std::string> ids;
  if (!reader) return ids;
  auto rows = reader->calls({.limit = 0});
  EXPECT_TRUE(rows) << rows.error().what;
  for (std::size_t i = 0; rows && i < rows->rows.size(); ++i)
    ids.insert(std::get<std::string>(rows->at(i, "call_id")));
  EXPECT_TRUE(!rows || ids.size() == rows->rows.size()) << "a call is recorded twice";
  return ids;
}

/// Whole calls only: as many attempts as the call says, and none without a call.
void expect_no_torn_row(const std::string& folder) {
  auto database = store::Database::open(folder + "/ledger.db", store::Database::Access::write);
  ASSERT_TRUE(database) << database.error().what;
  const auto none = [&](const std::string& what, const std::string& sql) {
    auto count = database->integer("SELECT count(*) FROM " + sql);
    ASSERT_TRUE(count) << count.error().what;
    EXPECT_EQ(*count, 0) << what;
  };
  none("damage", "pragma_integrity_check WHERE integrity_check <> 'ok'");
  none("calls without all of their attempts",
       "calls WHERE attempts <> (SELECT count(*) FROM attempts WHERE call = calls.id)");
  none("attempts without their call", "attempts WHERE call NOT IN (SELECT id FROM calls)");
  none("calls that end before they began", "calls WHERE duration_ns < 0 OR call_id = ''");
}

/// How long before the kill the oldest lost answer had come; 0 when none is lost.
milliseconds oldest_lost(const Load& load, const std::set<std::string>& recorded) {
  milliseconds oldest{0};
  for (const auto& [id, when] : load.acknowledged)
    if (!recorded.contains(id))
      oldest = std::max(oldest, std::chrono::duration_cast<milliseconds>(load.killed - when));
  return oldest;
}

std::string page_for(const sim::Simulator& provider) {
  return "version: 1\n"
         "ledger: {folder: state, flush: " +
         std::to_string(kFlush.count()) +
         "ms}\n"
         "providers:\n"
         "  sim: {dialect: openai, base_url: \"" +
         provider.base_url() +
         "\"}\n"
         "models:\n"
         "  small: {provider: sim, model: small, price: {input: 1, output: 2}}\n"
         "features:\n"
         "  bot:\n"
         "    ladder: [{model: small}]\n"
         "    retry: {attempts: 3, backoff: 1ms}\n";
}

TEST(KillTest, a_gateway_killed_under_load_leaves_whole_calls_and_loses_none_it_flushed) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 chance(seed);
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("plimsoll-kill-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  sim::SimulatorOptions options{.seed = seed};
  options.profile = sim::named_profile("instant").value();
  ASSERT_TRUE(options.profile.set("faults.server_error", "0.2"));
  auto provider = sim::Simulator::start(std::move(options));
  ASSERT_TRUE(provider) << provider.error().what;

  std::set<std::string> before;
  for (int kill = 1; kill <= kKills; ++kill) {
    Served gateway(page_for(**provider), folder);
    ASSERT_NE(gateway.port(), 0) << "start " << kill << ": " << gateway.log();
    const milliseconds after{chance() % kLongestLoadMs};
    const Load load = load_and_kill(gateway, after);
    const std::set<std::string> recorded = recorded_calls(folder / "state");
    const milliseconds lost = oldest_lost(load, recorded);
    std::cout << "seed " << seed << ", kill " << kill << " after " << after.count()
              << " ms: " << load.acknowledged.size() << " answers, "
              << recorded.size() - before.size() << " recorded, the oldest lost one came "
              << lost.count() << " ms before the kill\n";
    EXPECT_LE(lost, kFlush + kWriting);
    EXPECT_TRUE(std::ranges::includes(recorded, before)) << "an earlier call is gone";
    expect_no_torn_row(folder / "state");
    before = recorded;
  }
  EXPECT_FALSE(before.empty());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace plimsoll::e2e
