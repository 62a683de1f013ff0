// What it costs to hold an answer to a schema: `bench_schema [rounds]` prints the
// median nanoseconds of one validation of two invoices, after compiling, and of one
// token of a stream; the parse is printed beside, it is not counted. With node and
// `npm ci` in bench/ajv, ajv's generated code runs in the same rounds on the same
// invoices and the ratio is printed. Start it in the root of the repository.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "checks/json_schema.h"
#include "checks/prefix_validator.h"

namespace {

using namespace plimsoll;
using Clock = std::chrono::steady_clock;

constexpr int kRepeats = 20'000;

// The same text as in bench/ajv/bench.mjs.
constexpr std::string_view kSchema =
    R"({"type":"object","additionalProperties":false,"required":["id","customer","total","lines"],)"
    R"("properties":{"id":{"type":"string","pattern":"^INV-[0-9]+$"},)"
    R"("customer":{"type":"string","minLength":1,"maxLength":80},)"
    R"("currency":{"enum":["EUR","USD","GBP"]},"total":{"type":"number","minimum":0},)"
    R"("paid":{"type":"boolean"},"lines":{"type":"array","minItems":1,"items":{"type":"object",)"
    R"("additionalProperties":false,"required":["sku","quantity","price"],"properties":{)"
    R"("sku":{"type":"string","maxLength":20},"quantity":{"type":"integer","minimum":1},)"
    R"("price":{"type":"number","minimum":0},"note":{"type":["string","null"]}}}}}})";

std::string invoice(int lines) {
  std::string text = R"({"id":"INV-20417","customer":"Ada","currency":"EUR","total":19.5,)"
                     R"("paid":true,"lines":[)";
  for (int i = 0; i < lines; ++i)
    text += fmt::format(R"({}{{"sku":"A-{}","quantity":{},"price":{}.25}})", i > 0 ? "," : "",
                        100 + i, i + 1, i + 3);
  return text + "]}";
}

std::size_t sink = 0;

template <class Step>
double nanos(int repeats, Step step) {
  const auto begin = Clock::now();
  for (int i = 0; i < repeats; ++i) step();
  const std::chrono::duration<double, std::nano> took = Clock::now() - begin;
  return took.count() / repeats;
}

double median(std::vector<double> all) {
  std::ranges::sort(all);
  return all.empty() ? 0 : all[all.size() / 2];
}

/// One round of ajv over a file's text; 0 when it cannot run.
double ajv_round(const std::string& text) {
  const std::string path = "/tmp/plimsoll-bench-schema.json";
  if (std::FILE* file = std::fopen(path.c_str(), "w"); file != nullptr) {
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
  }
  const std::string command = "node bench/ajv/bench.mjs " + path + " 2>/dev/null";
  std::FILE* pipe = popen(command.c_str(), "r");
  double value = 0;
  if (pipe != nullptr) {
    if (std::fscanf(pipe, "%lf", &value) != 1) value = 0;
    pclose(pipe);
  }
  return value;
}

void report(const checks::JsonSchema& schema, const std::string& text, int rounds) {
  json::Document document;
  const auto value = document.parse(text);
  if (!value || schema.check(*value, text) != checks::JsonSchema::Outcome::fits) std::abort();
  std::vector<double> ours, theirs, parse, prefix;
  for (int round = 0; round < rounds; ++round) {
    ours.push_back(nanos(kRepeats, [&] {
      sink += schema.check(*value, text) == checks::JsonSchema::Outcome::fits;
    }));
    if (const double ajv = round < 5 ? ajv_round(text) : 0; ajv > 0) theirs.push_back(ajv);
    json::Document again;
    parse.push_back(nanos(kRepeats, [&] { sink += again.parse(text).has_value(); }));
    prefix.push_back(nanos(kRepeats / 20,
                           [&] {
                             checks::PrefixValidator validator(schema);
                             for (std::size_t at = 0; at < text.size(); at += 4)
                               sink += validator.feed(std::string_view(text).substr(at, 4));
                           }) /
                     (static_cast<double>(text.size()) / 4));
  }
  const std::string beside = theirs.empty()
                                 ? "ajv: not here (npm ci in bench/ajv)"
                                 : fmt::format("ajv {:.0f} ns, ratio {:.2f}", median(theirs),
                                               median(ours) / median(theirs));
  fmt::print("{:>5} B: validate {:.0f} ns; {}; parse {:.0f} ns; prefix {:.0f} ns a token of 4 B\n",
             text.size(), median(ours), beside, median(parse), median(prefix));
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 21;
  const auto schema = checks::JsonSchema::compile(kSchema);
  if (!schema) {
    fmt::print(stderr, "{}\n", schema.error().what);
    return 1;
  }
  for (const int lines : {1, 30}) report(*schema, invoice(lines), rounds);
  return sink > 0 ? 0 : 1;
}
