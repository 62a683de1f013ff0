#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "base/result.h"
#include "eval/results.h"

namespace plimsoll::eval {

/// An open result file. Every row is one write at the end of the file, so a killed
/// run leaves at most one torn line. One thread at a time.
class ResultFile {
 public:
  enum class IfThere : unsigned char { refuse, resume };

  /// Creates `path` with `header`, or goes on with the run in it: then a torn last
  /// line is cut off, rows of questions that never reached the subject are taken out
  /// so that they are asked again, and `is_done` knows the others.
  ///
  /// Errors
  ///   config_invalid   the file is there and `refuse`, or it holds another run, or
  ///                    it is not a result file
  ///   io_failed        it cannot be read or written
  [[nodiscard]] static Result<ResultFile> open(const std::string& path, const RunHeader& header,
                                               IfThere if_there);

  ResultFile(ResultFile&& other) noexcept;
  ResultFile& operator=(ResultFile&&) = delete;
  ~ResultFile();

  /// Appends a row. Errors: io_failed.
  [[nodiscard]] Result<void> append(const Row& row);

  bool is_done(const std::string& case_id, std::int64_t run) const {
    return done_.contains({case_id, run});
  }
  std::size_t resumed_rows() const noexcept { return resumed_; }
  std::size_t resumed_passed() const noexcept { return resumed_passed_; }

 private:
  explicit ResultFile(int descriptor, std::string path)
      : descriptor_(descriptor), path_(std::move(path)) {}
  Result<void> write_line(std::string line);
  Result<void> adopt(const RunHeader& header, IfThere if_there);
  Result<void> keep(const RunRecord& record);
  Result<void> rewrite(const RunRecord& record);

  int descriptor_ = -1;
  std::string path_;
  std::set<std::pair<std::string, std::int64_t>> done_;
  std::size_t resumed_ = 0;
  std::size_t resumed_passed_ = 0;
};

/// The whole of a file. Errors: io_failed.
[[nodiscard]] Result<std::string> read_file(const std::string& path);

}  // namespace plimsoll::eval
