#pragma once

#include "pipeline/stage.h"
#include "ports/keys.h"
#include "ports/limits.h"
#include "stages/internal/prompt_tokens.h"

namespace plimsoll::stages {

/// Who sent a request.
struct Identity {
  std::string account;  // the key's id; "default" where nobody needs a key
  std::string tenant;
  std::shared_ptr<const ClientKey> key;  // null: not one of the key store
};

/// Errors
///   unauthorized   the plan asks for keys, and none, an unknown, an expired or a
///                  revoked one was sent
[[nodiscard]] Result<Identity> identify(const Plan& plan, const ports::Keys& keys,
                                        const Secret* credential, WallTime now);

/// Who is asking, and may they ask now? Sets the call's account, tenant and key id,
/// and counts it on the limits that apply until its reply has ended.
///
/// Errors
///   unauthorized   as identify
///   forbidden      the key may not ask this feature
///   rate_limited   a limit is used up; with the wait
class Admit final : public pipeline::Stage {
 public:
  Admit(Counting counting, const ports::Keys& keys, ports::Limits& limits)
      : counting_(counting), keys_(keys), limits_(limits) {}
  std::string_view name() const noexcept override { return "admit"; }
  Task<Result<Reply>> handle(Call& call, pipeline::Next next) const override;

 private:
  Task<Result<Reply>> count_and_go_on(Call& call, pipeline::Next next) const;

  Result<void> let_in(Call& call) const;

  Counting counting_;
  const ports::Keys& keys_;
  ports::Limits& limits_;
};

/// The key of the one-pager that `credential` (may be null) is, or null. Compares all keys, each
/// in a time that depends only on what was sent.
const Key* find_key(const Plan& plan, const Secret* credential);

}  // namespace plimsoll::stages
