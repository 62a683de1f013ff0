#pragma once

#include <map>
#include <memory>
#include <vector>

#include "checks/client_schemas.h"
#include "checks/reply_checks.h"
#include "checks/stream_guard.h"
#include "pipeline/stage.h"
#include "ports/timers.h"
#include "rules/table.h"

namespace plimsoll::stages {

/// Holds a reply to the output contract of its feature. In verified mode the
/// whole answer is read and judged before any of it goes up; in pass mode the
/// reply goes up untouched, and a whole answer is judged for the Trail only. A
/// schema that the client sent is enforced as output.client_schema says. A stream
/// that must be JSON is given up as soon as no continuation could pass; dropping
/// its source cancels the attempt.
///
/// Errors
///   reply_invalid, reply_refused, reply_truncated   the verdict; its violations
///   are in the attempt's Trail
class CheckReply final : public pipeline::Stage {
 public:
  /// Compiles the contract of every feature of `plan`.
  ///
  /// Errors
  ///   config_invalid   a pattern or a schema does not compile
  static Result<std::unique_ptr<CheckReply>> compile(const Plan& plan, const ports::Timers& timers);

  std::string_view name() const noexcept override { return "check_reply"; }
  Task<Result<Reply>> handle(Call& call, pipeline::Next next) const override;

 private:
  /// Adds to the verdict where a table must confirm the answer and does not.
  void confirm(const Call& call, const Answer& answer, Verdict& verdict) const;

  CheckReply(std::vector<checks::ReplyChecks> by_feature, checks::ReplyChecks by_default,
             const ports::Timers& timers)
      : by_feature_(std::move(by_feature)), by_default_(std::move(by_default)), timers_(timers) {}

  enum class Enforced : unsigned char { nothing, invalidity, everything };
  /// What one answer is held to.
  struct Standard {
    Enforced enforced = Enforced::nothing;
    std::optional<checks::JsonSchema> clients;
    std::string_view note;  // a literal
  };

  Standard standard_of(const Call& call, bool streamed) const;
  const checks::ReplyChecks& checks_for(const Call& call) const;
  Verdict judge(const Call& call, const Standard& standard, const Answer& answer) const;
  std::optional<Answer> repair(const Call& call, const Standard& standard, const Answer& answer,
                               const Verdict& verdict) const;
  checks::StreamGuard guard_for(const Call& call, const Standard& standard) const;
  /// `standard` lives as long as the task.
  Task<Result<Reply>> verify(const Call& call, Reply reply, const Standard& standard) const;
  Task<Result<Reply>> observe(const Call& call, Reply reply) const;

  std::vector<checks::ReplyChecks> by_feature_;
  checks::ReplyChecks by_default_;
  std::map<std::size_t, rules::Table> confirm_;  // by feature
  const ports::Timers& timers_;
  mutable checks::ClientSchemas schemas_;
};

}  // namespace plimsoll::stages
