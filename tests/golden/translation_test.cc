// Goal: what crosses from one dialect into the other is fixed, byte by byte, and
// a change of it is seen in review.
// Method: each file under dialects/translation is an input; beside it stands what
// came out of it last time (`.expected.json`). PLIMSOLL_BLESS=1 writes them anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/golden/dialect_reading.h"
#include "tests/golden/recordings.h"

namespace plimsoll::dialects {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

const fs::path kFolder = PLIMSOLL_SOURCE_DIR "/tests/golden/dialects/translation";

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// From which dialect into which one a fixture goes.
struct Way {
  Dialect from, to;
};

std::optional<Dialect> dialect_named(std::string_view word) {
  if (word == "chat") return Dialect::openai_chat;
  if (word == "messages") return Dialect::anthropic;
  if (word == "responses") return Dialect::openai_responses;
  if (word == "gemini") return Dialect::gemini;
  return {};
}

/// NAME.chat.request.json goes from a chat to messages, and the other way round;
/// NAME.responses.chat.request.json says both.
Way way_of(const std::string& name) {
  std::vector<Dialect> named;
  std::istringstream words(name);
  for (std::string word; std::getline(words, word, '.');)
    if (const auto dialect = dialect_named(word)) named.push_back(*dialect);
  if (named.size() > 1) return {.from = named[0], .to = named[1]};
  const bool chat = named.at(0) == Dialect::openai_chat;
  return {.from = named[0], .to = chat ? Dialect::anthropic : Dialect::openai_chat};
}

Json show(const Error& error) {
  return {{"kind", to_string(error.kind)}, {"what", error.what}, {"hint", error.hint}};
}

Json request_outcome(Way way, const std::string& body) {
  const auto request = codec_of(way.from).decode_call(body);
  if (!request) return {{"refused", show(request.error())}};
  std::vector<std::string> dropped;
  const auto sent = body_for(codec_of(way.to), **request, {.model = "up/model"}, dropped);
  if (!sent) return {{"refused", show(sent.error())}};
  return {{"sent", Json::parse(*sent)}, {"dropped", dropped}};
}

Json whole_outcome(Way way, const std::string& body) {
  const auto event = codec_of(way.from).decode_whole(body);
  if (!event) return {{"error", show(event.error())}};
  return {{"told", Json::parse(reading::told_in(way.to, {*event}))}};
}

Json stream_outcome(Way way, const std::string& bytes) {
  const reading::Reading read = reading::read(way.from, bytes);
  Json lines = Json::array();
  std::istringstream told(reading::told_in(way.to, read.events));
  for (std::string line; std::getline(told, line);)
    if (!line.empty()) lines.push_back(line);
  return {{"error", read.error}, {"verdict", read.verdict}, {"told", lines}};
}

/// The dialect of an input stands in its name: NAME.chat.request.json and so on.
std::optional<Json> outcome(const fs::path& path) {
  const std::string name = path.filename(), text = read_file(path);
  if (name.ends_with(".expected.json")) return {};
  const Way way = way_of(name);
  if (name.ends_with(".request.json")) return request_outcome(way, text);
  if (name.ends_with(".upstream.json")) return whole_outcome(way, text);
  if (name.ends_with(".stream.sse")) return stream_outcome(way, text);
  return {};
}

std::vector<fs::path> fixtures() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(kFolder)) paths.push_back(entry.path());
  std::ranges::sort(paths);
  return paths;
}

TEST(TranslationGoldenTest, every_fixture_comes_out_as_it_was_reviewed) {
  int cases = 0;
  for (const fs::path& path : fixtures()) {
    const auto seen = outcome(path);
    if (!seen) continue;
    ++cases;
    const std::string name = path.filename().string();
    const fs::path golden = kFolder / (name.substr(0, name.find('.')) + ".expected.json");
    const std::string text = seen->dump(2) + "\n";
    if (std::getenv("PLIMSOLL_BLESS") != nullptr) std::ofstream(golden) << text;
    EXPECT_EQ(read_file(golden), text) << path;
  }
  EXPECT_GE(cases, 10);
}

TEST(TranslationGoldenTest, streams_are_read_the_same_for_every_cut) {
  for (const fs::path& path : fixtures()) {
    if (!path.string().ends_with(".stream.sse")) continue;
    const std::string bytes = read_file(path);
    const Dialect from = way_of(path.filename()).from;
    const reading::Reading whole = reading::read(from, bytes);
    for (std::size_t i = 1; i < bytes.size(); ++i)
      ASSERT_TRUE(reading::same(reading::read(from, bytes, {i}), whole)) << path << " " << i;
  }
}

}  // namespace
}  // namespace plimsoll::dialects
