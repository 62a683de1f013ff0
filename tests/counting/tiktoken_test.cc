// Goal: no text has other tokens here than in tiktoken.
// Method: tools/tokens/expected.py invents and collects texts and prints the
// tokens of PyPI tiktoken for each, built from our tables after their SHA-256
// was found to be tiktoken's own. Skipped where tiktoken is not installed.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tokens/encoder.h"

namespace plimsoll::tokens {
namespace {

namespace fs = std::filesystem;
constexpr int kSkipped = 77;

fs::path shared_folder() {
  const char* named = std::getenv("PLIMSOLL_SHARED");
  return named != nullptr ? fs::path(named) : fs::path(PLIMSOLL_SOURCE_DIR) / "../shared";
}

std::string command() {
  const fs::path source(PLIMSOLL_SOURCE_DIR);
  const fs::path own = source / "build/tiktoken/bin/python";
  std::string line = "PYTHONDONTWRITEBYTECODE=1 ";
  line += fs::exists(own) ? own.string() : std::string("python3");
  const char* options = std::getenv("PLIMSOLL_TIKTOKEN_OPTIONS");  // other texts: --seed, --count
  line += " " + (source / "tools/tokens/expected.py").string() + " --count 6000 ";
  if (options != nullptr) line += options;
  const fs::path data = shared_folder() / "data";
  if (fs::is_directory(data)) line += " " + fs::canonical(data).string();
  return line + " 2>&1";
}

/// One line of any length; false at the end.
bool read_line(std::FILE* from, std::string& line) {
  line.clear();
  for (int c = std::fgetc(from); c != EOF; c = std::fgetc(from)) {
    if (c == '\n') return true;
    line.push_back(static_cast<char>(c));
  }
  return !line.empty();
}

void compare(const nlohmann::json& row, Encoding encoding, const char* name) {
  const auto text = row.at("text").get<std::string>();
  const auto expected = row.at(name).get<std::vector<Rank>>();
  const Encoder& encoder = Encoder::of(encoding);
  EXPECT_EQ(encoder.encode(text), expected) << name << ": " << text.substr(0, 200);
  EXPECT_EQ(encoder.count(text), expected.size()) << name << ": " << text.substr(0, 200);
}

TEST(TiktokenTest, six_thousand_texts_have_the_tokens_of_tiktoken) {
  std::FILE* rows = ::popen(command().c_str(), "r");
  ASSERT_NE(rows, nullptr);
  std::size_t texts = 0;
  std::string line, last;
  while (read_line(rows, line)) {
    last = line;
    const auto row = nlohmann::json::parse(line, nullptr, false);
    if (row.is_discarded()) continue;
    compare(row, Encoding::o200k_base, "o200k_base");
    compare(row, Encoding::cl100k_base, "cl100k_base");
    ++texts;
  }
  const int status = ::pclose(rows);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kSkipped) GTEST_SKIP() << last;
  ASSERT_EQ(status, 0) << last;
  EXPECT_GE(texts, 5'000u);
  std::printf("%zu texts compared\n", texts);
}

}  // namespace
}  // namespace plimsoll::tokens
