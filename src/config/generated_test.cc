// Goal: what is generated agrees with the field table and with what is committed.
// Method: the schema is read by another JSON reader and held against the table; the
// committed pages are compared byte by byte (`plimsoll docs --out docs` writes them).
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "config/compile.h"
#include "config/explain.h"
#include "config/failures.h"
#include "config/fakes/fake_environment.h"
#include "config/field.h"
#include "config/reference.h"
#include "config/remedies.h"
#include "config/scalar.h"
#include "config/shape.h"
#include "config/summary.h"
#include "config/tokens.h"

namespace plimsoll::config {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(std::string(PLIMSOLL_SOURCE_DIR "/") + path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(GeneratedTest, the_committed_pages_are_what_the_table_says) {
  EXPECT_TRUE(read("docs/reference/config.md") == reference_markdown());
  EXPECT_TRUE(read("docs/reference/plimsoll.schema.json") == json_schema());
  EXPECT_TRUE(read("docs/errors.md") == errors_markdown());
  EXPECT_TRUE(read("docs/reference/failures.md") == failures_markdown());
}

TEST(GeneratedTest, the_schema_names_every_field) {
  const auto schema = nlohmann::json::parse(json_schema());
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  for (const Field& field : fields()) {
    nlohmann::json at = schema;
    std::string path(field.path);
    for (std::size_t i = path.find("[]"); i != std::string::npos; i = path.find("[]", i + 3))
      path.replace(i, 2, ".[]");
    std::istringstream steps(path);
    for (std::string step; std::getline(steps, step, '.');) {
      if (at.contains("anyOf")) at = nlohmann::json(at["anyOf"][1]);
      if (step == "*") {
        at = nlohmann::json(at["additionalProperties"]);
      } else if (step == "[]") {
        at = nlohmann::json(at["items"]);
      } else {
        ASSERT_TRUE(at["properties"].contains(step)) << field.path;
        at = nlohmann::json(at["properties"][step]);
      }
    }
    ASSERT_TRUE(at.contains("description")) << field.path;
    EXPECT_EQ(at.contains("not"), field.presence == Presence::later) << field.path;
    EXPECT_EQ(at.contains("default"), !field.fallback.empty()) << field.path;
  }
}

TEST(GeneratedTest, every_topic_has_a_page_and_every_page_says_what_to_do) {
  for (const std::string_view topic : topics()) EXPECT_TRUE(explain(topic)) << topic;
  for (int i = 0; i < kErrorKinds; ++i)
    EXPECT_FALSE(remedy_of(static_cast<ErrorKind>(i)).empty()) << i;
  for (const Token& token : tokens()) EXPECT_FALSE(token.remedy.empty()) << token.token;
  EXPECT_FALSE(explain("no_such_thing"));
  EXPECT_FALSE(explain(""));
}

TEST(GeneratedTest, a_field_is_explained_under_every_name_a_reader_may_use) {
  const auto page = explain("features.*.objectives.latency.p95");
  ASSERT_TRUE(page);
  EXPECT_EQ(explain("features.support-bot.objectives.latency.p95"), page);
  EXPECT_EQ(explain("latency.p95"), page);
  EXPECT_EQ(explain("p95"), page);
  EXPECT_EQ(explain("keys[0].secret"), explain("keys[].secret"));
  EXPECT_EQ(explain("keys.secret"), explain("keys[].secret"));
  EXPECT_NE(explain("features.support-bot")->find("objectives"), std::string::npos);
}

TEST(GeneratedTest, the_starter_is_valid_and_its_summary_tells_what_it_does) {
  FakeEnvironment environment;
  environment.variables["OPENAI_API_KEY"] = "very-secret";
  const Loaded loaded = compile(starter(), "plimsoll.yaml", environment);
  ASSERT_TRUE(loaded.plan) << loaded.report();
  const std::string text = summary(*loaded.plan);
  EXPECT_NE(text.find("fast (openai gpt-5-mini) -> smart (openai gpt-5.1)"), std::string::npos)
      << text;
  EXPECT_EQ(text.find("very-secret"), std::string::npos);
}

TEST(GeneratedTest, the_right_example_of_each_token_lacks_the_problem_of_the_wrong_one) {
  for (const Token& token : tokens()) {
    if (token.wrong.empty()) continue;
    EXPECT_NE(token.wrong, token.right) << token.token;
    EXPECT_FALSE(token.right.empty()) << token.token;
  }
}

}  // namespace
}  // namespace plimsoll::config
