// Goal: no request that two readers could see differently reaches the handler;
// each is refused with the right status, an error body, and a close.
// Method: a table of hostile heads and bodies over raw sockets, sent whole and
// (for heads) cut at every byte; the handler counts what it saw.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "net/internal/chunk_decoder.h"
#include "net/internal/head_scan.h"
#include "net/internal/request_parser.h"
#include "net/testing/raw_client.h"
#include "net/testing/test_handler.h"

namespace plimsoll::net {
namespace {

using namespace std::string_literals;
using testing::RawClient;
using testing::TestHandler;

struct Hostile {
  const char* name;
  int status;
  std::string bytes;
};

std::string post(const std::string& fields, const std::string& body = "") {
  return "POST /echo HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body;
}

std::vector<Hostile> hostile_lengths() {
  const std::string smuggled = "0\r\n\r\nGET /echo HTTP/1.1\r\nHost: h\r\n\r\n";
  return {
      {"length_and_chunked", 400,
       post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", smuggled)},
      {"chunked_and_length", 400,
       post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", smuggled)},
      {"two_lengths", 400, post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd")},
      {"two_equal_lengths", 400, post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc")},
      {"list_of_lengths", 400, post("Content-Length: 3, 3\r\n", "abc")},
      {"plus_length", 400, post("Content-Length: +3\r\n", "abc")},
      {"minus_length", 400, post("Content-Length: -3\r\n", "abc")},
      {"blank_length", 400, post("Content-Length: \r\n")},
      {"hex_length", 400, post("Content-Length: 0x3\r\n", "abc")},
      {"length_with_space_inside", 400, post("Content-Length: 1 0\r\n", "abc")},
      {"length_with_tab_behind", 400, post("Content-Length: 3\t\r\n", "abc")},
      {"length_that_overflows", 400, post("Content-Length: 18446744073709551619\r\n", "abc")},
      {"gzip_then_chunked", 400, post("Transfer-Encoding: gzip, chunked\r\n", smuggled)},
      {"chunked_twice", 400, post("Transfer-Encoding: chunked, chunked\r\n", smuggled)},
      {"two_encodings", 400,
       post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", smuggled)},
      {"identity_then_chunked", 400,
       post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", smuggled)},
      {"chunked_in_two_headers", 400,
       post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", smuggled)},
      {"identity", 400, post("Transfer-Encoding: identity\r\n")},
      {"xchunked", 400, post("Transfer-Encoding: xchunked\r\n", smuggled)},
      {"quoted_chunked", 400, post("Transfer-Encoding: \"chunked\"\r\n", smuggled)},
      {"vertical_tab_chunked", 400, post("Transfer-Encoding: \vchunked\r\n", smuggled)},
      {"chunked_in_1_0", 400,
       "POST /echo HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + smuggled},
  };
}

std::vector<Hostile> hostile_lines() {
  return {
      {"space_before_colon", 400, post("Content-Length : 3\r\n", "abc")},
      {"tab_before_colon", 400, post("Transfer-Encoding\t: chunked\r\n")},
      {"folded_line", 400, post("X-A: b\r\n c\r\n")},
      {"folded_with_tab", 400, post("Transfer-Encoding:\r\n\tchunked\r\n")},
      {"fold_before_the_first_field", 400, "GET /echo HTTP/1.1\r\n Host: h\r\n\r\n"},
      {"bare_lf_in_head", 400, "GET /echo HTTP/1.1\r\nHost: h\nX: y\r\n\r\n"},
      {"bare_lf_after_request_line", 400, "GET /echo HTTP/1.1\nHost: h\r\n\r\n"},
      {"bare_lf_at_the_end", 400, "GET /echo HTTP/1.1\r\nHost: h\r\n\n"},
      {"bare_cr_in_value", 400, "GET /echo HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n"},
      {"bare_cr_in_target", 400, "GET /ec\rho HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"two_crs", 400, "GET /echo HTTP/1.1\r\nHost: h\r\r\n\r\n"},
      {"nul_in_value", 400, "GET /echo HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n"s},
      {"nul_in_name", 400, "GET /echo HTTP/1.1\r\nHost: h\r\nX\0: b\r\n\r\n"s},
      {"escape_in_value", 400, "GET /echo HTTP/1.1\r\nHost: h\r\nX: \x1b[31m\r\n\r\n"},
      {"no_colon", 400, "GET /echo HTTP/1.1\r\nHost: h\r\nX\r\n\r\n"},
      {"empty_name", 400, "GET /echo HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n"},
      {"name_with_a_parenthesis", 400, "GET /echo HTTP/1.1\r\nHost: h\r\n(X): x\r\n\r\n"},
  };
}

std::vector<Hostile> hostile_request_lines() {
  return {
      {"no_host", 400, "GET /echo HTTP/1.1\r\n\r\n"},
      {"two_hosts", 400, "GET /echo HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
      {"blank_host", 400, "GET /echo HTTP/1.1\r\nHost:\r\n\r\n"},
      {"host_with_a_path", 400, "GET /echo HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {"host_list", 400, "GET /echo HTTP/1.1\r\nHost: a, b\r\n\r\n"},
      {"http_0_9", 400, "GET /echo\r\n\r\n"},
      {"http_2", 505, "PRI * HTTP/2.0\r\n\r\n"},
      {"http_1_2", 400, "GET /echo HTTP/1.2\r\nHost: h\r\n\r\n"},
      {"lower_case_version", 400, "GET /echo http/1.1\r\nHost: h\r\n\r\n"},
      {"two_spaces", 400, "GET  /echo HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"tab_for_space", 400, "GET\t/echo HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"space_in_target", 400, "GET /e cho HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"space_at_the_end", 400, "GET /echo HTTP/1.1 \r\nHost: h\r\n\r\n"},
      {"two_empty_lines_first", 400, "\r\n\r\nGET /echo HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"no_slash", 400, "GET echo HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"fragment", 400, "GET /echo#x HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"absolute_form_of_another_host", 400, "GET http://x/echo HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"absolute_form_of_another_scheme", 400, "GET ftp://h/echo HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"connect", 405, "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"},
      {"unknown_method", 405, "BREW /echo HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"other_expectation", 417, post("Expect: a-miracle\r\n")},
      {"not_http", 400, "\x16\x03\x01 hello tls\r\n\r\n"},
      {"long_head", 431, post("X: " + std::string(70'000, 'x') + "\r\n")},
      {"many_headers", 431,
       [] {
         std::string fields;
         for (int i = 0; i < 200; ++i) fields += "X: y\r\n";
         return post(fields);
       }()},
      {"long_body_by_length", 413, post("Content-Length: 40000000\r\n", "x")},
  };
}

std::vector<Hostile> hostile_chunks() {
  const auto chunked = [](const std::string& body) {
    return post("Transfer-Encoding: chunked\r\n", body);
  };
  return {
      {"chunk_bare_lf_after_size", 400, chunked("3\nabc\r\n0\r\n\r\n")},
      {"chunk_bare_lf_after_data", 400, chunked("3\r\nabc\n0\r\n\r\n")},
      {"chunk_bare_cr_in_extension", 400, chunked("3;a\rb\r\nabc\r\n0\r\n\r\n")},
      {"chunk_bare_lf_at_the_end", 400, chunked("3\r\nabc\r\n0\r\n\n")},
      {"chunk_size_not_hex", 400, chunked("3g\r\nabc\r\n0\r\n\r\n")},
      {"chunk_size_with_0x", 400, chunked("0x3\r\nabc\r\n0\r\n\r\n")},
      {"chunk_size_signed", 400, chunked("+3\r\nabc\r\n0\r\n\r\n")},
      {"chunk_size_negative", 400, chunked("-3\r\nabc\r\n0\r\n\r\n")},
      {"chunk_size_blank", 400, chunked("\r\nabc\r\n0\r\n\r\n")},
      {"chunk_size_with_space", 400, chunked("3 \r\nabc\r\n0\r\n\r\n")},
      {"chunk_size_overflows", 400, chunked("10000000000000003\r\nabc\r\n0\r\n\r\n")},
      {"chunk_longer_than_its_size", 400, chunked("3\r\nabcd\r\n0\r\n\r\n")},
      {"chunk_too_large", 413, chunked("FFFFFFFF\r\nabc")},
      {"chunk_extension_too_long", 400,
       chunked("3;" + std::string(2'000, 'x') + "\r\nabc\r\n0\r\n\r\n")},
      {"chunk_extensions_too_long_together", 400,
       [&] {
         std::string body;
         for (int i = 0; i < 40; ++i) body += "1;" + std::string(900, 'x') + "\r\na\r\n";
         return chunked(body + "0\r\n\r\n");
       }()},
      {"chunk_trailer_folded", 400, chunked("0\r\nA: b\r\n c\r\n\r\n")},
      {"chunk_trailer_without_colon", 400, chunked("0\r\nA\r\n\r\n")},
      {"chunk_trailers_too_long", 400,
       [&] {
         std::string body = "0\r\n";
         for (int i = 0; i < 100; ++i) body += "A: " + std::string(100, 'x') + "\r\n";
         return chunked(body + "\r\n");
       }()},
  };
}

class RequestFramingTest : public ::testing::TestWithParam<Hostile> {
 protected:
  RequestFramingTest() {
    loops.start();
    server = std::make_unique<Server>(loops, handler, ServerLimits{});
    EXPECT_TRUE(server->listen({.address = "127.0.0.1:0"}).has_value());
  }
  LoopGroup loops{1};
  TestHandler handler;
  std::unique_ptr<Server> server;
};

class HostileBodyTest : public RequestFramingTest {};

void expect_refusal(const std::string& answer, const Hostile& hostile) {
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::to_string(hostile.status) + " ")) << answer;
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\r\n\r\n{\"error\":"), std::string::npos) << answer;
  EXPECT_EQ(answer.find("HTTP/1.1", 8), std::string::npos) << "one answer only: " << answer;
}

TEST_P(RequestFramingTest, a_hostile_head_is_refused_and_never_handled) {
  RawClient it(server->port());
  it.send(GetParam().bytes);
  expect_refusal(it.receive_all(), GetParam());
  EXPECT_TRUE(it.clean_end());
  EXPECT_EQ(handler.handled.load(), 0);
}

TEST_P(HostileBodyTest, a_hostile_body_is_refused_and_nothing_behind_it_is_read) {
  RawClient it(server->port());
  it.send(GetParam().bytes + "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  expect_refusal(it.receive_all(), GetParam());
  EXPECT_EQ(handler.handled.load(), 1) << "the smuggled request was handled";
}

const auto kName = [](const auto& info) { return std::string(info.param.name); };
INSTANTIATE_TEST_SUITE_P(Lengths, RequestFramingTest, ::testing::ValuesIn(hostile_lengths()),
                         kName);
INSTANTIATE_TEST_SUITE_P(Lines, RequestFramingTest, ::testing::ValuesIn(hostile_lines()), kName);
INSTANTIATE_TEST_SUITE_P(RequestLines, RequestFramingTest,
                         ::testing::ValuesIn(hostile_request_lines()), kName);
INSTANTIATE_TEST_SUITE_P(Chunks, HostileBodyTest, ::testing::ValuesIn(hostile_chunks()), kName);

/// The verdict of the scan and the parser on bytes fed in two parts.
int status_of(std::string_view bytes, std::size_t cut) {
  HeadScan scan(HeadLimits{});
  auto verdict = scan.look(bytes.substr(0, cut));
  if (verdict == HeadScan::Verdict::needs_more) verdict = scan.look(bytes);
  if (verdict == HeadScan::Verdict::needs_more) return 0;
  if (verdict == HeadScan::Verdict::refused) return scan.refusal().status;
  RequestHead head;
  Framing framing;
  const auto refusal =
      parse_request(bytes.substr(scan.begin(), scan.end() - scan.begin()), head, framing);
  return refusal ? refusal->status : 200;
}

TEST(HeadScanTest, the_verdict_does_not_depend_on_where_the_head_is_cut) {
  for (const auto& table : {hostile_lengths(), hostile_lines(), hostile_request_lines()}) {
    for (const Hostile& hostile : table) {
      if (hostile.bytes.size() > 2'000 || hostile.status == 413) continue;
      for (std::size_t cut = 0; cut <= hostile.bytes.size(); ++cut) {
        ASSERT_EQ(status_of(hostile.bytes, cut), hostile.status) << hostile.name << " at " << cut;
      }
    }
  }
}

TEST(HeadScanTest, well_formed_heads_pass_wherever_they_are_cut) {
  const std::vector<std::string> good = {
      "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
      "\r\nGET /a?b=c HTTP/1.1\r\nhost:h:8080\r\nX:\r\nY: \t z \t\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
      "GET http://H/a HTTP/1.1\r\nHost: h\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 007\r\nX: \xc3\xa4\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n",
      "GET / HTTP/1.0\r\n\r\n",
  };
  for (const std::string& head : good) {
    for (std::size_t cut = 0; cut <= head.size(); ++cut) {
      ASSERT_EQ(status_of(head, cut), 200) << head << " at " << cut;
    }
  }
}

TEST(RequestParserTest, values_are_trimmed_and_the_absolute_form_becomes_a_path) {
  const std::string bytes =
      "GET http://h/a/b?c HTTP/1.1\r\nHost: h\r\nX: \t v w \t\r\nEmpty:\r\n\r\n";
  RequestHead head;
  Framing framing;
  ASSERT_FALSE(parse_request(bytes, head, framing).has_value());
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.target, "/a/b?c");
  EXPECT_EQ(head.path, "/a/b");
  EXPECT_EQ(head.headers.get("x"), "v w");
  EXPECT_EQ(head.headers.get("empty"), "");
  EXPECT_EQ(head.headers.size(), 3U);
}

TEST(ChunkDecoderTest, the_verdict_and_the_bytes_do_not_depend_on_the_cut) {
  auto table = hostile_chunks();
  table.push_back({"good", 0, "\r\n\r\n4;a=b\r\nWiki\r\nA\r\n0123456789\r\n0\r\nT: x\r\n\r\nnext"});
  for (const Hostile& hostile : table) {
    const std::string body = hostile.bytes.substr(hostile.bytes.find("\r\n\r\n") + 4);
    for (std::size_t cut = 0; cut <= std::min<std::size_t>(body.size(), 300); ++cut) {
      ChunkDecoder decoder(32 * 1024 * 1024);
      std::string out;
      std::string_view first = std::string_view(body).substr(0, cut);
      auto verdict = decoder.feed(first, out);
      std::string_view second = std::string_view(body).substr(cut);
      if (verdict == ChunkDecoder::Verdict::needs_more) verdict = decoder.feed(second, out);
      const bool refused = verdict == ChunkDecoder::Verdict::refused;
      ASSERT_EQ(refused ? decoder.refusal().status : 0, hostile.status) << hostile.name << cut;
      if (!refused) ASSERT_EQ(out, "Wiki0123456789");
    }
  }
}

}  // namespace
}  // namespace plimsoll::net
