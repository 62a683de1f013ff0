#pragma once

#include <memory>
#include <vector>

#include "checks/reply_checks.h"
#include "pipeline/stage.h"
#include "ports/timers.h"

namespace plimsoll::stages {

/// Holds a reply to the output contract of its feature. In verified mode the
/// whole answer is read and judged before any of it goes up; in pass mode the
/// reply goes up untouched, and a whole answer is judged for the Trail only.
///
/// Errors
///   reply_invalid, reply_refused, reply_truncated   the verdict; its violations
///   are in the attempt's Trail
class CheckReply final : public pipeline::Stage {
 public:
  /// Compiles the contract of every feature of `plan`.
  ///
  /// Errors
  ///   config_invalid   a pattern does not compile
  static Result<std::unique_ptr<CheckReply>> compile(const Plan& plan, const ports::Timers& timers);

  std::string_view name() const noexcept override { return "check_reply"; }
  Task<Result<Reply>> handle(Call call, pipeline::Next next) const override;

 private:
  CheckReply(std::vector<checks::ReplyChecks> by_feature, checks::ReplyChecks by_default,
             const ports::Timers& timers)
      : by_feature_(std::move(by_feature)), by_default_(std::move(by_default)), timers_(timers) {}

  const checks::ReplyChecks& checks_for(const Call& call) const;
  Task<Result<Reply>> verify(const Call& call, Reply reply) const;
  Task<Result<Reply>> observe(const Call& call, Reply reply) const;

  std::vector<checks::ReplyChecks> by_feature_;
  checks::ReplyChecks by_default_;
  const ports::Timers& timers_;
};

}  // namespace plimsoll::stages
