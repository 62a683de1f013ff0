// Goal: every recorded error is understood for what it is.
// Method: the whole folder of recorded exchanges; the kind of each error answer
// stands below, by the id of its recording. Recordings that are not listed fail.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "dialects/openai_chat/openai_chat.h"

namespace plimsoll::dialects::openai_chat {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

fs::path cassettes() {
  const char* shared = std::getenv("PLIMSOLL_SHARED");
  const fs::path base = shared != nullptr ? shared : PLIMSOLL_SOURCE_DIR "/../shared";
  const fs::path there = base / "data/cassettes";
  // A worktree may lie one level deeper.
  return fs::exists(there) ? there : fs::path(PLIMSOLL_SOURCE_DIR "/../../shared/data/cassettes");
}

/// A part of the recording's id, and what its error is. The first that fits counts.
struct Expected {
  std::string_view id;
  ErrorKind kind;
};

constexpr Expected kExpected[] = {
    {"chat_real_error_scenarios_azure_grok", ErrorKind::upstream_rate_limited},
    {"chat_real_error_scenarios_gemini_gemini-2_5-flash", ErrorKind::upstream_rate_limited},
    {"handles_context_length_exceeded_errors", ErrorKind::upstream_context_too_long},
    {"raises_appropriate_auth_error", ErrorKind::upstream_credential},
    {"test_model_name_suggestion", ErrorKind::upstream_not_found},
    {"test_bedrock_count_tokens_error", ErrorKind::upstream_not_found},
    {"test_agent_with_multiple_tools", ErrorKind::upstream_not_found},
    {"TestGoogle.test_count_tokens_error", ErrorKind::upstream_not_found},
    {"test_agents_and_tools", ErrorKind::upstream_not_found},
    {"TestOpenAI.test_embed_error", ErrorKind::upstream_not_found},
    {"embeddings-unknown-model", ErrorKind::upstream_not_found},
    {"test_tool_use_failed_error", ErrorKind::reply_invalid},
    {"test_multimodal_tool_return_matrix", ErrorKind::upstream_request_invalid},
    {"test_anthropic_bedrock_count_tokens_error", ErrorKind::upstream_request_invalid},
    {"test_deepseek_responses_rejects", ErrorKind::upstream_request_invalid},
    {"test_openai_responses_model_http_error", ErrorKind::upstream_request_invalid},
    {"chat-no-messages", ErrorKind::upstream_request_invalid},
    {"test_openai_web_search_tool_model_not_supported", ErrorKind::upstream_request_invalid},
    {"openllmetry/test_vision", ErrorKind::upstream_request_invalid},
    {"completion-bad-request", ErrorKind::upstream_request_invalid},
    // An error in spite of its 200.
    {"test_prompt_content_filtering", ErrorKind::upstream_content_filtered},
};

const Expected* expected_of(const std::string& id) {
  for (const Expected& row : kExpected)
    if (id.find(row.id) != std::string::npos) return &row;
  return nullptr;
}

bool is_error(const Json& response) {
  if (response["status"] >= 400) return true;
  const std::string text = response["body"].value("text", "");
  return text.starts_with("{ \"error\":") || text.starts_with("{\"error\":{");
}

TEST(RecordedErrorsTest, every_recorded_error_is_understood) {
  if (!fs::exists(cassettes())) GTEST_SKIP() << "no recorded traffic at " << cassettes();
  int seen = 0;
  for (const auto& entry : fs::directory_iterator(cassettes() / "normalized")) {
    if (entry.path().extension() != ".jsonl") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      const Json record = Json::parse(line);
      const Json& response = record["response"];
      if (!is_error(response)) continue;
      const std::string id = record["id"];
      HeaderList headers;
      for (const auto& [name, value] : response["headers"].items())
        headers.emplace_back(name, value.get<std::string>());
      const Expected* expected = expected_of(id);
      ASSERT_NE(expected, nullptr) << id << " is not listed";
      const Error error = classify(response["status"], headers, response["body"].value("text", ""));
      EXPECT_EQ(to_string(error.kind), to_string(expected->kind)) << id << ": " << error.what;
      EXPECT_FALSE(error.hint.empty()) << id;
      ++seen;
    }
  }
  EXPECT_GE(seen, 36);
}

TEST(RecordedErrorsTest, a_wait_in_googles_details_is_kept) {
  const fs::path path = cassettes() / "vercel-ai-fixtures/google/google-429-retry-info.json";
  if (!fs::exists(path)) GTEST_SKIP() << "no recorded traffic at " << cassettes();
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  const Error error = classify(429, {}, text.str());
  EXPECT_EQ(error.kind, ErrorKind::upstream_rate_limited);
  EXPECT_EQ(error.retry_after, std::chrono::milliseconds(34'400));
}

}  // namespace
}  // namespace plimsoll::dialects::openai_chat
