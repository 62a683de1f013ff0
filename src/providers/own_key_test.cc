// Goal: what a provider says of our secrets reaches nobody.
// Method: errors that quote them.
#include "providers/own_key.h"

#include <gtest/gtest.h>

namespace plimsoll::providers {
namespace {

TEST(OwnKeyTest, no_secret_of_a_provider_or_a_client_is_in_an_error) {
  const Provider provider{.name = "up",
                          .key = Secret("3f9c-our-key"),
                          .headers = {{"x-portkey-api-key", Secret("header-secret")}}};
  const Secret clients("clients-own-key");
  const std::string quote = "refused 3f9c-our-key, header-secret and clients-own-key";
  Error error{.kind = ErrorKind::upstream_request_invalid, .what = quote};
  error.remote = std::make_shared<const RemoteAnswer>(RemoteAnswer{.status = 400, .body = quote});
  const Error told = without_secrets(error, provider, &clients);
  EXPECT_EQ(told.what, "refused ***, *** and ***");
  EXPECT_EQ(told.remote->body, "refused ***, *** and ***");
  EXPECT_EQ(without_secrets(error, provider, nullptr).what, "refused ***, *** and clients-own-key");
}

}  // namespace
}  // namespace plimsoll::providers
