// How fast texts are counted: `bench_tokens FILE...` prints for each file the
// median MB/s of counting its first 100 kB with both vocabularies, over 51 rounds,
// and the tokens. bench/tokens/compare.py sets other tokenizers beside it.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tokens/encoder.h"

namespace {

using namespace plimsoll::tokens;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 51;
constexpr std::size_t kBytes = 100'000;

std::string head_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  return text.substr(0, kBytes);
}

void measure(const char* path, const std::string& text, Encoding encoding, const char* name) {
  std::vector<double> seconds;
  std::size_t tokens = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = Clock::now();
    tokens = Encoder::of(encoding).count(text);
    seconds.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + kRounds / 2, seconds.end());
  fmt::print("{} {} {:.2f} MB/s {} tokens\n", path, name,
             static_cast<double>(text.size()) / seconds[kRounds / 2] / 1e6, tokens);
}

}  // namespace

int main(int count, char** arguments) {
  for (int i = 1; i < count; ++i) {
    const std::string text = head_of(arguments[i]);
    measure(arguments[i], text, Encoding::o200k_base, "o200k_base");
    measure(arguments[i], text, Encoding::cl100k_base, "cl100k_base");
  }
}
