#include "config/system_environment.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace plimsoll::config {
namespace {

constexpr std::size_t kFileMax = 1 << 20;

std::unexpected<Error> unreadable(const std::string& path, std::string_view why) {
  return fail(ErrorKind::io_failed, fmt::format("{}: {}", path, why),
              "correct the path, or the rights of the file");
}

}  // namespace

std::string SystemEnvironment::resolve(std::string_view path) const {
  if (folder_.empty() || path.starts_with('/')) return std::string(path);
  return folder_ + "/" + std::string(path);
}

std::optional<std::string> SystemEnvironment::variable(std::string_view name) const {
  const char* value = std::getenv(std::string(name).c_str());
  if (value != nullptr) return std::string(value);
  if (secrets_ == Secrets::assumed) return fmt::format("assumed-{}", name);
  return std::nullopt;
}

Result<void> SystemEnvironment::probe_file(std::string_view path) const {
  const std::string full = resolve(path);
  std::error_code error;
  const auto status = std::filesystem::status(full, error);
  if (error) return unreadable(full, error.message());
  if (status.type() == std::filesystem::file_type::not_found)
    return unreadable(full, "no such file");
  if (status.type() != std::filesystem::file_type::regular)
    return unreadable(full, "not a regular file");
  errno = 0;
  if (!std::ifstream(full)) return unreadable(full, std::strerror(errno));
  return {};
}

Result<std::string> SystemEnvironment::read_file(std::string_view path) const {
  if (auto probed = probe_file(path); !probed) {
    if (secrets_ == Secrets::assumed) return std::string("assumed");
    return std::unexpected(std::move(probed).error());
  }
  const std::string full = resolve(path);
  std::ifstream file(full, std::ios::binary);
  std::string text(kFileMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return unreadable(full, std::strerror(errno));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kFileMax) return unreadable(full, "larger than 1 MiB");
  return text;
}

}  // namespace plimsoll::config
