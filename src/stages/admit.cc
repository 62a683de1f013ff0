#include "stages/admit.h"

#include "stages/internal/control_timer.h"

namespace plimsoll::stages {
namespace {

/// Looks at every byte whatever differs, so that time tells nothing but the
/// length of what the client itself sent.
bool same_secret(std::string_view known, std::string_view sent) {
  unsigned difference = known.size() == sent.size() ? 0U : 1U;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const char expected = known.empty() ? '\0' : known[i % known.size()];
    difference |= static_cast<unsigned char>(expected ^ sent[i]);
  }
  return difference == 0;
}

}  // namespace

const Key* find_key(const Plan& plan, const Secret* credential) {
  if (credential == nullptr || credential->empty()) return nullptr;
  const Key* found = nullptr;
  for (const Key& key : plan.keys)
    if (same_secret(key.secret.reveal(), credential->reveal())) found = &key;
  return found;
}

Task<Result<Reply>> Admit::handle(Call& call, pipeline::Next next) const {
  const ControlTimer timer(timers_, "admit", *call.trail);
  if (call.plan->server.auth == Auth::none) {
    call.account = "default";
    timer.passed(*call.trail, -1, "auth none");
    return next(call);
  }
  const Key* key = find_key(*call.plan, call.client_credential.get());
  if (key == nullptr) {
    const bool sent = call.client_credential != nullptr && !call.client_credential->empty();
    timer.refused(*call.trail);
    return pipeline::refused(
        {.kind = ErrorKind::unauthorized,
         .what = sent ? "the key that was sent is not known here" : "no key was sent",
         .hint = "send a key of the one-pager's `keys` as \"Authorization: Bearer ...\""});
  }
  call.account = key->id;
  call.trail->key_id = key->id;
  call.trail->tenant = key->tenant;
  timer.passed(*call.trail);
  return next(call);
}

}  // namespace plimsoll::stages
