#include <deque>
#include <string>
#include <utility>

#include "config/field.h"
#include "config/units.h"

namespace plimsoll::config {
namespace {

/// Where a set of limits stands.
enum class Of : std::uint8_t { file, feature };

template <Of of>
LimitSet& set_of(Draft& draft) {
  if constexpr (of == Of::file)
    return draft.plan.limits;
  else
    return draft.feature().limits;
}

/// The rows of both places, which differ in where they bind. Paths are put
/// together here, once, and live as long as the rows.
class Rows {
 public:
  Rows() {
    add_set<Of::feature>("features.*.limits",
                         "How often, how much and how many at a time the feature may be asked; "
                         "more is refused with 429 and the wait.");
    add_set<Of::file>("limits", "The same for all features together, whatever a request asks for.");
  }
  std::span<const Field> rows() const { return rows_; }

 private:
  template <Of of>
  void add_set(std::string_view at, std::string_view sentence) {
    rows_.push_back({.path = text(std::string(at)), .sentence = sentence});
    rows_.push_back(
        {.path = text(std::string(at) + ".burst"),
         .kind = Kind::duration,
         .sentence = "How much of each rate may come at once: what comes back within this time. "
                     "Default: all of it, so that 60/min lets 60 come at once.",
         .least = "1ms",
         .most = "1d",
         .bind = [](Draft& d, const Value& v) { set_of<of>(d).burst = milliseconds(v.integer); }});
    add_scope<of, LimitScope::key>(at, "per_key", "each key; without keys, everybody together");
    add_scope<of, LimitScope::feature>(at, "per_feature", "each feature");
    add_scope<of, LimitScope::tenant>(at, "per_tenant", "each tenant");
    add_scope<of, LimitScope::address>(at, "per_address",
                                       "each client address, and of IPv6 each network of 64 bits");
  }

  template <Of of, LimitScope scope>
  void add_scope(std::string_view at, std::string_view name, std::string_view who) {
    const std::string path = fmt_path(at, name);
    rows_.push_back({.path = text(path), .sentence = text("Limits of " + std::string(who) + ".")});
    rows_.push_back({.path = text(path + ".requests"),
                     .kind = Kind::rate,
                     .sentence = "Requests.",
                     .bind = [](Draft& d, const Value& v) {
                       set_of<of>(d)[scope].requests = parse_rate(v.text);
                     }});
    rows_.push_back(
        {.path = text(path + ".tokens"),
         .kind = Kind::rate,
         .sentence = "Tokens, in and out: an estimate is set aside before the call, and corrected "
                     "by what was used.",
         .bind = [](Draft& d, const Value& v) {
           set_of<of>(d)[scope].tokens = parse_rate(v.text);
         }});
    rows_.push_back(
        {.path = text(path + ".concurrent"),
         .kind = Kind::count,
         .sentence = "Requests at a time.",
         .least = "1",
         .most = "1M",
         .bind = [](Draft& d, const Value& v) { set_of<of>(d)[scope].concurrent = v.integer; }});
  }

  static std::string fmt_path(std::string_view at, std::string_view name) {
    return std::string(at) + "." + std::string(name);
  }
  std::string_view text(std::string words) { return texts_.emplace_back(std::move(words)); }

  std::deque<std::string> texts_;  // never moves what it holds
  std::vector<Field> rows_;
};

}  // namespace

std::span<const Field> limit_fields() {
  static const Rows all;
  return all.rows();
}

}  // namespace plimsoll::config
