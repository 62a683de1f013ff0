#pragma once

#include <fmt/core.h>

#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "model/trail.h"

namespace plimsoll::store {

/// A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = std::filesystem::temp_directory_path() / "plimsoll-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// A call with two attempts: the first broke its contract, the second passed.
inline std::shared_ptr<Trail> trail_of(const std::string& id, const std::string& feature = "bot") {
  auto trail = std::make_shared<Trail>();
  trail->call_id = id;
  trail->trace_id = "0af7651916cd43dd8448eb211c80319c";
  trail->started_wall = WallTime{std::chrono::seconds{1'767'225'600}};
  trail->tenant = "acme";
  trail->key_id = "team-a";
  trail->client_address = "127.0.0.1";
  trail->endpoint = "/v1/chat/completions";
  trail->feature = feature;
  trail->model_asked = feature;
  trail->policy_version = "9c1185a5";
  trail->request_hash = "00112233445566778899aabbccddeeff";
  trail->request_bytes = 412;
  trail->mode = StreamMode::verified;
  trail->http_status = 200;
  trail->bytes_released = 900;
  trail->first_byte = milliseconds{300};
  trail->duration = milliseconds{320};
  trail->controls = {{.control = "admit", .took = nanoseconds{900}},
                     {.control = "check_reply", .attempt = 0, .passed = false},
                     {.control = "check_reply", .attempt = 1, .note = "odd \"note\""}};
  AttemptTrail first{.provider = "openai", .model = "gpt-5-mini"};
  first.started = milliseconds{1};
  first.first_byte = milliseconds{100};
  first.ended = milliseconds{120};
  first.status = 200;
  first.error = ErrorKind::reply_invalid;
  first.error_text = "2 checks failed";
  first.verdict_known = true;
  first.verdict.violations = {{"json", "choice 0", "one JSON value", "Sure! secret words"}};
  first.usage = Usage{.input = 100, .output = 20, .cached_input = 64, .reasoning_output = 3};
  first.cost = Money{4'000};
  first.reserved = Money{9'000};
  AttemptTrail second = first;
  second.rung = 1;
  second.error.reset();
  second.error_text.clear();
  second.verdict = {};
  second.waited_before = milliseconds{50};
  second.probability = 0.25;
  trail->attempts = {first, second};
  return trail;
}

}  // namespace plimsoll::store
