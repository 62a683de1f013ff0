// Goal: the table of failures keeps the promises that are made about it.
// Method: read as data, one property at a time.
#include "model/failure_rules.h"

#include <gtest/gtest.h>

namespace plimsoll {
namespace {

using enum ErrorKind;

TEST(FailureRulesTest, every_kind_has_a_rule_with_a_reason) {
  ASSERT_EQ(failure_rules().size(), static_cast<std::size_t>(kErrorKinds));
  for (const FailureRule& rule : failure_rules()) {
    EXPECT_EQ(&rule_for(rule.kind), &rule);
    EXPECT_TRUE(rule.why.ends_with('.')) << to_string(rule.kind);
  }
}

TEST(FailureRulesTest, a_rate_limit_says_nothing_about_the_health_of_a_target) {
  for (const ErrorKind kind : {upstream_rate_limited, upstream_ramping}) {
    EXPECT_EQ(rule_for(kind).breaker, BreakerCount::neutral);
    EXPECT_EQ(rule_for(kind).then, AfterFailure::again);
  }
}

TEST(FailureRulesTest, a_silent_target_is_left_and_never_asked_again) {
  for (const ErrorKind kind : {upstream_timeout_connect, upstream_timeout_headers,
                               upstream_timeout_first_token, upstream_timeout_idle})
    EXPECT_EQ(rule_for(kind).then, AfterFailure::next_rung) << to_string(kind);
}

TEST(FailureRulesTest, a_safety_decision_is_never_routed_around) {
  EXPECT_EQ(rule_for(upstream_content_filtered).then, AfterFailure::stop);
  EXPECT_EQ(rule_for(reply_refused).then, AfterFailure::stop);
}

TEST(FailureRulesTest, money_and_keys_are_matters_of_the_account) {
  EXPECT_EQ(rule_for(upstream_money_gone).then, AfterFailure::other_account);
  EXPECT_EQ(rule_for(upstream_credential).then, AfterFailure::other_account);
}

TEST(FailureRulesTest, what_the_client_did_never_counts_against_a_target) {
  for (const FailureRule& rule : failure_rules())
    if (!to_string(rule.kind).starts_with("upstream_"))
      EXPECT_NE(rule.breaker, BreakerCount::failure) << to_string(rule.kind);
  for (const ErrorKind kind :
       {upstream_request_invalid, upstream_context_too_long, upstream_content_filtered})
    EXPECT_EQ(rule_for(kind).breaker, BreakerCount::neutral) << to_string(kind);
}

}  // namespace
}  // namespace plimsoll
