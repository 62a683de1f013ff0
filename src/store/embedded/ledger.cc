#include "store/embedded/ledger.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <span>
#include <utility>

#include "base/batch_worker.h"
#include "base/time.h"
#include "store/embedded/ledger_rows.h"
#include "store/embedded/schema.h"
#include "store/embedded/sqlite.h"
#include "store/embedded/state_folder.h"

namespace plimsoll::store {
namespace {

using Row = std::shared_ptr<const Trail>;

/// WAL: readers never block the writer.
constexpr const char* kWal = "PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=67108864;";
/// NORMAL: a commit survives the death of the process at once, and a power cut
/// with the next checkpoint.
constexpr const char* kDurable = "PRAGMA synchronous=NORMAL;";
/// A new file holds nothing to lose, and the disk's forty milliseconds would
/// stand between the start and the first answer.
/// Rows are appended, and every page costs two writes to the log and two more to
/// bring it home: larger pages, fewer calls.
constexpr const char* kFresh = "PRAGMA synchronous=OFF; PRAGMA page_size=16384;";

Result<void> make_ready(Database& database, const std::string& path, bool fresh) {
  if (auto set = database.run(fresh ? kFresh : kDurable); !set) return set;
  if (auto set = database.run(kWal); !set) return set;
  if (auto done = migrate(database, path); !done) return done;
  return database.run(kDurable);
}

/// SQLite gives its side files the mode of the main one. A failure shows when
/// SQLite opens the file.
void make_private(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor >= 0) ::close(descriptor);
}

Result<Database> open_database(const std::string& path) {
  std::error_code error;
  const bool fresh = !std::filesystem::exists(path, error);
  if (fresh) make_private(path);
  PLIMSOLL_TRY(Database database, Database::open(path, Database::Access::write));
  if (auto ready = make_ready(database, path, fresh); !ready) {
    Error told = std::move(ready).error();
    if (told.hint.empty()) told.hint = "move the file away to start a new ledger";
    return std::unexpected(std::move(told));
  }
  return database;
}

}  // namespace

struct Ledger::State {
  State(FolderLock held, std::unique_ptr<LeaseBook> book, std::string file,
        std::unique_ptr<Database> opened, LedgerRows rows)
      : lock(std::move(held)),
        leases(std::move(book)),
        path(std::move(file)),
        database(std::move(opened)),
        writer(std::move(rows)) {}

  bool write(std::span<const Row> trails);
  void tell(const std::string& what);

  FolderLock lock;  // first: given back last
  std::unique_ptr<LeaseBook> leases;
  std::string path;
  std::unique_ptr<Database> database;
  LedgerRows writer;
  std::atomic<std::uint64_t> written{0};
  std::mutex error_mutex;
  Error last_error;              // under error_mutex
  std::uint64_t told_drops = 0;  // the worker's own, as the next
  Deadline silent_until{};
  std::unique_ptr<BatchWorker<Row>> worker;  // last: ended first
};

bool Ledger::State::write(std::span<const Row> trails) {
  const auto done = writer.write(trails);
  if (const std::uint64_t drops = worker->dropped(); drops > told_drops)
    tell(fmt::format("{} calls found no room in its queue", drops));
  if (done) {
    for (const Row& trail : trails)
      for (const AttemptTrail& attempt : trail->attempts) leases->release(attempt.lease);
    written.fetch_add(trails.size(), std::memory_order_relaxed);
    return true;
  }
  tell(fmt::format("{}; {} calls wait to be written", done.error().what, trails.size()));
  const std::lock_guard guard(error_mutex);
  last_error = done.error();
  return false;
}

/// At most one line in ten seconds, so that a full disk does not fill another.
void Ledger::State::tell(const std::string& what) {
  const Deadline now = Clock::now();
  if (now < silent_until) return;
  silent_until = now + std::chrono::seconds{10};
  told_drops = worker->dropped();
  fmt::print(stderr, "plimsoll: warning: ledger {}: {} [{}]\n", path, what,
             to_string(ErrorKind::storage_failed));
}

Ledger::Ledger(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ledger::~Ledger() {
  state_->worker->stop();
  if (const std::uint64_t drops = state_->worker->dropped(); drops > state_->told_drops)
    fmt::print(stderr, "plimsoll: warning: ledger {}: {} calls were not recorded\n", state_->path,
               drops);
}

Result<std::unique_ptr<Ledger>> Ledger::open(const LedgerRules& rules) {
  PLIMSOLL_TRY(const std::string folder, state_folder(rules.folder));
  PLIMSOLL_TRY(FolderLock lock, FolderLock::take(folder));
  PLIMSOLL_TRY(auto leases, LeaseBook::open(folder));
  std::string path = folder + "/ledger.db";
  PLIMSOLL_TRY(Database opened, open_database(path));
  auto database = std::make_unique<Database>(std::move(opened));
  PLIMSOLL_TRY(LedgerRows rows, LedgerRows::prepare(*database));
  auto state = std::make_unique<State>(std::move(lock), std::move(leases), std::move(path),
                                       std::move(database), std::move(rows));
  const BatchRules batches{.interval = rules.flush_interval, .waiting_max = rules.queue_max};
  state->worker = std::make_unique<BatchWorker<Row>>(
      batches, [own = state.get()](std::span<const Row> trails) { return own->write(trails); });
  return std::unique_ptr<Ledger>(new Ledger(std::move(state)));
}

LeaseBook& Ledger::leases() noexcept { return *state_->leases; }

void Ledger::take(const std::shared_ptr<const Trail>& trail) noexcept {
  state_->worker->push(trail);
}

Result<void> Ledger::flush() {
  if (state_->worker->flush()) return {};
  const std::lock_guard guard(state_->error_mutex);
  return std::unexpected(state_->last_error);
}

std::uint64_t Ledger::dropped() const noexcept { return state_->worker->dropped(); }
std::uint64_t Ledger::written() const noexcept {
  return state_->written.load(std::memory_order_relaxed);
}
std::size_t Ledger::waiting() const noexcept { return state_->worker->waiting(); }
const std::string& Ledger::path() const noexcept { return state_->path; }

}  // namespace plimsoll::store
