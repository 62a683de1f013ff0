#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

namespace plimsoll::net::testing {

/// A name server on a UDP port of the loopback that knows a few names.
class DnsServer {
 public:
  struct Record {
    std::string name;
    std::vector<std::string> v4, v6;
    unsigned ttl = 60;
    bool silent = false;  // takes the question and says nothing
  };

  explicit DnsServer(std::vector<Record> records) : records_(std::move(records)) {
    socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    ::bind(socket_, reinterpret_cast<sockaddr*>(&address_), size);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address_), &size);
    thread_ = std::thread([this] { run(); });
  }
  ~DnsServer() {
    // An empty datagram says: enough.
    ::sendto(socket_, "", 0, 0, reinterpret_cast<sockaddr*>(&address_), sizeof address_);
    thread_.join();
    ::close(socket_);
  }
  std::uint16_t port() const { return ntohs(address_.sin_port); }

 private:
  void run() {
    std::array<char, 1500> room;
    sockaddr_in from{};
    socklen_t size = sizeof from;
    for (ssize_t got; (got = ::recvfrom(socket_, room.data(), room.size(), 0,
                                        reinterpret_cast<sockaddr*>(&from), &size)) > 0;) {
      const std::string answer = answer_to({room.data(), static_cast<std::size_t>(got)});
      if (answer.empty()) continue;
      ::sendto(socket_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  static std::string number(unsigned value, int bytes) {
    std::string out;
    while (bytes-- > 0) out += static_cast<char>(value >> (8 * bytes) & 0xff);
    return out;
  }

  /// header(12) name type(2) class(2): one question, answered by A or AAAA.
  std::string answer_to(const std::string& query) const {
    std::string name;
    std::size_t at = 12;
    for (auto size = static_cast<std::size_t>(query[at]); size != 0;
         size = static_cast<std::size_t>(query[at])) {
      name += (name.empty() ? "" : ".") + query.substr(at + 1, size);
      at += size + 1;
    }
    const bool v6 = query[at + 2] == 28;
    const std::string question = query.substr(12, at + 5 - 12);
    std::string answers;
    unsigned count = 0;
    bool known = false;
    for (const Record& record : records_) {
      if (record.name != name) continue;
      if (record.silent) return "";
      known = true;
      for (const std::string& text : v6 ? record.v6 : record.v4) {
        std::string bytes(v6 ? 16 : 4, '\0');
        ::inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), bytes.data());
        answers += number(0xc00c, 2) + question.substr(question.size() - 4) +
                   number(record.ttl, 4) + number(static_cast<unsigned>(bytes.size()), 2) + bytes;
        ++count;
      }
    }
    return query.substr(0, 2) + number(known ? 0x8180 : 0x8183, 2) + number(1, 2) +
           number(count, 2) + number(0, 4) + question + answers;
  }

  std::vector<Record> records_;
  int socket_ = -1;
  sockaddr_in address_{};
  std::thread thread_;
};

}  // namespace plimsoll::net::testing
