#pragma once

#include "config/field.h"
#include "config/problems.h"
#include "config/reader.h"

namespace plimsoll::config {

/// Resolves the references of `draft` by name, takes prices from the catalogue,
/// and judges what no single field can say: contradictions, objectives that
/// cannot be met, doors that stand open. What depends on a field that already
/// has a problem is not judged.
void cross_check(Draft& draft, const Places& places, Problems& problems);

/// The parts of it, in the order in which cross_check runs them.
void check_models(Draft& draft, const Places& places, Problems& problems);
void check_rungs(const Draft& draft, const Places& places, Problems& problems);
void spread_over_keys(Draft& draft);
void check_ladders(Draft& draft, const Places& places, Problems& problems);
void check_critical(const Draft& draft, const Places& places, Problems& problems);
void check_routes(Draft& draft, const Places& places, Problems& problems);
void check_objectives(const Draft& draft, const Places& places, Problems& problems);
void check_contracts(const Draft& draft, const Places& places, Problems& problems);
void check_budgets(Draft& draft, const Places& places, Problems& problems);
void check_doors(Draft& draft, const Places& places, Problems& problems);

}  // namespace plimsoll::config
