// Fields whose values are conditions: what chooses the model, and what answers keep.
#include "config/field.h"

namespace plimsoll::config {
namespace {

constexpr Field kRows[] = {
    {.path = "features.*.output.require",
     .kind = Kind::require,
     .sentence = "CEL conditions that hold for every answer: over `answer` (its text as JSON), "
                 "`text` and `request.*`.",
     .bind = [](Draft& d, const Value& v) { d.feature().output.require = v.texts; }},
    {.path = "features.*.output.confirm",
     .kind = Kind::rules,
     .sentence = "A rule table: an answer is refused unless it is, as JSON, what the table decides "
                 "on the facts of the request.",
     .bind = [](Draft& d, const Value& v) { d.feature().output.confirm = v.table; }},
    {.path = "features.*.critical",
     .kind = Kind::boolean,
     .sentence = "No answer of a model leaves unless a rule table confirms it: every rung is "
                 "`rules` or `static`, or `output.confirm` is set.",
     .fallback = "false",
     .bind = [](Draft& d, const Value& v) { d.feature().critical = v.boolean; }},
    {.path = "features.*.route",
     .kind = Kind::list,
     .sentence = "Chooses the model that is asked first: the first rule whose condition holds. "
                 "Where none does, the ladder begins at its top."},
    {.path = "features.*.route[]",
     .sentence = "One rule.",
     .bind =
         [](Draft& d, const Value&) {
           d.feature().route.emplace_back();
           d.routes.back().emplace_back();
         }},
    {.path = "features.*.route[].when",
     .kind = Kind::when,
     .sentence = "A CEL condition over `request.*`; without one the rule always holds.",
     .bind = [](Draft& d, const Value& v) { d.feature().route.back().when = v.text; }},
    {.path = "features.*.route[].use",
     .kind = Kind::name,
     .sentence = "The name of an entry of `models`: its rung moves to the front of the ladder; "
                 "without one it is put there.",
     .presence = Presence::required,
     .bind = [](Draft& d, const Value& v) { d.routes.back().back() = v.text; }},
};

}  // namespace

std::span<const Field> route_fields() { return kRows; }

}  // namespace plimsoll::config
