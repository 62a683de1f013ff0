#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/money.h"
#include "base/secret.h"
#include "model/budget.h"
#include "model/contract.h"
#include "model/dialect.h"
#include "model/limits.h"
#include "model/route_rule.h"
#include "model/rule_table.h"
#include "model/usage.h"

namespace plimsoll {

using std::chrono::milliseconds;

/// The member of a request that an upstream obeys as the limit of output tokens.
enum class OutputLimitField : std::uint8_t { max_completion_tokens, max_tokens };

/// When a target that fails is left alone, and for how long.
struct BreakerRules {
  bool on = true;
  int failures = 5;             // in a row
  double error_ratio = 0.5;     // of what ended within `window` ...
  int requests = 20;            // ... once that many did
  milliseconds window{30'000};  // also: a rest after which the last one is forgotten
  milliseconds rest{5'000};     // the first one; doubles while probes fail
  milliseconds rest_max{20'000};
};

/// How many re-sends to the same target its traffic may cause.
struct ResendRules {
  double share = 0.2;     // of the attempts of the last seconds
  double per_second = 3;  // at least
};

/// Rules for every model of an account; the states they act on outlive a plan.
struct TargetRules {
  BreakerRules breaker;
  ResendRules resends;
};

/// An upstream account: where it is and how to speak to it. A provider of several
/// keys is as many of these, under one name.
struct Provider {
  std::string name;
  Dialect dialect = Dialect::openai_chat;
  std::optional<bool> responses;  // it serves /responses beside its chat; absent: told by its host
  std::string api_version{};      // Azure's classic form of address; "" elsewhere
  std::string base_url;           // scheme://host[:port][/path], no trailing slash
  Secret key;                     // empty: no Authorization header is sent
  std::string ca_file;            // PEM; empty: the system's trust store
  bool pass_client_key = false;   // forward the client's own credential instead of `key`
  std::vector<std::pair<std::string, Secret>> headers;  // added to every request
  std::optional<OutputLimitField> output_limit_field;   // absent: told by its host
  milliseconds connect_timeout{5'000};
  std::size_t connections_max = 1024;  // per loop
  TargetRules targets;
};

/// What of a request a model takes.
struct ModelAbilities {
  bool temperature = true;
  bool strict_schema = false;  // keeps a JSON Schema that it is given, by construction
};

/// A model as the team names it, on one provider.
struct ModelEntry {
  std::string name;
  std::size_t provider = 0;             // index into Plan::providers
  std::string upstream_model;           // what the provider calls it
  std::optional<Price> price;           // absent: cost is unknown, never 0
  std::int64_t output_tokens_max = 0;   // 0: unknown
  std::int64_t context_tokens_max = 0;  // 0: unknown
  ModelAbilities abilities{};
  /// The same model under the further keys of its provider: indices into
  /// Plan::models, of entries that are `twin` and served under no name of their own.
  std::vector<std::size_t> twins{};
  bool twin = false;
};

/// One of several models that a rung may ask alike.
struct Alternative {
  std::size_t model = 0;  // index into Plan::models
  double weight = 1;      // its share of the load, > 0
  int priority = 0;       // a higher number is asked only when no lower one can be
  bool operator==(const Alternative&) const = default;
};

/// One rung of the ladder: a model, and what of the request it gets otherwise; or
/// an answer without a model (stages/own_answer.h), which costs none of the tries.
struct Rung {
  enum class Kind : std::uint8_t {
    model,
    fixed_text,  // `static:` in the one-pager
    rules,       // a decision table
  };
  Kind kind = Kind::model;
  std::size_t model = 0;                            // index into Plan::models; of Kind::model
  std::vector<Alternative> any{};                   // equals, `model` the first; empty: it alone
  std::optional<double> temperature{};              // in place of the client's
  std::optional<std::int64_t> seed{};               // in place of the client's
  std::optional<std::int64_t> output_tokens_max{};  // lowers the client's limit
  /// Says what was wrong with the last answer, or what the contract is. Absent: after
  /// an answer that broke it; false: never; true: always.
  std::optional<bool> tighten{};
  std::string text{};                        // of Kind::fixed_text
  std::shared_ptr<const RuleTable> table{};  // of Kind::rules

  bool asks_model() const noexcept { return kind == Kind::model; }
};

struct RetryRules {
  int attempts = 3;  // all tries of one call together, first one included; 1..10
  milliseconds backoff_base{250};
  milliseconds backoff_max{8'000};
  milliseconds wait_max{60'000};  // for a target that asked for a pause, when no rung is left
};

struct Timeouts {
  milliseconds total{600'000};              // the call's deadline
  milliseconds attempt{120'000};            // one try, to its last byte; whole answers
  std::optional<milliseconds> headers;      // to the head of an answer; absent: as the next two
  std::optional<milliseconds> first_token;  // streams: to the first content; absent: by rung
  milliseconds idle{60'000};                // streams: between content
  int chars_per_second = 1;                 // streams: least rate, with `idle` as slack; 0: none
};

/// A second attempt beside one that is slow; whichever brings content first wins.
struct HedgeRules {
  std::optional<milliseconds> after;  // absent: the 95th percentile of the target's last answers
  double share = 0.05;                // of the target's attempts, at most
  int in_flight_max = 100;            // no hedge goes to a target that is busier
};

/// What happens to a stream that breaks after its first released byte.
enum class Commit : std::uint8_t {
  honest,  // the client is told
  resume,  // another answer goes on where it broke, where the text allows; else honest
};

/// What becomes of a call whose client leaves before the answer is whole.
enum class ClientGone : std::uint8_t {
  cancel,    // the upstream is dropped at once
  drain,     // no attempt starts; the running one is read for its true usage
  complete,  // as if the client were there
};

struct DisconnectRules {
  ClientGone then = ClientGone::cancel;
  milliseconds within{10'000};  // drain: reads no longer than this
};

struct ProportionTarget {
  double at_least = 0;       // 0..1
  double confidence = 0.95;  // one-sided
};

/// What the team stands behind; `plimsoll gate` judges these. Absent: not promised.
struct Objectives {
  std::optional<ProportionTarget> accuracy;
  std::string accuracy_on;  // path of the golden set; "" when not stated
  std::optional<ProportionTarget> valid;
  std::optional<milliseconds> p50, p95, p99, first_token_p95;
  std::optional<std::int64_t> input_tokens_max, output_tokens_max;  // hard, one request
  std::optional<Money> cost_per_request;     // hard, all attempts of one request
  std::optional<Money> cost_per_resolution;  // judged
};

/// What the business calls it, and how requests for it are treated.
struct Feature {
  std::size_t index = 0;  // its place in Plan::features
  std::string name;
  std::string owner;
  Objectives objectives;
  InputRules input;
  OutputRules output;
  CacheRules cache;
  std::vector<Rung> ladder;  // at least one
  std::vector<RouteRule> route;
  /// What leaves was made by a rung without a model, or confirmed by a table. Proved
  /// when the file is read.
  bool critical = false;
  RetryRules retry;
  Timeouts timeouts;
  Commit commit = Commit::resume;
  DisconnectRules disconnect;
  LimitSet limits;
  std::optional<HedgeRules> hedge;
  bool store_text = false;  // keep prompt and answer text in the ledger
};

/// A client's credential. Only the SHA-256 is used to compare.
struct Key {
  std::string id;  // shown in ledger and logs
  Secret secret;
  std::string tenant;  // "" = the default tenant
};

enum class Auth : std::uint8_t { keys, none };

struct Listen {
  std::string address = "127.0.0.1:8080";          // host:port, [v6]:port or unix:/path
  std::string tls_certificate_file, tls_key_file;  // both or neither
};

struct ServerRules {
  std::vector<Listen> listen{{}};
  std::string admin_address = "127.0.0.1:8081";  // "" turns it off
  Auth auth = Auth::none;
  int threads = 0;  // 0: min(affinity, cgroup quota)
  std::size_t header_bytes_max = 64 * 1024;
  std::size_t body_bytes_max = 32 * 1024 * 1024;
  std::size_t connections_max = 100'000;
  milliseconds header_timeout{10'000};
  milliseconds body_timeout{60'000};
  milliseconds keep_alive_timeout{75'000};
  milliseconds drain_timeout{30'000};
};

struct LedgerRules {
  bool on = true;
  std::string folder;  // state folder; "" = XDG state home / plimsoll
  milliseconds flush_interval{200};
  std::size_t queue_max = 65'536;  // rows waiting; beyond it rows are dropped and counted
};

/// The compiled one-pager. Immutable; taken once at ingress and kept by the
/// call, so a reload never changes a running call.
struct Plan {
  std::string version;  // hash of the text it came from; goes into every ledger row
  std::string source;   // the file's path; "" in no-file mode
  ServerRules server;
  LedgerRules ledger;
  std::vector<Provider> providers;
  std::vector<ModelEntry> models;
  std::vector<Feature> features;
  std::vector<Key> keys;
  LimitSet limits;  // of all features together
  std::vector<BudgetRule> budgets;
  bool no_file = false;  // unpriced models are allowed; their cost is unknown
  /// Treats requests that name a model and no feature: defaults, one rung.
  Feature default_feature;
};

}  // namespace plimsoll
