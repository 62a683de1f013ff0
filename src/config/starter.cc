#include "config/reference.h"

namespace plimsoll::config {

std::string_view starter() {
  return R"(# What we stand behind, and how every request is held to it.
#   plimsoll check              says what is wrong with this file, and what it does
#   plimsoll explain FIELD      says what a field means: plimsoll explain objectives.latency.p95
#   plimsoll serve -c plimsoll.yaml
version: 1

# Upstream accounts. Secrets are references: env:NAME or file:PATH.
providers:
  openai: {dialect: openai, base_url: https://api.openai.com/v1, key: env:OPENAI_API_KEY}
  # claude: {dialect: anthropic, base_url: https://api.anthropic.com, key: env:ANTHROPIC_API_KEY}
  # local: {dialect: openai, base_url: http://127.0.0.1:8000/v1}

# Models, under your own names. Well-known ones have a price; others need `price`, in dollars
# per million tokens: {provider: local, model: qwen, price: {input: 0, output: 0}}
models:
  fast: {provider: openai, model: gpt-5-mini}
  smart: {provider: openai, model: gpt-5.1}

# What the business calls them. A client asks for one with its `model` field.
features:
  support-bot:
    owner: support-platform
    objectives:
      # accuracy: {at_least: 0.9, confidence: 0.95, on: golden/support.jsonl}   # for plimsoll gate
      valid: {at_least: 0.99}                # answers that keep the contract below
      latency: {p95: 10s, p99: 20s}          # or: direct (0.1 s), navigation (1 s), attention
      tokens: {input: 8000, output: 1000}    # hard ceilings for one request
      cost: {per_request: $0.05}             # hard ceiling, all tries together
    output:
      must_not_match: ['(?i)as an ai']       # RE2; with a contract, streams are verified first
      # json: true
      # required_keys: [answer]
    ladder:                                  # the attempts, in order, under one deadline
      - {model: fast}
      - {model: smart}
    timeouts: {total: 60s, attempt: 20s}

# server: {listen: ["127.0.0.1:8080"], admin: 127.0.0.1:8081}
# keys: [{id: team-a, secret: env:TEAM_A_KEY}]     # needed to listen beyond this machine
# ledger: {on: true, flush: 200ms}
)";
}

}  // namespace plimsoll::config
