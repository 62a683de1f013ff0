#include "net/internal/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "net/internal/tls_stream.h"
#include "net/internal/waiter.h"

namespace plimsoll::net {
namespace {

/// A thread may still be loading when the process ends, so OpenSSL must not
/// clean up behind its back.
void start_library() {
  static const int started = OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, nullptr);
  static_cast<void>(started);
}

std::string last_openssl_error() {
  std::array<char, 256> text{};
  const unsigned long code = ERR_peek_last_error();
  ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  return code == 0 ? "unknown reason" : text.data();
}

TlsContextPtr new_context(const SSL_METHOD* method) {
  start_library();
  TlsContextPtr context(SSL_CTX_new(method));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // Buffers of idle connections are given back; a write may continue from a copy.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context.get(), 1);  // a record's head and body in one read
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  return context;
}

bool readable(const char* path) {
  struct stat info{};
  return path != nullptr && *path != '\0' && ::stat(path, &info) == 0;
}

/// The system's trusted certificates, wherever this system keeps them.
void trust_system(SSL_CTX* context) {
  const char* file = std::getenv("SSL_CERT_FILE");
  const char* folder = std::getenv("SSL_CERT_DIR");
  if (readable(file)) SSL_CTX_load_verify_file(context, file);
  if (readable(folder)) SSL_CTX_load_verify_dir(context, folder);
  if (readable(file) || readable(folder)) return;
  for (const char* bundle :
       {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem"}) {
    if (readable(bundle) && SSL_CTX_load_verify_file(context, bundle) == 1) return;
  }
  SSL_CTX_set_default_verify_paths(context);
}

constexpr unsigned char kAlpn[] = "\x08http/1.1";

int choose_alpn(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                unsigned int offered_size, void*) {
  const int found = SSL_select_next_proto(const_cast<unsigned char**>(out), size, kAlpn,
                                          sizeof kAlpn - 1, offered, offered_size);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

void FreeTlsContext::operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
void FreeTlsSession::operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }

Result<std::shared_ptr<const TlsClientContext>> TlsClientContext::load(const std::string& ca_file) {
  auto out = std::make_shared<TlsClientContext>();
  out->context_ = new_context(TLS_client_method());
  SSL_CTX* context = out->context_.get();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_alpn_protos(context, kAlpn, sizeof kAlpn - 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &TlsStream::keep_session);
  ERR_clear_error();
  if (ca_file.empty()) {
    trust_system(context);
  } else if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
    return fail(ErrorKind::upstream_unreachable,
                "no trusted certificate can be read from " + ca_file + ": " + last_openssl_error(),
                "name a PEM file in ca_file");
  }
  ERR_clear_error();
  return out;
}

Result<std::shared_ptr<const TlsServerContext>> TlsServerContext::load(
    const std::string& certificate_file, const std::string& key_file) {
  auto out = std::make_shared<TlsServerContext>();
  out->context_ = new_context(TLS_server_method());
  SSL_CTX* context = out->context_.get();
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1) {
    return fail(ErrorKind::io_failed, "no certificate can be read from " + certificate_file + ": " +
                                          last_openssl_error());
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail(ErrorKind::io_failed, "no key that belongs to " + certificate_file +
                                          " can be read from " + key_file + ": " +
                                          last_openssl_error());
  }
  static constexpr unsigned char kSessionContext[] = "plimsoll";
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1);
  SSL_CTX_set_alpn_select_cb(context, choose_alpn, nullptr);
  return out;
}

namespace {

using Context = std::shared_ptr<const TlsClientContext>;

/// Contexts by file and its state. Taken only when a loop meets a file anew or
/// opens a connection; held for a look-up, never across a wait or a load.
class ContextStore {
 public:
  struct Waiting {
    Loop* loop;
    std::function<void(Result<Context>)> done;  // run on the loop
  };
  struct Entry {
    Result<Context> context{nullptr};
    bool loading = false;
    std::vector<std::shared_ptr<Waiting>> waiting;
  };

  /// Never destroyed: a loader may outlast main.
  static ContextStore& of_process() {
    static auto* const store = new ContextStore;
    return *store;
  }

  /// The context if it is there; else `waiting` is told later.
  Context get_or_wait(const std::string& ca_file, const std::shared_ptr<Waiting>& waiting) {
    const std::string key = key_of(ca_file);
    const std::lock_guard guard(mutex_);
    Entry& entry = entries_[key];
    if (entry.context && *entry.context) return *entry.context;
    entry.waiting.push_back(waiting);
    if (!std::exchange(entry.loading, true)) {
      std::thread([this, key, ca_file] { loaded(key, TlsClientContext::load(ca_file)); }).detach();
    }
    return nullptr;
  }

  void forget(const std::shared_ptr<Waiting>& waiting) {
    const std::lock_guard guard(mutex_);
    for (auto& [key, entry] : entries_) std::erase(entry.waiting, waiting);
  }

 private:
  static std::string key_of(const std::string& ca_file) {
    const char* fallback = std::getenv("SSL_CERT_FILE");
    std::string path = !ca_file.empty() ? ca_file : fallback == nullptr ? "" : fallback;
    struct stat info{};
    if (path.empty() || ::stat(path.c_str(), &info) != 0) return path;
    return path + '\0' + std::to_string(info.st_mtim.tv_sec) + "." +
           std::to_string(info.st_mtim.tv_nsec) + "/" + std::to_string(info.st_size);
  }

  void loaded(const std::string& key, Result<Context> context) {
    const std::lock_guard guard(mutex_);
    Entry& entry = entries_[key];
    entry.loading = false;
    entry.context = context;
    // Posted under the lock, so that one who forgets it knows it is not coming.
    for (const auto& waiting : std::exchange(entry.waiting, {})) {
      waiting->loop->post([waiting, context] {
        if (waiting->done) waiting->done(context);
      });
    }
  }

  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace

Task<Result<Context>> shared_tls_context(Loop& loop, std::string ca_file, Deadline deadline,
                                         CancelToken cancel) {
  Waiter waiter(loop);
  Result<Context> context{nullptr};
  auto waiting = std::make_shared<ContextStore::Waiting>();
  waiting->loop = &loop;
  waiting->done = [&waiter, &context](Result<Context> loaded) {
    context = std::move(loaded);
    waiter.wake();
  };
  if (Context ready = ContextStore::of_process().get_or_wait(ca_file, waiting)) co_return ready;
  const Waiter::Outcome outcome = co_await waiter.wait(deadline, cancel);
  if (outcome != Waiter::Outcome::woken) {
    ContextStore::of_process().forget(waiting);
    waiting->done = nullptr;  // it may have been posted just before
    co_return not_woken(outcome, "loading the trusted certificates");
  }
  co_return context;
}

}  // namespace plimsoll::net
