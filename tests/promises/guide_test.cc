// Goal: every one-pager that the guide shows is one that this version takes.
// Method: each block of YAML that begins with `version:` is compiled, with files and
// variables that are there.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/compile.h"
#include "config/fakes/fake_environment.h"

namespace plimsoll {
namespace {

std::vector<std::string> pages_of(const std::string& text) {
  constexpr std::string_view kOpen = "```yaml\n", kClose = "\n```";
  std::vector<std::string> blocks;
  for (std::size_t at = 0; (at = text.find(kOpen, at)) != std::string::npos;) {
    at += kOpen.size();
    const std::size_t end = text.find(kClose, at);
    const std::string block = text.substr(at, end - at) + "\n";
    if (block.starts_with("version:")) blocks.push_back(block);
  }
  return blocks;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(GuideTest, every_page_that_the_guide_shows_is_taken) {
  config::FakeEnvironment environment;
  for (const char* name : {"EU_KEY_1", "EU_KEY_2", "US_KEY"}) environment.variables[name] = "k";
  for (const char* name : {"schemas/reply.json", "schemas/ticket.json"})
    environment.files[name] = R"({"type":"object"})";
  int tried = 0;
  for (const char* name : {"verified-answers.md", "cache.md", "ladder.md"})
    for (const std::string& page :
         pages_of(read(PLIMSOLL_SOURCE_DIR "/docs/guide/" + std::string(name)))) {
      const auto loaded = config::compile(page, name, environment);
      EXPECT_TRUE(loaded.plan) << name << "\n" << page << loaded.report();
      ++tried;
    }
  EXPECT_GE(tried, 6);
}

}  // namespace
}  // namespace plimsoll
