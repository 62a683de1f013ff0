#include <fmt/format.h>

#include <algorithm>

#include "dialects/anthropic/anthropic.h"
#include "dialects/anthropic/models.h"
#include "dialects/body_edits.h"

namespace plimsoll::dialects::anthropic {
namespace {

/// The newer models take one of temperature and top_p, the newest neither; one that
/// thinks takes its own only.
bool may_set_temperature(std::string_view body, std::string_view model) {
  return !has_member(body, "thinking") && takes_sampling(model) &&
         (takes_both_samplings(model) || !has_member(body, "top_p"));
}

}  // namespace

std::string edit_call(std::string body, const CallEdits& edits, std::vector<std::string>& dropped) {
  const RungEdits& rung = edits.rung;
  if (rung.seed) dropped.emplace_back("rung.seed");
  if (rung.temperature && !may_set_temperature(body, edits.model)) {
    dropped.emplace_back("rung.temperature");
  } else if (rung.temperature) {
    const double most = std::clamp(*rung.temperature, 0.0, 1.0);
    body = with_member(std::move(body), "temperature", fmt::format("{}", most));
  }
  if (rung.correction == nullptr) return body;
  const Correction& correction = *rung.correction;
  if (!correction.words.empty()) body = with_words(std::move(body), correction.words);
  const bool asks = !correction.schema.empty() && correction.strict && takes_schema(edits.model);
  if (asks && !has_member(body, "output_config"))
    body = with_member(
        std::move(body), "output_config",
        fmt::format(R"({{"format":{{"type":"json_schema","schema":{}}}}})", correction.schema));
  return body;
}

}  // namespace plimsoll::dialects::anthropic
