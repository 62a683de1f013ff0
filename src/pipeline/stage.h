#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "model/call.h"
#include "model/event.h"

namespace plimsoll::pipeline {

class Next;

/// One step of a call's way through the gateway.
///
/// A stage may answer the call itself, pass it on once or several times (retry),
/// or pass copies on at the same time (hedges). It is built once per Plan, shared
/// by all calls on all threads, and therefore keeps no per-call state in members:
/// per-call state lives in the coroutine's locals or travels inside Call and Reply.
class Stage {
 public:
  virtual ~Stage() = default;
  virtual std::string_view name() const noexcept = 0;

  /// `call` outlives the task and may be changed for what lies below; it need not
  /// outlive the Reply, whose events copy what they use of it.
  [[nodiscard]] virtual Task<Result<Reply>> handle(Call& call, Next next) const = 0;
};

/// The answer of a stage that refuses a call. A stage that only looks at the call
/// on its way down need not be a coroutine: it returns this, or next's own task,
/// and costs neither a frame nor a copy of the reply.
[[nodiscard]] inline Task<Result<Reply>> refused(Error error) {
  co_return std::unexpected(std::move(error));
}

/// The rest of the pipeline, as a value. Cheap to copy; may be called several
/// times, also concurrently; valid while the Pipeline lives. Calling it past the
/// last stage is a wiring bug.
class Next {
 public:
  explicit Next(std::span<const std::unique_ptr<Stage>> rest) : rest_(rest) {}
  [[nodiscard]] Task<Result<Reply>> operator()(Call& call) const {
    return rest_.front()->handle(call, Next(rest_.subspan(1)));
  }

 private:
  std::span<const std::unique_ptr<Stage>> rest_;
};

/// The stages of one Plan, in order. Immutable once built.
class Pipeline {
 public:
  explicit Pipeline(std::vector<std::unique_ptr<Stage>> stages) : stages_(std::move(stages)) {}

  /// Sends `call` down the stages; it must outlive the task. The pipeline must
  /// outlive the task and its Reply.
  [[nodiscard]] Task<Result<Reply>> run(Call& call) const { return Next(stages_)(call); }

 private:
  std::vector<std::unique_ptr<Stage>> stages_;
};

}  // namespace plimsoll::pipeline
