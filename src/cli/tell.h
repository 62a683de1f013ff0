#pragma once

#include "base/error.h"

namespace plimsoll::cli {

inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;      // a failed verdict or a run-time failure
inline constexpr int kUsageError = 2;  // usage or configuration

/// Prints `error` on standard error as a fact and a remedy; returns `exit_code`.
int tell(const Error& error, int exit_code);

}  // namespace plimsoll::cli
