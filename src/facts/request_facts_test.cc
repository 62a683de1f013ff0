// Goal: conditions see a request as its author means it, in every dialect.
// Method: bodies as clients send them, and conditions over them.
#include "facts/request_facts.h"

#include <gtest/gtest.h>

namespace plimsoll::facts {
namespace {

bool holds(std::string_view source, std::string body) {
  Request request;
  request.body = std::move(body);
  request.model = "bot";
  request.messages = 2;
  const auto program = cel::Program::compile(source, request_names());
  EXPECT_TRUE(program.has_value()) << (program ? "" : cel::show(program.error(), source));
  if (!program) return false;
  RequestFacts facts(request);
  facts.read_for(*program);
  facts.set(Fact::input_tokens, cel::Value::integer(12));
  const cel::Value value = program->evaluate(facts.values(), facts.arena());
  EXPECT_FALSE(value.is_error()) << value.message();
  return value.is_true();
}

constexpr const char* kChat =
    R"({"model":"bot","messages":[{"role":"developer","content":"be kind"},)"
    R"({"role":"user","content":"first"},{"role":"assistant","content":"yes"},)"
    R"({"role":"user","content":[{"type":"text","text":"look"},{"type":"text","text":"here"},)"
    R"({"type":"image_url","image_url":{"url":"https://e/p.png"}}]}],)"
    R"("tools":[{"type":"function","function":{"name":"buy"}}],"user":"u1",)"
    R"("metadata":{"tier":"gold","n":3}})";

constexpr const char* kMessages =
    R"({"model":"bot","system":[{"type":"text","text":"be kind"}],"messages":[)"
    R"({"role":"user","content":[{"type":"text","text":"look"},{"type":"tool_result",)"
    R"("tool_use_id":"t","content":[{"type":"image","source":{}}]}]}],)"
    R"("tools":[{"name":"buy","input_schema":{}}],"metadata":{"user_id":"u1"}})";

TEST(RequestFactsTest, a_responses_request_is_read) {
  const char* items =
      R"({"model":"bot","instructions":"be kind","input":[{"role":"user","content":"first"},)"
      R"({"type":"message","role":"user","content":[{"type":"input_text","text":"look"},)"
      R"({"type":"input_image","image_url":"https://e/p.png"}]}]})";
  EXPECT_TRUE(holds("request.text == 'look' && request.system == 'be kind'", items));
  EXPECT_TRUE(holds("request.attachments == 1", items));
  EXPECT_TRUE(holds("request.text == 'hi'", R"({"model":"bot","input":"hi"})"));
}

TEST(RequestFactsTest, a_chat_is_read) {
  EXPECT_TRUE(holds("request.text == 'look\\nhere' && request.system == 'be kind'", kChat));
  EXPECT_TRUE(holds("request.tools == ['buy'] && 'buy' in request.tools", kChat));
  EXPECT_TRUE(holds("request.attachments == 1 && request.user == 'u1'", kChat));
  EXPECT_TRUE(holds("request.metadata.tier == 'gold' && request.metadata.n == 3", kChat));
}

TEST(RequestFactsTest, messages_are_read_alike) {
  EXPECT_TRUE(holds("request.text == 'look' && request.system == 'be kind'", kMessages));
  EXPECT_TRUE(holds("request.tools == ['buy'] && request.attachments == 1", kMessages));
  EXPECT_TRUE(holds("request.user == 'u1'", kMessages));
}

TEST(RequestFactsTest, what_was_not_sent_is_empty_or_not_set) {
  const std::string bare = R"({"model":"bot","messages":[]})";
  EXPECT_TRUE(holds("size(request.tools) == 0 && request.text == ''", bare));
  EXPECT_TRUE(holds("!has(request.output_tokens) && !('tier' in request.metadata)", bare));
  EXPECT_TRUE(holds("request.input_tokens == 12 && request.model == 'bot'", bare));
}

TEST(RequestFactsTest, a_condition_that_asks_for_nothing_in_the_body_does_not_read_it) {
  EXPECT_TRUE(holds("request.messages == 2 && !request.stream", "no JSON at all"));
}

}  // namespace
}  // namespace plimsoll::facts
