// Goal: a model that thinks is known for one, and no other.
// Method: names as vendors and resellers write them.
#include "catalogue/reasoning.h"

#include <gtest/gtest.h>

namespace plimsoll::catalogue {
namespace {

TEST(ReasoningTest, knows_models_that_think_before_they_speak) {
  for (const char* name :
       {"o3", "o4-mini", "gpt-5-mini", "openai/gpt-5.1", "gpt-6.1-sol", "deepseek-ai/deepseek-r1",
        "kimi-k2-thinking", "models/gemini-2.5-pro", "grok-4-fast-reasoning", "qwen3-30b-thinking"})
    EXPECT_TRUE(thinks_first(name)) << name;
}

TEST(ReasoningTest, knows_models_that_answer_at_once) {
  for (const char* name : {"gpt-4o", "gpt-4.1-mini", "gpt-5-chat-latest", "claude-haiku-4-5", "o30",
                           "grok-4-1-fast-non-reasoning", "gemini-2.5-flash", "llama-3.3-70b", ""})
    EXPECT_FALSE(thinks_first(name)) << name;
}

}  // namespace
}  // namespace plimsoll::catalogue
