// Goal: what an answer reports as usage becomes the money it cost.
// Method: every recorded answer of a dialect we decode, from a vendor with a list.
// Its cost through decoder, catalogue and arithmetic is compared with one worked
// out here from the raw JSON and the public catalogues themselves, in floating
// point. Skipped where the recordings or the catalogues are absent.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "catalogue/catalogue.h"
#include "catalogue/entry.h"
#include "dialects/codec.h"

namespace plimsoll {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

fs::path data_folder() {
  const char* named = std::getenv("PLIMSOLL_SHARED");
  const fs::path shared =
      named != nullptr ? fs::path(named) : fs::path(PLIMSOLL_SOURCE_DIR "/../shared");
  return shared / "data";
}

json read_json(const fs::path& path) {
  std::ifstream file(path);
  return json::parse(file);
}

// --- our side -------------------------------------------------------------------

std::optional<Usage> usage_of_stream(const dialects::Codec& codec, const std::string& text) {
  const auto decoder = codec.stream_decoder();
  decoder->feed(text);
  decoder->end_of_input();
  std::optional<Usage> usage;
  for (;;) {
    auto event = decoder->next();
    if (!event || !*event) return usage;
    if ((*event)->usage) usage = (*event)->usage;
  }
}

std::optional<Usage> our_usage(Dialect dialect, const std::string& answer) {
  const dialects::Codec& codec = dialects::codec_of(dialect);
  const std::size_t first = answer.find_first_not_of(" \r\n\t");
  if (first != std::string::npos && answer[first] != '{') return usage_of_stream(codec, answer);
  const auto event = codec.decode_whole(answer);
  return event ? event->usage : std::nullopt;
}

// --- the independent side ---------------------------------------------------------

double number(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

/// Laid over what came before: the last value of each count holds.
void merge_usage(const json& event, json& into) {
  if (!event.is_object()) return;
  if (event.contains("usage") && event["usage"].is_object()) into.merge_patch(event["usage"]);
  for (const char* holder : {"message", "x_groq"})
    if (event.contains(holder)) merge_usage(event[holder], into);
}

json raw_usage(const std::string& answer) {
  json usage = json::object();
  const json whole = json::parse(answer, nullptr, false);
  if (!whole.is_discarded()) merge_usage(whole, usage);
  std::istringstream lines(answer);
  for (std::string line; whole.is_discarded() && std::getline(lines, line);) {
    const json event =
        json::parse(line.substr(std::min(line.find('{'), line.size())), nullptr, false);
    if (!event.is_discarded()) merge_usage(event, usage);
  }
  return usage;
}

struct Units {
  double fresh = 0, cached = 0, written = 0, output = 0;
};

/// Anthropic counts cached and written tokens beside input_tokens, OpenAI within
/// prompt_tokens.
Units units_of(const json& usage) {
  if (usage.contains("input_tokens"))
    return {number(usage, "input_tokens"), number(usage, "cache_read_input_tokens"),
            number(usage, "cache_creation_input_tokens"), number(usage, "output_tokens")};
  const json details = usage.value("prompt_tokens_details", json());
  double cached = details.is_object() ? number(details, "cached_tokens") : 0;
  cached = std::max(cached, number(usage, "prompt_cache_hit_tokens"));
  const double written = details.is_object() ? number(details, "cache_write_tokens") : 0;
  const double prompt = number(usage, "prompt_tokens");
  // Reasoning that completion_tokens leaves out is in the total.
  const double output =
      std::max(number(usage, "completion_tokens"), number(usage, "total_tokens") - prompt);
  return {prompt - cached - written, cached, written, output};
}

/// Dollars per million tokens; 0: none of its own.
struct Prices {
  double input = 0, cached = 0, written = 0, output = 0;

  double cost(const Units& units) const {
    const auto or_input = [this](double price) { return price > 0 ? price : input; };
    return (units.fresh * input + units.cached * or_input(cached) +
            units.written * or_input(written) + units.output * output) /
           1e6;
  }
};

double prompt_of(const Units& units) { return units.fresh + units.cached + units.written; }

/// The public catalogues as they were published.
class Lists {
 public:
  explicit Lists(fs::path folder)
      : folder_(std::move(folder)),
        litellm_(read_json(folder_ / "litellm_model_prices_and_context_window.json")),
        genai_(read_json(folder_ / "genai-prices_npm-0.1.8_data.json")) {}

  /// What the catalogue `from` says; empty when it says nothing of the model.
  std::optional<Prices> prices(std::string_view from, const std::string& vendor,
                               const std::string& model, const Units& units) const {
    if (from == "pi-ai") return in_pi(vendor, model, units);
    if (from == "litellm") return in_litellm(vendor, model);
    return in_genai(vendor == "xai" ? "x-ai" : vendor, model, units);
  }

 private:
  std::optional<Prices> in_pi(const std::string& vendor, const std::string& model,
                              const Units& units) const {
    for (const json& group : read_json(folder_ / "pi-ai-1.5.2" / (vendor + ".json")))
      for (const json& row : group) {
        if (row.value("type", "") != "chat" || row["id"] != model) continue;
        json cost = row["cost"];
        for (const json& tier : row["cost"].value("tiers", json::array()))
          if (prompt_of(units) > number(tier, "inputTokensAbove")) cost = tier;
        return Prices{number(cost, "input"), number(cost, "cacheRead"), number(cost, "cacheWrite"),
                      number(cost, "output")};
      }
    return {};
  }

  std::optional<Prices> in_litellm(const std::string& vendor, const std::string& model) const {
    for (const std::string& key : {vendor + '/' + model, model}) {
      const auto row = litellm_.find(key);
      if (row == litellm_.end() || !row->contains("input_cost_per_token")) continue;
      const auto of = [&](const char* name) { return number(*row, name) * 1e6; };
      return Prices{of("input_cost_per_token"), of("cache_read_input_token_cost"),
                    of("cache_creation_input_token_cost"), of("output_cost_per_token")};
    }
    return {};
  }

  static bool names(const json& match, const std::string& model) {
    if (match.value("equals", "") == model) return true;
    for (const json& inner : match.value("or", json::array()))
      if (names(inner, model)) return true;
    return false;
  }

  std::optional<Prices> in_genai(const std::string& vendor, const std::string& model,
                                 const Units& units) const {
    for (const json& provider : genai_)
      for (const json& row : provider["id"] == vendor ? provider["models"] : json::array()) {
        if (row["id"] != model && !names(row.value("match", json::object()), model)) continue;
        json prices = row["prices"];
        if (prices.is_array()) {
          json chosen;
          for (const json& dated : prices) {
            const json when = dated.value("constraint", json());
            if (!when.is_object() || when.value("start_date", "9") <= "2026-11-10")
              chosen = dated["prices"];
          }
          prices = chosen;
        }
        const auto of = [&](const char* name) {
          const json value = prices.value(name, json());
          if (!value.is_object()) return number(prices, name);
          const json& tier = value["tiers"][0];
          return prompt_of(units) > number(tier, "start") ? number(tier, "price")
                                                          : number(value, "base");
        };
        return Prices{of("input_mtok"), of("cache_read_mtok"), of("cache_write_mtok"),
                      of("output_mtok")};
      }
    return {};
  }

  fs::path folder_;
  json litellm_, genai_;
};

// --- the comparison -----------------------------------------------------------------

struct Recording {
  std::string id, host, model, answer;
  Dialect dialect = Dialect::openai_chat;
};

std::optional<Recording> recording_in(const json& row) {
  if (row["response"]["status"].get<int>() != 200) return {};
  const auto endpoint = row["endpoint"].get<std::string>();
  const bool messages = endpoint == "/v1/messages";
  if (!messages && endpoint != "/chat/completions") return {};
  const json body = json::parse(row["request"]["body"].value("text", ""), nullptr, false);
  if (!body.is_object()) return {};
  return Recording{.id = row["id"],
                   .host = row["request"]["host"],
                   .model = body.value("model", ""),
                   .answer = row["response"]["body"].value("text", ""),
                   .dialect = messages ? Dialect::anthropic : Dialect::openai_chat};
}

/// A dated name that a catalogue lists under its family.
std::string family(const std::string& model) {
  for (const std::size_t size : {std::size_t{9}, std::size_t{11}})
    if (model.size() > size && model[model.size() - size] == '-' &&
        model.find_first_not_of("0123456789-", model.size() - size) == std::string::npos)
      return model.substr(0, model.size() - size);
  return model;
}

/// Which public catalogue our row for a model was taken from, and under what name.
const catalogue::Entry* row_of(std::string_view vendor, const std::string& model) {
  for (const std::string& name : {model, family(model)})
    for (const catalogue::Entry& entry : catalogue::entries())
      if (entry.vendor == vendor && entry.model == name) return &entry;
  return nullptr;
}

class CostsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::is_directory(data_folder() / "cassettes") ||
        !fs::is_directory(data_folder() / "model-prices"))
      GTEST_SKIP() << "no recordings or catalogues at " << data_folder();
    lists = std::make_unique<Lists>(data_folder() / "model-prices");
  }

  void compare(const Recording& recording) {
    const json raw = raw_usage(recording.answer);
    const Units units = units_of(raw);
    if (prompt_of(units) == 0) return;
    const auto usage = our_usage(recording.dialect, recording.answer);
    ASSERT_TRUE(usage) << recording.id;
    EXPECT_EQ(static_cast<double>(usage->input), prompt_of(units)) << recording.id;
    EXPECT_EQ(static_cast<double>(usage->output), units.output) << recording.id;
    const std::string url = "https://" + recording.host + "/v1";
    const auto known = catalogue::lookup(url, recording.model);
    const std::string vendor(catalogue::vendor_of(url));
    const catalogue::Entry* row = known ? row_of(vendor, recording.model) : nullptr;
    if (row == nullptr) {
      ++unpriced;
      return;
    }
    const auto prices = lists->prices(row->from, vendor, std::string(row->model), units);
    ASSERT_TRUE(prices) << recording.id << " " << row->model << " from " << row->from;
    ++compared[vendor];
    EXPECT_NEAR(static_cast<double>(cost_of(*usage, known->price).nanos), prices->cost(units) * 1e9,
                1.5)
        << recording.id << " " << recording.model;
  }

  std::unique_ptr<Lists> lists;
  std::map<std::string, int> compared;
  int unpriced = 0;
};

TEST_F(CostsTest, every_priced_recording_costs_what_the_public_catalogues_say) {
  for (const auto& file : fs::directory_iterator(data_folder() / "cassettes/normalized")) {
    if (file.path().extension() != ".jsonl") continue;
    std::ifstream rows(file.path());
    for (std::string line; std::getline(rows, line);) {
      const auto recording = recording_in(json::parse(line));
      // A tier of the service has a price of its own, which we do not know.
      if (recording && recording->answer.find("\"flex\"") == std::string::npos) compare(*recording);
    }
  }
  int all = 0;
  for (const auto& [vendor, count] : compared) {
    std::printf("%-12s %3d recordings compared\n", vendor.c_str(), count);
    all += count;
  }
  std::printf("%d of models or hosts without a list price\n", unpriced);
  EXPECT_GT(all, 250);
}

}  // namespace
}  // namespace plimsoll
