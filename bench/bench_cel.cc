// What a condition costs: `bench_cel [rounds]` prints the median nanoseconds of one
// evaluation after compiling, of the same test written in C++ as a floor, their ratio,
// and the bytes asked of the system per evaluation. Exits with 1 above 1 us.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "cel/program.h"

namespace {

std::size_t asked = 0;

}  // namespace

void* operator new(std::size_t bytes) {
  asked += bytes;
  if (void* const place = std::malloc(bytes); place != nullptr) return place;
  std::abort();
}
void operator delete(void* place) noexcept { std::free(place); }
void operator delete(void* place, std::size_t) noexcept { std::free(place); }

namespace {

using namespace plimsoll;
using Clock = std::chrono::steady_clock;

constexpr int kRepeats = 50'000;
volatile std::size_t sink = 0;

template <class Step>
double nanos(Step step) {
  const auto begin = Clock::now();
  for (int i = 0; i < kRepeats; ++i) step();
  const std::chrono::duration<double, std::nano> took = Clock::now() - begin;
  return took.count() / kRepeats;
}

double median(std::vector<double> all) {
  std::ranges::sort(all);
  return all[all.size() / 2];
}

/// What a router asks, written by hand: the floor.
bool by_hand(const json::Value& answer, std::int64_t tokens, std::size_t tools) {
  return tokens < 300 && tools == 0 && answer.get_string("status").value_or("") == "paid" &&
         answer.get_int("total").value_or(0) <= 100;
}

struct Case {
  const char* name;
  const char* source;
};

constexpr Case kCases[] = {
    {"route", "request.input_tokens < 300 && size(request.tools) == 0"},
    {"answer",
     "request.input_tokens < 300 && size(request.tools) == 0 && "
     "answer.status == 'paid' && answer.total <= 100"},
    {"text", "request.language == 'de' && answer.status.startsWith('pa')"},
    {"list", "answer.lines.all(l, l.qty > 0 && l.price >= 0.0)"},
    {"pattern", "answer.status.matches('^(paid|open)$')"},
};

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 15;
  cel::Environment environment;
  environment.variables = {{.name = "request.input_tokens", .type = cel::Kind::integer},
                           {.name = "request.tools", .type = cel::Type::list({})},
                           {.name = "request.language", .type = cel::Kind::string},
                           {.name = "answer", .type = {}}};
  json::Document document;
  const auto answer = document.parse(
      R"({"id":"INV-1","status":"paid","lines":[{"qty":2,"price":9.5},{"qty":1,"price":1.25}],)"
      R"("total":20.25})");
  if (!answer) return 2;
  const std::array<cel::Value, 4> variables = {cel::Value::integer(120), cel::Value::list({}),
                                               cel::Value::string("de"), cel::Value::json(*answer)};
  std::vector<double> floors;
  for (int i = 0; i < rounds; ++i)
    floors.push_back(
        nanos([&] { sink = sink + by_hand(*answer, static_cast<std::int64_t>(sink % 7), 0); }));
  const double floor = median(floors);
  fmt::print("floor: {:.0f} ns by hand\n", floor);
  bool slow = false;
  for (const Case& one : kCases) {
    const auto program = cel::Program::compile(one.source, environment);
    if (!program) return 2;
    std::vector<double> times;
    asked = 0;
    for (int i = 0; i < rounds; ++i)
      times.push_back(nanos([&] {
        cel::Arena arena;
        sink = sink + program->evaluate(variables, arena).is_true();
      }));
    const double bytes = static_cast<double>(asked) / (double{kRepeats} * rounds);
    const double time = median(times);
    slow = slow || time > 1000;
    fmt::print("{:8} {:6.0f} ns, {:5.1f} x the floor, {:.1f} bytes asked\n", one.name, time,
               time / floor, bytes);
  }
  return slow ? 1 : 0;
}
