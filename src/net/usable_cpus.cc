#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "net/internal/cpu_quota.h"
#include "net/loop.h"

namespace plimsoll::net {
namespace {

std::size_t cpus_of_affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<std::size_t>(CPU_COUNT(&set));
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::optional<std::size_t> quota_v1(const std::string& folder) {
  return cpus_of_quota(first_line(folder + "/cpu.cfs_quota_us") + " " +
                       first_line(folder + "/cpu.cfs_period_us"));
}

/// The tightest quota from the process's group up to the root.
std::size_t walk_up(const std::string& mount, std::string group, bool v2, std::size_t most) {
  for (;;) {
    const std::string folder = mount + group;
    const auto quota = v2 ? cpus_of_quota(first_line(folder + "/cpu.max")) : quota_v1(folder);
    if (quota) most = std::min(most, *quota);
    const std::size_t slash = group.rfind('/');
    if (slash == std::string::npos) return most;
    group.resize(slash);
  }
}

}  // namespace

std::optional<std::size_t> cpus_of_quota(const std::string& quota_and_period) {
  std::istringstream text(quota_and_period);
  std::int64_t quota = 0, period = 0;
  if (!(text >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return static_cast<std::size_t>((quota + period - 1) / period);
}

std::size_t usable_cpus() {
  std::size_t most = cpus_of_affinity();
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string kinds = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string group = line.substr(second + 1);
    if (kinds == ",,") most = walk_up("/sys/fs/cgroup", group, true, most);
    if (kinds.find(",cpu,") != std::string::npos) {
      most = walk_up("/sys/fs/cgroup/cpu", group, false, most);
    }
  }
  return std::max<std::size_t>(most, 1);
}

}  // namespace plimsoll::net
