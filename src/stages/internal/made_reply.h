#pragma once

#include "model/event.h"

namespace plimsoll::stages {

/// A reply that says `answer`, with no upstream's bytes behind it: whoever writes
/// it to a client does so in that client's words. A stream is given in the order
/// in which models speak: thoughts, text, tool calls, the end, the usage.
Reply reply_of(Answer answer, bool streamed);

}  // namespace plimsoll::stages
