#include "certs/trust_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <stdexcept>

#include "certs/distinguished_name.hpp"
#include "certs/file_form.hpp"
#include "certs/files.hpp"
#include "certs/pem.hpp"

namespace legible::certs {
namespace {

/// Runs `read` so that what it throws names the file.
template <class Read>
auto naming(const std::string& path, const Read& read) {
  try {
    return read();
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("{}: {}", path, error.what()));
  }
}

/// What a file is that has no certificate in PEM, and how it becomes one that has.
std::string_view no_certificate_in(std::string_view file) {
  switch (form_of(file)) {
    case FileForm::der:
      return "DER; make PEM of it: openssl x509 -inform der -in FILE";
    case FileForm::pkcs12:
      return "a PKCS#12 file; make PEM of it: openssl pkcs12 -in FILE -nokeys";
    case FileForm::java_keystore:
      return "a Java keystore; make PEM of each certificate: keytool -exportcert -rfc -keystore "
             "FILE -alias NAME";
    case FileForm::pem:
    case FileForm::other:
      break;
  }
  return "no PEM certificate in it";
}

std::vector<Certificate> require_certificates(std::string_view pem) {
  std::vector<Certificate> certificates = read_pem_certificates(pem);
  if (certificates.empty()) throw std::runtime_error(std::string(no_certificate_in(pem)));
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    if (!certificates[i].error.empty()) {
      throw std::runtime_error(
          fmt::format("certificate {} is malformed: {}", i + 1, certificates[i].error));
    }
  }
  return certificates;
}

}  // namespace

Anchors::Anchors(std::vector<Certificate> certificates) : certificates_(std::move(certificates)) {
  by_subject_.reserve(certificates_.size());
  for (std::size_t i = 0; i < certificates_.size(); ++i) {
    by_subject_.emplace(canonical_name(certificates_[i].subject.der), i);
  }
}

std::vector<const Certificate*> Anchors::find(const std::string& subject) const {
  std::vector<const Certificate*> found;
  const auto [first, last] = by_subject_.equal_range(subject);
  for (auto row = first; row != last; ++row) found.push_back(&certificates_[row->second]);
  return found;
}

bool Anchors::contains(const Certificate& certificate) const {
  const auto [first, last] = by_subject_.equal_range(canonical_name(certificate.subject.der));
  return std::any_of(first, last, [&](const auto& row) {
    return certificates_[row.second].der == certificate.der;
  });
}

std::vector<Certificate> read_system_anchors(const char* chosen,
                                             std::span<const char* const> bundles) {
  if (chosen != nullptr && *chosen != '\0') {
    const std::string path = chosen;
    return naming("SSL_CERT_FILE " + path, [&] { return require_certificates(read_file(path)); });
  }
  for (const char* path : bundles) {
    const auto text = try_read_file(path);
    if (!text) continue;
    auto certificates = naming(path, [&] { return read_pem_certificates(*text); });
    std::erase_if(certificates, [](const Certificate& c) { return !c.error.empty(); });
    if (!certificates.empty()) return certificates;
  }
  return {};
}

TrustStore::TrustStore() : impl_(std::make_unique<Impl>()) {}
TrustStore::~TrustStore() = default;

std::shared_ptr<const TrustStore> TrustStore::system() {
  static constexpr const char* bundles[] = {
      "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Alpine, Arch
      "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Red Hat, Fedora
      "/etc/pki/tls/certs/ca-bundle.crt",                   // older Red Hat
      "/etc/ssl/ca-bundle.pem",                             // SUSE
      "/var/lib/ca-certificates/ca-bundle.pem",             // SUSE
      "/etc/ssl/cert.pem",                                  // macOS, Alpine, OpenBSD
      "/usr/local/share/certs/ca-root-nss.crt",             // FreeBSD
      "/opt/homebrew/etc/ca-certificates/cert.pem",         // Homebrew
  };
  static const std::shared_ptr<const TrustStore> store = [] {
    std::shared_ptr<TrustStore> loading(new TrustStore);
    loading->impl_->anchors =
        std::make_shared<const Anchors>(read_system_anchors(std::getenv("SSL_CERT_FILE"), bundles));
    loading->impl_->system = true;
    return loading;
  }();
  return store;
}

std::shared_ptr<const TrustStore> TrustStore::of(std::vector<Certificate> anchors) {
  std::shared_ptr<TrustStore> store(new TrustStore);
  store->impl_->anchors = std::make_shared<const Anchors>(std::move(anchors));
  return store;
}

std::shared_ptr<const TrustStore> TrustStore::from_files(std::span<const std::string> paths) {
  std::vector<Certificate> anchors;
  for (const std::string& path : paths) {
    std::ranges::move(naming(path, [&] { return require_certificates(read_file(path)); }),
                      std::back_inserter(anchors));
  }
  return of(std::move(anchors));
}

std::shared_ptr<const TrustStore> TrustStore::from_pem(std::string_view pem) {
  return of(require_certificates(pem));
}

std::shared_ptr<const TrustStore> TrustStore::with_crl_pem(std::string_view pem) const {
  static constexpr std::string_view labels[] = {"X509 CRL"};
  std::shared_ptr<TrustStore> store(new TrustStore);
  *store->impl_ = *impl_;
  auto blocks = read_pem(pem, labels);
  if (blocks.empty()) throw std::runtime_error("no PEM revocation list in it");
  for (PemBlock& block : blocks) {
    store->impl_->crls.push_back(std::make_shared<const Crl>(std::move(block.der)));
  }
  return store;
}

std::shared_ptr<const TrustStore> TrustStore::with_crl_file(const std::string& path) const {
  return naming(path, [&, text = read_file(path)] { return with_crl_pem(text); });
}

std::size_t TrustStore::size() const { return impl_->anchors->size(); }

}  // namespace legible::certs
