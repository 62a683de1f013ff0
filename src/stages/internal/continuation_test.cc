// Goal: what a client gets of two streams together is one answer, byte for byte,
// or an error; never a word twice, never one too few.
// Method: a text cut in every place into released and restarted parts, with
// several ways of dividing the restart into events.
#include "stages/internal/continuation.h"

#include <gtest/gtest.h>

#include "ports/fakes/scripted_events.h"

namespace plimsoll::stages {
namespace {

namespace scripted = ports::scripted;

std::string text_of(const Event& event) {
  std::string text;
  for (const Delta& delta : event.deltas) text += delta.text;
  return text;
}

std::vector<Event> in_pieces(const std::string& text, std::size_t size) {
  std::vector<Event> events;
  for (std::size_t at = 0; at < text.size(); at += size)
    events.push_back(scripted::text(text.substr(at, size)));
  return events;
}

/// Adds what `sent` lets through of `events` to `out`; false at a difference.
bool pass(Continuation& sent, const std::vector<Event>& events, std::string& out) {
  for (const Event& event : events) {
    auto given = sent.take(event);
    if (!given) return false;
    if (*given) out += text_of(**given);
  }
  return true;
}

TEST(ContinuationTest, every_cut_and_every_division_give_the_whole_text_once) {
  const std::string text = "The answer is forty-two, \xF0\x9F\x90\x98 and no more.";
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    for (std::size_t first = 1; first <= 7; first += 3)
      for (std::size_t second = 1; second <= 9; second += 4) {
        Continuation sent;
        std::string out;
        ASSERT_TRUE(pass(sent, in_pieces(text.substr(0, cut), first), out));
        ASSERT_TRUE(sent.restart());
        std::vector<Event> again = in_pieces(text, second);
        again.push_back(scripted::finish());
        ASSERT_TRUE(pass(sent, again, out)) << cut;
        ASSERT_EQ(out, text) << cut << " " << first << " " << second;
      }
}

TEST(ContinuationTest, another_text_is_refused_before_a_byte_of_it_is_released) {
  Continuation sent;
  std::string out;
  ASSERT_TRUE(pass(sent, in_pieces("The answer is", 4), out));
  ASSERT_TRUE(sent.restart());
  EXPECT_FALSE(pass(sent, in_pieces("The reply is", 3), out));
  EXPECT_EQ(out, "The answer is");
}

TEST(ContinuationTest, an_answer_that_ends_too_early_is_refused) {
  for (const Event& end : {scripted::finish(), scripted::done()}) {
    Continuation sent;
    std::string out;
    ASSERT_TRUE(pass(sent, in_pieces("The answer", 4), out));
    ASSERT_TRUE(sent.restart());
    EXPECT_FALSE(pass(sent, {scripted::text("The"), end}, out));
  }
}

TEST(ContinuationTest, a_stream_that_breaks_twice_is_resumed_twice) {
  Continuation sent;
  std::string out;
  ASSERT_TRUE(pass(sent, in_pieces("abcdef", 1), out));
  ASSERT_TRUE(sent.restart());
  ASSERT_TRUE(pass(sent, in_pieces("abcdefgh", 3), out));
  ASSERT_TRUE(sent.restart());
  ASSERT_TRUE(pass(sent, in_pieces("abcdefghij", 4), out));
  EXPECT_EQ(out, "abcdefghij");
}

TEST(ContinuationTest, a_part_of_a_frame_leaves_without_the_bytes_of_the_frame) {
  Continuation sent;
  std::string out;
  ASSERT_TRUE(pass(sent, {scripted::text("abc")}, out));
  ASSERT_TRUE(sent.restart());
  auto given = sent.take(scripted::text("abcdef"));
  ASSERT_TRUE(given && *given);
  EXPECT_EQ(text_of(**given), "def");
  EXPECT_EQ((*given)->raw, "") << "they hold what was sent before";
  given = sent.take(scripted::text("ghi"));
  ASSERT_TRUE(given && *given);
  EXPECT_EQ((*given)->raw, scripted::text("ghi").raw) << "from here on nothing is written anew";
}

TEST(ContinuationTest, choices_grow_each_for_itself) {
  Continuation sent;
  std::string out;
  ASSERT_TRUE(pass(sent, {scripted::text("a", 0), scripted::text("x", 1)}, out));
  ASSERT_TRUE(sent.restart());
  ASSERT_TRUE(pass(sent, {scripted::text("xy", 1), scripted::text("ab", 0)}, out));
  EXPECT_EQ(out, "axyb");
}

Event tool(Delta::Kind kind, std::string text) {
  Event event;
  event.kind = Event::Kind::chunk;
  event.deltas.push_back({.kind = kind, .text = std::move(text)});
  return event;
}

TEST(ContinuationTest, a_tool_call_keeps_the_id_that_was_sent) {
  Continuation sent;
  std::string out;
  using Kind = Delta::Kind;
  ASSERT_TRUE(pass(sent,
                   {tool(Kind::tool_id, "call_1"), tool(Kind::tool_name, "f"),
                    tool(Kind::tool_arguments, "{\"a\":")},
                   out));
  ASSERT_TRUE(sent.restart());
  ASSERT_TRUE(pass(sent,
                   {tool(Kind::tool_id, "call_2"), tool(Kind::tool_name, "f"),
                    tool(Kind::tool_arguments, "{\"a\":1}")},
                   out));
  EXPECT_EQ(out, "call_1f{\"a\":1}");
}

TEST(ContinuationTest, nothing_is_resumed_after_the_finish) {
  Continuation sent;
  std::string out;
  ASSERT_TRUE(pass(sent, {scripted::text("a"), scripted::finish()}, out));
  EXPECT_FALSE(sent.restart());
}

TEST(ContinuationTest, what_is_too_long_to_keep_is_not_resumed) {
  Continuation sent;
  std::string out;
  ASSERT_TRUE(pass(sent, {scripted::text(std::string(Continuation::kKeptBytesMax + 1, 'x'))}, out));
  EXPECT_FALSE(sent.restart());
}

}  // namespace
}  // namespace plimsoll::stages
