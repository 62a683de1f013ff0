#include "tests/e2e/served.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

namespace plimsoll::e2e {
namespace {

constexpr const char* kBinary = PLIMSOLL_BINARY_DIR "/plimsoll";
constexpr std::chrono::seconds kPatience{60};
constexpr int kPauseMs = 5;

int spawn(const std::string& page, const std::string& log) {
  std::vector<std::string> words{kBinary,       "serve",   "--config", page,     "--listen",
                                 "127.0.0.1:0", "--admin", "off",      "--quiet"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t process = -1;
  const int failed = posix_spawn(&process, kBinary, &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return failed == 0 ? process : -1;
}

/// The port in "plimsoll serves http://127.0.0.1:PORT/v1 with ...", or 0.
std::uint16_t port_in(const std::string& log) {
  const std::string mark = "serves http://127.0.0.1:";
  const std::size_t at = log.find(mark);
  if (at == std::string::npos || log.find("/v1", at) == std::string::npos) return 0;
  return static_cast<std::uint16_t>(std::strtoul(log.c_str() + at + mark.size(), nullptr, 10));
}

}  // namespace

Served::Served(const std::string& page, const std::filesystem::path& folder)
    : log_(folder / "serve.log") {
  const std::filesystem::path file = folder / "plimsoll.yaml";
  std::ofstream(file) << page;
  std::filesystem::remove(log_);
  process_ = spawn(file, log_);
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (running() && port_ == 0 && std::chrono::steady_clock::now() < end) {
    port_ = port_in(log());
    if (port_ == 0) poll(nullptr, 0, kPauseMs);
  }
}

Served::~Served() { kill_hard(); }

std::string Served::log() const {
  std::ostringstream text;
  text << std::ifstream(log_).rdbuf();
  return text.str();
}

bool Served::running() const {
  siginfo_t ended{};
  return process_ > 0 &&
         waitid(P_PID, static_cast<id_t>(process_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         ended.si_pid == 0;
}

void Served::kill_hard() {
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

int Served::terminate() {
  int status = 0;
  kill(process_, SIGTERM);
  waitpid(process_, &status, 0);
  process_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace plimsoll::e2e
