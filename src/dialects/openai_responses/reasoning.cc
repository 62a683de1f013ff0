#include "dialects/openai_responses/reasoning.h"

namespace plimsoll::dialects::openai_responses {
namespace {

constexpr std::string_view kSignature = "plimsoll.signature.", kRedacted = "plimsoll.redacted.";

}  // namespace

std::string sealed(const Thought& thought) {
  if (!thought.redacted.empty()) return std::string(kRedacted) + thought.redacted;
  return thought.signature.empty() ? "" : std::string(kSignature) + thought.signature;
}

Thought unsealed(std::string_view encrypted_content) {
  Thought thought;
  const auto after = [encrypted_content](std::string_view prefix) {
    return encrypted_content.starts_with(prefix) ? encrypted_content.substr(prefix.size())
                                                 : std::string_view();
  };
  thought.signature = after(kSignature);
  thought.redacted = after(kRedacted);
  return thought;
}

}  // namespace plimsoll::dialects::openai_responses
