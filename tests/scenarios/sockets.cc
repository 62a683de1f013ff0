#include "tests/scenarios/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace plimsoll::scenarios {
namespace {

constexpr int kPatienceMs = 10'000;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// More bytes, "" at the end or after the patience.
std::string more(int socket) {
  pollfd waiting{.fd = socket, .events = POLLIN, .revents = 0};
  if (poll(&waiting, 1, kPatienceMs) <= 0) return {};
  char buffer[16384];
  const ssize_t got = recv(socket, buffer, sizeof buffer, 0);
  return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : std::string();
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::size_t content_length(std::string_view head) {
  const std::string text = lower(head);
  const auto at = text.find("content-length:");
  return at == std::string::npos ? 0 : std::stoul(text.substr(at + 15));
}

/// One whole request, "" when the peer closed first.
std::string read_request(int socket) {
  std::string bytes;
  while (true) {
    const auto head_end = bytes.find("\r\n\r\n");
    if (head_end != std::string::npos &&
        bytes.size() >= head_end + 4 + content_length(bytes.substr(0, head_end)))
      return bytes;
    const std::string next = more(socket);
    if (next.empty()) return {};
    bytes += next;
  }
}

/// "event: TYPE" for a line that holds "type":"TYPE" first.
std::string event_line(const std::string& line) {
  const std::string mark = "\"type\":\"";
  const auto at = line.find(mark);
  if (at == std::string::npos) return {};
  const auto begin = at + mark.size();
  return "event: " + line.substr(begin, line.find('"', begin) - begin) + "\n";
}

std::string body_text(const Answer& answer) {
  std::string text;
  for (const std::string& line : answer.body) {
    if (answer.stream)
      text += line.starts_with(":")
                  ? line + "\n\n"
                  : (answer.named ? event_line(line) : "") + "data: " + line + "\n\n";
    else
      text += (text.empty() ? "" : "\n") + line;
  }
  return text;
}

std::string head_text(const Answer& answer, std::size_t length) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " Scripted\r\n";
  head +=
      answer.stream ? "content-type: text/event-stream\r\n" : "content-type: application/json\r\n";
  for (const auto& [name, value] : answer.headers) head += name + ": " + value + "\r\n";
  return head + "content-length: " + std::to_string(length) + "\r\nconnection: close\r\n\r\n";
}

void reset(int socket) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

ScriptedServer::Script in_order(std::vector<Answer> answers) {
  return [answers = std::move(answers)](std::size_t place) {
    if (place < answers.size()) return answers[place];
    return Answer{.status = 500, .body = {R"({"error":{"message":"past the script"}})"}};
  };
}

}  // namespace

ScriptedServer::ScriptedServer(std::vector<Answer> answers)
    : ScriptedServer(in_order(std::move(answers))) {}

ScriptedServer::ScriptedServer(Script script) : script_(std::move(script)) {
  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  (void)bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  listen(listener_, 64);
  socklen_t size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : open_) shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& connection : connections_) connection.join();
  for (const int socket : open_) close(socket);
}

std::vector<std::string> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::vector<std::chrono::steady_clock::time_point> ScriptedServer::arrivals() const {
  const std::lock_guard lock(mutex_);
  return arrivals_;
}

void ScriptedServer::accept_all() {
  while (!stopping_) {
    const int socket = accept(listener_, nullptr, nullptr);
    if (socket < 0) return;
    {
      const std::lock_guard lock(mutex_);
      open_.push_back(socket);
    }
    connections_.emplace_back([this, socket] { serve(socket); });
  }
}

void ScriptedServer::serve(int socket) {
  const std::string request = read_request(socket);
  if (request.empty()) return;
  std::size_t place = 0;
  {
    const std::lock_guard lock(mutex_);
    place = requests_.size();
    requests_.push_back(request);
    arrivals_.push_back(std::chrono::steady_clock::now());
  }
  if (play(socket, script_(place))) shutdown(socket, SHUT_RDWR);
}

/// True once the peer has gone, or the server stops.
bool ScriptedServer::drip(int socket, const Answer& answer) const {
  pollfd closed{.fd = socket, .events = POLLRDHUP, .revents = 0};
  while (!stopping_ && poll(&closed, 1, static_cast<int>(answer.drip_every.count())) == 0)
    send_all(socket, answer.drip);
  return true;
}

/// False when the connection must stay open.
bool ScriptedServer::play(int socket, const Answer& answer) {
  if (answer.silent) return false;
  if (!answer.wire.empty()) send_all(socket, answer.wire);
  if (answer.reset && answer.body.empty()) {
    reset(socket);
    const std::lock_guard lock(mutex_);
    std::erase(open_, socket);
    close(socket);
    return false;
  }
  if (!answer.drip.empty()) return drip(socket, answer);
  if (!answer.wire.empty()) return !answer.stall;
  const std::string body = body_text(answer);
  constexpr std::size_t kPromisedAndNeverSent = 100;
  const bool broken = answer.cut || answer.reset || answer.stall;
  send_all(socket, head_text(answer, body.size() + (broken ? kPromisedAndNeverSent : 0)) + body);
  return !answer.stall;
}

std::string exchange(std::uint16_t port, std::string_view bytes) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(port);
  std::string answer;
  if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    send_all(socket, bytes);
    for (std::string next = more(socket); !next.empty(); next = more(socket)) answer += next;
  }
  close(socket);
  return answer;
}

std::string request_bytes(const Ask& ask) {
  std::string head =
      ask.method + " " + ask.path + " HTTP/1.1\r\nhost: test\r\nconnection: close\r\n";
  for (const std::string& line : ask.headers) head += line + "\r\n";
  if (!ask.body.empty())
    head += "content-type: application/json\r\ncontent-length: " + std::to_string(ask.body.size()) +
            "\r\n";
  return head + "\r\n" + ask.body;
}

int status_of_answer(std::string_view answer) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  if (!answer.starts_with(kVersion) || answer.size() < kVersion.size() + 3) return 0;
  return std::stoi(std::string(answer.substr(kVersion.size(), 3)));
}

std::string body_of_answer(std::string_view answer) {
  const auto head_end = answer.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return {};
  std::string_view rest = answer.substr(head_end + 4);
  if (lower(answer.substr(0, head_end)).find("transfer-encoding: chunked") == std::string::npos)
    return std::string(rest);
  std::string body;
  while (!rest.empty()) {
    const auto line_end = rest.find("\r\n");
    if (line_end == std::string_view::npos) break;
    const std::size_t size = std::stoul(std::string(rest.substr(0, line_end)), nullptr, 16);
    rest.remove_prefix(line_end + 2);
    if (size == 0 || rest.size() < size) break;
    body += rest.substr(0, size);
    rest.remove_prefix(std::min(rest.size(), size + 2));
  }
  return body;
}

}  // namespace plimsoll::scenarios
