#include "app/pipeline_order.h"

#include "stages/admit.h"
#include "stages/budget.h"
#include "stages/cache.h"
#include "stages/check_reply.h"
#include "stages/choose.h"
#include "stages/dispatch.h"
#include "stages/ladder.h"
#include "stages/own_answer.h"
#include "stages/record.h"
#include "stages/route.h"
#include "stages/validate_call.h"

namespace plimsoll::app {

/// The order of the pipeline, decided here and nowhere else. A call goes down
/// this list, its reply comes back up. Each line says why it stands where it does.
Result<std::unique_ptr<pipeline::Pipeline>> make_pipeline(const Plan& plan,
                                                          const StagePorts& ports) {
  PLIMSOLL_TRY(auto cache, stages::Cache::compile(plan, {.answers = ports.answers,
                                                         .flights = ports.flights,
                                                         .timers = ports.timers}));
  PLIMSOLL_TRY(auto inputs, stages::InputContracts::compile(plan));
  const stages::Counting counting{.timers = ports.timers, .calibration = ports.calibration};
  PLIMSOLL_TRY(auto choose, stages::Choose::compile(plan, counting));
  PLIMSOLL_TRY(auto own_answer, stages::OwnAnswer::compile(plan, ports.timers));
  PLIMSOLL_TRY(auto check_reply, stages::CheckReply::compile(plan, ports.timers));
  std::vector<std::unique_ptr<pipeline::Stage>> order;
  const auto add = [&order](auto stage) { order.push_back(std::move(stage)); };

  // Sees every way out, our own refusals included: what is not recorded did not happen.
  add(std::make_unique<stages::Record>(ports.timers));
  // Before any work: who is asking, and may they ask now?
  add(std::make_unique<stages::Admit>(counting, ports.keys, ports.limits));
  // Cheapest first; everything below may trust the shape of the call.
  add(std::make_unique<stages::ValidateCall>(counting, std::move(inputs)));
  // Above the ladder, so that what is kept has passed everything; below admission, so
  // that nobody is given what they may not ask for.
  add(std::move(cache));
  // Above the ladder, whose first rung it picks; below the count of tokens, which it may ask for.
  add(std::move(choose));
  // Everything below runs once per attempt, under one deadline and one budget.
  add(std::make_unique<stages::Ladder>(plan, ports.timers, ports.random, ports.targets));
  // Below the ladder, so a reply that breaks its contract counts as a failed attempt.
  add(std::move(check_reply));
  // Rungs without a model answer here: below the checks, above all that asks a model.
  add(std::move(own_answer));
  // Picks the target, and with it the price.
  add(std::make_unique<stages::Route>(ports.timers));
  // Below route (price known) and below the ladder (each attempt pays for itself).
  add(std::make_unique<stages::Budget>(ports.accounts, ports.budgets, counting));
  // Leaves the building. Never calls next.
  add(std::make_unique<stages::Dispatch>(ports.upstream));
  return std::make_unique<pipeline::Pipeline>(std::move(order));
}

}  // namespace plimsoll::app
