#include "config/field.h"

// How a feature's answer is got: repeated tries, limits of time, what happens to
// a stream that breaks and to a call whose client leaves.
namespace plimsoll::config {
namespace {

HedgeRules& hedge(Draft& d) {
  auto& rules = d.feature().hedge;
  return rules ? *rules : rules.emplace();
}

constexpr Field kRows[] = {
    {.path = "features.*.retry", .sentence = "How often and how soon a failed try is repeated."},
    {.path = "features.*.retry.attempts",
     .kind = Kind::integer,
     .sentence = "All tries of one request together, the first one included.",
     .fallback = "3",
     .least = "1",
     .most = "10",
     .bind = [](Draft& d,
                const Value& v) { d.feature().retry.attempts = static_cast<int>(v.integer); }},
    {.path = "features.*.retry.backoff",
     .kind = Kind::duration,
     .sentence = "The longest wait before the second try; it doubles with every further one.",
     .fallback = "250ms",
     .least = "0ms",
     .most = "1m",
     .bind = [](Draft& d,
                const Value& v) { d.feature().retry.backoff_base = milliseconds(v.integer); }},
    {.path = "features.*.retry.backoff_max",
     .kind = Kind::duration,
     .sentence = "The longest wait before any try.",
     .fallback = "8s",
     .least = "0ms",
     .most = "10m",
     .bind = [](Draft& d,
                const Value& v) { d.feature().retry.backoff_max = milliseconds(v.integer); }},
    {.path = "features.*.retry.wait_max",
     .kind = Kind::duration,
     .sentence = "The longest pause that is kept for an upstream that asks for one, when no other "
                 "rung is left; else `backoff_max` is.",
     .fallback = "60s",
     .least = "0ms",
     .most = "1h",
     .bind = [](Draft& d,
                const Value& v) { d.feature().retry.wait_max = milliseconds(v.integer); }},
    {.path = "features.*.timeouts", .sentence = "How long things may take before we give up."},
    {.path = "features.*.timeouts.total",
     .kind = Kind::duration,
     .sentence = "The whole request, all tries together.",
     .fallback = "10m",
     .least = "1ms",
     .most = "1d",
     .bind = [](Draft& d,
                const Value& v) { d.feature().timeouts.total = milliseconds(v.integer); }},
    {.path = "features.*.timeouts.attempt",
     .kind = Kind::duration,
     .sentence = "One try of a whole answer, to its last byte.",
     .fallback = "2m",
     .least = "1ms",
     .most = "1d",
     .bind = [](Draft& d,
                const Value& v) { d.feature().timeouts.attempt = milliseconds(v.integer); }},
    {.path = "features.*.timeouts.headers",
     .kind = Kind::duration,
     .sentence =
         "The head of an upstream's answer. Default: `first_token` of streams, `attempt` of "
         "whole answers.",
     .least = "1ms",
     .most = "1d",
     .bind = [](Draft& d,
                const Value& v) { d.feature().timeouts.headers = milliseconds(v.integer); }},
    {.path = "features.*.timeouts.first_token",
     .kind = Kind::duration,
     .sentence = "A stream's first content. Default: 12s where another rung is left, 60s on the "
                 "last one and for models that think first.",
     .least = "1ms",
     .most = "1d",
     .bind = [](Draft& d,
                const Value& v) { d.feature().timeouts.first_token = milliseconds(v.integer); }},
    {.path = "features.*.timeouts.idle",
     .kind = Kind::duration,
     .sentence = "Between two pieces of a stream's content.",
     .fallback = "60s",
     .least = "1ms",
     .most = "1d",
     .bind = [](Draft& d, const Value& v) { d.feature().timeouts.idle = milliseconds(v.integer); }},
    {.path = "features.*.timeouts.chars_per_second",
     .kind = Kind::integer,
     .sentence = "The least rate of a stream's content, thoughts and arguments included; it may "
                 "fall behind by `idle`. 0: none.",
     .fallback = "1",
     .least = "0",
     .most = "10000",
     .bind =
         [](Draft& d, const Value& v) {
           d.feature().timeouts.chars_per_second = static_cast<int>(v.integer);
         }},
    {.path = "features.*.commit",
     .kind = Kind::choice,
     .sentence = "What happens to a stream that breaks after its first released byte: `resume` "
                 "lets another answer go on if its text begins with what was sent, byte for byte, "
                 "and else is `honest`; `honest` tells the client. A feature whose stream is "
                 "`verified` has no such moment.",
     .fallback = "resume",
     .choices = "resume|honest",
     .bind =
         [](Draft& d, const Value& v) {
           d.feature().commit = v.text == "honest" ? Commit::honest : Commit::resume;
         }},
    {.path = "features.*.disconnect",
     .sentence = "What becomes of a request whose client leaves before its answer is whole."},
    {.path = "features.*.disconnect.then",
     .kind = Kind::choice,
     .sentence = "`cancel` stops the upstream at once; `drain` starts nothing more, but reads what "
                 "has begun to its end, so that the books hold what was used and not an estimate; "
                 "`complete` goes on as if the client were there.",
     .fallback = "cancel",
     .choices = "cancel|drain|complete",
     .bind =
         [](Draft& d, const Value& v) {
           d.feature().disconnect.then = v.text == "drain"      ? ClientGone::drain
                                         : v.text == "complete" ? ClientGone::complete
                                                                : ClientGone::cancel;
         }},
    {.path = "features.*.disconnect.within",
     .kind = Kind::duration,
     .sentence = "How long `drain` reads on.",
     .fallback = "10s",
     .least = "1ms",
     .most = "10m",
     .bind = [](Draft& d,
                const Value& v) { d.feature().disconnect.within = milliseconds(v.integer); }},
    {.path = "features.*.hedge",
     .sentence = "A second attempt beside one that is slow to bring its first content; the faster "
                 "one answers, the other is stopped, and both are paid for.",
     .presence = Presence::absent},
    {.path = "features.*.hedge.after",
     .kind = Kind::duration,
     .sentence = "How long the first attempt is waited for. Default: the 95th percentile of its "
                 "target's last 128 answers, and no hedge while fewer than 20 are known.",
     .least = "1ms",
     .most = "10m",
     .bind = [](Draft& d, const Value& v) { hedge(d).after = milliseconds(v.integer); }},
    {.path = "features.*.hedge.share",
     .kind = Kind::ratio,
     .sentence = "The most hedges, as a share of the attempts of the last seconds.",
     .fallback = "0.05",
     .least = "0.001",
     .most = "1",
     .bind = [](Draft& d, const Value& v) { hedge(d).share = v.ratio; }},
    {.path = "features.*.hedge.in_flight_max",
     .kind = Kind::integer,
     .sentence = "No hedge goes to a target with so many attempts under way.",
     .fallback = "100",
     .least = "1",
     .most = "100000",
     .bind = [](Draft& d,
                const Value& v) { hedge(d).in_flight_max = static_cast<int>(v.integer); }},
};

}  // namespace

std::span<const Field> attempt_fields() { return kRows; }

}  // namespace plimsoll::config
