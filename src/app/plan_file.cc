#include "app/plan_file.h"

#include <filesystem>

#include "config/compile.h"
#include "config/system_environment.h"

namespace plimsoll::app {
namespace {

constexpr const char* kDefaultFile = "plimsoll.yaml";

Result<std::shared_ptr<const Plan>> plan_of(config::Loaded loaded) {
  if (loaded.plan != nullptr) return std::move(loaded.plan);
  if (loaded.diagnostics.empty())
    return fail(ErrorKind::config_invalid,
                "there is no ./plimsoll.yaml and OPENAI_API_KEY is not set",
                "set OPENAI_API_KEY, or write a one-pager with `plimsoll init`");
  return fail(ErrorKind::config_invalid, loaded.report());
}

}  // namespace

Result<std::shared_ptr<const Plan>> load_plan(const std::string& path) {
  if (!path.empty()) return plan_of(config::load(path));
  if (std::filesystem::exists(kDefaultFile)) return plan_of(config::load(kDefaultFile));
  return plan_of(config::no_file_plan(config::SystemEnvironment()));
}

}  // namespace plimsoll::app
