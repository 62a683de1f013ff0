#include "net/internal/resolver.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <list>
#include <unordered_map>

#include "net/internal/waiter.h"

namespace plimsoll::net {
namespace {

using Addresses = std::vector<SocketAddress>;

SocketAddress address_of(const sockaddr* from, socklen_t size) {
  SocketAddress out;
  out.size = std::min<socklen_t>(size, sizeof out.storage);
  std::memcpy(&out.storage, from, out.size);
  return out;
}

void add_v4(Addresses& out, const std::string& host) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    out.push_back(address_of(reinterpret_cast<const sockaddr*>(&v4), sizeof v4));
  }
}

void add_v6(Addresses& out, const std::string& host) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    out.push_back(address_of(reinterpret_cast<const sockaddr*>(&v6), sizeof v6));
  }
}

/// What needs nobody to be asked.
Addresses known_addresses(const std::string& host) {
  Addresses out;
  if (host == "localhost" || host.ends_with(".localhost")) {
    add_v6(out, "::1");
    add_v4(out, "127.0.0.1");
  } else {
    add_v4(out, host);
    add_v6(out, host);
  }
  return out;
}

/// c-ares as a library needs one call for the process.
void start_library() {
  static const int started = ares_library_init(ARES_LIB_INIT_ALL);
  static_cast<void>(started);
}

}  // namespace

SocketAddress SocketAddress::with_port(std::uint16_t port) const noexcept {
  SocketAddress out = *this;
  if (family() == AF_INET) reinterpret_cast<sockaddr_in*>(&out.storage)->sin_port = htons(port);
  if (family() == AF_INET6) reinterpret_cast<sockaddr_in6*>(&out.storage)->sin6_port = htons(port);
  return out;
}

struct Resolver::Impl : std::enable_shared_from_this<Resolver::Impl> {
  /// A name's answer, or the question in progress with those who wait for it.
  struct Name {
    Addresses addresses;
    std::string failure;
    Deadline expires{};
    bool asking = false;
    std::list<Waiter*> waiters;
  };
  struct Question {
    std::weak_ptr<Impl> resolver;
    std::shared_ptr<Name> name;
  };
  /// A socket of c-ares, which closes it.
  struct Watched {
    Impl* resolver;
    int fd;
    Registration registration{};
  };

  Impl(Loop& on, ResolverOptions how) : loop(on), options(std::move(how)) {}
  ~Impl() {
    if (channel != nullptr) ares_destroy(channel);
  }

  Result<void> open_channel();
  std::shared_ptr<Name> name_of(const std::string& host);
  void ask(const std::string& host, const std::shared_ptr<Name>& name);
  void answered(Name& name, int status, ares_addrinfo* found);
  void watch(int fd, bool read, bool write);
  static void on_events(void* watched, std::uint32_t events);
  void process(int read_fd, int write_fd);
  void arm_timer();
  void forget_expired();

  Loop& loop;
  ResolverOptions options;
  ares_channel channel = nullptr;
  std::unordered_map<std::string, std::shared_ptr<Name>> names;
  std::unordered_map<int, std::unique_ptr<Watched>> sockets;
  TimerEntry timer;
  std::uint64_t queries = 0;
};

Result<void> Resolver::Impl::open_channel() {
  if (channel != nullptr) return {};
  start_library();
  ares_options how{};
  how.timeout = static_cast<int>(options.timeout.count());
  how.tries = options.tries;
  how.sock_state_cb_data = this;
  how.sock_state_cb = [](void* self, ares_socket_t fd, int read, int write) {
    static_cast<Impl*>(self)->watch(fd, read != 0, write != 0);
  };
  const int status = ares_init_options(
      &channel, &how, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  if (status != ARES_SUCCESS) {
    channel = nullptr;
    return fail(ErrorKind::upstream_unreachable,
                std::string("DNS cannot be set up: ") + ares_strerror(status));
  }
  std::string servers;
  for (const std::string& server : options.servers) servers += server + ",";
  if (!servers.empty()) {
    servers.pop_back();
    ares_set_servers_ports_csv(channel, servers.c_str());
  }
  return {};
}

std::shared_ptr<Resolver::Impl::Name> Resolver::Impl::name_of(const std::string& host) {
  if (names.size() >= options.names_max) forget_expired();
  auto& name = names[host];
  if (!name) name = std::make_shared<Name>();
  return name;
}

/// Makes room: what is over first, and everything that nobody waits for if that
/// is not enough.
void Resolver::Impl::forget_expired() {
  const Deadline now = Clock::now();
  std::erase_if(names, [&](const auto& entry) {
    return !entry.second->asking && entry.second->expires <= now;
  });
  if (names.size() < options.names_max) return;
  std::erase_if(names, [](const auto& entry) { return !entry.second->asking; });
}

void Resolver::Impl::ask(const std::string& host, const std::shared_ptr<Name>& name) {
  name->asking = true;
  ++queries;
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  auto* question = new Question{.resolver = weak_from_this(), .name = name};
  ares_getaddrinfo(
      channel, host.c_str(), nullptr, &hints,
      [](void* argument, int status, int, ares_addrinfo* found) {
        const std::unique_ptr<Question> asked(static_cast<Question*>(argument));
        if (auto resolver = asked->resolver.lock()) resolver->answered(*asked->name, status, found);
        if (found != nullptr) ares_freeaddrinfo(found);
      },
      question);
  arm_timer();
}

void Resolver::Impl::answered(Name& name, int status, ares_addrinfo* found) {
  name.asking = false;
  name.addresses.clear();
  name.failure.clear();
  std::chrono::seconds ttl = options.ttl_max;
  for (auto* node = found == nullptr ? nullptr : found->nodes; node != nullptr;
       node = node->ai_next) {
    name.addresses.push_back(address_of(node->ai_addr, node->ai_addrlen));
    ttl = std::min(ttl, std::chrono::seconds(node->ai_ttl));
  }
  if (name.addresses.empty()) {
    name.failure = status == ARES_SUCCESS ? "it has no address" : ares_strerror(status);
    ttl = options.failure_ttl;
  }
  name.expires = Clock::now() + std::clamp(ttl, options.ttl_min, options.ttl_max);
  for (Waiter* waiter : std::exchange(name.waiters, {})) waiter->wake();
}

void Resolver::Impl::watch(int fd, bool read, bool write) {
  if (!read && !write) {
    sockets.erase(fd);
    return;
  }
  const std::uint32_t events = (read ? EPOLLIN : 0U) | (write ? EPOLLOUT : 0U);
  auto& watched = sockets[fd];
  if (watched) return watched->registration.change(events);
  watched = std::make_unique<Watched>(this, fd);
  // Unwatched, the question ends at c-ares' own timeout.
  static_cast<void>(
      watched->registration.begin(loop.impl().poller, fd, events, &Impl::on_events, watched.get()));
}

/// c-ares may drop the socket, and answer the last question, while it works.
void Resolver::Impl::on_events(void* self, std::uint32_t events) {
  const int fd = static_cast<Watched*>(self)->fd;
  const auto resolver = static_cast<Watched*>(self)->resolver->shared_from_this();
  const bool writable = (events & EPOLLOUT) != 0;
  const bool readable = (events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0;
  resolver->process(readable ? fd : ARES_SOCKET_BAD, writable ? fd : ARES_SOCKET_BAD);
}

void Resolver::Impl::process(int read_fd, int write_fd) {
  ares_process_fd(channel, read_fd, write_fd);
  arm_timer();
}

void Resolver::Impl::arm_timer() {
  timer.unlink();
  timeval wait{};
  if (ares_timeout(channel, nullptr, &wait) == nullptr) return;
  const auto delay = std::chrono::seconds(wait.tv_sec) + std::chrono::microseconds(wait.tv_usec);
  loop.impl().arm(
      timer, Clock::now() + delay,
      [](void* self) { static_cast<Impl*>(self)->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); },
      this);
}

Resolver::Resolver(Loop& loop, ResolverOptions options)
    : impl_(std::make_shared<Impl>(loop, std::move(options))) {}

Resolver::~Resolver() = default;

std::uint64_t Resolver::queries() const noexcept { return impl_->queries; }

Task<Result<std::vector<SocketAddress>>> Resolver::resolve(const std::string& host,
                                                           Deadline deadline, CancelToken cancel) {
  if (Addresses known = known_addresses(host); !known.empty()) co_return known;
  if (auto opened = impl_->open_channel(); !opened) {
    co_return std::unexpected(std::move(opened).error());
  }
  const std::shared_ptr<Impl::Name> name = impl_->name_of(host);
  if (!name->asking && name->expires <= Clock::now()) impl_->ask(host, name);
  if (name->asking) {
    Waiter waiter(impl_->loop);
    name->waiters.push_back(&waiter);
    const Waiter::Outcome outcome = co_await waiter.wait(deadline, cancel);
    if (outcome != Waiter::Outcome::woken) {
      name->waiters.remove(&waiter);
      co_return not_woken(outcome, "the look-up of " + host);
    }
  }
  if (name->addresses.empty()) {
    co_return fail(ErrorKind::upstream_unreachable,
                   "the name " + host + " has no address: " + name->failure,
                   "check the host in base_url and the name servers");
  }
  co_return name->addresses;
}

}  // namespace plimsoll::net
