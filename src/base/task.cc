#include "base/task.h"

#include <array>
#include <new>

namespace plimsoll {
namespace {

/// A sanitizer would not see the use of a frame that is in a list.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kPooled = false;
#elif defined(__has_feature)
constexpr bool kPooled = !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
constexpr bool kPooled = true;
#endif

constexpr std::size_t kStep = 64;          // sizes are rounded up to it
constexpr std::size_t kPooledMax = 2'048;  // larger frames are the allocator's
constexpr int kKeptMax = 64;               // of each size

struct Free {
  Free* next;
};

struct List {
  Free* first = nullptr;
  int length = 0;
};

/// Of one thread. Made with the thread and never destroyed, so that its use costs
/// no look whether it is there.
struct Pool {
  std::array<List, kPooledMax / kStep + 1> lists{};
  bool open = false;  // a Closing will give back what is here
};
constinit thread_local Pool pool;

/// Frames that die after their thread's pool was closed go to the allocator.
struct Closing {
  Closing() { pool.open = true; }
  ~Closing() {
    pool.open = false;
    for (List& list : pool.lists) {
      while (list.first != nullptr) ::operator delete(std::exchange(list.first, list.first->next));
      list.length = 0;
    }
  }
};

constexpr std::size_t size_class(std::size_t bytes) noexcept { return (bytes + kStep - 1) / kStep; }

bool is_pooled(std::size_t bytes) noexcept { return kPooled && bytes <= kPooledMax; }

/// The pool is empty: at the thread's first frame as well.
void* take_new(std::size_t bytes) {
  thread_local const Closing closing;
  return ::operator new(size_class(bytes) * kStep);
}

}  // namespace

void* FrameMemory::take(std::size_t bytes) {
  if (!is_pooled(bytes)) return ::operator new(bytes);
  List& list = pool.lists[size_class(bytes)];
  if (list.first == nullptr) return take_new(bytes);
  --list.length;
  return std::exchange(list.first, list.first->next);
}

void FrameMemory::give(void* frame, std::size_t bytes) noexcept {
  if (!is_pooled(bytes)) return ::operator delete(frame);
  List& list = pool.lists[size_class(bytes)];
  if (list.length == kKeptMax || !pool.open) return ::operator delete(frame);
  list.first = new (frame) Free{list.first};
  ++list.length;
}

}  // namespace plimsoll
