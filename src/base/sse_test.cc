// Goal: the frames of an event stream do not depend on how its bytes were cut,
// and no byte is lost.
// Method: small streams with every line end and oddity; each is read whole, cut
// at every position, cut at every pair of positions, and byte by byte.
#include "base/sse.h"

#include <gtest/gtest.h>

#include <vector>

namespace plimsoll {
namespace {

struct Seen {
  std::string raw, event, data;
  bool comment_only = false;
  bool operator==(const Seen&) const = default;
};

struct Reading {
  std::vector<Seen> frames;
  std::string rest;
  bool failed = false;
  bool operator==(const Reading&) const = default;
};

void drain(SseReader& reader, Reading& reading) {
  for (;;) {
    const auto frame = reader.next();
    if (!frame) {
      reading.failed = true;
      return;
    }
    if (!*frame) return;
    reading.frames.push_back({std::string((*frame)->raw), std::string((*frame)->event),
                              std::string((*frame)->data), (*frame)->comment_only});
  }
}

Reading read_pieces(const std::vector<std::string_view>& pieces) {
  SseReader reader;
  Reading reading;
  for (const std::string_view piece : pieces) {
    reader.feed(piece);
    drain(reader, reading);
  }
  reader.end_of_input();
  drain(reader, reading);
  reading.rest = std::string(reader.rest());
  return reading;
}

std::string bytes_of(const Reading& reading) {
  std::string all;
  for (const Seen& frame : reading.frames) all += frame.raw;
  return all + reading.rest;
}

const std::vector<std::string> kStreams{
    "data: a\n\ndata: b\n\n",
    "data: a\r\n\r\ndata:b\r\n\r\n",
    "data: a\r\rdata: b\r\r",
    "\xEF\xBB\xBF"
    "data: a\n\n",
    "\xEF\xBB\xBF\n"
    "data: a\n\n",
    "\xEF\xBB\xBF\xEF\xBB\xBF"
    "data: a\n\n",
    ": keep-alive\n\n\n\ndata: x\n\n",
    "event: error\ndata: {\"error\":1}\n\n",
    "data: one\ndata\ndata:  three\nid: 4\nretry: 10\n\n",
    "data: a\r\n\n\r\r\ndata: b\n\r\n",
    "data: unfinished\n",
    "data: unfinished\r\n\r",
    "data:\n\nevent\n\n",
    "datax: no\neventual: no\n\n",
    "",
};

TEST(SseReaderTest, cuts_do_not_matter_and_no_byte_is_lost) {
  for (const std::string& text : kStreams) {
    const std::string_view all = text;
    const Reading whole = read_pieces({all});
    EXPECT_EQ(bytes_of(whole), text);
    for (std::size_t i = 0; i <= all.size(); ++i)
      for (std::size_t j = i; j <= all.size(); ++j)
        EXPECT_EQ(read_pieces({all.substr(0, i), all.substr(i, j - i), all.substr(j)}), whole)
            << text << " cut at " << i << " and " << j;
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < all.size(); ++i) bytes.push_back(all.substr(i, 1));
    EXPECT_EQ(read_pieces(bytes), whole) << text;
  }
}

TEST(SseReaderTest, reads_lf_crlf_and_cr_alike) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const std::string text = "event: e" + end + "data: x" + end + end;
    const Reading reading = read_pieces({text});
    ASSERT_EQ(reading.frames.size(), 1u);
    EXPECT_EQ(reading.frames[0], (Seen{text, "e", "x", false}));
  }
}

TEST(SseReaderTest, several_data_lines_are_joined_and_one_space_is_taken) {
  const Reading reading = read_pieces({"data: one\ndata\ndata:  three\ndata:four\n\n"});
  ASSERT_EQ(reading.frames.size(), 1u);
  EXPECT_EQ(reading.frames[0].data, "one\n\n three\nfour");
}

TEST(SseReaderTest, a_leading_bom_is_not_part_of_the_first_field) {
  const Reading reading =
      read_pieces({"\xEF\xBB\xBF"
                   "data: a\n\n\xEF\xBB\xBF"
                   "data: b\n\n"});
  ASSERT_EQ(reading.frames.size(), 2u);
  EXPECT_EQ(reading.frames[0].data, "a");
  EXPECT_EQ(reading.frames[1].data, "") << "a later one is part of the field's name";
}

TEST(SseReaderTest, comments_and_lone_blank_lines_are_frames_without_content) {
  const Reading reading = read_pieces({": hi\n\n\nevent: ping\n\n"});
  ASSERT_EQ(reading.frames.size(), 3u);
  EXPECT_TRUE(reading.frames[0].comment_only);
  EXPECT_TRUE(reading.frames[1].comment_only);
  EXPECT_FALSE(reading.frames[2].comment_only);
  EXPECT_EQ(reading.frames[2].event, "ping");
}

TEST(SseReaderTest, an_unfinished_frame_stays_in_rest) {
  const Reading reading = read_pieces({"data: a\n\ndata: b\n"});
  EXPECT_EQ(reading.frames.size(), 1u);
  EXPECT_EQ(reading.rest, "data: b\n");
}

TEST(SseReaderTest, a_final_cr_ends_the_frame_once_the_input_has_ended) {
  SseReader reader;
  reader.feed("data: a\r\r");
  EXPECT_FALSE(reader.next().value().has_value()) << "a LF may follow";
  reader.end_of_input();
  EXPECT_EQ(reader.next().value().value().data, "a");
}

TEST(SseReaderTest, a_frame_over_the_limit_is_malformed_and_stays_so) {
  SseReader reader;
  reader.feed("data: first\n\ndata: ");
  EXPECT_TRUE(reader.next().value().has_value());
  reader.feed(std::string(SseReader::kFrameBytesMax, 'x'));
  for (int i = 0; i < 2; ++i) {
    const auto frame = reader.next();
    ASSERT_FALSE(frame.has_value());
    EXPECT_EQ(frame.error().kind, ErrorKind::upstream_malformed);
    reader.feed("\n\n");
  }
}

TEST(SseReaderTest, a_frame_of_exactly_the_limit_is_read) {
  const std::string frame = "data: " + std::string(SseReader::kFrameBytesMax - 8, 'x') + "\n\n";
  SseReader reader;
  reader.feed(frame);
  EXPECT_EQ(reader.next().value().value().raw.size(), SseReader::kFrameBytesMax);
}

}  // namespace
}  // namespace plimsoll
