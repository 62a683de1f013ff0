#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "base/secret.h"
#include "base/time.h"
#include "model/client_key.h"
#include "model/correction.h"
#include "model/plan.h"
#include "model/request.h"
#include "model/trail.h"

namespace plimsoll {

/// What all tries of one client request share: one deadline, one attempt
/// budget, one cost ceiling. Lives on one loop.
struct Allowance {
  Deadline deadline = kNoDeadline;  // only ever moved closer
  int attempts_left = 1;
  std::optional<Money> cost_left;  // absent: no ceiling
};

/// What of a client's request, besides its body, means something to an upstream
/// that speaks the client's dialect.
struct PassedOn {
  std::vector<std::pair<std::string, std::string>> headers;
  std::string query;  // without the '?'
};

/// What a client wants of the cache.
struct CacheUse {
  bool look_up = true, keep = true;
};

/// What a client said, for the input contract of a feature.
struct Said {
  std::size_t chars = 0;   // of all texts, in Unicode code points
  std::string last;        // what the user said last
  std::string last_place;  // where it stands, in words: "messages[2].content"
};

/// Where an attempt goes, and at what price. Points into the call's Plan.
struct Target {
  const Provider* provider = nullptr;
  const ModelEntry* model = nullptr;
};

/// One request on its way through the pipeline. Copies cheaply: everything big
/// is shared. Each field is set by the one stage named beside it.
struct Call {
  std::shared_ptr<const Plan> plan;                 // ingress
  std::shared_ptr<const Request> request;           // ingress
  std::shared_ptr<Trail> trail;                     // ingress; written by every stage
  std::shared_ptr<Allowance> allowance;             // ingress
  const Feature* feature = nullptr;                 // ingress; points into plan or into `ad_hoc`
  std::shared_ptr<const ModelEntry> ad_hoc_model;   // ingress: "provider/model" names
  std::shared_ptr<const Secret> client_credential;  // ingress: bearer, x-api-key or api-key
  std::shared_ptr<const PassedOn> passed_on;        // ingress; null: nothing
  std::string account;                              // admit: whose money; the key's id
  std::string tenant;                               // admit; "" = the default tenant
  std::shared_ptr<const ClientKey> key;             // admit; null: none of the key store
  CacheUse cache;                                   // ingress
  std::shared_ptr<const Said> said;                 // ingress; null: nobody asks
  std::optional<PromptTokens> prompt;               // validate_call, if it had to count
  std::string_view prompt_counted_for;              // validate_call: the upstream model, in plan
  bool bytes_only = false;                  // ingress: nobody reads the answer, it is passed on
  CancelToken cancel;                       // ingress: the client has gone, or we are stopping
  int rung = 0;                             // ladder
  const ModelEntry* chosen = nullptr;       // ladder: of those the rung may ask
  bool cold = false;                        // ladder: the correction is asked at temperature 0
  bool hedge = false;                       // ladder: another attempt runs beside this one
  std::size_t attempt = 0;                  // ladder: index into trail->attempts
  Deadline attempt_deadline = kNoDeadline;  // ladder: never later than allowance->deadline
  std::shared_ptr<const Correction> correction;   // ladder: what this attempt asks besides
  milliseconds first_token{0};                    // ladder: how long a stream's content may take
  Target target;                                  // route
  std::optional<std::int64_t> output_tokens_max;  // budget: the limit the upstream is given
};

}  // namespace plimsoll
