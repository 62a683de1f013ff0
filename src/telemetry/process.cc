#include "telemetry/process.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

namespace plimsoll::telemetry {
namespace {

std::optional<std::uint64_t> resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all_pages = 0, resident_pages = 0;
  if (!(file >> all_pages >> resident_pages)) return std::nullopt;
  return resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::optional<std::uint64_t> open_descriptors() {
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  if (error) return std::nullopt;
  std::uint64_t count = 0;
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error))
    ++count;
  return count - 1;  // without the one that reads the folder
}

std::optional<std::uint64_t> descriptors_max() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return limit.rlim_cur;
}

std::optional<double> cpu_seconds() {
  timespec used{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0) return std::nullopt;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

template <class Value>
void add(Exposition& out, std::string_view name, std::string_view type, std::string_view help,
         std::optional<Value> value) {
  if (!value) return;
  out.begin(name, type, help);
  out.sample({}, *value);
}

}  // namespace

void describe_process(Exposition& out) {
  add(out, "process_resident_memory_bytes", "gauge", "Resident memory.", resident_bytes());
  add(out, "process_open_fds", "gauge", "Open file descriptors.", open_descriptors());
  add(out, "process_max_fds", "gauge", "Most file descriptors allowed.", descriptors_max());
  add(out, "process_cpu_seconds_total", "counter", "CPU time used, user and system.",
      cpu_seconds());
}

}  // namespace plimsoll::telemetry
