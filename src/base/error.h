#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace plimsoll {

/// What went wrong, as a closed list. The enumerator's spelling is the public
/// token: JSON `code`, metric label, anchor in docs/errors.md. The meaning of
/// each stands in error.cc, from which the page is generated.
enum class ErrorKind : unsigned char {
  // The client's request.
  request_invalid,
  request_too_large,
  request_timeout,
  unsupported_media,
  path_not_found,
  method_not_allowed,
  unauthorized,
  forbidden,
  model_not_found,
  input_rejected,
  guard_blocked,
  // Limits of ours.
  rate_limited,
  overloaded,
  budget_exhausted,
  cost_ceiling,
  token_ceiling,
  price_unknown,
  // What an upstream did.
  upstream_unreachable,
  upstream_rate_limited,
  upstream_ramping,
  upstream_money_gone,
  upstream_daily_quota,
  upstream_credential,
  upstream_not_found,
  upstream_request_invalid,
  upstream_context_too_long,
  upstream_content_filtered,
  upstream_overloaded,
  upstream_server_error,
  upstream_timeout_connect,
  upstream_timeout_headers,
  upstream_timeout_first_token,
  upstream_timeout_idle,
  upstream_cut,
  upstream_malformed,
  upstream_resting,
  // The answer broke its contract.
  reply_invalid,
  reply_refused,
  reply_truncated,
  // The rest.
  deadline_exceeded,
  cancelled,
  storage_failed,
  io_failed,
  config_invalid,
  internal_bug,
};

inline constexpr int kErrorKinds = static_cast<int>(ErrorKind::internal_bug) + 1;

std::string_view to_string(ErrorKind kind) noexcept;

/// One sentence for docs/errors.md: when it happens.
std::string_view meaning_of(ErrorKind kind) noexcept;

/// What the other side of a connection answered, kept so that it can be passed
/// on unchanged. Bounded by the reader (64 KiB).
struct RemoteAnswer {
  int status = 0;
  std::string content_type;
  std::string body;
};

/// One failure, told once. `what` states the fact with its numbers; `hint` is
/// an imperative. `retry_after` is set when the other side named a wait.
struct Error {
  ErrorKind kind = ErrorKind::internal_bug;
  std::string what;
  std::string hint{};
  std::optional<std::chrono::milliseconds> retry_after{};
  std::shared_ptr<const RemoteAnswer> remote{};
};

}  // namespace plimsoll
