// Goal: what the simulator decides follows its seed and its rates, and nothing else.
// Method: pure calls; shares over thousands of draws with a wide, fixed margin.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <vector>

#include "sim/decide.h"
#include "sim/encode.h"
#include "sim/invent.h"
#include "sim/pieces.h"

namespace plimsoll::sim {
namespace {

constexpr std::string_view kGoldenLines =
    R"({"id":"a","input":"capital of France?","expected":"Paris"}
)"
    R"({"id":"b","input":{"messages":[{"role":"system","content":"s"},)"
    R"({"role":"user","content":"order 7"}]},"expected":{"status":"late","days":3}}
)"
    R"({"id":"c","input":[{"role":"user","content":"order 8"}],)"
    R"("expected":{"status":"sent","days":1}}
{"id":"d","input":"nobody knows","checks":[]}
)";

GoldenSet golden() { return GoldenSet::parse(kGoldenLines).value(); }

Ask ask_for(std::string prompt, std::string model = "small") {
  Ask ask;
  ask.model = std::move(model);
  ask.user_turns = {std::move(prompt)};
  return ask;
}

Decision decided(const Behaviour& behaviour, const Ask& ask, std::uint64_t nth,
                 std::uint64_t seed = 7) {
  static const GoldenSet kGolden = golden();
  return decide(behaviour, kGolden, ask, Occasion(seed, ask.model, ask.prompt(), nth));
}

Behaviour behaving(std::vector<std::pair<std::string, std::string>> fields) {
  Behaviour behaviour;
  for (const auto& [field, value] : fields) {
    const auto set = set_field(behaviour, field, value);
    EXPECT_TRUE(set.has_value()) << field;
  }
  return behaviour;
}

std::string signature(const Behaviour& behaviour, std::uint64_t nth) {
  const Ask ask = ask_for("order 7");
  const Decision decision = decided(behaviour, ask, nth);
  std::string out =
      std::string(to_string(decision.fate)) + " " + std::to_string(decision.wait.count()) + " ";
  for (const Choice& choice : decision.choices) out += choice.text;
  return out;
}

TEST(DecideTest, the_same_occasion_gives_the_same_decision_on_every_thread) {
  const Behaviour behaviour = named_profile("hostile").value().usual;
  std::vector<std::string> alone(200), together(200);
  for (std::size_t i = 0; i < alone.size(); ++i) alone[i] = signature(behaviour, i);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&together, &behaviour, t] {
      for (std::size_t i = together.size(); i-- > 0;) {
        if (i % 4 == t) together[i] = signature(behaviour, i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(alone, together);
}

TEST(DecideTest, another_seed_model_prompt_or_turn_is_another_occasion) {
  const Occasion one(7, "small", "hi", 0);
  EXPECT_NE(one.key(), Occasion(8, "small", "hi", 0).key());
  EXPECT_NE(one.key(), Occasion(7, "large", "hi", 0).key());
  EXPECT_NE(one.key(), Occasion(7, "small", "ho", 0).key());
  EXPECT_NE(one.key(), Occasion(7, "small", "hi", 1).key());
  EXPECT_EQ(one.key(), Occasion(7, "small", "hi", 0).key());
}

TEST(DecideTest, a_changed_fault_rate_leaves_the_answers_as_they_were) {
  const Behaviour calm = behaving({{"accuracy", "0.5"}});
  const Behaviour rough = behaving({{"accuracy", "0.5"}, {"faults.no_done", "0.9"}});
  for (std::uint64_t nth = 0; nth < 100; ++nth) {
    EXPECT_EQ(decided(calm, ask_for("order 7"), nth).choices.at(0).text,
              decided(rough, ask_for("order 7"), nth).choices.at(0).text);
  }
}

TEST(DecideTest, every_fault_comes_as_often_as_its_rate_says) {
  for (std::size_t fate = 1; fate < kFates; ++fate) {
    const auto name = to_string(static_cast<Fate>(fate));
    const Behaviour behaviour = behaving({{"faults." + std::string(name), "0.2"}});
    int hits = 0;
    for (std::uint64_t nth = 0; nth < 2000; ++nth) {
      hits += decided(behaviour, ask_for("x"), nth).fate == static_cast<Fate>(fate) ? 1 : 0;
    }
    EXPECT_NEAR(hits, 400, 80) << name;
  }
}

TEST(DecideTest, accuracy_is_the_share_of_expected_answers) {
  const Behaviour behaviour = behaving({{"accuracy", "0.8"}});
  int correct = 0;
  for (std::uint64_t nth = 0; nth < 2000; ++nth) {
    const Choice choice = decided(behaviour, ask_for("  order 7\n"), nth).choices.at(0);
    if (choice.worth == Worth::correct) {
      ++correct;
      EXPECT_EQ(choice.text, R"({"status":"late","days":3})");
    } else {
      EXPECT_NE(choice.text, R"({"status":"late","days":3})");
      EXPECT_TRUE(choice.text == "Paris" || choice.text == R"({"status":"sent","days":1})")
          << "a mistake is another case's answer: " << choice.text;
    }
  }
  EXPECT_NEAR(correct, 1600, 90);
}

TEST(DecideTest, an_earlier_user_turn_is_matched_when_the_last_one_is_a_correction) {
  Ask ask = ask_for("Your answer was not valid JSON. Answer again.");
  ask.user_turns.emplace_back("order 7");
  EXPECT_EQ(decided(Behaviour{}, ask, 0).choices.at(0).worth, Worth::correct);
}

TEST(DecideTest, each_flaw_breaks_a_json_answer_in_its_own_way) {
  using Json = nlohmann::json;
  const auto spoiled = [](std::string_view flaw) {
    const Behaviour behaviour = behaving({{"flaws." + std::string(flaw), "1"}});
    return decided(behaviour, ask_for("order 7"), 0).choices.at(0);
  };
  const Json right = Json::parse(R"({"status":"late","days":3})");
  EXPECT_NE(spoiled("fenced").text.find("```json\n{\"status\":\"late\",\"days\":3}\n```"),
            std::string::npos);
  const Json wrong = Json::parse(spoiled("wrong_type").text);
  EXPECT_TRUE(wrong.contains("status") && wrong.contains("days"));
  EXPECT_TRUE(wrong["status"].type() != right["status"].type() || !wrong["days"].is_number());
  EXPECT_EQ(Json::parse(spoiled("missing_key").text).size(), 1U);
  EXPECT_FALSE(Json::accept(spoiled("truncated").text));
  EXPECT_EQ(spoiled("truncated").finish, "length");
  EXPECT_FALSE(Json::accept(spoiled("prose").text));
  EXPECT_FALSE(Json::accept(spoiled("wrong_language").text));
  EXPECT_FALSE(Json::accept(spoiled("refusal").text));
  EXPECT_EQ(spoiled("fenced").worth, Worth::invalid);
}

TEST(DecideTest, an_answer_longer_than_the_limit_ends_with_length) {
  Ask ask = ask_for("tell me");
  ask.tokens_max = 5;
  const Choice choice = decided(behaving({{"tokens", "40"}}), ask, 0).choices.at(0);
  EXPECT_EQ(tokens_of(choice.text), 5U);
  EXPECT_EQ(choice.finish, "length");
}

TEST(DecideTest, a_stream_waits_for_its_first_token_and_everything_else_for_its_latency) {
  const Behaviour well = behaving({{"latency", "5s"}, {"first_token", "1s"}});
  Ask ask = ask_for("x");
  EXPECT_EQ(decided(well, ask, 0).wait, std::chrono::seconds(5));
  ask.stream = true;
  EXPECT_EQ(decided(well, ask, 0).wait, std::chrono::seconds(1));
  const Behaviour ill =
      behaving({{"latency", "5s"}, {"first_token", "1s"}, {"faults.server_error", "1"}});
  EXPECT_EQ(decided(ill, ask, 0).wait, std::chrono::seconds(5)) << "an error is no token";
}

TEST(DecideTest, streams_break_anywhere_between_their_first_and_their_last_token) {
  const Behaviour behaviour = behaving({{"tokens", "5"}, {"faults.cut_eof", "1"}});
  std::set<std::size_t> cuts;
  for (std::uint64_t nth = 0; nth < 200; ++nth)
    cuts.insert(decided(behaviour, ask_for("x"), nth).cut_token);
  EXPECT_EQ(cuts, (std::set<std::size_t>{1, 2, 3, 4}));
}

TEST(SpreadTest, the_shapes_have_their_centres_and_tails) {
  const auto draws = [](std::string_view text) {
    const Spread spread = Spread::parse(text, Spread::Measure::time).value();
    Dice dice(1);
    std::vector<double> ms;
    for (int i = 0; i < 4001; ++i)
      ms.push_back(std::chrono::duration<double, std::milli>(spread.draw_time(dice)).count());
    std::ranges::sort(ms);
    return ms;
  };
  EXPECT_EQ(draws("300ms").front(), 300);
  EXPECT_EQ(draws("300ms").back(), 300);
  EXPECT_NEAR(draws("lognormal:300ms:0.5")[2000], 300, 15);
  EXPECT_GT(draws("lognormal:300ms:0.5")[3960], 700);
  EXPECT_NEAR(draws("uniform:100ms:300ms")[2000], 200, 10);
  EXPECT_NEAR(draws("bimodal:100ms:2s:0.1")[1800], 100, 10);
  EXPECT_NEAR(draws("bimodal:100ms:2s:0.1")[3900], 2000, 250);
  EXPECT_EQ(draws("spikes:50ms:3s:0.02")[3500], 50);
  EXPECT_GT(draws("spikes:50ms:3s:0.02")[3990], 1000);
}

TEST(SpreadTest, refuses_what_is_not_a_distribution) {
  for (const std::string_view text : {"", "fast", "300", "-1ms", "uniform:1ms", "gauss:1ms:2ms",
                                      "bimodal:1ms:2ms:1.5", "2h", "9999m", "lognormal:1ms:11"}) {
    EXPECT_FALSE(Spread::parse(text, Spread::Measure::time).has_value()) << text;
  }
}

TEST(ProfileTest, every_named_profile_loads_and_a_model_can_differ) {
  for (const std::string_view name : profile_names()) {
    EXPECT_TRUE(named_profile(name).has_value()) << name;
  }
  Profile profile;
  ASSERT_TRUE(lay_over(profile, R"({"models":{"small":{"accuracy":0.5}},"latency":"20ms",
                                    "faults":{"reset":0.25}})")
                  .has_value());
  EXPECT_EQ(profile.of("small").accuracy, 0.5);
  EXPECT_EQ(profile.of("other").accuracy, 1.0);
  EXPECT_EQ(profile.of("small").faults[static_cast<std::size_t>(Fate::reset)], 0.25);
}

TEST(ProfileTest, refuses_unknown_names_and_impossible_rates) {
  for (const std::string_view text :
       {"[]", R"({"latncy":"1ms"})", R"({"faults":{"explode":0.1}})", R"({"faults":{"hang":2}})",
        R"({"faults":{"hang":0.6,"reset":0.6}})", R"({"accuracy":"most"})",
        R"({"models":{"a":{"models":{}}}})", R"({"retry_after":"later"})"}) {
    Profile profile;
    EXPECT_FALSE(lay_over(profile, text).has_value()) << text;
  }
}

TEST(InventTest, text_has_exactly_the_tokens_asked_for) {
  for (const std::size_t tokens : {1U, 2U, 7U, 100U}) {
    EXPECT_EQ(tokens_of(invent_text(tokens, Dice(tokens))), tokens);
  }
}

TEST(InventTest, json_follows_its_schema) {
  const std::string schema = R"({"type":"object","properties":{
      "kind":{"enum":["a","b"]},"n":{"type":"integer","minimum":5,"maximum":9},
      "list":{"type":"array","items":{"$ref":"#/$defs/item"},"minItems":2,"maxItems":2},
      "ok":{"type":"boolean"},"v":{"const":1},"none":{"type":"null"}},
      "$defs":{"item":{"type":"object","properties":{"name":{"type":"string","minLength":30}}}}})";
  for (std::uint64_t i = 0; i < 50; ++i) {
    const auto value = nlohmann::json::parse(invent_json(schema, Dice(i)));
    EXPECT_TRUE(value["kind"] == "a" || value["kind"] == "b");
    EXPECT_GE(value["n"].get<int>(), 5);
    EXPECT_LE(value["n"].get<int>(), 9);
    ASSERT_EQ(value["list"].size(), 2U);
    EXPECT_GE(value["list"][0]["name"].get<std::string>().size(), 30U);
    EXPECT_TRUE(value["ok"].is_boolean() && value["none"].is_null() && value["v"] == 1);
  }
}

TEST(InventTest, a_schema_that_refers_to_itself_ends) {
  const std::string schema = R"({"type":"object","properties":{"next":{"$ref":"#"}}})";
  EXPECT_TRUE(nlohmann::json::accept(invent_json(schema, Dice(1))));
}

TEST(PiecesTest, pieces_never_cut_a_character_and_join_to_the_text) {
  const std::string text = "Grüße an die 日本語 and 🚢 crew";
  for (const std::size_t each : {1U, 2U, 3U}) {
    std::string joined;
    for (const std::string_view piece : pieces_of(text, each)) {
      EXPECT_NE(static_cast<unsigned char>(piece.front()) & 0xc0, 0x80);
      joined += piece;
    }
    EXPECT_EQ(joined, text);
  }
}

TEST(GoldenTest, what_is_added_behind_a_question_makes_no_other_question) {
  const GoldenSet set = golden();
  const GoldenCase* asked = set.find({"order 7\n\nYour last answer was:\n\n- no JSON"});
  ASSERT_NE(asked, nullptr);
  EXPECT_EQ(asked->id, "b");
  EXPECT_EQ(set.find({"order 7 and more"}), nullptr);
}

}  // namespace
}  // namespace plimsoll::sim
