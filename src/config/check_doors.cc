#include <fmt/format.h>

#include <set>
#include <string_view>

#include "config/cross_checks.h"
#include "config/forms.h"

namespace plimsoll::config {
namespace {

/// The default of `auth` depends on the keys, so the table cannot state it.
void settle_auth(Draft& draft, const Places& places, Problems& problems) {
  ServerRules& server = draft.plan.server;
  const bool has_keys = !draft.plan.keys.empty();
  if (!draft.auth_written) server.auth = has_keys ? Auth::keys : Auth::none;
  if (server.auth == Auth::none && has_keys)
    problems.add(places.of("keys"), "config_keys_unused",
                 fmt::format("the file has {} key{} and auth: none", draft.plan.keys.size(),
                             draft.plan.keys.size() == 1 ? "" : "s"),
                 "remove the keys, or write auth: keys");
}

void check_listens(const Draft& draft, const Places& places, Problems& problems) {
  const ServerRules& server = draft.plan.server;
  std::set<std::string_view> seen;
  const auto repeated = [&seen](std::string_view address) {
    return !address.empty() && !address.ends_with(":0") && !seen.insert(address).second;
  };
  for (std::size_t i = 0; i < server.listen.size(); ++i) {
    const std::string& address = server.listen[i].address;
    const std::string path = fmt::format("server/listen/{}", i);
    const yaml::Place place = places.of(path + "/address");
    const bool unread =
        places.written(path + "/address") ? !places.good(path + "/address") : !places.good(path);
    if (unread && places.written("server/listen")) continue;
    if (repeated(address))
      problems.add(place, "config_duplicate_listen",
                   fmt::format("address {} is listed twice", address), "remove one of the two");
    const bool open = server.auth == Auth::none && !draft.auth_written && !is_loopback(address);
    if (open)
      problems.add(
          place, "config_open_to_all",
          fmt::format("address {} is open to other machines, and the file has no keys", address),
          "write auth: keys, listen on 127.0.0.1, or write auth: none if this is meant");
  }
  if (repeated(server.admin_address))
    problems.add(places.of("server/admin"), "config_duplicate_listen",
                 fmt::format("the admin address {} is also a client address", server.admin_address),
                 "give it a port of its own, or write admin: off");
}

void check_keys(const Draft& draft, const Places& places, Problems& problems) {
  std::set<std::string_view> ids, secrets;
  for (std::size_t i = 0; i < draft.plan.keys.size(); ++i) {
    const Key& key = draft.plan.keys[i];
    const std::string path = fmt::format("keys/{}", i);
    if (!key.id.empty() && !ids.insert(key.id).second)
      problems.add(places.of(path + "/id"), "config_duplicate_id",
                   fmt::format("two keys have the id \"{}\"", key.id), "rename one of the two");
    if (!key.secret.empty() && !secrets.insert(key.secret.reveal()).second)
      problems.add(places.of(path + "/secret"), "config_duplicate_id",
                   fmt::format("key \"{}\" has the secret of another key", key.id),
                   "give it a secret of its own");
  }
}

void check_credentials(const Draft& draft, const Places& places, Problems& problems) {
  for (std::size_t i = 0; i < draft.plan.providers.size(); ++i) {
    const Provider& provider = draft.plan.providers[i];
    const std::string path = fmt::format("providers/{}", i);
    if (places.written(path + "/key") && places.written(path + "/keys"))
      problems.add(places.of(path + "/keys"), "config_contradiction",
                   fmt::format("provider \"{}\" has a key and a list of keys", provider.name),
                   "move the key into the list");
    if (!provider.pass_client_key) continue;
    const yaml::Place place = places.of(path + "/pass_client_key");
    if (places.written(path + "/key") || places.written(path + "/keys"))
      problems.add(place, "config_contradiction",
                   fmt::format("provider \"{}\" has a key and passes the client's", provider.name),
                   "remove one of the two");
    if (draft.plan.server.auth == Auth::keys)
      problems.add(place, "config_contradiction",
                   fmt::format("provider \"{}\" would be sent the plimsoll keys of the clients",
                               provider.name),
                   "write auth: none, or give the provider a key of its own");
  }
}

}  // namespace

void check_doors(Draft& draft, const Places& places, Problems& problems) {
  settle_auth(draft, places, problems);
  check_listens(draft, places, problems);
  check_keys(draft, places, problems);
  check_credentials(draft, places, problems);
}

}  // namespace plimsoll::config
