#include "providers/stream_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace plimsoll::providers {
namespace {

/// How long an answer that is complete is kept waiting for its usage and end mark.
constexpr milliseconds kEndGrace{1'000};

}  // namespace

StreamEvents::StreamEvents(std::unique_ptr<net::ClientResponse> response,
                           std::unique_ptr<dialects::EventDecoder> decoder, const Call& call,
                           const ports::Timers& timers)
    : response_(std::move(response)),
      timers_(timers),
      plan_(call.plan),
      provider_(*call.target.provider),
      clients_(call.client_credential),
      key_(key_of(call)),
      decoder_(std::move(decoder)),
      first_token_(call.first_token),
      idle_(call.feature->timeouts.idle),
      pace_(call.feature->timeouts.chars_per_second, idle_),
      call_deadline_(call.allowance->deadline),
      content_due_(response_->times().sent + first_token_),
      choices_(static_cast<std::size_t>(std::max(call.request->choices, 1))) {}

Task<Result<std::optional<Event>>> StreamEvents::next() {
  while (!over_) {
    auto event = decoder_->next();
    if (!event) {
      over_ = true;
      Error told = as_seen_by_client(std::move(event).error(), provider_, key_);
      co_return std::unexpected(without_secrets(std::move(told), provider_, clients_.get()));
    }
    if (event->has_value()) {
      if ((*event)->has_content()) {
        content_seen_ = true;
        const Deadline now = timers_.now();
        content_due_ = now + idle_;
        pace_.add(content_bytes(**event), now);
      }
      finishes_ += (*event)->finishes.size();
      end_mark_ = end_mark_ || (*event)->kind == Event::Kind::done;
      co_return event;
    }
    if (input_ended_) {
      over_ = true;
      auto complete = decoder_->verdict();
      if (!complete) co_return std::unexpected(std::move(complete).error());
      break;
    }
    auto more = co_await read_more();
    if (!more) {
      over_ = true;
      co_return std::unexpected(std::move(more).error());
    }
  }
  co_return std::optional<Event>();
}

Task<Result<void>> StreamEvents::read_more() {
  if (may_be_over()) content_due_ = sooner(content_due_, timers_.now() + kEndGrace);
  auto bytes = co_await response_->read_some(sooner(content_due_, pace_.due()));
  if (!bytes) {
    const ErrorKind kind = bytes.error().kind;
    if (kind != ErrorKind::cancelled && may_be_over()) {
      input_ended_ = true;  // however the connection ended, the answer is whole
      co_return Result<void>();
    }
    const bool ours = kind == ErrorKind::deadline_exceeded && timers_.now() < call_deadline_;
    if (kind == ErrorKind::upstream_timeout_idle || ours) co_return std::unexpected(timed_out());
    co_return std::unexpected(std::move(bytes).error());
  }
  if (bytes->empty()) {
    input_ended_ = true;
    decoder_->end_of_input();
  } else {
    decoder_->feed(*bytes);
  }
  co_return Result<void>();
}

/// True when nothing of the answer is missing: as many choices as were asked for
/// have ended, and the stream is complete as its dialect sees it.
bool StreamEvents::may_be_over() const {
  return (end_mark_ || finishes_ >= choices_) && decoder_->verdict().has_value();
}

Error StreamEvents::timed_out() const {
  if (content_seen_ && pace_.due() < content_due_)
    return {.kind = ErrorKind::upstream_timeout_idle,
            .what = fmt::format("the stream of \"{}\" was slower than the least rate of "
                                "timeouts.chars_per_second",
                                provider_.name),
            .hint = "lower timeouts.chars_per_second if the model is that slow, 0 for no least"};
  if (content_seen_)
    return {.kind = ErrorKind::upstream_timeout_idle,
            .what = fmt::format("the stream of \"{}\" brought no content for {} ms", provider_.name,
                                idle_.count()),
            .hint = "raise timeouts.idle if the model pauses that long"};
  return {.kind = ErrorKind::upstream_timeout_first_token,
          .what = fmt::format("\"{}\" sent no content within {} ms", provider_.name,
                              first_token_.count()),
          .hint = "raise timeouts.first_token if the model thinks that long"};
}

}  // namespace plimsoll::providers
