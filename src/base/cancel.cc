#include "base/cancel.h"

namespace plimsoll {

std::string_view to_string(CancelReason reason) noexcept {
  switch (reason) {
    case CancelReason::none: return "none";
    case CancelReason::client_gone: return "client_gone";
    case CancelReason::deadline: return "deadline";
    case CancelReason::overload: return "overload";
    case CancelReason::shutdown: return "shutdown";
    case CancelReason::superseded: return "superseded";
  }
  return "none";
}

void CancelCallback::unlink() noexcept {
  if (owner_ == nullptr) return;
  if (prev_ != nullptr)
    prev_->next_ = next_;
  else
    owner_->first_ = next_;
  if (next_ != nullptr) next_->prev_ = prev_;
  owner_ = nullptr;
  prev_ = next_ = nullptr;
}

CancelReason CancelToken::reason() const noexcept {
  return source_ == nullptr ? CancelReason::none : source_->reason_;
}

void CancelToken::subscribe(CancelCallback& callback, CancelCallback::Run run,
                            void* self) const noexcept {
  if (source_ == nullptr) return;
  if (source_->reason_ != CancelReason::none) return run(self, source_->reason_);
  callback.unlink();
  callback.owner_ = source_;
  callback.run_ = run;
  callback.self_ = self;
  callback.prev_ = nullptr;
  callback.next_ = source_->first_;
  if (callback.next_ != nullptr) callback.next_->prev_ = &callback;
  source_->first_ = &callback;
}

CancelSource::CancelSource(CancelToken parent) {
  parent.subscribe(
      from_parent_,
      [](void* self, CancelReason reason) { static_cast<CancelSource*>(self)->cancel(reason); },
      this);
}

CancelSource::~CancelSource() {
  while (first_ != nullptr) first_->unlink();
}

void CancelSource::cancel(CancelReason reason) noexcept {
  if (reason_ != CancelReason::none) return;
  reason_ = reason;
  // A callback may unlink others, so the head is read anew each time.
  while (first_ != nullptr) {
    CancelCallback& callback = *first_;
    callback.unlink();
    callback.run_(callback.self_, reason);
  }
}

}  // namespace plimsoll
