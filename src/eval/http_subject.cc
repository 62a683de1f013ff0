#include "eval/http_subject.h"

#include <charconv>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "dialects/openai_chat/openai_chat.h"
#include "model/answer_builder.h"

namespace plimsoll::eval {
namespace {

namespace chat = dialects::openai_chat;

constexpr std::size_t kAnswerBytesMax = 64 * 1024 * 1024;
constexpr std::size_t kErrorBytesMax = 64 * 1024;

std::optional<std::int64_t> number_of(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  std::int64_t number = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
  if (read.ec != std::errc() || read.ptr != text->data() + text->size()) return std::nullopt;
  return number;
}

std::optional<ErrorKind> kind_named(std::string_view token) {
  for (int i = 0; i < kErrorKinds; ++i) {
    const auto kind = static_cast<ErrorKind>(i);
    if (to_string(kind) == token) return kind;
  }
  return std::nullopt;
}

/// Plimsoll names the kind of its errors; another server's are told by their shape.
Error error_of(int status, const net::Headers& headers, std::string_view body) {
  chat::HeaderList list;
  for (const net::HeaderView& field : headers) list.emplace_back(field.name, field.value);
  Error error = chat::classify(status, list, body);
  json::Document document;
  const auto root = document.parse(body);
  const auto shown = root ? root->get("error") : std::nullopt;
  if (!shown || !shown->get("plimsoll")) return error;
  error.kind = kind_named(shown->get_string("code").value_or("")).value_or(error.kind);
  error.what = shown->get_string("message").value_or(error.what);
  return error;
}

/// The question did not reach what is measured: no connection, or an answer that
/// means "you asked at the wrong door".
bool is_harness_error(const Outcome& outcome) {
  const ErrorKind kind = outcome.error->kind;
  if (kind == ErrorKind::upstream_unreachable || kind == ErrorKind::upstream_timeout_connect) {
    return outcome.http_status == 0;
  }
  return outcome.http_status == 401 || outcome.http_status == 403 || outcome.http_status == 404 ||
         outcome.http_status == 405;
}

void take(Answer answer, Outcome& outcome) {
  outcome.usage = answer.usage;
  if (!answer.choices.empty()) outcome.answer = std::move(answer.choices.front());
}

/// Hands on every event that is whole by now.
Result<void> drain(chat::StreamDecoder& decoder, AnswerBuilder& builder, bool& content) {
  for (;;) {
    PLIMSOLL_TRY(std::optional<Event> event, decoder.next());
    if (!event) return {};
    content = content || event->has_content();
    builder.add(*event);
  }
}

}  // namespace

Result<std::unique_ptr<HttpSubject>> HttpSubject::make(Options options, net::Client& client) {
  while (options.url.ends_with('/')) options.url.pop_back();
  PLIMSOLL_TRY(net::Origin origin, net::parse_origin(options.url));
  auto shared = std::make_shared<const net::Origin>(std::move(origin));
  return std::unique_ptr<HttpSubject>(
      new HttpSubject(std::move(options), std::move(shared), client));
}

HttpSubject::HttpSubject(Options options, std::shared_ptr<const net::Origin> origin,
                         net::Client& client)
    : options_(std::move(options)), origin_(std::move(origin)), client_(client) {
  if (!options_.key.empty()) authorization_ = "Bearer " + options_.key.reveal();
}

Task<Outcome> HttpSubject::ask(const Case& asked, Ask how) {
  Outcome outcome;
  const Deadline started = Clock::now();
  auto done = co_await exchange(request_body(asked, options_.model, how.stream), how, outcome);
  outcome.duration = Clock::now() - started;
  if (!done) {
    outcome.answer = {};
    outcome.error = std::move(done).error();
    outcome.harness_error = is_harness_error(outcome);
  }
  price(outcome);
  co_return outcome;
}

Task<Result<void>> HttpSubject::exchange(std::string body, Ask how, Outcome& outcome) {
  net::ClientRequest request{.target = "/chat/completions", .body = body};
  request.headers.emplace_back("content-type", "application/json");
  request.headers.emplace_back("accept", how.stream ? "text/event-stream" : "application/json");
  request.headers.emplace_back("user-agent", "plimsoll-eval");
  if (!authorization_.empty()) request.headers.emplace_back("authorization", authorization_);
  // Each repeat of a case is a fresh draw, also where a gateway keeps answers.
  request.headers.emplace_back("cache-control", "no-store");
  const net::ClientTimeouts timeouts{.deadline = how.deadline, .headers = std::chrono::hours(24)};
  auto sent = co_await client_.send(origin_, std::move(request), timeouts, how.cancel);
  if (!sent) co_return std::unexpected(std::move(sent).error());
  net::ClientResponse& response = **sent;
  read_head(response, outcome);
  if (response.status() < 200 || response.status() > 299) {
    auto text = co_await response.read_all(kErrorBytesMax);
    co_return std::unexpected(
        error_of(response.status(), response.headers(), text ? *text : std::string()));
  }
  if (how.stream) co_return co_await read_stream(response, how, outcome);
  co_return co_await read_whole(response, outcome);
}

Task<Result<void>> HttpSubject::read_whole(net::ClientResponse& response, Outcome& outcome) {
  PLIMSOLL_CO_TRY(std::string body, co_await response.read_all(kAnswerBytesMax));
  PLIMSOLL_CO_TRY(const Event event, chat::decode_whole(std::move(body)));
  AnswerBuilder builder;
  builder.add(event);
  take(std::move(builder).take(), outcome);
  co_return Result<void>();
}

Task<Result<void>> HttpSubject::read_stream(net::ClientResponse& response, Ask how,
                                            Outcome& outcome) {
  const Deadline asked = response.times().sent;
  chat::StreamDecoder decoder;
  AnswerBuilder builder;
  bool content = false;
  for (bool ended = false; !ended;) {
    PLIMSOLL_CO_TRY(const std::string_view bytes, co_await response.read_some(how.deadline));
    ended = bytes.empty();
    if (ended) decoder.end_of_input();
    decoder.feed(bytes);
    auto drained = drain(decoder, builder, content);
    if (!drained) co_return drained;
    if (content && !outcome.first_token) outcome.first_token = Clock::now() - asked;
  }
  auto complete = decoder.verdict();
  if (!complete) co_return complete;
  take(std::move(builder).take(), outcome);
  co_return Result<void>();
}

void HttpSubject::read_head(const net::ClientResponse& response, Outcome& outcome) const {
  const net::Headers& headers = response.headers();
  outcome.http_status = response.status();
  outcome.call_id = headers.get("x-request-id").value_or("");
  if (const auto attempts = number_of(headers.get("x-plimsoll-attempts"))) {
    outcome.attempts = static_cast<int>(*attempts);
  }
  if (const auto cost = number_of(headers.get("x-plimsoll-cost-nanodollars"))) {
    outcome.cost = Money{*cost};
  }
}

/// The price given by hand, for a server that tells no cost. An HTTP error is not
/// billed by any provider; an answer cut short may be, so its cost stays unknown.
void HttpSubject::price(Outcome& outcome) const {
  if (outcome.cost || !options_.price) return;
  if (outcome.usage) {
    outcome.cost = cost_of(*outcome.usage, *options_.price);
  } else if (outcome.error && outcome.http_status >= 400) {
    outcome.cost = Money{0};
  }
}

}  // namespace plimsoll::eval
