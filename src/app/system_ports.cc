#include "app/system_ports.h"

#include <random>

#include "net/loop.h"

namespace plimsoll::app {

Task<Result<void>> SystemTimers::sleep_until(Deadline when, CancelToken cancel) {
  return net::Loop::current().sleep_until(when, cancel);
}

std::uint64_t SystemRandom::next() noexcept {
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return generator();
}

}  // namespace plimsoll::app
