// The client of bench/overhead for streams. One thread, epoll.
//
//   sse_client PORT STREAMS SECONDS MODEL [HEADER...]   keeps STREAMS streams running
//   sse_client PORT STREAMS hold MODEL [HEADER...]      opens them once and holds them
//
// Prints one line of JSON: events, streams ended well and badly. With `hold` it
// prints it when every stream has had its first event, and leaves at end of input.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Stream {
  std::string tail;  // what may be the start of a mark that the next read completes
  bool begun = false;
  bool done = false;
};

struct Totals {
  long events = 0, ended = 0, broken = 0;
  std::size_t begun = 0;
};

class Streams {
 public:
  Streams(std::uint16_t port, std::string request) : port_(port), request_(std::move(request)) {}

  bool open() {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || !ask(fd)) {
      close(fd);
      ++totals.broken;
      return false;
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    streams_[fd] = {};
    return true;
  }

  /// Reads what is there; a stream that ended well is asked again on its
  /// connection when `again`.
  void turn(int wait_ms, bool again) {
    epoll_event ready[256];
    const int count = epoll_wait(epoll_, ready, 256, wait_ms);
    for (int i = 0; i < count; ++i) read_some(ready[i].data.fd, again);
  }

  Totals totals;

 private:
  bool ask(int fd) const {
    return send(fd, request_.data(), request_.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(request_.size());
  }

  void read_some(int fd, bool again) {
    char buffer[65536];
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    Stream& stream = streams_[fd];
    if (got <= 0) return lose(fd, stream, again);
    stream.tail.append(buffer, static_cast<std::size_t>(got));
    count_events(stream);
    if (stream.done && stream.tail.ends_with("0\r\n\r\n")) {
      ++totals.ended;
      stream = {};
      if (again && !ask(fd)) lose(fd, stream, again);
    }
  }

  void count_events(Stream& stream) {
    std::size_t from = 0;
    for (std::size_t at = 0; (at = stream.tail.find("data: ", from)) != std::string::npos;) {
      if (stream.tail.size() - at < 12) break;  // whether it is the end is not known yet
      if (!stream.begun) ++totals.begun;
      stream.begun = true;
      ++totals.events;
      if (stream.tail.compare(at, 12, "data: [DONE]") == 0) stream.done = true;
      from = at + 6;
    }
    const std::size_t keep = stream.tail.size() - from;
    stream.tail.erase(0, keep > 64 ? stream.tail.size() - 64 : from);
  }

  void lose(int fd, const Stream& stream, bool again) {
    // A server may close after an answer; one that closes inside it breaks it.
    if (stream.begun || !stream.tail.empty()) ++totals.broken;
    streams_.erase(fd);
    close(fd);
    if (again) open();
  }

  int epoll_ = epoll_create1(0);
  std::uint16_t port_;
  std::string request_;
  std::unordered_map<int, Stream> streams_;
};

std::string request_for(std::string_view model, int count, char** headers) {
  std::string body = "{\"model\":\"" + std::string(model) +
                     "\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"";
  body.append(900, 'q');
  body += "\"}]}";
  std::string head =
      "POST /v1/chat/completions HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
      "Authorization: Bearer bench\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n";
  for (int i = 0; i < count; ++i) head += std::string(headers[i]) + "\r\n";
  return head + "\r\n" + body;
}

void print(const Totals& totals, double seconds) {
  std::printf("{\"events\":%ld,\"ended\":%ld,\"broken\":%ld,\"begun\":%zu,\"seconds\":%.3f}\n",
              totals.events, totals.ended, totals.broken, totals.begun, seconds);
  std::fflush(stdout);
}

bool input_ended() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  char byte = 0;
  return poll(&input, 1, 0) > 0 && read(STDIN_FILENO, &byte, 1) == 0;
}

void hold(Streams& streams, std::size_t count) {
  const auto began = Clock::now();
  while (streams.totals.begun < count && Clock::now() - began < std::chrono::seconds(60))
    streams.turn(100, false);
  print(streams.totals, std::chrono::duration<double>(Clock::now() - began).count());
  while (!input_ended()) streams.turn(100, false);
}

void keep_running(Streams& streams, double seconds) {
  const auto began = Clock::now();
  const auto end = began + std::chrono::duration<double>(seconds);
  while (Clock::now() < end) streams.turn(50, true);
  print(streams.totals, std::chrono::duration<double>(Clock::now() - began).count());
}

}  // namespace

int main(int count, char** words) {
  if (count < 5) {
    std::fprintf(stderr, "usage: sse_client PORT STREAMS SECONDS|hold MODEL [HEADER...]\n");
    return 2;
  }
  const std::string mode = words[3];
  Streams streams(static_cast<std::uint16_t>(std::atoi(words[1])),
                  request_for(words[4], count - 5, words + 5));
  const auto wanted = static_cast<std::size_t>(std::atoi(words[2]));
  for (std::size_t i = 0; i < wanted; ++i) {
    if (!streams.open()) break;
    if (i % 32 == 31) streams.turn(0, mode != "hold");
  }
  if (mode == "hold") {
    hold(streams, wanted);
  } else {
    keep_running(streams, std::atof(mode.c_str()));
  }
}
