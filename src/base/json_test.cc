// Goal: the JSON reader keeps what its header promises on valid, odd and hostile
// texts; the writer's output is valid JSON for any bytes.
// Method: direct calls; nlohmann/json as an independent judge of accept/refuse.
#include "base/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "base/json_fault.h"

namespace plimsoll::json {
namespace {

std::string why(std::string_view text) {
  Document document;
  const auto value = document.parse(text);
  return value ? "" : value.error().what;
}

TEST(JsonTest, tells_the_kinds_apart) {
  Document document;
  const auto root =
      document.parse(R"({"n":null,"b":true,"i":-3,"d":1.5,"s":"x","a":[1,2],"o":{"k":1}})");
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(root->kind(), Kind::object);
  EXPECT_TRUE(root->get("n")->is_null());
  EXPECT_EQ(root->get_bool("b"), true);
  EXPECT_EQ(root->get_int("i"), -3);
  EXPECT_EQ(root->get("d")->kind(), Kind::number);
  EXPECT_EQ(root->get("d")->as_double(), 1.5);
  EXPECT_EQ(root->get_string("s"), "x");
  EXPECT_EQ(root->get("a")->as_array()->size(), 2u);
  EXPECT_EQ(root->get("o")->get_int("k"), 1);
  EXPECT_FALSE(root->get("absent").has_value());
  EXPECT_FALSE(root->get("s")->get("k").has_value());
  EXPECT_FALSE(root->get_int("s").has_value());
  EXPECT_FALSE(root->get("s")->as_double().has_value());
}

TEST(JsonTest, integers_may_be_written_as_numbers_without_a_fraction) {
  Document document;
  const auto root = document.parse("[1e3, 2.0, 2.5, 1e300, 9223372036854775807, -0.0]");
  std::vector<std::optional<std::int64_t>> seen;
  const Array array = root->as_array().value();
  for (const Value value : array) seen.push_back(value.as_int());
  EXPECT_EQ(seen, (std::vector<std::optional<std::int64_t>>{1000, 2, std::nullopt, std::nullopt,
                                                            9223372036854775807, 0}));
}

TEST(JsonTest, a_number_that_does_not_fit_64_bits_is_still_a_number) {
  Document document;
  const auto root = document.parse("[18446744073709551615, 9223372036854775808]");
  const Array array = root->as_array().value();
  for (const Value value : array) {
    EXPECT_EQ(value.kind(), Kind::number);
    EXPECT_FALSE(value.as_int().has_value());
    EXPECT_GT(value.as_double().value(), 9.2e18);
  }
}

TEST(JsonTest, numbers_beyond_every_machine_type_are_read_as_the_nearest_double) {
  Document document;
  const auto root =
      document.parse(R"({"a":[18446744073709551616,-9223372036854775809,1e400,-1e400,1e-400,)"
                     R"(123456789012345678901234567890.5,"1e400 18446744073709551616"]})");
  ASSERT_TRUE(root.has_value()) << root.error().what;
  const Array array = root->get("a")->as_array().value();
  std::vector<std::optional<double>> seen;
  for (const Value value : array) seen.push_back(value.as_double());
  constexpr double kMost = std::numeric_limits<double>::max();
  EXPECT_EQ(seen, (std::vector<std::optional<double>>{
                      18446744073709551616.0, -9223372036854775808.0, kMost, -kMost, 0.0,
                      123456789012345678901234567890.5, std::nullopt}));
  EXPECT_NE(why("[18446744073709551616,01]"), "");
  EXPECT_NE(why("[18446744073709551616x]"), "");
  EXPECT_NE(why("04444444444444444444444444"), "") << "a leading zero stays wrong";
}

TEST(JsonTest, members_come_in_order_with_their_duplicates) {
  Document document;
  const auto root = document.parse(R"({"a":1,"b":2,"a":3,"\u0061":4})");
  std::string seen;
  const Object object = root->as_object().value();
  for (const Member member : object)
    seen += std::string(member.key) + std::to_string(*member.value.as_int());
  EXPECT_EQ(seen, "a1b2a3a4");
  EXPECT_EQ(root->as_object()->size(), 4u);
}

TEST(JsonTest, a_reused_document_forgets_the_text_before) {
  Document document;
  ASSERT_TRUE(document.parse(R"({"a":"first"})").has_value());
  ASSERT_FALSE(document.parse(R"({"a":)").has_value());
  const auto root = document.parse(R"({"a":"second"})");
  EXPECT_EQ(root->get_string("a"), "second");
}

TEST(JsonTest, a_moved_document_keeps_its_values) {
  Document document;
  const auto root = document.parse(R"({"a":"x"})");
  const Document other = std::move(document);
  EXPECT_EQ(root->get_string("a"), "x");
}

TEST(JsonTest, depth_is_limited_to_1024) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_EQ(why(nested(1024)), "");
  EXPECT_NE(why(nested(1025)).find("nested deeper than 1024"), std::string::npos)
      << why(nested(1025));
  EXPECT_NE(why(std::string(1'000'000, '[')), "");
}

TEST(JsonTest, a_refusal_says_where_and_why) {
  EXPECT_EQ(why("{\"a\":1,\n \"b\" 2}"),
            "not valid JSON: line 2, column 6 (byte 13): a ':' must follow the key");
  EXPECT_EQ(why("[1,2"), "not valid JSON: line 1, column 5 (byte 4): a ',' or ']' must follow");
  EXPECT_EQ(why(""), "not valid JSON: line 1, column 1 (byte 0): the text is empty");
  EXPECT_EQ(why("\"a\xFFz\""),
            "not valid JSON: line 1, column 3 (byte 2): the bytes are not UTF-8");
  EXPECT_EQ(why("{} x"), "not valid JSON: line 1, column 4 (byte 3): nothing may follow the value");
}

/// Texts with what a judge of its own says about them.
const std::vector<std::string> kTexts{"null",
                                      "true",
                                      "fals",
                                      "0",
                                      "-",
                                      "01",
                                      "1.",
                                      "1e",
                                      "1e+",
                                      "-0",
                                      ".5",
                                      "+1",
                                      "\"",
                                      "\"\\x\"",
                                      "\"\\u12\"",
                                      "\"\\ud800\"",
                                      "\"\\ud83d\\ude00\"",
                                      "\"\\udc00\"",
                                      "[]",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "{\"a\"}",
                                      "[1 2]",
                                      "{} {}",
                                      "\"\t\"",
                                      "\"\xC0\x80\"",
                                      "\"\xED\xA0\x80\"",
                                      "\"\xF4\x90\x80\x80\"",
                                      "\"\xE2\x82\xAC\"",
                                      "\"\xE2\x82\"",
                                      " [ { } , [ ] ] ",
                                      "\"a\0b\"",
                                      "nul",
                                      "[[[[]]]",
                                      "NaN",
                                      "{\"a\":{\"b\":[1,{\"c\":null}]}}",
                                      "\"\x7F\"",
                                      "1 ",
                                      "\xEF\xBB\xBF"
                                      "1"};

TEST(JsonTest, agrees_with_an_independent_reader_on_what_is_json) {
  for (const std::string& text : kTexts) {
    // nlohmann skips a byte order mark; RFC 8259 lets a reader refuse it, and we do.
    const bool accepted = nlohmann::json::accept(text) && !text.starts_with("\xEF\xBB\xBF");
    EXPECT_EQ(why(text).empty(), accepted) << text << ": " << why(text);
    EXPECT_EQ(find_fault(text).reason.empty(), accepted) << text << ": " << find_fault(text).reason;
  }
}

TEST(JsonTest, dump_writes_the_same_value_compactly) {
  const std::string text =
      R"( { "a" : [ 1 , -2.5 , 1e3, true , null , {} , [] ] , "\u00e9\n\"" : "\u0001x/\\" } )";
  Document document;
  const auto root = document.parse(text);
  EXPECT_EQ(nlohmann::json::parse(root->dump()), nlohmann::json::parse(text));
  EXPECT_EQ(root->get("a")->as_array()->size(), 7u);
  EXPECT_EQ(root->get("a")->dump().find(' '), std::string::npos);
}

std::vector<std::string> raw_members(std::string_view text) {
  struct Seen {
    std::string_view text;
    std::vector<std::string> members;
  } seen{text, {}};
  const auto cut = [](std::string_view from, Span span) {
    return std::string(from.substr(span.begin, span.end - span.begin));
  };
  static auto cutter = cut;
  const bool ok = for_each_raw_member(
      text,
      [](void* self, const RawMember& member) {
        auto& to = *static_cast<Seen*>(self);
        to.members.push_back(std::string(member.key) + "|" + cutter(to.text, member.whole) + "|" +
                             cutter(to.text, member.value));
      },
      &seen);
  if (!ok) seen.members.push_back("not an object");
  return seen.members;
}

TEST(JsonTest, raw_members_are_the_bytes_of_the_text) {
  EXPECT_EQ(raw_members("{}"), std::vector<std::string>{});
  EXPECT_EQ(raw_members(" [1]"), std::vector<std::string>{"not an object"});
  EXPECT_EQ(raw_members(" { \"a\" : 1.50 , \"b\":[{\"}\":\"]\\\"\"}] ,\"c\\\"\\\\\":\"x\\\\\"\n} "),
            (std::vector<std::string>{"a|\"a\" : 1.50|1.50",
                                      "b|\"b\":[{\"}\":\"]\\\"\"}]|[{\"}\":\"]\\\"\"}]",
                                      "c\\\"\\\\|\"c\\\"\\\\\":\"x\\\\\"|\"x\\\\\""}));
  EXPECT_EQ(raw_members("{\"t\":true}"), std::vector<std::string>{"t|\"t\":true|true"});
}

TEST(JsonTest, raw_members_never_leave_a_text_that_is_cut_short) {
  const std::string text = R"({"a":{"b":["c\\",1]},"d":"e","f":1})";
  for (std::size_t i = 0; i < text.size(); ++i) (void)raw_members(text.substr(0, i));
  EXPECT_EQ(raw_members(text).size(), 3u);
}

TEST(JsonTest, written_strings_read_back_as_they_were) {
  const std::vector<std::string> texts{
      "",           "plain",        "quote \" back \\ slash /",
      "\n\r\t\b\f", "\x01\x1f\x7f", "h\xC3\xA9llo \xF0\x9F\x98\x80"};
  for (const std::string& text : texts)
    EXPECT_EQ(nlohmann::json::parse(json::quoted(text)).get<std::string>(), text);
  EXPECT_EQ(nlohmann::json::parse(json::quoted(std::string_view("a\0b", 3))).get<std::string>(),
            std::string("a\0b", 3));
}

TEST(JsonTest, every_ascii_byte_at_every_place_is_written_so_that_it_reads_back) {
  for (char byte = 0x7f; byte >= 0; --byte) {
    for (std::size_t place = 0; place < 20; ++place) {
      std::string text(20, 'x');
      text[place] = byte;
      const std::string written = json::quoted(text);
      EXPECT_EQ(nlohmann::json::parse(written).get<std::string>(), text);
      const bool plain = byte >= 0x20 && byte != '"' && byte != '\\';
      EXPECT_EQ(written.size() == text.size() + 2, plain) << static_cast<int>(byte);
    }
    if (byte == 0) break;
  }
}

TEST(JsonTest, bytes_that_are_not_utf8_are_replaced_in_written_strings) {
  EXPECT_EQ(json::quoted("a\xFF"
                         "b\xE2\x82"),
            "\"a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(json::quoted("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace plimsoll::json
