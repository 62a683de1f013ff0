#pragma once

#include <memory>

#include "dialects/codec.h"

namespace plimsoll::dialects::anthropic {

/// Writes replies of other dialects as messages and their events. Blocks stand one
/// after the other here, so a call that arrives between the fragments of another
/// is held until that one is complete.
std::unique_ptr<ReplyEncoder> reply_encoder(const ReplyFrame& frame);

}  // namespace plimsoll::dialects::anthropic
