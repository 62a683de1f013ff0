#include "store/embedded/lease_book.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string_view>

namespace plimsoll::store {
namespace {

enum SlotState : std::uint32_t { kFree = 0, kHeld = 1, kSettled = 2 };

/// Names are cut to their room and end with a nought.
template <std::size_t N>
void put(std::array<char, N>& room, std::string_view text) noexcept {
  const std::size_t size = std::min(text.size(), N - 1);
  std::memcpy(room.data(), text.data(), size);
  room[size] = '\0';
}

template <std::size_t N>
std::string text_of(const std::array<char, N>& room) {
  return {room.data(), ::strnlen(room.data(), N)};
}

constexpr std::int64_t kSlotCount = LeaseBook::kSlots;
std::int64_t lease_of(std::int64_t slot, std::uint32_t turn) noexcept {
  return std::int64_t{turn} * kSlotCount + slot;
}
std::int64_t slot_of(std::int64_t lease) noexcept { return lease % kSlotCount; }

std::size_t lane_of_this_thread() noexcept {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t lane = next.fetch_add(1);
  return lane;
}

}  // namespace

// leases.bin := slot{kSlots}, each of 512 bytes; `state` is written last when a
// slot is taken and first when it is freed. A file of noughts has no leases.
struct LeaseBook::Slot {
  std::atomic<std::uint32_t> state;
  std::uint32_t attempt;
  std::atomic<std::uint32_t> turn;  // how often the slot was taken: a lease names its turn
  std::uint32_t unused;
  std::atomic<std::int64_t> amount_nanos;
  std::int64_t call_started_ns, attempt_started_ns;
  std::array<char, 32> call_id;
  std::array<char, 72> feature, key_id, tenant, provider;
  std::array<char, 152> model;
};

Result<std::unique_ptr<LeaseBook>> LeaseBook::open(const std::string& folder) {
  static_assert(sizeof(Slot) == 512 && std::atomic<std::int64_t>::is_always_lock_free);
  const std::string path = folder + "/leases.bin";
  const auto refused = [&path](std::string_view doing) {
    return fail(ErrorKind::storage_failed,
                fmt::format("cannot {} {}: {}", doing, path, std::strerror(errno)),
                "budgets need this file: see to the folder's disk and its rights");
  };
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return refused("open");
  constexpr std::size_t kBytes = kSlots * sizeof(Slot);
  void* mapped = MAP_FAILED;
  // With its blocks: a disk that fills up later must not kill who writes to the map.
  const bool sized = ::ftruncate(descriptor, static_cast<off_t>(kBytes)) == 0;
  if (sized) errno = ::posix_fallocate(descriptor, 0, static_cast<off_t>(kBytes));
  if (sized && errno == 0)
    mapped = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (mapped == MAP_FAILED) {
    auto error = refused("map");
    ::close(descriptor);
    return error;
  }
  ::close(descriptor);
  std::unique_ptr<LeaseBook> book(new LeaseBook());
  book->slots_ = static_cast<Slot*>(mapped);
  book->read_left();
  return book;
}

LeaseBook::~LeaseBook() {
  if (slots_ != nullptr) ::munmap(slots_, kSlots * sizeof(Slot));
}

void LeaseBook::read_left() {
  for (std::size_t i = kSlots; i-- > 0;) {
    const Slot& slot = slots_[i];
    const auto number = static_cast<std::int64_t>(i);
    const std::uint32_t state = slot.state.load(std::memory_order_acquire);
    if (state == kFree) {
      lanes_[i % kLanes].free.push_back(number);
      continue;
    }
    left_.push_back({.lease = lease_of(number, slot.turn.load(std::memory_order_relaxed)),
                     .settled = state == kSettled,
                     .amount = Money{slot.amount_nanos.load(std::memory_order_relaxed)},
                     .attempt = slot.attempt,
                     .call_started = WallTime{nanoseconds{slot.call_started_ns}},
                     .attempt_started = nanoseconds{slot.attempt_started_ns},
                     .call_id = text_of(slot.call_id),
                     .feature = text_of(slot.feature),
                     .key_id = text_of(slot.key_id),
                     .tenant = text_of(slot.tenant),
                     .provider = text_of(slot.provider),
                     .model = text_of(slot.model)});
  }
}

std::int64_t LeaseBook::free_slot() noexcept {
  const std::size_t mine = lane_of_this_thread();
  for (std::size_t i = 0; i < kLanes; ++i) {
    Lane& lane = lanes_[(mine + i) % kLanes];
    const std::lock_guard lock(lane.mutex);
    if (lane.free.empty()) continue;
    const std::int64_t slot = lane.free.back();
    lane.free.pop_back();
    return slot;
  }
  return -1;
}

std::int64_t LeaseBook::take(const Trail& trail, std::size_t attempt, Money worst) noexcept {
  const std::int64_t number = free_slot();
  if (number < 0) return number;
  Slot& slot = slots_[number];
  const AttemptTrail& tried = trail.attempts[attempt];
  slot.attempt = static_cast<std::uint32_t>(attempt);
  slot.amount_nanos.store(worst.nanos, std::memory_order_relaxed);
  slot.call_started_ns = trail.started_wall.time_since_epoch().count();
  slot.attempt_started_ns = tried.started.count();
  put(slot.call_id, trail.call_id);
  put(slot.feature, trail.feature);
  put(slot.key_id, trail.key_id);
  put(slot.tenant, trail.tenant);
  put(slot.provider, tried.provider);
  put(slot.model, tried.model);
  const std::uint32_t turn = slot.turn.fetch_add(1, std::memory_order_relaxed) + 1;
  slot.state.store(kHeld, std::memory_order_release);
  return lease_of(number, turn);
}

void LeaseBook::settle(std::int64_t lease, Money actual) noexcept {
  if (lease < 0) return;
  Slot& slot = slots_[slot_of(lease)];
  slot.amount_nanos.store(actual.nanos, std::memory_order_relaxed);
  slot.state.store(kSettled, std::memory_order_release);
}

void LeaseBook::release(std::int64_t lease) noexcept {
  if (lease < 0) return;
  const std::int64_t number = slot_of(lease);
  Slot& slot = slots_[number];
  Lane& lane = lanes_[static_cast<std::size_t>(number) % kLanes];
  const std::lock_guard lock(lane.mutex);
  const bool mine = lease_of(number, slot.turn.load(std::memory_order_relaxed)) == lease;
  if (!mine || slot.state.exchange(kFree, std::memory_order_acq_rel) == kFree) return;
  lane.free.push_back(number);
}

std::size_t LeaseBook::used() const {
  std::size_t free = 0;
  for (const Lane& lane : lanes_) {
    const std::lock_guard lock(lane.mutex);
    free += lane.free.size();
  }
  return kSlots - free;
}

}  // namespace plimsoll::store
