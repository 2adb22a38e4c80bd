#include "certs/interception_ca.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>

#include "certs/pem.hpp"
#include "certs/random.hpp"
#include "certs/wiped.hpp"
#include "parser/hex.hpp"

namespace legible::certs {
namespace {

// Roots may live long; ten years is what other tools of this kind give them.
constexpr std::chrono::days lifetime{3650};
// For clients whose clocks are behind.
constexpr std::chrono::days head_start{1};

/// Ten hexadecimal digits.
std::string random_id() {
  std::array<std::uint8_t, 5> octets{};
  if (random_bytes(nullptr, octets.data(), octets.size()) != 0) {
    throw std::runtime_error("no random bytes for the name of a CA");
  }
  return parser::hex(octets);
}

CertifiedKey make_root(std::string_view common_name, KeyFamily family, Seconds now) {
  const bool rsa = family == KeyFamily::rsa;
  const Validity validity{now - head_start, now - head_start + lifetime};
  const auto profile = ca_profile(fmt::format("O=legible, CN={}", common_name), validity, 0);
  return self_sign(profile, PrivateKey::generate(rsa ? KeyType::rsa_2048 : KeyType::p256));
}

bool belongs_to(const PrivateKey& key, const Certificate& certificate) {
  return std::ranges::equal(key.public_key_info(), certificate.bytes(certificate.public_key_info));
}

/// Of the CA's certificate: may it sign a server's now?
void require_usable(const Certificate& ca, Seconds now) {
  if (!ca.basic_constraints || !ca.basic_constraints->ca) {
    throw std::runtime_error("not a CA certificate: it has no basicConstraints CA:TRUE");
  }
  if (!ca.allows(KeyUsage::key_cert_sign)) {
    throw std::runtime_error("the CA certificate's keyUsage does not allow keyCertSign");
  }
  const auto allows = [&](std::string_view purpose) {
    return std::ranges::find(ca.extended_key_usage, purpose) != ca.extended_key_usage.end();
  };
  if (ca.has_extended_key_usage && !allows("serverAuth") && !allows("anyExtendedKeyUsage")) {
    throw std::runtime_error("the CA certificate's extendedKeyUsage does not allow serverAuth");
  }
  if (ca.not_after && now > *ca.not_after) {
    throw std::runtime_error("the CA certificate expired at " + rfc3339(*ca.not_after));
  }
  if (ca.not_before && now < *ca.not_before) {
    throw std::runtime_error("the CA certificate is not valid before " + rfc3339(*ca.not_before));
  }
}

std::vector<PrivateKey> read_keys(std::string_view pem) {
  static constexpr std::string_view labels[] = {"PRIVATE KEY", "ENCRYPTED PRIVATE KEY",
                                                "EC PRIVATE KEY", "RSA PRIVATE KEY"};
  std::vector<PrivateKey> keys;
  for (const std::string_view block : find_pem(pem, labels)) {
    keys.push_back(PrivateKey::from_pem(block));
  }
  if (keys.empty()) throw std::runtime_error("no PEM private key");
  return keys;
}

std::vector<Certificate> read_certificates(std::string_view pem) {
  std::vector<Certificate> certificates = read_pem_certificates(pem);
  if (certificates.empty()) throw std::runtime_error("no PEM certificate");
  for (const Certificate& certificate : certificates) {
    if (!certificate.error.empty()) {
      throw std::runtime_error("a malformed certificate: " + certificate.error);
    }
  }
  return certificates;
}

}  // namespace

InterceptionCa InterceptionCa::make(Seconds now) {
  const std::string id = random_id();
  InterceptionCa made;
  // "Root", so that who sees a leaf without its issuer does not ask for an intermediate.
  made.signers_.push_back(
      {make_root("legible interception root EC " + id, KeyFamily::ec, now), {}});
  made.signers_.push_back(
      {make_root("legible interception root RSA " + id, KeyFamily::rsa, now), {}});
  return made;
}

InterceptionCa InterceptionCa::from_pem(std::string_view certificates, std::string_view keys,
                                        Others others, Seconds now) {
  std::vector<Certificate> unclaimed = read_certificates(certificates);
  InterceptionCa read;
  for (const PrivateKey& key : read_keys(keys)) {
    const auto own = std::ranges::find_if(
        unclaimed, [&](const Certificate& certificate) { return belongs_to(key, certificate); });
    if (own == unclaimed.end()) {
      throw std::runtime_error("no certificate belongs to the private key");
    }
    require_usable(*own, now);
    read.signers_.push_back({{std::move(*own), key}, {}});
    unclaimed.erase(own);
  }
  if (others == Others::refused && !unclaimed.empty()) {
    throw std::runtime_error("a certificate without its private key");
  }
  std::erase_if(unclaimed, &Certificate::self_issued);
  for (SigningCa& signer : read.signers_) {
    const Certificate& ca = signer.ca.certificate;
    if (ca.self_issued()) continue;
    signer.sent = unclaimed;
    signer.sent.insert(signer.sent.begin(), ca);
  }
  return read;
}

const SigningCa& InterceptionCa::signer(KeyFamily family) const {
  const auto of_family = std::ranges::find_if(signers_, [&](const SigningCa& signer) {
    return signer.ca.key.is_rsa() == (family == KeyFamily::rsa);
  });
  return of_family == signers_.end() ? signers_.front() : *of_family;
}

std::string InterceptionCa::certificates_pem() const {
  std::string pem;
  for (const SigningCa& signer : signers_) pem += signer.ca.certificate_pem();
  return pem;
}

std::string InterceptionCa::keys_pem() const {
  std::string pem;
  for (const SigningCa& signer : signers_) pem += *Wiped(signer.ca.key.pem());
  return pem;
}

const CertifiedKey& UntrustedCa::signer(KeyFamily family) const {
  const bool rsa = family == KeyFamily::rsa;
  Lazy& lazy = rsa ? rsa_ : ec_;
  std::call_once(lazy.once, [&] {
    // No "root" in it: whether it is sent decides whether an intermediate seems to be missing.
    lazy.ca = make_root(fmt::format("legible stand-in for an untrusted issuer {} {}",
                                    rsa ? "RSA" : "EC", random_id()),
                        family, now_);
  });
  return *lazy.ca;
}

}  // namespace legible::certs
