// Goal: no text makes the compiler of the one-pager crash, hang or show a secret.
// Method: any bytes are compiled and the report rendered; a plan and a problem
// exclude each other.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/compile.h"
#include "config/fakes/fake_environment.h"
#include "config/summary.h"

/// libfyaml 0.7.12 loses one 4 KiB buffer when it gives up on some broken texts.
/// The loss is its own, and one per refused file; ours would still be reported.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the name is the sanitizer's.
extern "C" const char* __lsan_default_suppressions() { return "leak:libfyaml.so"; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll::config;
  static const FakeEnvironment environment = [] {
    FakeEnvironment fake;
    fake.variables = {{"OPENAI_API_KEY", "hidden-value"}, {"TEAM_A_KEY", "hidden-value"}};
    fake.files = {{"golden/support.jsonl", "{}"}};
    return fake;
  }();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Loaded loaded = compile(text, "plimsoll.yaml", environment);
  if ((loaded.plan == nullptr) == loaded.diagnostics.empty()) std::abort();
  if (loaded.shown_text.size() != size) std::abort();
  const bool told = text.find("hidden-value") == std::string_view::npos &&
                    loaded.report().find("hidden-value") != std::string::npos;
  if (told) std::abort();
  if (loaded.plan) (void)summary(*loaded.plan);
  (void)render_json(loaded.diagnostics);
  return 0;
}
