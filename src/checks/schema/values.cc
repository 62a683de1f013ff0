#include "checks/schema/values.h"

#include <functional>

#include "checks/schema/program.h"

namespace plimsoll::checks::schema {
namespace {

double nearest(const json::Tape& tape, json::Place at) {
  switch (tape.tag(at)) {
    case 'l': return static_cast<double>(tape.int64(at));
    case 'u': return static_cast<double>(tape.uint64(at));
    default: return tape.real(at);
  }
}

bool same_number(const Spot& a, const Spot& b) {
  if (a.tape.tag(a.at) == 'l' && b.tape.tag(b.at) == 'l')
    return a.tape.int64(a.at) == b.tape.int64(b.at);
  // Rounding keeps the order, so only equal neighbours are in doubt.
  if (nearest(a.tape, a.at) != nearest(b.tape, b.at)) return false;
  return a.numbers.exactly(a.at) == b.numbers.exactly(b.at);
}

bool same_items(const Spot& a, const Spot& b, Steps& steps) {
  if (a.tape.count(a.at) != b.tape.count(b.at)) return false;
  json::Place other = json::Tape::first(b.at);
  for (json::Place item = json::Tape::first(a.at), end = a.tape.last(a.at); item < end;
       item = a.tape.after(item), other = b.tape.after(other))
    if (!same_value({a.tape, item, a.numbers}, {b.tape, other, b.numbers}, steps)) return false;
  return true;
}

/// Whether every member of `a` has its like in `b`; the one at the same rank first.
bool members_within(const Spot& a, const Spot& b, Steps& steps) {
  const json::Place b_end = b.tape.last(b.at);
  json::Place rank = json::Tape::first(b.at);
  for (json::Place key = json::Tape::first(a.at), end = a.tape.last(a.at); key < end;
       key = a.tape.after(key + 1)) {
    const std::string_view name = a.tape.string(key);
    const auto matches = [&](json::Place other) {
      --steps;
      return b.tape.string(other) == name &&
             same_value({a.tape, key + 1, a.numbers}, {b.tape, other + 1, b.numbers}, steps);
    };
    bool found = rank < b_end && matches(rank);
    for (json::Place other = json::Tape::first(b.at); !found && other < b_end && steps >= 0;
         other = b.tape.after(other + 1))
      found = matches(other);
    if (!found) return false;
    if (rank < b_end) rank = b.tape.after(rank + 1);
  }
  return true;
}

bool same_members(const Spot& a, const Spot& b, Steps& steps) {
  return a.tape.count(a.at) == b.tape.count(b.at) && members_within(a, b, steps) &&
         members_within(b, a, steps);
}

std::uint64_t mixed(std::uint64_t seed, std::uint64_t more) {
  return (seed ^ more) * 0x9E37'79B9'7F4A'7C15U + (seed >> 17U);
}

}  // namespace

bool same_value(const Spot& a, const Spot& b, Steps& steps) {
  if (--steps < 0) return false;
  const char tag = a.tape.tag(a.at);
  const std::uint8_t kind = kind_bit(tag);
  if (kind != kind_bit(b.tape.tag(b.at))) return false;
  switch (kind) {
    case kNull: return true;
    case kBoolean: return tag == b.tape.tag(b.at);
    case kNumber: return same_number(a, b);
    case kString: return a.tape.string(a.at) == b.tape.string(b.at);
    case kArray: return same_items(a, b, steps);
    default: return same_members(a, b, steps);
  }
}

std::uint64_t hash_value(const json::Tape& tape, json::Place at, Steps& steps) {
  if (--steps < 0) return 0;
  const char tag = tape.tag(at);
  const std::uint8_t kind = kind_bit(tag);
  if (kind == kNumber) return mixed(kNumber, std::hash<double>{}(nearest(tape, at)));
  if (kind == kString) return mixed(kString, std::hash<std::string_view>{}(tape.string(at)));
  if (kind != kArray && kind != kObject) return static_cast<std::uint64_t>(tag);
  std::uint64_t hash = kind;
  for (json::Place child = json::Tape::first(at), end = tape.last(at); child < end;) {
    if (kind == kArray) {
      hash = mixed(hash, hash_value(tape, child, steps));
      child = tape.after(child);
    } else {  // any order gives the same sum
      const auto key = std::hash<std::string_view>{}(tape.string(child));
      hash += mixed(key, hash_value(tape, child + 1, steps));
      child = tape.after(child + 1);
    }
  }
  return hash;
}

}  // namespace plimsoll::checks::schema
