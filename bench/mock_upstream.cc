// The upstream of bench/overhead: answers every request with one constant chat
// completion of about 1 kB, or, where the body asks for a stream, with events at
// a fixed pace. One thread, epoll, no parsing beyond what framing needs: it must
// never be what is measured.
//
//   mock_upstream PORT [EVENTS] [EVENT_MS]
//
// Port 0 picks one; the first line of output is "port N". Not a strict server:
// it trusts its one client.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

constexpr std::string_view kEvent =
    "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
    "\"model\":\"mock\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"token \"},"
    "\"finish_reason\":null}]}\n\n";
constexpr std::string_view kLastEvents =
    "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
    "\"model\":\"mock\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
    "\"model\":\"mock\",\"choices\":[],\"usage\":{\"prompt_tokens\":250,\"completion_tokens\":66,"
    "\"total_tokens\":316}}\n\n"
    "data: [DONE]\n\n";

struct Connection {
  std::string in;
  std::string out;
  int events_left = 0;  // of the stream being answered
};

struct Pace {
  int events = 66;
  int event_ms = 5;
};

std::string whole_answer() {
  std::string body =
      "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1700000000,"
      "\"model\":\"mock\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
      "\"content\":\"";
  body.append(700, 'a');
  body +=
      "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":250,"
      "\"completion_tokens\":100,\"total_tokens\":350}}";
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string chunk(std::string_view bytes) {
  char size[20];
  const int digits = std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return std::string(size, static_cast<std::size_t>(digits)) + std::string(bytes) + "\r\n";
}

class Mock {
 public:
  Mock(int listener, Pace pace) : listener_(listener), pace_(pace), answer_(whole_answer()) {
    watch(listener_, EPOLLIN);
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    watch(timer_, EPOLLIN);
    const long nanos = pace_.event_ms % 1000 * 1'000'000L;
    const itimerspec every{{pace_.event_ms / 1000, nanos}, {pace_.event_ms / 1000, nanos}};
    timerfd_settime(timer_, 0, &every, nullptr);
  }

  [[noreturn]] void run() {
    std::vector<epoll_event> ready(512);
    for (;;) {
      const int count = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), -1);
      for (int i = 0; i < count; ++i) serve(ready[static_cast<std::size_t>(i)].data.fd);
    }
  }

 private:
  void watch(int fd, unsigned events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void serve(int fd) {
    if (fd == listener_) return accept_all();
    if (fd == timer_) return tick();
    const auto found = connections_.find(fd);
    if (found == connections_.end()) return;
    char buffer[65536];
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) return close_connection(fd);
    found->second->in.append(buffer, static_cast<std::size_t>(got));
    while (take_request(*found->second)) {
    }
    flush(fd, *found->second);
  }

  void accept_all() {
    for (;;) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0) return;
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections_.emplace(fd, std::make_unique<Connection>());
      watch(fd, EPOLLIN);
    }
  }

  /// Answers the first request in the buffer, if it is whole.
  bool take_request(Connection& connection) {
    const std::size_t head = connection.in.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    const std::size_t size = head + 4 + content_length(connection.in, head);
    if (connection.in.size() < size) return false;
    const std::string_view body = std::string_view(connection.in).substr(head + 4, size - head - 4);
    const bool stream = body.find("\"stream\":true") != std::string_view::npos;
    connection.in.erase(0, size);
    if (stream) {
      begin_stream(connection);
    } else {
      connection.out += answer_;
    }
    return true;
  }

  static std::size_t content_length(const std::string& in, std::size_t head) {
    for (std::size_t at = 0; at < head; at = in.find("\r\n", at) + 2) {
      constexpr std::string_view kName = "content-length:";
      if (head - at > kName.size() && strncasecmp(in.data() + at, kName.data(), kName.size()) == 0)
        return std::strtoul(in.data() + at + kName.size(), nullptr, 10);
    }
    return 0;
  }

  void begin_stream(Connection& connection) {
    connection.out +=
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        "Transfer-Encoding: chunked\r\n\r\n";
    connection.out += chunk(kEvent);
    connection.events_left = pace_.events - 1;
  }

  void tick() {
    std::uint64_t times = 0;
    if (read(timer_, &times, sizeof times) < 0) return;
    std::vector<int> streaming;
    for (const auto& [fd, connection] : connections_)
      if (connection->events_left > 0) streaming.push_back(fd);
    for (const int fd : streaming) {
      Connection& connection = *connections_.at(fd);
      connection.out +=
          --connection.events_left > 0 ? chunk(kEvent) : chunk(kLastEvents) + "0\r\n\r\n";
      flush(fd, connection);
    }
  }

  /// A client so slow that the socket is full is cut: the bench has none.
  void flush(int fd, Connection& connection) {
    if (connection.out.empty()) return;
    const ssize_t sent = send(fd, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(connection.out.size())) return close_connection(fd);
    connection.out.clear();
  }

  void close_connection(int fd) {
    connections_.erase(fd);
    close(fd);
  }

  int epoll_ = epoll_create1(0);
  int listener_;
  int timer_ = -1;
  Pace pace_;
  std::string answer_;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;
};

int listen_on(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, generic, size) != 0 || listen(fd, 4096) != 0) {
    std::perror("mock_upstream");
    std::exit(1);
  }
  getsockname(fd, generic, &size);
  std::printf("port %d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return fd;
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) {
    std::fprintf(stderr, "usage: mock_upstream PORT [EVENTS] [EVENT_MS]\n");
    return 2;
  }
  Pace pace;
  if (count > 2) pace.events = std::atoi(words[2]);
  if (count > 3) pace.event_ms = std::atoi(words[3]);
  signal(SIGPIPE, SIG_IGN);
  Mock(listen_on(static_cast<std::uint16_t>(std::atoi(words[1]))), pace).run();
}
