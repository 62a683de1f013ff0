#include "providers/http_upstream.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "dialects/anthropic/anthropic.h"
#include "providers/address.h"
#include "providers/habits.h"
#include "providers/own_key.h"
#include "providers/stream_events.h"

namespace plimsoll::providers {
namespace {

using dialects::Codec;

constexpr std::string_view kUserAgent = "plimsoll/0.1.0";
constexpr std::size_t kErrorBytesMax = 64 * 1024;
constexpr std::size_t kAnswerBytesMax = 64 * 1024 * 1024;

Error scrubbed(Error error, const Call& call) {
  const Provider& provider = *call.target.provider;
  error = as_seen_by_client(std::move(error), provider, key_of(call));
  return without_secrets(std::move(error), provider, call.client_credential.get());
}

dialects::HeaderList copied(const net::Headers& headers) {
  dialects::HeaderList list;
  for (const net::HeaderView& field : headers) list.emplace_back(field.name, field.value);
  return list;
}

/// Headers of an upstream's answer that mean something to the client.
bool is_for_client(std::string_view name) {
  constexpr std::string_view kPrefixes[] = {"x-ratelimit-", "openai-", "anthropic-"};
  return std::ranges::any_of(kPrefixes, [name](std::string_view prefix) {
    return name.size() > prefix.size() && net::same_name(name.substr(0, prefix.size()), prefix);
  });
}

void keep_client_headers(const net::Headers& headers, Reply& reply) {
  for (const net::HeaderView& field : headers) {
    if (is_for_client(field.name))
      reply.headers.emplace_back(field.name, field.value);
    else if (net::same_name(field.name, "x-request-id") || net::same_name(field.name, "request-id"))
      reply.headers.emplace_back("x-plimsoll-upstream-request-id", field.value);
  }
}

/// One whole answer as a sequence of one event.
class OneEvent final : public EventSource {
 public:
  explicit OneEvent(Event event) : event_(std::move(event)) {}
  Task<Result<std::optional<Event>>> next() override {
    co_return std::exchange(event_, std::nullopt);
  }

 private:
  std::optional<Event> event_;
};

bool is_event_stream(const net::Headers& headers) {
  constexpr std::string_view kType = "text/event-stream";
  const std::string_view type = headers.get("content-type").value_or("");
  return type.size() >= kType.size() && net::same_name(type.substr(0, kType.size()), kType);
}

void note_times(const Call& call, const net::ClientResponse& response) {
  AttemptTrail& attempt = call.trail->attempts[call.attempt];
  attempt.status = response.status();
  attempt.first_byte = response.times().first_byte - call.trail->started;
}

/// A wait that is named as a date counts from the answer's own date; without one
/// it counts from our clock.
void add_date(dialects::HeaderList& headers, WallTime now) {
  const auto is_date = [](const auto& field) { return net::same_name(field.first, "date"); };
  if (std::ranges::any_of(headers, is_date)) return;
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(now));
  headers.emplace_back("date", fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(seconds)));
}

Task<Result<Reply>> error_reply(const Call& call, const Codec& codec, net::ClientResponse& response,
                                WallTime now) {
  auto body = co_await response.read_all(kErrorBytesMax);
  const std::string text = body ? std::move(*body) : std::string();
  dialects::HeaderList headers = copied(response.headers());
  add_date(headers, now);
  co_return std::unexpected(scrubbed(codec.classify(response.status(), headers, text), call));
}

Task<Result<Reply>> whole_reply(const Call& call, const Codec& codec,
                                net::ClientResponse& response) {
  Reply reply{.status = response.status()};
  keep_client_headers(response.headers(), reply);
  PLIMSOLL_CO_TRY(std::string body, co_await response.read_all(kAnswerBytesMax));
  const bool unread = call.bytes_only && codec.dialect == call.request->dialect;
  auto event = (unread ? codec.decode_unread : codec.decode_whole)(std::move(body));
  if (!event) co_return std::unexpected(scrubbed(std::move(event).error(), call));
  reply.events = std::make_unique<OneEvent>(std::move(*event));
  co_return reply;
}

/// A try that ran out of its own time is a timeout of the upstream, after which
/// the ladder may go on; only the call's deadline ends the call.
Error as_attempt_timeout(Error error, const Call& call, const ports::Timers& timers) {
  const bool call_goes_on = timers.now() < call.allowance->deadline;
  if (error.kind != ErrorKind::deadline_exceeded || !call_goes_on) return error;
  const bool answered = call.trail->attempts[call.attempt].status != 0;
  error.kind = answered ? ErrorKind::upstream_timeout_idle : ErrorKind::upstream_timeout_headers;
  error.what = fmt::format("\"{}\" did not finish its answer within {} ms",
                           call.target.provider->name, call.feature->timeouts.attempt.count());
  error.hint = "raise timeouts.attempt if the model takes that long";
  return error;
}

/// From this version of Anthropic's on, which a client names, no request takes a
/// temperature.
bool version_takes_temperature(const Call& call) {
  const bool same = call.request->dialect == call.target.provider->dialect;
  if (!same || call.passed_on == nullptr) return true;
  return std::ranges::none_of(call.passed_on->headers, [](const auto& header) {
    return net::same_name(header.first, "anthropic-version") && header.second >= "2026-10-21";
  });
}

/// What the rung wants otherwise, as far as the model takes it.
dialects::RungEdits rung_edits_of(const Call& call, std::vector<std::string>& dropped) {
  const Rung& rung = call.feature->ladder[static_cast<std::size_t>(call.rung)];
  dialects::RungEdits edits{
      .temperature = rung.temperature, .seed = rung.seed, .correction = call.correction.get()};
  const bool takes = call.target.model->abilities.temperature && version_takes_temperature(call);
  if (call.cold && !edits.temperature && takes) edits.temperature = 0;
  if (edits.temperature && !takes) {
    edits.temperature.reset();
    dropped.emplace_back("rung.temperature");
  }
  return edits;
}

/// The request as the upstream gets it; what was left out stands in the Trail.
Result<std::string> body_of(const Call& call, const Codec& codec) {
  const ModelEntry& model = *call.target.model;
  const Provider& provider = *call.target.provider;
  const Habits habits = habits_of(provider.base_url);
  std::vector<std::string> untaken, dropped;
  const dialects::CallEdits edits{
      .model = model.upstream_model,
      .output_tokens_max = call.output_tokens_max,
      .output_limit_field = provider.output_limit_field.value_or(habits.output_limit_field),
      .ask_usage = habits.takes_stream_options,
      .model_output_max = model.output_tokens_max,
      .rung = rung_edits_of(call, untaken)};
  PLIMSOLL_TRY(std::string body, dialects::body_for(codec, *call.request, edits, dropped));
  dropped.insert(dropped.end(), untaken.begin(), untaken.end());
  if (!dropped.empty())
    call.trail->attempts[call.attempt].dropped = fmt::format("{}", fmt::join(dropped, ","));
  return body;
}

net::ClientTimeouts timeouts_of(const Call& call) {
  const Timeouts& rules = call.feature->timeouts;
  return {
      .deadline = call.attempt_deadline,
      .headers = rules.headers.value_or(call.request->stream ? call.first_token : rules.attempt)};
}

constexpr std::string_view kVersionHeader = "anthropic-version";

bool sets(const Provider& provider, std::string_view name) {
  return std::ranges::any_of(
      provider.headers, [name](const auto& header) { return net::same_name(header.first, name); });
}

bool names_version(const Provider& provider, const PassedOn* passed_on) {
  if (sets(provider, kVersionHeader)) return true;
  return passed_on != nullptr && std::ranges::any_of(passed_on->headers, [](const auto& header) {
           return net::same_name(header.first, kVersionHeader);
         });
}

}  // namespace

ClientPool::ClientPool(net::LoopGroup& loops) {
  for (std::size_t i = 0; i < loops.size(); ++i)
    clients_.push_back(std::make_unique<net::Client>(loops.at(i)));
}

net::Client& ClientPool::here() const noexcept { return *clients_[net::Loop::current().index()]; }

Result<std::unique_ptr<HttpUpstream>> HttpUpstream::make(const Plan& plan,
                                                         const ClientPool& clients,
                                                         const ports::Timers& timers,
                                                         const HttpUpstream* earlier) {
  std::unique_ptr<HttpUpstream> upstream(new HttpUpstream(clients, timers));
  for (const Provider& provider : plan.providers) {
    PLIMSOLL_TRY(net::Origin origin, net::parse_origin(provider.base_url));
    origin.ca_file = provider.ca_file;
    origin.connect_timeout = provider.connect_timeout;
    origin.connections_max = provider.connections_max;
    std::shared_ptr<const net::Origin> shared;
    if (earlier != nullptr)
      for (const Route& old : earlier->routes_)
        if (*old.origin == origin) shared = old.origin;
    if (shared == nullptr) shared = std::make_shared<const net::Origin>(std::move(origin));
    upstream->routes_.push_back(
        {.origin = std::move(shared), .credential = credential_of(provider, provider.key)});
  }
  return upstream;
}

Task<Result<Reply>> HttpUpstream::send(const Call& call) {
  const Provider& provider = *call.target.provider;
  const Route& route = routes_[call.target.model->provider];
  const Dialect spoken = spoken_with(provider, call.request->dialect);
  const Codec& codec = dialects::codec_of(spoken);
  auto body = body_of(call, codec);
  if (!body) co_return std::unexpected(std::move(body).error());

  Credential clients{};  // the client's own, where it is passed on
  const PassedOn* passed_on = passed_on_of(call, spoken);
  std::string made;
  net::ClientRequest request{.target = target_of(call, spoken, *route.origin, made), .body = *body};
  request.headers.reserve(8);
  request.headers.emplace_back("content-type", "application/json");
  request.headers.emplace_back("accept",
                               call.request->stream ? "text/event-stream" : "application/json");
  request.headers.emplace_back("user-agent", kUserAgent);
  if (key_of(call) == KeyOf::client) clients = credential_of(provider, *call.client_credential);
  const Credential& credential = clients.value.empty() ? route.credential : clients;
  if (!credential.value.empty()) request.headers.emplace_back(credential.header, credential.value);
  if (passed_on != nullptr)
    for (const auto& [name, value] : passed_on->headers)
      if (!sets(provider, name)) request.headers.emplace_back(name, value);
  if (spoken == Dialect::anthropic && !names_version(provider, passed_on))
    request.headers.emplace_back(kVersionHeader, dialects::anthropic::kVersion);
  for (const auto& [name, value] : provider.headers)
    request.headers.emplace_back(name, value.reveal());

  const net::ClientTimeouts timeouts = timeouts_of(call);
  auto sent =
      co_await clients_.here().send(route.origin, std::move(request), timeouts, call.cancel);
  if (!sent && sent.error().kind == ErrorKind::upstream_unreachable && sent.error().hint.empty())
    sent.error().hint =
        fmt::format("check the base_url of provider \"{}\", and that it is up", provider.name);
  if (!sent)
    co_return std::unexpected(
        as_attempt_timeout(scrubbed(std::move(sent).error(), call), call, timers_));
  net::ClientResponse& response = **sent;
  note_times(call, response);

  if (response.status() < 200 || response.status() > 299)
    co_return co_await error_reply(call, codec, response, timers_.wall_now());
  const bool streamed = is_event_stream(response.headers());
  if (streamed != call.request->stream)
    co_return fail(ErrorKind::upstream_malformed,
                   streamed ? "the upstream streamed an answer that was asked for whole"
                            : "the upstream answered a stream request without a stream");
  if (!streamed) {
    auto whole = co_await whole_reply(call, codec, response);
    if (!whole)
      whole = std::unexpected(as_attempt_timeout(std::move(whole).error(), call, timers_));
    co_return whole;
  }

  Reply reply{.status = response.status(), .streamed = true};
  keep_client_headers(response.headers(), reply);
  reply.events =
      std::make_unique<StreamEvents>(std::move(*sent), codec.stream_decoder(), call, timers_);
  co_return reply;
}

}  // namespace plimsoll::providers
