#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dialects/codec.h"

namespace plimsoll::dialects::openai_chat {

/// Writes replies of other dialects as chat completions and their chunks.
/// Thoughts become `reasoning_content`, and `thinking_blocks` where they are
/// signed, so that a client can send them back.
std::unique_ptr<ReplyEncoder> reply_encoder(const ReplyFrame& frame);

}  // namespace plimsoll::dialects::openai_chat
