// How fast the ledger takes and writes calls, with the CPU each costs.
// usage: bench_ledger [calls] [folder]
#include <fmt/core.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "store/embedded/ledger.h"

namespace {

using namespace plimsoll;
using plimsoll::store::Ledger;

std::shared_ptr<const Trail> trail_of(int i) {
  auto trail = std::make_shared<Trail>();
  trail->call_id = fmt::format("c_{:026d}", i);
  trail->trace_id = "0af7651916cd43dd8448eb211c80319c";
  trail->started_wall = WallTime{std::chrono::nanoseconds{1'767'225'600'000'000'000 + i}};
  trail->client_address = "127.0.0.1";
  trail->endpoint = "/v1/chat/completions";
  trail->feature = "support-bot";
  trail->model_asked = "support-bot";
  trail->policy_version = "9c1185a5";
  trail->request_hash = "00112233445566778899aabbccddeeff";
  trail->http_status = 200;
  trail->duration = milliseconds{3};
  for (const char* control : {"admit", "validate_call", "ladder", "check_reply", "budget"})
    trail->controls.push_back({.control = control, .took = nanoseconds{800}});
  AttemptTrail attempt{.provider = "openai", .model = "gpt-5-mini", .status = 200};
  attempt.started = attempt.first_byte = attempt.ended = nanoseconds{1'000'000};
  attempt.verdict_known = true;
  attempt.usage = Usage{.input = 100, .output = 20};
  attempt.cost = Money{4'000};
  trail->attempts.push_back(attempt);
  return trail;
}

double cpu_seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

int measure(int calls, const std::string& folder) {
  const auto opening = Clock::now();
  auto ledger = Ledger::open({.folder = folder, .queue_max = static_cast<std::size_t>(calls)});
  if (!ledger) return fmt::print("{}\n", ledger.error().what), 1;
  const std::chrono::duration<double, std::milli> opened = Clock::now() - opening;
  std::vector<std::shared_ptr<const Trail>> trails;
  for (int i = 0; i < calls; ++i) trails.push_back(trail_of(i));

  const double mine = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  const double all = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
  const auto start = Clock::now();
  for (const auto& trail : trails) (*ledger)->take(trail);
  const double taking = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - mine;
  if (!(*ledger)->flush()) return 1;
  const std::chrono::duration<double> took = Clock::now() - start;
  const double cpu = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - all;
  fmt::print(
      "open {:.1f} ms; {} calls with one attempt each: {:.0f} calls/s, {:.2f} us CPU a call of "
      "which {:.3f} us on the taking thread; dropped {}; {} MiB\n",
      opened.count(), calls, calls / took.count(), cpu / calls * 1e6, taking / calls * 1e6,
      (*ledger)->dropped(), std::filesystem::file_size((*ledger)->path()) >> 20U);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const int calls = argc > 1 ? std::atoi(argv[1]) : 200'000;
  const std::string folder =
      argc > 2 ? argv[2] : std::filesystem::temp_directory_path() / "plimsoll-bench-ledger";
  const int first = measure(calls, folder);
  const int again = measure(calls, folder);
  std::filesystem::remove_all(folder);
  return first + again;
}
