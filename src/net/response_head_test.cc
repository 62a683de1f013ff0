// Goal: response heads are read strictly, and the end of every body is decided
// without ambiguity.
// Method: heads as text, good ones with their framing, bad ones refused.
#include "net/internal/response_head.h"

#include <gtest/gtest.h>

#include <string>

namespace plimsoll::net {
namespace {

ParsedResponseHead parsed(std::string_view head, AnswerTo answer_to = AnswerTo::other) {
  ParsedResponseHead out;
  const auto result = parse_response_head(head, answer_to, out);
  EXPECT_TRUE(result) << head << (result ? "" : result.error().what);
  return out;
}

TEST(ResponseHeadTest, fields_are_views_in_order) {
  const std::string head =
      "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nX-Empty:\r\nX-Pad: \t v w \t\r\nContent-Length: "
      "5\r\n"
      "\r\n";
  const auto out = parsed(head);
  EXPECT_EQ(out.status, 200);
  EXPECT_TRUE(out.keep_alive);
  EXPECT_EQ(out.framing, BodyFraming::length);
  EXPECT_EQ(out.length, 5u);
  ASSERT_EQ(out.headers.size(), 4u);
  EXPECT_EQ(out.headers.get("content-type"), "a/b");
  EXPECT_EQ(out.headers.get("x-empty"), "");
  EXPECT_EQ(out.headers.get("x-pad"), "v w");
  EXPECT_EQ(out.headers.begin()->name.data(), head.data() + 17);
}

TEST(ResponseHeadTest, framing_follows_the_standard) {
  EXPECT_EQ(parsed("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n").framing,
            BodyFraming::chunked);
  EXPECT_EQ(parsed("HTTP/1.1 200 OK\r\n\r\n").framing, BodyFraming::until_close);
  EXPECT_FALSE(parsed("HTTP/1.1 200 OK\r\n\r\n").keep_alive);
  EXPECT_EQ(parsed("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n").framing, BodyFraming::none);
  EXPECT_EQ(parsed("HTTP/1.1 204 No\r\n\r\n").framing, BodyFraming::none);
  EXPECT_EQ(parsed("HTTP/1.1 304 No\r\nContent-Length: 7\r\n\r\n").framing, BodyFraming::none);
  EXPECT_EQ(parsed("HTTP/1.1 100 Go\r\n\r\n").framing, BodyFraming::none);
  EXPECT_EQ(parsed("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", AnswerTo::head).framing,
            BodyFraming::none);
  EXPECT_EQ(parsed("HTTP/1.1 200 OK\r\n\r\n", AnswerTo::connect).framing, BodyFraming::none);
  EXPECT_TRUE(parsed("HTTP/1.1 200 OK\r\n\r\n", AnswerTo::connect).keep_alive);
}

TEST(ResponseHeadTest, keep_alive_follows_version_and_connection) {
  const std::string length = "Content-Length: 1\r\n\r\n";
  EXPECT_TRUE(parsed("HTTP/1.1 200 OK\r\n" + length).keep_alive);
  EXPECT_FALSE(parsed("HTTP/1.1 200 OK\r\nConnection: close\r\n" + length).keep_alive);
  EXPECT_FALSE(parsed("HTTP/1.0 200 OK\r\n" + length).keep_alive);
  EXPECT_TRUE(parsed("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + length).keep_alive);
}

TEST(ResponseHeadTest, what_two_readers_could_read_differently_is_refused) {
  const std::string start = "HTTP/1.1 200 OK\r\n";
  const std::string bad[] = {
      "HTTP/2 200 OK\r\n\r\n",
      "HTTP/1.2 200 OK\r\n\r\n",
      "ICY 200 OK\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 099 OK\r\n\r\n",
      start + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
      start + "Content-Length: 1, 1\r\n\r\n",
      start + "Content-Length: +1\r\n\r\n",
      start + "Content-Length: 0x1\r\n\r\n",
      start + "Content-Length: 99999999999999999999\r\n\r\n",
      start + "Content-Length:\r\n\r\n",
      start + "Content-Length: 1\t\r\n\r\n",
      start + "Transfer-Encoding:\tchunked\r\n\r\n",
      start + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      start + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
      start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      start + "Transfer-Encoding: gzip, chunked\r\n\r\n",
      start + "Transfer-Encoding: chunked, identity\r\n\r\n",
      start + "Transfer-Encoding: identity\r\n\r\n",
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      start + "A: b\r\n c\r\n\r\n",
      start + "A: b\n\r\n",
      start + "A: b\rc\r\n\r\n",
      start + "A : b\r\n\r\n",
      start + ": b\r\n\r\n",
      start + "no colon\r\n\r\n",
      start + std::string("A: b\0c\r\n\r\n", 10),
      start + "A: b\x01\r\n\r\n",
      start + "A: b\r\n",
  };
  for (const std::string& head : bad) {
    ParsedResponseHead out;
    const auto result = parse_response_head(head, AnswerTo::other, out);
    EXPECT_FALSE(result) << head;
    if (!result) EXPECT_EQ(result.error().kind, ErrorKind::upstream_malformed);
  }
}

TEST(ResponseHeadTest, too_many_fields_are_refused) {
  std::string head = "HTTP/1.1 204 No\r\n";
  for (std::size_t i = 0; i < kResponseHeadersMax; ++i) head += "a: b\r\n";
  ParsedResponseHead out;
  EXPECT_TRUE(parse_response_head(head + "\r\n", AnswerTo::other, out));
  EXPECT_FALSE(parse_response_head(head + "a: b\r\n\r\n", AnswerTo::other, out));
}

TEST(ResponseHeadTest, the_end_is_found_however_the_bytes_arrive) {
  const std::string head = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
  const std::string bytes = head + "body\r\n\r\n";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::string_view part = std::string_view(bytes).substr(0, cut);
    EXPECT_EQ(response_head_size(part), cut < head.size() ? 0 : head.size());
    if (cut < head.size()) {
      EXPECT_EQ(response_head_size(bytes, cut), head.size()) << cut;
    }
  }
  EXPECT_EQ(response_head_size("HTTP/1.1 200 OK\n\nx"), 17u);
}

}  // namespace
}  // namespace plimsoll::net
