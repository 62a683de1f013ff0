// Goal: what we count before a request is what its provider billed after it, and
// never more was billed than our bound.
// Method: every recorded exchange in the shared data whose request we can see
// whole (no hosted tools, no stored conversations) and whose answer tells its
// usage. Skipped where the recordings are absent.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tokens/prompt.h"

namespace plimsoll::tokens {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

fs::path recordings() {
  const char* named = std::getenv("PLIMSOLL_SHARED");
  const fs::path shared =
      named != nullptr ? fs::path(named) : fs::path(PLIMSOLL_SOURCE_DIR "/../shared");
  return shared / "data/cassettes/normalized";
}

std::int64_t number(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<std::int64_t>() : 0;
}

/// Input tokens of the last usage in an answer, cached ones included; 0: none.
void find_billed(const json& value, std::int64_t& billed) {
  if (value.is_object())
    for (const auto& [key, inner] : value.items()) {
      if ((key == "usage" || key == "usageMetadata") && inner.is_object())
        billed = std::max(billed, number(inner, "prompt_tokens") + number(inner, "input_tokens") +
                                      number(inner, "promptTokenCount") +
                                      number(inner, "cache_read_input_tokens") +
                                      number(inner, "cache_creation_input_tokens"));
      find_billed(inner, billed);
    }
  if (value.is_array())
    for (const json& inner : value) find_billed(inner, billed);
}

std::int64_t billed_in(const std::string& answer) {
  std::int64_t billed = 0;
  const json whole = json::parse(answer, nullptr, false);
  if (!whole.is_discarded()) {
    find_billed(whole, billed);
    return billed;
  }
  std::istringstream lines(answer);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("data:")) continue;
    const json event = json::parse(line.substr(5), nullptr, false);
    if (!event.is_discarded()) find_billed(event, billed);
  }
  return billed;
}

/// Requests whose prompt is not all in them, or that a tool of the provider grew.
bool is_seen_whole(const json& body, const std::string& text) {
  for (const char* hosted : {"previous_response_id",
                             "conversation",
                             "web_search",
                             "google_search",
                             "googleSearch",
                             "code_execution",
                             "codeExecution",
                             "urlContext",
                             "url_context",
                             "file_search",
                             "mcp",
                             "computer",
                             "web_fetch",
                             "code_interpreter",
                             "search_options",
                             "fileData",
                             "file_id",
                             "memory",
                             "bash_",
                             "text_editor",
                             "image_generation",
                             "shell",
                             "tool_search",
                             "x_search",
                             "citations",
                             "container",
                             "encrypted_content",
                             "signature",
                             "Signature",
                             "http://",
                             "https://"})
    if (text.find(hosted) != std::string::npos) return false;
  return body.contains("messages") || body.contains("contents") || body.contains("input");
}

/// Recordings whose provider put in more than their requests show.
bool is_grown_by_its_provider(const std::string& id) {
  for (const char* name :
       {"native_options", "compact", "cached_content", "advisor_tool", "groq_model_web_search"})
    if (id.find(name) != std::string::npos) return true;
  return false;
}

struct Seen {
  std::string provider, model, id;
  std::int64_t billed = 0;
  PromptTokens ours;
  bool plain = false;  // texts only
};

PromptTokens count(const std::string& model, const std::string& body) {
  plimsoll::json::Document document;
  const auto root = document.parse(body);
  if (!root) return {};
  Prompt prompt(family_of(model), *root);
  while (!prompt.count_some(100'000)) {
  }
  return prompt.tokens();
}

void read_file(const fs::path& path, std::vector<Seen>& all) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const json row = json::parse(line);
    if (row["response"]["status"].get<int>() >= 300) continue;
    if (row["endpoint"].get<std::string>().find("mbed") != std::string::npos) continue;
    const auto text = row["request"]["body"].value("text", std::string());
    const json body = json::parse(text, nullptr, false);
    if (!body.is_object() || !is_seen_whole(body, text)) continue;
    const auto id = row["id"].get<std::string>();
    if (is_grown_by_its_provider(id)) continue;
    const std::int64_t billed = billed_in(row["response"]["body"].value("text", std::string()));
    if (billed == 0) continue;
    const auto path_of_request = row["request"]["path"].get<std::string>();
    const auto model = body.value("model", path_of_request.substr(path_of_request.rfind('/') + 1));
    const bool plain =
        text.find("tool") == std::string::npos && text.find("image") == std::string::npos &&
        text.find("schema") == std::string::npos && text.find("Schema") == std::string::npos &&
        text.find("file") == std::string::npos && text.find("ata\"") == std::string::npos;
    all.push_back({row["provider"], model, row["id"], billed, count(model, text), plain});
  }
}

class RecordingsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::is_directory(recordings())) GTEST_SKIP() << "no recordings at " << recordings();
    for (const auto& entry : fs::directory_iterator(recordings()))
      if (entry.path().extension() == ".jsonl") read_file(entry.path(), all);
    ASSERT_GT(all.size(), 300u);
  }
  std::vector<Seen> all;
};

TEST_F(RecordingsTest, plain_prompts_of_openai_are_exact_but_for_a_few_tokens_of_framing) {
  std::size_t plain = 0;
  for (const Seen& seen : all) {
    if (!seen.plain || !seen.ours.exact || !family_of(seen.model).tools_as_code ||
        seen.model.find("oss") != std::string::npos)
      continue;
    ++plain;
    EXPECT_NEAR(static_cast<double>(seen.ours.tokens), static_cast<double>(seen.billed), 8)
        << seen.provider << " " << seen.model << " " << seen.id;
  }
  EXPECT_GT(plain, 25u);
}

TEST_F(RecordingsTest, no_prompt_was_billed_above_its_bound) {
  for (const Seen& seen : all)
    EXPECT_LE(seen.billed, seen.ours.at_most)
        << seen.provider << " " << seen.model << " " << seen.id << ": counted " << seen.ours.tokens;
}

TEST_F(RecordingsTest, estimates_are_near_what_was_billed) {
  std::map<std::string, std::vector<double>> off;  // by provider: relative errors
  for (const Seen& seen : all)
    off[seen.provider].push_back(std::abs(static_cast<double>(seen.ours.tokens - seen.billed)) /
                                 static_cast<double>(seen.billed));
  if (std::getenv("PLIMSOLL_SHOW_COUNTS") != nullptr)
    for (const Seen& seen : all)
      std::printf("%s\t%s\t%lld\t%lld\t%d\t%s\n", seen.provider.c_str(), seen.model.c_str(),
                  static_cast<long long>(seen.billed), static_cast<long long>(seen.ours.tokens),
                  seen.plain, seen.id.c_str());
  for (auto& [provider, errors] : off) {
    std::ranges::sort(errors);
    const double median = errors[errors.size() / 2], most = errors[errors.size() * 9 / 10];
    std::printf("%-16s %4zu prompts, off by %5.1f %% in the median, %5.1f %% at 90 %%\n",
                provider.c_str(), errors.size(), 100 * median, 100 * most);
  }
  EXPECT_LT(off["openai"][off["openai"].size() / 2], 0.05);
  EXPECT_LT(off["anthropic"][off["anthropic"].size() / 2], 0.2);
  EXPECT_LT(off["deepseek"][off["deepseek"].size() / 2], 0.2);
}

}  // namespace
}  // namespace plimsoll::tokens
