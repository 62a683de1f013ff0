#pragma once

#include <optional>
#include <vector>

#include "checks/json_schema.h"
#include "model/call.h"

namespace plimsoll::stages {

/// What each feature asks of its requests. Immutable; made once per plan.
class InputContracts {
 public:
  /// Errors
  ///   config_invalid   a schema does not compile
  [[nodiscard]] static Result<InputContracts> compile(const Plan& plan);

  /// Errors
  ///   input_rejected   the request breaks the contract; `what` names the field and
  ///                    why, without quoting more than a little of it
  [[nodiscard]] Result<void> check(const Call& call) const;

 private:
  std::vector<std::optional<checks::JsonSchema>> schemas_;  // by feature
};

}  // namespace plimsoll::stages
