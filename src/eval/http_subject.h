#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/secret.h"
#include "eval/subject.h"
#include "model/usage.h"
#include "net/http_client.h"

namespace plimsoll::eval {

/// Asks any server that speaks OpenAI's chat completions. From Plimsoll's own answers
/// it also reads the call id, the attempts and the cost (x-request-id,
/// x-plimsoll-attempts, x-plimsoll-cost-nanodollars).
class HttpSubject final : public Subject {
 public:
  struct Options {
    std::string url;             // "http://127.0.0.1:8080/v1": chat/completions goes behind it
    std::string model;           // what requests name: a feature of Plimsoll, else a model
    Secret key;                  // sent as a bearer; empty: none
    std::optional<Price> price;  // for a server that tells no cost
  };

  /// Must live on the loop of `client`, which must outlive it.
  ///
  /// Errors
  ///   config_invalid   `url` is not a URL
  [[nodiscard]] static Result<std::unique_ptr<HttpSubject>> make(Options options,
                                                                 net::Client& client);

  Task<Outcome> ask(const Case& asked, Ask how) override;
  std::string name() const override { return options_.url; }

 private:
  HttpSubject(Options options, std::shared_ptr<const net::Origin> origin, net::Client& client);
  Task<Result<void>> exchange(std::string body, Ask how, Outcome& outcome);
  Task<Result<void>> read_whole(net::ClientResponse& response, Outcome& outcome);
  Task<Result<void>> read_stream(net::ClientResponse& response, Ask how, Outcome& outcome);
  void read_head(const net::ClientResponse& response, Outcome& outcome) const;
  void price(Outcome& outcome) const;

  Options options_;
  std::string authorization_;
  std::shared_ptr<const net::Origin> origin_;
  net::Client& client_;
};

}  // namespace plimsoll::eval
