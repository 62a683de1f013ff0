#include <fmt/format.h>
#include <pthread.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <memory>

#include "app/plan_file.h"
#include "app/process.h"
#include "cli/tell.h"
#include "cli/verbs.h"

namespace plimsoll::cli {
namespace {

struct ServeFlags {
  std::string config;
  std::string listen;
  std::string admin;
  bool no_ledger = false;
  bool quiet = false;
};

sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  return set;
}

/// `address` with another port; a unix socket has none and stays.
std::string with_port(const std::string& address, std::string_view port) {
  if (address.starts_with("unix:")) return address;
  return fmt::format("{}:{}", address.substr(0, address.rfind(':')), port);
}

/// Flags win over PORT, PORT wins over the one-pager's first port.
std::shared_ptr<const Plan> with_flags(std::shared_ptr<const Plan> plan, const ServeFlags& flags) {
  const char* port = std::getenv("PORT");
  if (flags.listen.empty() && flags.admin.empty() && port == nullptr) return plan;
  Plan changed = *plan;
  if (port != nullptr && !changed.server.listen.empty()) {
    std::string& first = changed.server.listen.front().address;
    first = with_port(first, port);
  }
  if (!flags.listen.empty()) changed.server.listen = {{.address = flags.listen}};
  if (!flags.admin.empty()) changed.server.admin_address = flags.admin == "off" ? "" : flags.admin;
  return std::make_shared<const Plan>(std::move(changed));
}

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address.starts_with("localhost:") ||
         address.starts_with("[::1]") || address.starts_with("unix:");
}

/// The one-pager is checked by config; a flag can still open a door.
Result<void> check_listen_flag(const Plan& plan, const ServeFlags& flags) {
  if (flags.listen.empty() || is_loopback(flags.listen) || plan.server.auth == Auth::keys)
    return {};
  return fail(ErrorKind::config_invalid,
              fmt::format("--listen {} is open to others and no keys are asked for", flags.listen),
              "write `keys` in the one-pager, or `server: {listen: [...], auth: none}`");
}

Result<std::shared_ptr<const Plan>> load(const ServeFlags& flags) {
  PLIMSOLL_TRY(auto loaded, app::load_plan(flags.config));
  std::shared_ptr<const Plan> plan = with_flags(std::move(loaded), flags);
  if (auto allowed = check_listen_flag(*plan, flags); !allowed)
    return std::unexpected(std::move(allowed).error());
  return plan;
}

void say_started(app::Process& process, const Plan& plan) {
  app::Gateway& gateway = process.gateway();
  const Listen& first = plan.server.listen.front();
  const std::string where =
      first.address.starts_with("unix:")
          ? first.address
          : fmt::format("{}://{}/v1", first.tls_certificate_file.empty() ? "http" : "https",
                        with_port(first.address, std::to_string(gateway.port())));
  fmt::print(stderr, "plimsoll serves {} with {} threads; plan {}{}\n", where, gateway.threads(),
             plan.source.empty() ? "without a file" : plan.source,
             gateway.admin_port() == 0
                 ? std::string()
                 : fmt::format(
                       "; metrics on http://{}/metrics",
                       with_port(plan.server.admin_address, std::to_string(gateway.admin_port()))));
}

/// Waits for signals until one asks to stop.
void wait_for_stop(app::Process& process, const ServeFlags& flags) {
  const sigset_t set = our_signals();
  while (true) {
    int number = 0;
    if (sigwait(&set, &number) != 0) continue;
    if (number != SIGHUP) return;
    process.reload(load(flags));
  }
}

/// What ignored the end of the drain still uses the gateway, so nothing of it may
/// be taken apart: the process ends as it is. The ledger and the log are written.
[[noreturn]] void leave_without(std::uint64_t connections) {
  fmt::print(stderr,
             "plimsoll: error: {} connections did not end when they were cut; leaving without "
             "them [internal_bug]\n",
             connections);
  std::_Exit(kFailed);
}

int serve(const ServeFlags& flags) {
  const sigset_t set = our_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);  // before any thread, so that all inherit it
  auto loaded = load(flags);
  if (!loaded) return tell(loaded.error(), kUsageError);
  const std::shared_ptr<const Plan> plan = std::move(*loaded);
  auto process = app::Process::start(plan, {.ledger = !flags.no_ledger, .log = !flags.quiet});
  if (!process) return tell(process.error(), kFailed);
  say_started(**process, *plan);
  wait_for_stop(**process, flags);
  fmt::print(stderr, "plimsoll is draining\n");
  const std::size_t cut = (*process)->stop();
  if (cut > 0) fmt::print(stderr, "plimsoll stopped; {} calls had to be cut\n", cut);
  const std::uint64_t left = (*process)->gateway().counters().connections_open;
  if (left > 0) leave_without(left);
  return kOk;
}

}  // namespace

void add_serve(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("serve", "Run the gateway.");
  auto flags = std::make_shared<ServeFlags>();
  verb->add_option("-c,--config", flags->config,
                   "The one-pager. Default: ./plimsoll.yaml if it is there, else no file: "
                   "OPENAI_API_KEY is enough");
  verb->add_option("--listen", flags->listen,
                   "host:port, [v6]:port or unix:/path instead of the one-pager's; port 0 for any "
                   "free one. PORT in the environment does the same for the port");
  verb->add_option("--admin", flags->admin,
                   "host:port of /metrics, /healthz and /readyz, or \"off\"");
  verb->add_flag("--no-ledger", flags->no_ledger, "Keep no record of calls on disk");
  verb->add_flag("--quiet", flags->quiet, "No log line per request");
  verb->footer(
      "Examples:\n"
      "  OPENAI_API_KEY=sk-... plimsoll serve\n"
      "  plimsoll serve -c plimsoll.yaml --listen 127.0.0.1:9000\n"
      "SIGTERM drains and stops; SIGHUP reads the one-pager again and keeps the old plan\n"
      "when the new one has problems.");
  verb->callback([flags, &exit_code] { exit_code = serve(*flags); });
}

}  // namespace plimsoll::cli
