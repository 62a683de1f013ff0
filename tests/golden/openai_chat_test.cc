// Goal: what this dialect reads and writes is fixed, byte by byte, and a change
// of it is seen in review.
// Method: each file under dialects/openai_chat is an input; beside it stands what
// came out of it last time (`.expected.json`). PLIMSOLL_BLESS=1 writes them anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "dialects/openai_chat/openai_chat.h"

namespace plimsoll::dialects::openai_chat {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

const fs::path kFolder = PLIMSOLL_SOURCE_DIR "/tests/golden/dialects/openai_chat";
const ErrorFrame kFrame{.call_id = "c_golden", .stage = "dispatch", .retry = false};

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Json show(const Error& error) {
  Json out{{"kind", to_string(error.kind)}, {"what", error.what}, {"hint", error.hint}};
  if (error.retry_after) out["retry_after_ms"] = error.retry_after->count();
  out["to_client"] = encode_error(error, kFrame);
  return out;
}

Json show(const std::optional<Usage>& usage) {
  if (!usage) return nullptr;
  return {{"input", usage->input},
          {"output", usage->output},
          {"cached_input", usage->cached_input},
          {"reasoning_output", usage->reasoning_output}};
}

Json show(const Answer& answer) {
  static constexpr std::string_view kFinishes[] = {"none",       "stop",           "length",
                                                   "tool_calls", "content_filter", "other"};
  Json choices = Json::array();
  for (const Choice& choice : answer.choices) {
    Json tools = Json::array();
    for (const ToolCall& tool : choice.tool_calls)
      tools.push_back({{"id", tool.id}, {"name", tool.name}, {"arguments", tool.arguments}});
    choices.push_back({{"text", choice.text},
                       {"refusal", choice.refusal},
                       {"tool_calls", tools},
                       {"finish", kFinishes[static_cast<std::size_t>(choice.finish)]}});
  }
  return {{"model", answer.model}, {"choices", choices}, {"usage", show(answer.usage)}};
}

Json request_outcome(const std::string& body) {
  const auto request = decode_call(body);
  if (!request) return {{"refused", show(request.error())}};
  const Request& read = **request;
  Json out{{"model", read.model},
           {"stream", read.stream},
           {"usage_asked", read.usage_asked},
           {"choices", read.choices},
           {"json_asked", read.json_asked},
           {"text_bytes", read.text_bytes},
           {"messages", read.messages},
           {"tools", read.tools}};
  if (read.output_tokens_max) out["output_tokens_max"] = *read.output_tokens_max;
  if (read.json_schema)
    out["json_schema"] =
        read.body.substr(read.json_schema->begin, read.json_schema->end - read.json_schema->begin);
  out["sent"] = encode_call(read, {.model = "up/model"});
  out["sent_with_limit"] = encode_call(read, {.model = "up/model", .output_tokens_max = 64});
  return out;
}

Json whole_outcome(const std::string& body) {
  const auto event = decode_whole(body);
  if (!event) return {{"error", show(event.error())}};
  EXPECT_EQ(event->raw, body);
  return {{"answer", show(*event->whole)}};
}

/// Reads a stream that arrives in `pieces`.
Json stream_outcome(const std::vector<std::string_view>& pieces) {
  static constexpr std::string_view kKinds[] = {"whole", "chunk",   "usage",
                                                "done",  "comment", "opaque"};
  StreamDecoder decoder;
  Json kinds = Json::array(), out;
  AnswerBuilder builder;
  std::string to_client;
  const auto drain = [&] {
    while (!out.contains("error")) {
      const auto event = decoder.next();
      if (!event) out["error"] = show(event.error());
      if (!event || !*event) return;
      kinds.push_back(kKinds[static_cast<std::size_t>((*event)->kind)]);
      append_event(to_client, **event, {});
      builder.add(**event);
    }
  };
  for (const std::string_view piece : pieces) {
    decoder.feed(piece);
    drain();
  }
  decoder.end_of_input();
  drain();
  out["events"] = kinds;
  out["answer"] = show(builder.answer());
  const auto verdict = decoder.verdict();
  out["verdict"] = verdict ? Json("complete") : show(verdict.error());
  out["to_client"] = to_client;
  return out;
}

Json error_outcome(const std::string& text) {
  const auto input = nlohmann::json::parse(text);
  return show(classify(input["status"], input["headers"].get<HeaderList>(),
                       input["body"].get<std::string>()));
}

std::optional<Json> outcome(const fs::path& path) {
  const std::string name = path.filename(), text = read_file(path);
  if (name.ends_with(".request.json")) return request_outcome(text);
  if (name.ends_with(".upstream.json")) return whole_outcome(text);
  if (name.ends_with(".stream.sse")) return stream_outcome({text});
  if (name.ends_with(".error.json")) return error_outcome(text);
  return {};
}

std::vector<fs::path> fixtures() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(kFolder)) paths.push_back(entry.path());
  std::ranges::sort(paths);
  return paths;
}

TEST(OpenaiChatGoldenTest, streams_come_out_the_same_for_every_cut) {
  for (const fs::path& path : fixtures()) {
    if (!path.string().ends_with(".stream.sse")) continue;
    const std::string text = read_file(path);
    const std::string_view bytes = text;
    // A verdict names the bytes that are left over, so it is compared too.
    const Json whole = stream_outcome({bytes});
    for (std::size_t i = 1; i < bytes.size(); ++i)
      ASSERT_EQ(stream_outcome({bytes.substr(0, i), bytes.substr(i)}), whole) << path << " " << i;
    std::vector<std::string_view> each;
    for (std::size_t i = 0; i < bytes.size(); ++i) each.push_back(bytes.substr(i, 1));
    EXPECT_EQ(stream_outcome(each), whole) << path;
  }
}

TEST(OpenaiChatGoldenTest, every_fixture_comes_out_as_it_was_reviewed) {
  int cases = 0;
  for (const fs::path& path : fixtures()) {
    const auto seen = outcome(path);
    if (!seen) continue;
    ++cases;
    const std::string stem = path.filename().string();
    const fs::path golden = kFolder / (stem.substr(0, stem.find('.')) + ".expected.json");
    const std::string text = seen->dump(2) + "\n";
    if (std::getenv("PLIMSOLL_BLESS") != nullptr) std::ofstream(golden) << text;
    EXPECT_EQ(read_file(golden), text) << path;
  }
  EXPECT_GE(cases, 30);
}

}  // namespace
}  // namespace plimsoll::dialects::openai_chat
