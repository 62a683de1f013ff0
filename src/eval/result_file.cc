#include "eval/result_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace plimsoll::eval {
namespace {

std::unexpected<Error> io_error(const std::string& path, std::string_view doing) {
  return fail(ErrorKind::io_failed,
              fmt::format("cannot {} {}: {}", doing, path, std::strerror(errno)),
              "check the path, its permissions and the free space");
}

Result<std::string> read_all(int descriptor, const std::string& path) {
  std::string text;
  std::array<char, 65'536> buffer;
  for (;;) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error(path, "read");
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return io_error(path, "read");
  auto text = read_all(descriptor, path);
  ::close(descriptor);
  return text;
}

Result<ResultFile> ResultFile::open(const std::string& path, const RunHeader& header,
                                    IfThere if_there) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor < 0) return io_error(path, "open");
  ResultFile file(descriptor, path);
  auto adopted = file.adopt(header, if_there);
  if (!adopted) return std::unexpected(std::move(adopted).error());
  return file;
}

ResultFile::ResultFile(ResultFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      done_(std::move(other.done_)),
      resumed_(other.resumed_),
      resumed_passed_(other.resumed_passed_) {}

ResultFile::~ResultFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> ResultFile::adopt(const RunHeader& header, IfThere if_there) {
  PLIMSOLL_TRY(const std::string text, read_all(descriptor_, path_));
  // A run killed while it wrote its very first line has left nothing to keep.
  const bool nothing_yet = text.find('\n') == std::string::npos && text.starts_with("{\"plim");
  if (text.empty() || (nothing_yet && if_there == IfThere::resume)) {
    if (::ftruncate(descriptor_, 0) != 0) return io_error(path_, "shorten");
    return write_line(write_header(header));
  }
  if (if_there == IfThere::refuse) {
    return fail(ErrorKind::config_invalid, fmt::format("{} is there already", path_),
                "go on with it by --resume, or name another file");
  }
  auto record = read_results(text);
  if (!record) {
    record.error().what = fmt::format("{}: {}", path_, record.error().what);
    return std::unexpected(std::move(record).error());
  }
  auto same = same_run(record->header, header);
  if (!same) return same;
  return keep(*record);
}

Result<void> ResultFile::keep(const RunRecord& record) {
  bool clean = true;
  for (const Row& row : record.rows) {
    clean = clean && !row.outcome.harness_error;
    if (row.outcome.harness_error) continue;
    done_.emplace(row.case_id, row.run);
    ++resumed_;
    resumed_passed_ += row.passed ? 1 : 0;
  }
  if (!clean) return rewrite(record);
  if (::ftruncate(descriptor_, static_cast<off_t>(record.whole_bytes)) == 0) return {};
  return io_error(path_, "shorten");
}

/// Beside the file and then in its place: a crash leaves one of the two whole.
Result<void> ResultFile::rewrite(const RunRecord& record) {
  const std::string beside = path_ + ".tmp";
  const int fresh = ::open(beside.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
  if (fresh < 0) return io_error(beside, "open");
  ::close(std::exchange(descriptor_, fresh));
  std::string text = write_header(record.header) + '\n';
  for (const Row& row : record.rows) {
    if (!row.outcome.harness_error) text += write_row(row) + '\n';
  }
  text.pop_back();  // write_line ends it
  auto written = write_line(std::move(text));
  if (!written) return written;
  if (::rename(beside.c_str(), path_.c_str()) == 0) return {};
  return io_error(path_, "replace");
}

Result<void> ResultFile::append(const Row& row) { return write_line(write_row(row)); }

Result<void> ResultFile::write_line(std::string line) {
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_error(path_, "write to");
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace plimsoll::eval
