// Goal: completions of the older kind pass with the model, the limit and the usage of
// streams changed, and their texts are read.
// Method: bodies as clients and providers send them, streams in every cut.
#include "dialects/openai_completions/openai_completions.h"

#include <gtest/gtest.h>

#include "model/answer_builder.h"

namespace plimsoll::dialects::openai_completions {
namespace {

TEST(OpenaiCompletionsTest, the_limit_has_its_only_name_here) {
  const auto request = decode_call(R"({"model":"x","prompt":"a","stream":true})");
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(
      encode_call(**request, {.model = "m", .output_tokens_max = 5}),
      R"({"model":"m","stream_options":{"include_usage":true},"max_tokens":5,"prompt":"a","stream":true})");
  const auto asked = decode_call(R"({"model":"x","prompt":["a"],"max_tokens":9,"n":2})");
  EXPECT_EQ((*asked)->choices, 2);
  EXPECT_EQ(encode_call(**asked, {.model = "x", .output_tokens_max = 5}),
            R"({"model":"x","prompt":["a"],"max_tokens":5,"n":2})");
}

TEST(OpenaiCompletionsTest, what_is_no_request_is_named) {
  for (const char* body : {R"({"prompt":"a"})", R"({"model":"m","prompt":1})",
                           R"({"model":"m","stream":1})", R"({"model":"m","n":0})",
                           R"({"model":"m","max_tokens":"x"})", R"({"model":"m","n":1,"n":2})"})
    EXPECT_FALSE(decode_call(body).has_value()) << body;
}

constexpr std::string_view kStream =
    "data: {\"model\":\"m-1\",\"choices\":[{\"text\":\"one "
    "\",\"index\":0,\"finish_reason\":null}]}\n\n"
    "data: {\"choices\":[{\"text\":\"two\",\"index\":0,\"finish_reason\":\"length\"}]}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":3}}\n\n"
    "data: [DONE]\n\n";

Answer read(std::string_view first, std::string_view second) {
  StreamDecoder decoder;
  AnswerBuilder builder;
  const auto drain = [&] {
    for (auto event = decoder.next(); event && *event; event = decoder.next()) {
      EXPECT_EQ((*event)->dialect, Dialect::openai_completions);
      builder.add(**event);
    }
  };
  decoder.feed(first);
  drain();
  decoder.feed(second);
  decoder.end_of_input();
  drain();
  EXPECT_TRUE(decoder.verdict().has_value());
  return builder.answer();
}

TEST(OpenaiCompletionsTest, a_stream_is_read_the_same_for_every_cut) {
  const Answer whole = read(kStream, "");
  EXPECT_EQ(whole.choices.at(0).text, "one two");
  EXPECT_EQ(whole.choices.at(0).finish, Finish::length);
  EXPECT_EQ(whole.usage->output, 3);
  for (std::size_t cut = 1; cut < kStream.size(); ++cut)
    ASSERT_EQ(read(kStream.substr(0, cut), kStream.substr(cut)), whole) << cut;
}

TEST(OpenaiCompletionsTest, what_is_written_anew_can_be_read_again) {
  Event event{.kind = Event::Kind::chunk};
  event.deltas.push_back({.kind = Delta::Kind::text, .text = "one"});
  event.finishes.push_back({.finish = Finish::stop});
  const auto encoder = reply_encoder({.call_id = "c"});
  std::string out;
  encoder->append(out, event);
  encoder->end(out);
  EXPECT_EQ(read(out, "").choices.at(0).text, "one");
}

}  // namespace
}  // namespace plimsoll::dialects::openai_completions
