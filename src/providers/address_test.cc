// Goal: every dialect is asked where it listens, with the credential it knows, and a
// provider in the words that both sides share.
// Method: providers of each kind, and names that try to leave their path.
#include "providers/address.h"

#include <gtest/gtest.h>

#include "providers/habits.h"

namespace plimsoll::providers {
namespace {

struct Case {
  Provider provider;
  ModelEntry model{.upstream_model = "m/1?x"};
  Request request;
  net::Origin origin;

  std::string target(Dialect client, bool stream = false) {
    request.dialect = client;
    request.stream = stream;
    Call call;
    call.request = std::shared_ptr<const Request>(std::shared_ptr<void>(), &request);
    call.target = {.provider = &provider, .model = &model};
    std::string made;
    return std::string(target_of(call, spoken_with(provider, client), origin, made));
  }
};

TEST(AddressTest, a_provider_of_openais_shape_is_asked_for_a_chat_unless_it_has_responses) {
  Case at{.provider = {.base_url = "http://h/v1"}};
  EXPECT_EQ(at.target(Dialect::openai_chat), "/chat/completions");
  EXPECT_EQ(at.target(Dialect::openai_responses), "/chat/completions");
  EXPECT_EQ(at.target(Dialect::anthropic), "/chat/completions");
  EXPECT_EQ(at.target(Dialect::openai_embeddings), "/embeddings");
  EXPECT_EQ(at.target(Dialect::openai_completions), "/completions");
  at.provider.responses = true;
  EXPECT_EQ(at.target(Dialect::openai_responses), "/responses");
  EXPECT_EQ(at.target(Dialect::openai_chat), "/chat/completions");
  at.provider.responses = {};
  at.provider.base_url = "https://api.openai.com/v1";
  EXPECT_EQ(at.target(Dialect::openai_responses), "/responses");
  at.provider.responses = false;
  EXPECT_EQ(at.target(Dialect::openai_responses), "/chat/completions");
}

TEST(AddressTest, azures_classic_form_names_the_deployment_in_the_path) {
  Case at{.provider = {.api_version = "2024-10-21", .base_url = "https://x.openai.azure.com"}};
  at.provider.responses = true;
  EXPECT_EQ(at.target(Dialect::openai_chat),
            "/openai/deployments/m%2F1%3Fx/chat/completions?api-version=2024-10-21");
  EXPECT_EQ(at.target(Dialect::openai_embeddings),
            "/openai/deployments/m%2F1%3Fx/embeddings?api-version=2024-10-21");
  EXPECT_EQ(at.target(Dialect::openai_responses),
            "/openai/deployments/m%2F1%3Fx/chat/completions?api-version=2024-10-21");
  EXPECT_EQ(credential_of(at.provider, Secret("k")).header, "api-key");
}

TEST(AddressTest, gemini_has_the_model_in_its_path_and_another_one_for_streams) {
  Case at{.provider = {.dialect = Dialect::gemini}};
  EXPECT_EQ(at.target(Dialect::openai_chat), "/v1beta/models/m%2F1%3Fx:generateContent");
  EXPECT_EQ(at.target(Dialect::anthropic, true),
            "/v1beta/models/m%2F1%3Fx:streamGenerateContent?alt=sse");
  at.origin.base_path = "/v1beta";
  EXPECT_EQ(at.target(Dialect::openai_chat), "/models/m%2F1%3Fx:generateContent");
  EXPECT_EQ(credential_of(at.provider, Secret("k")).header, "x-goog-api-key");
}

TEST(AddressTest, keys_go_as_each_provider_knows_them) {
  const Provider chat, claude{.dialect = Dialect::anthropic};
  EXPECT_EQ(credential_of(chat, Secret("k")).value, "Bearer k");
  EXPECT_EQ(credential_of(claude, Secret("k")).header, "x-api-key");
  EXPECT_EQ(credential_of(claude, Secret("sk-ant-oat01")).header, "authorization");
  EXPECT_EQ(credential_of(chat, Secret("")).value, "");
}

TEST(HabitsTest, are_told_by_the_host_and_by_nothing_else) {
  EXPECT_EQ(habits_of("https://api.mistral.ai/v1").output_limit_field,
            OutputLimitField::max_tokens);
  EXPECT_FALSE(habits_of("https://api.mistral.ai:443/v1").takes_stream_options);
  EXPECT_TRUE(habits_of("https://api.deepseek.com").takes_stream_options);
  for (const char* other : {"https://api.openai.com/v1", "http://127.0.0.1:1/api.mistral.ai",
                            "https://api.mistral.ai.example.org", "nothing"})
    EXPECT_EQ(habits_of(other).output_limit_field, OutputLimitField::max_completion_tokens)
        << other;
}

}  // namespace
}  // namespace plimsoll::providers
