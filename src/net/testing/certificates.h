#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>

namespace plimsoll::net::testing {

/// A certificate authority made on the spot, and what it signs, as PEM files in
/// a folder that goes with it.
class Authority509 {
 public:
  struct Wish {
    std::string names = "DNS:localhost,IP:127.0.0.1";  // subjectAltName
    long from_days = -1, to_days = 1;                  // relative to now
  };
  struct Files {
    std::string certificate, key;
  };

  Authority509() : key_(EVP_EC_gen("P-256")) {
    char pattern[] = "/tmp/plimsoll-tls-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    certificate_ = make(key_, "the test's authority", "", {.from_days = -1, .to_days = 1});
    write_certificate(ca_file(), certificate_);
  }
  Authority509(const Authority509&) = delete;
  Authority509& operator=(const Authority509&) = delete;
  ~Authority509() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
    for (int i = 0; i < issued_; ++i) {
      ::unlink(path("cert", i).c_str());
      ::unlink(path("key", i).c_str());
    }
    ::unlink(ca_file().c_str());
    ::rmdir(folder_.c_str());
  }

  std::string ca_file() const { return folder_ + "/ca.pem"; }

  Files issue(const Wish& wish) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = make(key, "a server", wish.names, wish);
    const Files files{.certificate = path("cert", issued_), .key = path("key", issued_)};
    ++issued_;
    write_certificate(files.certificate, certificate);
    FILE* out = std::fopen(files.key.c_str(), "w");
    PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return files;
  }

 private:
  std::string path(const char* what, int number) const {
    return folder_ + "/" + what + std::to_string(number) + ".pem";
  }

  static void write_certificate(const std::string& path, X509* certificate) {
    FILE* out = std::fopen(path.c_str(), "w");
    PEM_write_X509(out, certificate);
    std::fclose(out);
  }

  static void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  /// Signed by the authority; the authority's own has no `names`.
  X509* make(EVP_PKEY* key, const char* subject, const std::string& names, const Wish& wish) {
    X509* out = X509_new();
    X509_set_version(out, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(out), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(out), wish.from_days * 86'400);
    X509_gmtime_adj(X509_getm_notAfter(out), wish.to_days * 86'400);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(out), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(subject), -1, -1, 0);
    X509* issuer = certificate_ == nullptr ? out : certificate_;
    X509_set_issuer_name(out, X509_get_subject_name(issuer));
    X509_set_pubkey(out, key);
    extend(out, issuer, NID_basic_constraints, names.empty() ? "critical,CA:TRUE" : "CA:FALSE");
    if (!names.empty()) extend(out, issuer, NID_subject_alt_name, names);
    X509_sign(out, key_, EVP_sha256());
    return out;
  }

  EVP_PKEY* key_;
  X509* certificate_ = nullptr;
  std::string folder_;
  long serial_ = 0;
  int issued_ = 0;
};

}  // namespace plimsoll::net::testing
