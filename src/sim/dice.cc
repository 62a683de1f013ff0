#include "sim/dice.h"

#include <cmath>
#include <numbers>

namespace plimsoll::sim {
namespace {

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;

std::uint64_t mixed(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

std::uint64_t Dice::next() noexcept { return mixed(state_ += kGolden); }

double Dice::unit() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

std::size_t Dice::below(std::size_t count) noexcept {
  if (count == 0) return 0;
  return static_cast<std::size_t>(next() % count);
}

double Dice::normal() noexcept {
  const double radius = std::sqrt(2.0 * exponential());
  return radius * std::cos(2.0 * std::numbers::pi * unit());
}

double Dice::exponential() noexcept { return -std::log(1.0 - unit()); }

std::uint64_t fingerprint(std::string_view text, std::uint64_t start) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ mixed(start);
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return mixed(hash ^ text.size());
}

Occasion::Occasion(std::uint64_t seed, std::string_view model, std::string_view prompt,
                   std::uint64_t nth) noexcept
    : key_(fingerprint(prompt, fingerprint(model, seed)) ^ mixed(nth + kGolden)) {}

Dice Occasion::dice(std::string_view question, std::uint64_t index) const noexcept {
  return Dice(fingerprint(question, key_ + index * kGolden));
}

}  // namespace plimsoll::sim
