// What admission costs: key, limits, budget and count of a prompt of 1 kB, as CPU of one
// thread, through the real stages over the real stores; and the memory of a million
// limiter states.
// usage: bench_admission [calls] [keys]
#include <fmt/core.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "app/system_ports.h"
#include "dialects/openai_chat/openai_chat.h"
#include "pipeline/stage.h"
#include "stages/admit.h"
#include "stages/budget.h"
#include "stages/validate_call.h"
#include "store/embedded/accounts.h"
#include "store/embedded/budgets.h"
#include "store/embedded/key_ring.h"
#include "store/embedded/limits.h"

namespace {

using namespace plimsoll;

double cpu_micros() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// Answers at once, with usage.
class Nowhere final : public pipeline::Stage {
 public:
  std::string_view name() const noexcept override { return "nowhere"; }
  Task<Result<Reply>> handle(Call&, pipeline::Next) const override {
    Reply reply;
    reply.events = std::make_unique<Once>();
    co_return reply;
  }

 private:
  class Once final : public EventSource {
   public:
    Task<Result<std::optional<Event>>> next() override {
      if (std::exchange(told_, true)) co_return std::optional<Event>();
      Event event;
      event.usage = Usage{.input = 250, .output = 20};
      co_return std::optional<Event>(std::move(event));
    }

   private:
    bool told_ = false;
  };
};

Plan plan_of(bool controlled) {
  Plan plan;
  plan.providers.push_back({.name = "openai", .base_url = "http://127.0.0.1:1"});
  plan.models.push_back({.name = "fast", .upstream_model = "gpt-5-mini"});
  plan.models[0].price = Price{.input = 250'000'000, .output = 2'000'000'000};
  Feature feature;
  feature.name = "bot";
  feature.ladder = {{.model = 0}};
  feature.objectives.output_tokens_max = 600;
  if (controlled) {
    plan.server.auth = Auth::keys;
    feature.objectives.input_tokens_max = 800;  // so that the prompt is counted
    const Rate plenty{.count = 100'000'000, .period = std::chrono::minutes(1)};
    feature.limits[LimitScope::key] = {
        .requests = plenty, .tokens = Rate{plenty.count * 500, plenty.period}, .concurrent = 8};
    plan.limits[LimitScope::address].requests = plenty;
    plan.budgets.push_back({.name = "day", .scope = BudgetScope::key, .cap = Money{1LL << 60}});
    plan.budgets.push_back({.name = "all", .cap = Money{1LL << 60}});
  }
  plan.features.push_back(std::move(feature));
  return plan;
}

std::string prompt_of_1_kb() {
  std::string words;
  while (words.size() < 900)
    words += "The customer asks where order 4711 is and when it will come. ";
  return R"({"model":"bot","messages":[{"role":"user","content":")" + words + R"("}]})";
}

struct Stores {
  app::SystemTimers timers;
  tokens::Calibration calibration;
  store::EmbeddedAccounts accounts;
  store::EmbeddedLimits limits;
  std::unique_ptr<store::LeaseBook> leases;
  std::unique_ptr<store::EmbeddedBudgets> budgets;
  std::unique_ptr<store::KeyRing> keys;
};

double micros_a_call(Stores& stores, bool controlled, int calls, const std::string& secret) {
  const auto plan = std::make_shared<const Plan>(plan_of(controlled));
  const stages::Counting counting{.timers = stores.timers, .calibration = stores.calibration};
  std::vector<std::unique_ptr<pipeline::Stage>> order;
  order.push_back(std::make_unique<stages::Admit>(counting, *stores.keys, stores.limits));
  order.push_back(
      std::make_unique<stages::ValidateCall>(counting, *stages::InputContracts::compile(*plan)));
  order.push_back(std::make_unique<stages::Budget>(stores.accounts, *stores.budgets, counting));
  order.push_back(std::make_unique<Nowhere>());
  const pipeline::Pipeline pipeline(std::move(order));
  const auto request = *dialects::openai_chat::decode_call(prompt_of_1_kb());
  const auto credential = std::make_shared<const Secret>(secret);
  const double before = cpu_micros();
  for (int i = 0; i < calls; ++i) {
    Call call{.plan = plan, .request = request, .trail = std::make_shared<Trail>()};
    call.trail->call_id = "c_01J9Z6000000000000000000000";
    call.trail->client_address = "192.0.2.7";
    call.trail->attempts.emplace_back();
    call.allowance = std::make_shared<Allowance>();
    call.feature = plan->features.data();
    call.client_credential = credential;
    call.target = {.provider = plan->providers.data(), .model = plan->models.data()};
    auto reply = pipeline.run(call).run_ready();
    if (!reply) {
      fmt::print(stderr, "refused: {}\n", reply.error().what);
      std::exit(1);
    }
    while (true) {
      auto event = reply->events->next().run_ready();
      if (!event || !event->has_value()) break;
    }
    reply->events.reset();
    stores.leases->release(call.trail->attempts[0].lease);  // as the ledger does
  }
  return (cpu_micros() - before) / calls;
}

double resident_mb() {
  std::ifstream file("/proc/self/statm");
  double size = 0, resident = 0;
  file >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

void fill_limits() {
  store::EmbeddedLimits limits;
  const LimitRules rules{.requests = Rate{.count = 1'000, .period = std::chrono::hours(1)}};
  const double before = resident_mb();
  const Deadline now = Clock::now();
  for (int i = 0; i < 1'000'000; ++i) {
    const std::string name = fmt::format("key\n{}", i);
    const auto taken = limits.take({.name = name, .rules = rules}, now);
    limits.finish(taken.claim, 0, now);
  }
  fmt::print("limiter states      {} in {:.0f} MB\n", limits.size(), resident_mb() - before);
}

}  // namespace

int main(int argc, char** argv) {
  const int calls = argc > 1 ? std::atoi(argv[1]) : 200'000;
  const int key_count = argc > 2 ? std::atoi(argv[2]) : 1'000;
  std::string folder = (std::filesystem::temp_directory_path() / "plimsoll-bench-XXXXXX").string();
  folder = ::mkdtemp(folder.data());
  std::string secret;
  {
    auto keys = store::KeyStore::open(folder);
    const WallTime now = std::chrono::system_clock::now();
    for (int i = 0; i < key_count; ++i)
      secret = keys->create({.id = fmt::format("k{}", i)}, now)->reveal();
  }
  Stores stores;
  stores.leases = *store::LeaseBook::open(folder);
  stores.budgets = std::make_unique<store::EmbeddedBudgets>(stores.leases.get());
  stores.keys = *store::KeyRing::open(folder);
  micros_a_call(stores, true, calls / 10, secret);
  const double bare = micros_a_call(stores, false, calls, secret);
  const double full = micros_a_call(stores, true, calls, secret);
  fmt::print("keys                {}\n", stores.keys->size());
  fmt::print("stages, nothing on  {:.2f} us a call\n", bare);
  fmt::print("stages, all on      {:.2f} us a call\n", full);
  fmt::print("admission           {:.2f} us a call: key, 2 limits, count of 1 kB, 2 budgets\n",
             full - bare);
  fill_limits();
  std::filesystem::remove_all(folder);
  return 0;
}
