#include "app/ingress.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "app/call_maker.h"
#include "app/departure.h"
#include "app/http_errors.h"
#include "app/model_names.h"
#include "app/reply_writer.h"
#include "base/hash.h"
#include "dialects/anthropic/anthropic.h"
#include "dialects/codec.h"
#include "dialects/openai_chat/openai_chat.h"
#include "stages/admit.h"
#include "stages/record.h"
#include "stages/validate_call.h"

namespace plimsoll::app {
namespace {

namespace chat = dialects::openai_chat;
namespace messages = dialects::anthropic;

constexpr std::string_view kChatPath = "/v1/chat/completions";
constexpr std::string_view kResponsesPath = "/v1/responses";
constexpr std::string_view kCompletionsPath = "/v1/completions";
constexpr std::string_view kEmbeddingsPath = "/v1/embeddings";
constexpr std::string_view kMessagesPath = "/v1/messages";
constexpr std::string_view kCountPath = "/v1/messages/count_tokens";
constexpr std::string_view kModelsPath = "/v1/models";

std::string_view header(const net::Exchange& exchange, std::string_view name) {
  return exchange.head().headers.get(name).value_or("");
}

std::shared_ptr<const Secret> credential_of(const net::Exchange& exchange) {
  constexpr std::string_view kBearer = "Bearer ";
  std::string_view sent = header(exchange, "authorization");
  if (sent.size() > kBearer.size() && net::same_name(sent.substr(0, kBearer.size()), kBearer))
    sent.remove_prefix(kBearer.size());
  if (sent.empty()) sent = header(exchange, "x-api-key");
  if (sent.empty()) sent = header(exchange, "api-key");
  if (sent.empty()) return nullptr;
  return std::make_shared<const Secret>(std::string(sent));
}

/// What the official SDKs say about their own patience, in seconds.
std::optional<milliseconds> client_timeout(const net::Exchange& exchange) {
  std::optional<milliseconds> least;
  for (const std::string_view name : {"x-stainless-timeout", "x-stainless-read-timeout"}) {
    const std::string_view text = header(exchange, name);
    double seconds = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const bool sane =
        failed == std::errc() && end == text.data() + text.size() && seconds > 0 && seconds < 1e6;
    if (!sane) continue;
    const milliseconds stated{static_cast<std::int64_t>(seconds * 1000)};
    least = least ? std::min(*least, stated) : stated;
  }
  return least;
}

/// Whether a list such as "max-age=0, no-cache" has `word`.
bool has_directive(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view one = list.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (net::same_name(one, word)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

/// `Cache-Control` as HTTP means it; `x-plimsoll-cache: off` is neither.
CacheUse cache_use(const net::Exchange& exchange) {
  const std::string_view said = header(exchange, "cache-control");
  const bool off = net::same_name(header(exchange, "x-plimsoll-cache"), "off");
  return {.look_up = !off && !has_directive(said, "no-cache") && !has_directive(said, "no-store"),
          .keep = !off && !has_directive(said, "no-store")};
}

int client_retry(const net::Exchange& exchange) {
  const std::string_view text = header(exchange, "x-stainless-retry-count");
  int count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

/// The trace id of a W3C traceparent, "00-<32 hex>-<16 hex>-<2 hex>"; "" if none.
std::string trace_id(const net::Exchange& exchange) {
  const std::string_view parent = header(exchange, "traceparent");
  constexpr std::size_t kWhole = 55;
  if (parent.size() != kWhole || parent[2] != '-' || parent[35] != '-') return {};
  const std::string_view id = parent.substr(3, 32);
  const bool hex = id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  const bool zero = id.find_first_not_of('0') == std::string_view::npos;
  return hex && !zero ? std::string(id) : std::string();
}

void fill_trail(Trail& trail, const net::Exchange& exchange, ports::Random& random) {
  trail.endpoint = std::string(exchange.head().path.substr(0, 128));
  trail.client_address = std::string(exchange.head().client_address);
  trail.client_retry = client_retry(exchange);
  trail.trace_id = trace_id(exchange);
  if (trail.trace_id.empty()) trail.trace_id = to_hex(random.next(), random.next());
}

Result<void> check_media(const net::Exchange& exchange) {
  const std::string_view encoding = header(exchange, "content-encoding");
  if (!encoding.empty() && !net::same_name(encoding, "identity"))
    return fail(ErrorKind::unsupported_media,
                fmt::format("the request body is compressed (content-encoding: {})",
                            encoding.substr(0, 40)),
                "send the JSON as it is");
  const std::string_view type = header(exchange, "content-type");
  if (!type.empty() && type.find("json") == std::string_view::npos)
    return fail(ErrorKind::unsupported_media,
                fmt::format("the request body is \"{}\"", type.substr(0, 80)),
                "send content-type: application/json");
  return {};
}

Error unknown_path(const net::RequestHead& head) {
  return {.kind = ErrorKind::path_not_found,
          .what = fmt::format("nothing is served at {}", head.path.substr(0, 200)),
          .hint =
              "served are POST /v1/chat/completions, POST /v1/responses, POST /v1/embeddings, POST "
              "/v1/completions, POST /v1/messages, POST "
              "/v1/messages/count_tokens, GET /v1/models and GET /v1/models/{id}"};
}

/// Answers are not kept, so there is none to get, to cancel or to delete.
Error nothing_stored(const net::RequestHead& head) {
  return {.kind = ErrorKind::path_not_found,
          .what = fmt::format("no responses are kept here, so nothing is served at {}",
                              head.path.substr(0, 200)),
          .hint = "use the answer of POST /v1/responses itself; send \"store\": false"};
}

Error wrong_method(const net::RequestHead& head, std::string_view right) {
  if (head.headers.get("upgrade"))
    return {.kind = ErrorKind::method_not_allowed,
            .what = fmt::format("websockets are not served at {}", head.path.substr(0, 200)),
            .hint = fmt::format("use {}, streamed if you like", right)};
  return {.kind = ErrorKind::method_not_allowed,
          .what = fmt::format("{} does not take {}", head.path.substr(0, 200),
                              head.method.substr(0, 20)),
          .hint = fmt::format("use {}", right)};
}

bool is_posted(std::string_view path) {
  static constexpr std::string_view kPosted[] = {kChatPath,       kResponsesPath, kCompletionsPath,
                                                 kEmbeddingsPath, kMessagesPath,  kCountPath};
  return std::ranges::find(kPosted, path) != std::ranges::end(kPosted);
}

/// What the client speaks: told by the path, and where that serves several
/// dialects, by a header that only one kind of client sends.
Dialect dialect_of(const net::Exchange& exchange) {
  const std::string_view path = exchange.head().path;
  if (path == kResponsesPath) return Dialect::openai_responses;
  if (path == kCompletionsPath) return Dialect::openai_completions;
  if (path == kEmbeddingsPath) return Dialect::openai_embeddings;
  const bool messages = path == kMessagesPath || path.starts_with("/v1/messages/") ||
                        (path != kChatPath && !header(exchange, "anthropic-version").empty());
  return messages ? Dialect::anthropic : Dialect::openai_chat;
}

/// Versions and betas of Anthropic's API are between the client and a provider
/// that speaks it.
std::shared_ptr<const PassedOn> passed_on(const net::Exchange& exchange, Dialect dialect) {
  constexpr std::string_view kPrefix = "anthropic-", kBeta = "beta=true";
  if (dialect != Dialect::anthropic) return nullptr;
  auto passed = std::make_shared<PassedOn>();
  for (const net::HeaderView& field : exchange.head().headers)
    if (field.name.size() > kPrefix.size() &&
        net::same_name(field.name.substr(0, kPrefix.size()), kPrefix))
      passed->headers.emplace_back(field.name, field.value);
  if (exchange.head().target.ends_with("?beta=true")) passed->query = kBeta;
  return passed;
}

/// The list of names, or the one that the path asks for.
Result<std::string> models_body(const std::shared_ptr<const Plan>& plan, std::string_view path,
                                Dialect dialect) {
  const bool anthropic = dialect == Dialect::anthropic;
  if (path.size() <= kModelsPath.size() + 1)
    return anthropic ? messages::encode_models(served_names(*plan))
                     : chat::encode_models(served_names(*plan));
  const std::string_view wanted = path.substr(kModelsPath.size() + 1);
  PLIMSOLL_TRY(const Resolved known, resolve(plan, wanted));
  (void)known;
  return anthropic ? messages::encode_model(wanted) : chat::encode_model(wanted);
}

}  // namespace

const std::shared_ptr<const Serving>& ServingSlots::here() const noexcept {
  return slots_[net::Loop::current().index()];
}

Task<void> Ingress::handle(net::Exchange& exchange) {
  std::string bug;
  try {
    co_await serve(exchange);
    co_return;
  } catch (const std::exception& thrown) {
    bug = thrown.what();
  } catch (...) {
    bug = "an unknown exception";
  }
  if (exchange.started()) co_return exchange.abort();
  Error error{.kind = ErrorKind::internal_bug,
              .what = "Plimsoll failed to serve this call: " + bug,
              .hint = "please report it with the call id"};
  co_await refuse(exchange, std::move(error));
}

Task<void> Ingress::serve(net::Exchange& exchange) {
  const net::RequestHead& head = exchange.head();
  if (is_posted(head.path)) {
    if (head.method != "POST") {
      Error error = wrong_method(head, "POST");
      co_return co_await refuse(exchange, std::move(error));
    }
    if (head.path == kCountPath) co_return co_await count_tokens(exchange);
    co_return co_await serve_call(exchange, dialect_of(exchange));
  }
  if (head.path == kModelsPath || head.path.starts_with("/v1/models/")) {
    if (head.method == "GET") co_return co_await serve_models(exchange);
    Error error = wrong_method(head, "GET");
    co_return co_await refuse(exchange, std::move(error));
  }
  const bool stored = head.path.starts_with("/v1/responses/");
  Error error = stored ? nothing_stored(head) : unknown_path(head);
  co_await refuse(exchange, std::move(error));
}

Task<void> Ingress::serve_call(net::Exchange& exchange, Dialect dialect) {
  const std::shared_ptr<const Serving> serving = slots_.here();
  const stages::OpenTrail trail(ports_.sink, ports_.timers, ports_.random);
  fill_trail(*trail, exchange, ports_.random);
  const Outlet outlet{.codec = dialects::codec_of(dialect),
                      .exchange = exchange,
                      .trail = *trail,
                      .show_controls = !header(exchange, "x-plimsoll-controls").empty()};

  auto media = check_media(exchange);
  if (!media) co_return co_await write_error(outlet, media.error());
  auto body = co_await exchange.read_body(serving->plan->server.body_bytes_max);
  if (!body) co_return co_await write_error(outlet, body.error());

  const CallOrigin origin{.dialect = dialect,
                          .feature = header(exchange, "x-plimsoll-feature"),
                          .credential = credential_of(exchange),
                          .passed_on = passed_on(exchange, dialect),
                          .client_timeout = client_timeout(exchange),
                          .cache = cache_use(exchange),
                          .cancel = exchange.client_gone(),
                          .bytes_suffice = true};
  auto call = make_call(*serving, std::move(*body), origin, trail.shared());
  if (!call) co_return co_await write_error(outlet, call.error());

  if (call->feature->disconnect.then == ClientGone::cancel)
    co_return co_await run(*serving, *call, outlet);
  Departure departure(*call, exchange.client_gone(), exchange.drain_over(), ports_.timers);
  Outlet patient = outlet;
  patient.reads_on = true;
  co_await departure.see_through(run(*serving, *call, patient));
}

Task<void> Ingress::run(const Serving& serving, Call& call, Outlet outlet) {
  auto reply = co_await serving.pipeline->run(call);
  if (!reply) co_return co_await write_error(outlet, reply.error());
  co_await write_reply(outlet, std::move(*reply), *call.request);
}

Result<void> Ingress::check_key(const net::Exchange& exchange, const Plan& plan) const {
  const auto credential = credential_of(exchange);
  PLIMSOLL_TRY(const auto who,
               stages::identify(plan, ports_.keys, credential.get(), ports_.timers.wall_now()));
  (void)who;
  return {};
}

Task<void> Ingress::serve_models(net::Exchange& exchange) {
  const std::shared_ptr<const Serving> serving = slots_.here();
  auto known = check_key(exchange, *serving->plan);
  if (!known) co_return co_await refuse(exchange, std::move(known).error());
  auto body = models_body(serving->plan, exchange.head().path, dialect_of(exchange));
  if (!body) co_return co_await refuse(exchange, std::move(body).error());
  co_await answer(exchange, *body, Counted::exactly);
}

/// Exact where the model's vocabulary is public; Anthropic's is not.
Task<void> Ingress::count_tokens(net::Exchange& exchange) {
  const std::shared_ptr<const Serving> serving = slots_.here();
  auto known = check_key(exchange, *serving->plan);
  if (known) known = check_media(exchange);
  if (!known) co_return co_await refuse(exchange, std::move(known).error());
  auto body = co_await exchange.read_body(serving->plan->server.body_bytes_max);
  if (!body) co_return co_await refuse(exchange, std::move(body).error());
  auto request = messages::decode_call(std::move(*body));
  if (!request) co_return co_await refuse(exchange, std::move(request).error());
  auto model = resolve(serving->plan, (*request)->model);
  if (!model) co_return co_await refuse(exchange, std::move(model).error());
  Call call{.plan = serving->plan, .request = std::move(*request)};
  call.feature = model->feature;
  call.ad_hoc_model = model->ad_hoc;
  const stages::Counting counting{.timers = ports_.timers, .calibration = ports_.calibration};
  auto prompt = co_await stages::count_prompt(call, counting);
  if (!prompt) co_return co_await refuse(exchange, std::move(prompt).error());
  const std::string count = messages::encode_token_count(prompt->tokens);
  co_await answer(exchange, count, prompt->exact ? Counted::exactly : Counted::estimated);
}

/// An answer of our own, which no upstream was asked for; recorded all the same.
Task<void> Ingress::answer(net::Exchange& exchange, const std::string& body, Counted counted) {
  const stages::OpenTrail trail(ports_.sink, ports_.timers, ports_.random);
  fill_trail(*trail, exchange, ports_.random);
  trail->http_status = 200;
  net::ResponseHead head;
  head.headers.emplace_back("content-type", "application/json");
  head.headers.emplace_back("x-request-id", trail->call_id);
  if (counted == Counted::estimated) head.headers.emplace_back("x-plimsoll-estimate", "true");
  auto sent = co_await exchange.respond(head, body);
  (void)sent;  // a client that left is nobody's error here
}

/// An answer to a request that never became a call; recorded all the same.
Task<void> Ingress::refuse(net::Exchange& exchange, Error error) {
  const stages::OpenTrail trail(ports_.sink, ports_.timers, ports_.random);
  fill_trail(*trail, exchange, ports_.random);
  const Outlet outlet{
      .codec = dialects::codec_of(dialect_of(exchange)), .exchange = exchange, .trail = *trail};
  co_await write_error(outlet, error);
}

std::string Ingress::error_body(const Error& error) {
  return chat::encode_error(error, {.retry = may_succeed_later(error.kind)});
}

}  // namespace plimsoll::app
