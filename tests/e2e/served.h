#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace plimsoll::e2e {

/// The binary under test as a process of its own: `plimsoll serve` under the
/// one-pager `page`, on a free port, with its log in `folder`. Ends with SIGKILL
/// when it is destroyed. One thread at a time.
class Served {
 public:
  /// Waits until it listens; `port()` is 0 when it did not, and `log()` says why.
  Served(const std::string& page, const std::filesystem::path& folder);
  ~Served();
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  std::uint16_t port() const { return port_; }
  std::string log() const;

  /// SIGKILL, and waits for its end.
  void kill_hard();

  /// SIGTERM, and waits for its end. The exit code; -1 when a signal ended it.
  int terminate();

 private:
  bool running() const;

  std::filesystem::path log_;
  int process_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace plimsoll::e2e
