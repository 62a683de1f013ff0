// Goal: expressions mean what the language's official suite says.
// Method: every case of its sections that need no protobuf messages, as JSON. A case
// is compiled with its names declared, checked or not as it says, and run. Skipped
// with a word when the suite is not there.
#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cel/program.h"

namespace plimsoll::cel {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

fs::path suite() {
  const char* shared = std::getenv("PLIMSOLL_SHARED");
  const fs::path root = shared != nullptr ? shared : fs::path(PLIMSOLL_SOURCE_DIR) / "../shared";
  return root / "data/cel-conformance/json";
}

std::string unhex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

double real_of(const std::string& text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::stod(text);
}

Value value_of(const Json& json, Arena& arena) {
  const std::string type = json["type"];
  if (type == "null") return Value::null();
  if (type == "bool") return Value::boolean(json["value"]);
  if (type == "int") return Value::integer(std::stoll(json["value"].get<std::string>()));
  if (type == "uint") return Value::uinteger(std::stoull(json["value"].get<std::string>()));
  if (type == "double") return Value::real(real_of(json["value"]));
  if (type == "string") return Value::string(arena.copy(json["value"].get<std::string>()));
  if (type == "type") return Value::type(arena.copy(json["value"].get<std::string>()));
  if (type == "bytes") return Value::bytes(arena.copy(unhex(json["hex"])));
  if (type == "duration")
    return Value::duration(std::stoll(json["seconds"].get<std::string>()) * 1'000'000'000 +
                           json["nanos"].get<std::int64_t>());
  if (type == "timestamp")
    return Value::timestamp({.seconds = std::stoll(json["seconds"].get<std::string>()),
                             .nanos = json["nanos"].get<std::int32_t>()});
  std::vector<Value> items;
  if (type == "list")
    for (const Json& item : json["value"]) items.push_back(value_of(item, arena));
  if (type == "map")
    for (const Json& entry : json["entries"])
      for (const Json& part : entry) items.push_back(value_of(part, arena));
  Value* const place = arena.array<Value>(items.size());
  std::ranges::uninitialized_copy(items, std::span(place, items.size()));
  const std::span<const Value> made(place, items.size());
  return type == "list" ? Value::list(made) : Value::map(made);
}

/// Kinds must agree too, and NaN is as wanted as any other value.
bool agrees(const Value& found, const Value& wanted, Arena& arena) {
  if (found.kind() != wanted.kind()) return false;
  if (wanted.is(Kind::real) && std::isnan(wanted.as_real())) return std::isnan(found.as_real());
  std::int64_t budget = 1'000'000;
  return equal(found, wanted, arena, budget);
}

/// Empty when the case came out as it should; else what went wrong.
std::string run(const Json& test) {
  Arena arena;
  Environment environment;
  if (test.value("disable_check", false)) environment.checking = Checking::none;
  environment.container = test.value("container", "");
  std::vector<Value> values;
  const Json bindings = test.value("bindings", Json::object());
  for (const auto& [name, value] : bindings.items()) {
    values.push_back(value_of(value, arena));
    environment.variables.push_back({.name = name, .type = Type::dyn()});
  }
  const std::string source = test["expr"];
  const auto program = Program::compile(source, environment);
  const bool fails = test.contains("error");
  if (!program) return fails ? "" : "does not compile: " + show(program.error(), source);
  const Value found = program->evaluate(values, arena);
  if (fails) return found.is_error() ? "" : "gives " + to_text(found, arena) + ", not an error";
  if (found.is_error()) return "fails: " + std::string(found.message());
  if (agrees(found, value_of(test["value"], arena), arena)) return "";
  return "gives " + std::string(kind_name(found.kind())) + " " + to_text(found, arena);
}

TEST(CelConformanceTest, the_official_cases_come_out_as_they_should) {
  if (!fs::exists(suite())) GTEST_SKIP() << "no CEL conformance suite at " << suite();
  int passed = 0, failed = 0;
  for (const auto& entry : fs::directory_iterator(suite())) {
    std::ifstream file(entry.path());
    const Json whole = Json::parse(file);
    for (const Json& test : whole["cases"]) {
      const std::string trouble = run(test);
      ++(trouble.empty() ? passed : failed);
      if (trouble.empty()) continue;
      ADD_FAILURE() << entry.path().stem().string() << " / " << test["section"] << " / "
                    << test["name"] << "\n  " << test["expr"].get<std::string>() << "\n  "
                    << trouble;
    }
  }
  std::cout << "CEL conformance: " << passed << " cases agree, " << failed << " differ\n";
}

}  // namespace
}  // namespace plimsoll::cel
