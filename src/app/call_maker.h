#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/serving.h"
#include "model/call.h"

namespace plimsoll::app {

/// What a front door knows of a request besides its body.
struct CallOrigin {
  Dialect dialect = Dialect::openai_chat;     // of the body
  std::string_view feature;                   // header x-plimsoll-feature; "" when absent
  std::shared_ptr<const Secret> credential;   // may be null
  std::shared_ptr<const PassedOn> passed_on;  // may be null
  std::optional<std::chrono::milliseconds> client_timeout;  // what the client will wait
  CacheUse cache{};
  CancelToken cancel;
  bool bytes_suffice = false;  // the answer is passed on, and not read by who asks
};

/// Turns a request body into a Call under `serving`, and fills in the Trail what
/// is known by now. Used by every front door: the HTTP ingress and eval.
///
/// Errors
///   request_invalid, model_not_found
[[nodiscard]] Result<Call> make_call(const Serving& serving, std::string body,
                                     const CallOrigin& origin, std::shared_ptr<Trail> trail);

}  // namespace plimsoll::app
