#pragma once

#include <string>
#include <string_view>

#include "model/answer.h"

/// Thoughts of other providers inside items of type "reasoning". What proves them
/// travels as `encrypted_content`, which clients send back unread.
namespace plimsoll::dialects::openai_responses {

/// "" for a thought that nothing proves.
std::string sealed(const Thought& thought);

/// The thought's proof that `encrypted_content` holds; empty fields when it was
/// not sealed here.
Thought unsealed(std::string_view encrypted_content);

}  // namespace plimsoll::dialects::openai_responses
