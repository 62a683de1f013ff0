// Goal: every problem reads as it was reviewed, byte by byte, and each token has
// a file that shows it.
// Method: tests/golden/config/<case>.yaml is compiled with a fixed environment and
// its report compared with <case>.txt. PLIMSOLL_BLESS=1 writes the reports anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "config/compile.h"
#include "config/fakes/fake_environment.h"
#include "config/tokens.h"

namespace plimsoll::config {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(PLIMSOLL_SOURCE_DIR) / "tests/golden/config";

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

FakeEnvironment environment() {
  FakeEnvironment fake;
  fake.variables = {{"OPENAI_API_KEY", "very-secret-1"},
                    {"TEAM_A_KEY", "very-secret-2"},
                    {"TEAM_B_KEY", "very-secret-2"},
                    {"EMPTY_KEY", ""},
                    {"BROKEN_KEY", "very-secret-3\nx-admin: yes"}};
  fake.files = {{"golden/support.jsonl", "{}"},
                {"secrets/openai", "very-secret-4\n"},
                {"rules/gap.yaml",
                 "hit: first\nform: message\nfacts:\n  type: object\n  required: [amount]\n"
                 "  properties: {amount: {type: integer, minimum: 0}}\n"
                 "rows:\n  - {when: {amont: 3}, then: {ok: true}}\n"},
                {"rules/holes.yaml",
                 "facts:\n  type: object\n  required: [amount]\n"
                 "  properties: {amount: {type: integer, minimum: 0}}\n"
                 "rows:\n  - {when: {amount: <= 30}, then: {ok: true}}\n"
                 "  - {when: {amount: < 20}, then: {ok: =amount > 3}}\n"
                 "tests:\n  - {facts: {amount: 3}, then: {ok: false}}\n"},
                {"schemas/reply.json", R"({"type":"object"})"},
                {"schemas/broken.json",
                 R"~({"type":"objekt","properties":{"a":{"pattern":"(?=a)"}},"requried":["a"]})~"}};
  return fake;
}

std::set<fs::path> cases() {
  std::set<fs::path> out;
  for (const auto& entry : fs::directory_iterator(kFolder))
    if (entry.path().extension() == ".yaml") out.insert(entry.path());
  return out;
}

TEST(ConfigGoldenTest, every_report_is_as_reviewed) {
  const bool bless = std::getenv("PLIMSOLL_BLESS") != nullptr;
  ASSERT_FALSE(cases().empty());
  for (const fs::path& path : cases()) {
    const Loaded loaded = compile(read(path), path.filename().string(), environment());
    const fs::path expected = fs::path(path).replace_extension(".txt");
    if (bless) std::ofstream(expected, std::ios::binary) << loaded.report();
    EXPECT_EQ(loaded.report(), read(expected)) << path;
    EXPECT_EQ(loaded.plan == nullptr, !loaded.diagnostics.empty()) << path;
  }
}

TEST(ConfigGoldenTest, every_token_has_a_file_that_shows_it) {
  std::set<std::string> shown;
  for (const fs::path& path : cases())
    for (const Diagnostic& d : compile(read(path), "x.yaml", environment()).diagnostics)
      shown.insert(d.token);
  for (const Token& token : tokens())
    if (token.token != "config_file_unreadable" && token.token != "config_too_large")
      EXPECT_TRUE(shown.contains(std::string(token.token))) << token.token;
  for (const std::string& token : shown)
    EXPECT_NE(find_token(token), nullptr) << token << " has no page";
}

TEST(ConfigGoldenTest, no_secret_is_ever_shown) {
  for (const fs::path& path : cases()) {
    const Loaded loaded = compile(read(path), path.filename().string(), environment());
    EXPECT_EQ(loaded.report().find("very-secret"), std::string::npos) << path;
    EXPECT_EQ(render_json(loaded.diagnostics).find("very-secret"), std::string::npos) << path;
  }
}

}  // namespace
}  // namespace plimsoll::config
