#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/call.h"
#include "model/correction.h"

namespace plimsoll::stages {

/// The contract of each feature in the words of a correction. Immutable; made once
/// per plan.
class Corrections {
 public:
  explicit Corrections(const Plan& plan);

  /// What the attempt at `rung` asks beyond the client's request: after an answer of
  /// this call that broke its contract, what was wrong with it, unless the rung says
  /// `tighten: false`; with `tighten: true` at least what the contract is. Null for
  /// nothing. The rung asks a model.
  std::shared_ptr<const Correction> of(const Call& call, const Rung& rung,
                                       const ModelEntry& model) const;

 private:
  struct Contract {
    std::string schema;   // compact; "" for none, or too long to be told
    bool strict = false;  // strict modes take the schema
    std::string words;    // what an answer must be; "" where only patterns say it
  };
  std::vector<Contract> by_feature_;
};

}  // namespace plimsoll::stages
