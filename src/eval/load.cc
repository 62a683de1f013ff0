#include "eval/load.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/scope.h"
#include "net/loop.h"

namespace plimsoll::eval {
namespace {

/// What all loops of a run share; atomics only.
struct Shared {
  LoadOptions options;
  std::shared_ptr<const net::Origin> origin;
  std::string authorization;
  Deadline start{};
  std::atomic<std::uint64_t> sent{0}, ok{0}, failed{0}, in_flight{0};
};

/// One loop's part of the plan. Lives on its loop while it runs.
struct Worker {
  Worker(Shared& all, net::Loop& its_loop, std::size_t its_index)
      : shared(all), loop(its_loop), index(its_index) {}

  Shared& shared;
  net::Loop& loop;
  std::size_t index;
  CancelSource stopping;
  LoadTally tally;
  json::Document document;
};

std::chrono::nanoseconds since_start(const Worker& worker, Deadline when) {
  return when - worker.shared.start;
}

/// Pulls the body through `reading`; the outcome says how it ended.
Task<LoadOutcome> read_body(net::ClientResponse& response, LoadReading& reading,
                            Deadline deadline) {
  while (true) {
    const auto bytes = co_await response.read_some(deadline);
    if (!bytes) co_return outcome_of(bytes.error());
    if (bytes->empty()) co_return reading.finish(Clock::now());
    reading.feed(*bytes, Clock::now());
  }
}

bool all_pass(const LoadQuestion& question, std::string_view answer) {
  return std::ranges::all_of(question.checks,
                             [&](const Check& check) { return check.score(answer).passed; });
}

struct Sending {
  std::chrono::nanoseconds planned;
  const LoadQuestion* question;
};

Task<LoadSample> exchange(Worker& worker, net::Client& client, Sending sending) {
  Shared& shared = worker.shared;
  LoadSample sample;
  sample.planned = sending.planned;
  sample.sent = since_start(worker, Clock::now());
  net::ClientRequest request;
  request.target = shared.options.target;
  request.headers.emplace_back("content-type", "application/json");
  if (!shared.authorization.empty())
    request.headers.emplace_back("authorization", shared.authorization);
  request.body = sending.question->body;
  net::ClientTimeouts timeouts;
  timeouts.deadline = shared.start + sending.planned + shared.options.timeout;
  timeouts.headers = std::chrono::ceil<std::chrono::milliseconds>(shared.options.timeout);
  const Deadline deadline = timeouts.deadline;

  auto response =
      co_await client.send(shared.origin, std::move(request), timeouts, worker.stopping.token());
  if (!response) {
    sample.outcome = outcome_of(response.error());
    sample.ended = since_start(worker, Clock::now());
    co_return sample;
  }
  sample.status = (*response)->status();
  const auto form = sending.question->stream ? LoadReading::Form::stream : LoadReading::Form::whole;
  LoadReading reading(form, worker.document);
  sample.outcome = co_await read_body(**response, reading, deadline);
  sample.ended = since_start(worker, Clock::now());
  if (sample.status >= 400) sample.outcome = LoadOutcome::http_error;
  sample.completion_tokens = reading.completion_tokens();
  if (form == LoadReading::Form::stream && sample.outcome == LoadOutcome::ok) {
    if (reading.has_content())
      sample.first_content = since_start(worker, reading.content_at().front());
    sample.without_done = !reading.saw_done();
    worker.tally.add_gaps(reading.content_at());
  }
  if (!sending.question->checks.empty() && sample.outcome == LoadOutcome::ok)
    sample.correct = all_pass(*sending.question, reading.text());
  co_return sample;
}

Task<void> send_one(Outlives<Worker> worker, Outlives<net::Client> client, Sending sending) {
  Shared& shared = worker.object.shared;
  const LoadSample sample = co_await exchange(worker.object, client.object, sending);
  worker.object.tally.add(sample);
  --shared.in_flight;
  ++(sample.outcome == LoadOutcome::ok ? shared.ok : shared.failed);
}

/// Takes a place among those in flight, if there is one.
bool take_place(Shared& shared) {
  if (++shared.in_flight <= shared.options.in_flight_max) return true;
  --shared.in_flight;
  return false;
}

Task<void> drive(Worker& worker) {
  Shared& shared = worker.shared;
  const LoadOptions& options = shared.options;
  net::Client client(worker.loop);
  Scope scope;
  for (std::size_t k = worker.index; k < options.plan.size(); k += options.threads) {
    const Deadline when = shared.start + options.plan[k];
    if (when > Clock::now()) {
      const auto slept = co_await worker.loop.sleep_until_exact(when, worker.stopping.token());
      if (!slept) break;
    }
    if (worker.stopping.token().cancelled()) break;
    const Sending sending{.planned = options.plan[k],
                          .question = &options.questions[k % options.questions.size()]};
    if (!take_place(shared)) {
      worker.tally.add({.planned = sending.planned, .outcome = LoadOutcome::not_sent});
      ++shared.failed;
      continue;
    }
    ++shared.sent;
    scope.spawn(send_one, Outlives<Worker>{worker}, Outlives<net::Client>{client}, sending);
  }
  co_await scope.drain();
}

}  // namespace

struct LoadRun::Impl {
  Shared shared;
  std::unique_ptr<net::LoopGroup> loops;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
  mutable std::mutex mutex;
  std::condition_variable ended;
  std::size_t running = 0;

  void work_on(std::size_t index) {
    Worker& worker = *workers[index];
    loops->run_on(index, [&worker](net::Loop&) { return drive(worker); });
    const std::scoped_lock lock(mutex);
    --running;
    ended.notify_all();
  }
};

LoadRun::LoadRun(LoadOptions options) : impl_(std::make_unique<Impl>()) {
  options.threads = std::max<std::size_t>(1, options.threads);
  Shared& shared = impl_->shared;
  shared.origin = std::make_shared<const net::Origin>(options.origin);
  if (!options.key.empty()) shared.authorization = "Bearer " + options.key.reveal();
  shared.options = std::move(options);
}

LoadRun::~LoadRun() {
  stop();
  while (!wait(std::chrono::seconds(1))) continue;
  // What was posted to the loops speaks of the workers, which die before them.
  if (impl_->loops) impl_->loops->stop();
}

void LoadRun::start() {
  const std::size_t count = impl_->shared.options.threads;
  impl_->loops = std::make_unique<net::LoopGroup>(count);
  impl_->loops->start();
  for (std::size_t i = 0; i < count; ++i) {
    impl_->workers.push_back(std::make_unique<Worker>(impl_->shared, impl_->loops->at(i), i));
  }
  impl_->running = count;
  impl_->shared.start = Clock::now();
  for (std::size_t i = 0; i < count; ++i) {
    impl_->threads.emplace_back([impl = impl_.get(), i] { impl->work_on(i); });
  }
}

bool LoadRun::wait(std::chrono::milliseconds limit) {
  std::unique_lock lock(impl_->mutex);
  if (!impl_->ended.wait_for(lock, limit, [this] { return impl_->running == 0; })) return false;
  lock.unlock();
  for (std::thread& thread : impl_->threads) {
    if (thread.joinable()) thread.join();
  }
  return true;
}

void LoadRun::stop() {
  for (const auto& worker : impl_->workers) {
    worker->loop.post([it = worker.get()] { it->stopping.cancel(CancelReason::shutdown); });
  }
}

LoadProgress LoadRun::progress() const {
  const Shared& shared = impl_->shared;
  return {.planned = shared.options.plan.size(),
          .sent = shared.sent,
          .ok = shared.ok,
          .failed = shared.failed,
          .in_flight = shared.in_flight};
}

LoadTally LoadRun::tally() const {
  LoadTally all;
  for (const auto& worker : impl_->workers) all.merge(worker->tally);
  return all;
}

}  // namespace plimsoll::eval
