// Goal: a TLS listener serves the same HTTP, and takes a new certificate for new
// connections without a restart; a certificate that cannot be read changes nothing.
// Method: certificates made on the spot; our own TLS stream as the client.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <memory>

#include "net/http_server.h"
#include "net/internal/tcp_stream.h"
#include "net/internal/tls_stream.h"
#include "net/testing/certificates.h"
#include "net/testing/raw_client.h"
#include "net/testing/test_handler.h"

namespace plimsoll::net {
namespace {

using std::chrono::seconds;
using testing::Authority509;
using testing::RawClient;
using testing::TestHandler;

/// One request over TLS; "" if the handshake failed.
Task<void> ask(Loop& loop, int fd, std::string ca_file, std::string& answer) {
  auto context = TlsClientContext::load(ca_file);
  std::unique_ptr<Stream> below = std::make_unique<TcpStream>(loop, ::dup(fd));
  TlsClientOptions options{.context = *context, .host = "localhost", .sessions = nullptr};
  const Deadline deadline = Clock::now() + seconds(10);
  auto stream = co_await TlsStream::connect(std::move(below), options, deadline, {});
  if (!stream) co_return;
  auto sent = co_await (*stream)->write_all("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n", "",
                                            deadline, {});
  EXPECT_TRUE(sent.has_value());
  std::array<char, 4096> room;
  while (answer.find("0\r\n\r\n") == std::string::npos) {
    auto got = co_await (*stream)->read_some(room, deadline, {});
    if (!got || *got == 0) break;
    answer.append(room.data(), *got);
  }
}

class HttpServerTlsTest : public ::testing::Test {
 protected:
  HttpServerTlsTest() : files(authority.issue({})) {
    loops.start();
    server = std::make_unique<Server>(loops, handler, ServerLimits{});
    const ListenAddress address{.address = "127.0.0.1:0",
                                .tls_certificate_file = files.certificate,
                                .tls_key_file = files.key};
    EXPECT_TRUE(server->listen(address).has_value());
  }
  std::string answer_over_tls() {
    RawClient it(server->port());
    std::string answer;
    loops.run_on(0, [&](Loop& loop) { return ask(loop, it.fd(), authority.ca_file(), answer); });
    return answer;
  }
  void replace_certificate(const Authority509::Files& with) const {
    const auto over = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy_file(with.certificate, files.certificate, over);
    std::filesystem::copy_file(with.key, files.key, over);
  }

  Authority509 authority;
  Authority509::Files files;
  LoopGroup loops{1};
  TestHandler handler;
  std::unique_ptr<Server> server;
};

TEST_F(HttpServerTlsTest, answers_over_tls_as_over_tcp) {
  const std::string answer = answer_over_tls();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("5\r\nthree\r\n0\r\n\r\n"));
}

TEST_F(HttpServerTlsTest, a_client_that_speaks_no_tls_is_dropped_and_the_next_is_served) {
  RawClient plain(server->port());
  plain.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(plain.receive_all().find("HTTP/1.1"), std::string::npos);
  EXPECT_FALSE(answer_over_tls().empty());
  EXPECT_EQ(handler.handled.load(), 1);
}

TEST_F(HttpServerTlsTest, a_reload_serves_the_new_certificate_and_a_bad_one_changes_nothing) {
  const auto good = authority.issue({});
  const auto foreign = authority.issue({.names = "DNS:elsewhere.example"});
  replace_certificate({.certificate = foreign.certificate, .key = foreign.key});
  EXPECT_FALSE(answer_over_tls().empty()) << "not before the reload";
  ASSERT_TRUE(server->reload_certificates().has_value());
  EXPECT_TRUE(answer_over_tls().empty()) << "the new certificate is for another name";

  replace_certificate({.certificate = good.certificate, .key = good.key});
  ASSERT_TRUE(server->reload_certificates().has_value());
  replace_certificate({.certificate = foreign.certificate, .key = good.key});
  EXPECT_FALSE(server->reload_certificates().has_value()) << "the key is another one's";
  EXPECT_FALSE(answer_over_tls().empty());
}

TEST_F(HttpServerTlsTest, a_certificate_that_cannot_be_read_stops_the_listener) {
  const auto listening = server->listen({.address = "127.0.0.1:0",
                                         .tls_certificate_file = "/nowhere.pem",
                                         .tls_key_file = "/nowhere.pem"});
  EXPECT_FALSE(listening.has_value());
}

}  // namespace
}  // namespace plimsoll::net
