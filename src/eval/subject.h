#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "eval/dataset.h"
#include "model/answer.h"
#include "model/usage.h"

namespace plimsoll::eval {

/// What came of asking once. A failed question is an outcome too.
struct Outcome {
  Choice answer;               // the first choice; empty when `error` is set
  std::optional<Usage> usage;  // absent: not reported
  std::optional<Money> cost;   // of all attempts; absent: unknown, never 0
  std::chrono::nanoseconds duration{0};
  std::optional<std::chrono::nanoseconds> first_token;  // streams only
  std::optional<int> attempts;                          // upstream attempts, where they are told
  int http_status = 0;
  std::string call_id;
  std::string plan_version;  // "" when not told
  std::string trail;         // a JSON object; "" when the subject has none
  std::optional<Error> error;
  /// The question never reached what is measured (no connection, wrong key, unknown
  /// name): a fault of the run, not of the subject.
  bool harness_error = false;
};

struct Ask {
  bool stream = false;
  Deadline deadline = kNoDeadline;
  CancelToken cancel;
};

/// Who is asked: a URL, or a pipeline in this process. Used on one loop; several
/// questions may be under way.
class Subject {
 public:
  virtual ~Subject() = default;

  /// Asks once and waits for the whole answer. Never throws a question away: what
  /// went wrong is in the outcome. `asked` must stay alive until the task has ended.
  [[nodiscard]] virtual Task<Outcome> ask(const Case& asked, Ask how) = 0;

  /// For the result file: "http://127.0.0.1:8080/v1", "in-process plimsoll.yaml".
  virtual std::string name() const = 0;
};

}  // namespace plimsoll::eval
