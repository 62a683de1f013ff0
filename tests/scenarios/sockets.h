#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/scenarios/scenario.h"

namespace plimsoll::scenarios {

/// A server that knows nothing of our HTTP code: reads requests with plain
/// sockets and plays its answers, one connection per request.
class ScriptedServer {
 public:
  /// What the request with this number, from 0, is answered. Called on the
  /// threads of connections, several at once.
  using Script = std::function<Answer(std::size_t place)>;

  explicit ScriptedServer(Script script);
  /// In order; past the last one 500.
  explicit ScriptedServer(std::vector<Answer> answers);
  ~ScriptedServer();

  std::uint16_t port() const noexcept { return port_; }
  std::vector<std::string> requests() const;
  /// When each of them was complete.
  std::vector<std::chrono::steady_clock::time_point> arrivals() const;

 private:
  void accept_all();
  void serve(int socket);
  bool play(int socket, const Answer& answer);
  bool drip(int socket, const Answer& answer) const;

  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::chrono::steady_clock::time_point> arrivals_;
  std::vector<std::thread> connections_;
  std::vector<int> open_;
  std::thread acceptor_;
};

/// Sends `bytes` to 127.0.0.1:`port` and returns all that comes until the server
/// closes or 10 s of silence pass.
std::string exchange(std::uint16_t port, std::string_view bytes);

/// An HTTP/1.1 request with `connection: close`.
std::string request_bytes(const Ask& ask);

/// The answer's status, 0 when there is none.
int status_of_answer(std::string_view answer);

/// The body, its chunks joined.
std::string body_of_answer(std::string_view answer);

}  // namespace plimsoll::scenarios
