#include "certs/interception_ca.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <stdexcept>

#include "judge_cases.hpp"

namespace legible::certs {
namespace {

using namespace test;
using Catch::Matchers::ContainsSubstring;
using Others = InterceptionCa::Others;

const InterceptionCa& made() {
  static const InterceptionCa ca = InterceptionCa::make(now);
  return ca;
}

/// What reading a CA of one's own says of this certificate and key.
std::string complaint(const std::string& certificates, const std::string& keys,
                      Others others = Others::issuers) {
  try {
    InterceptionCa::from_pem(certificates, keys, others, now);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

void check_root(const Certificate& root) {
  CAPTURE(root.subject.text);
  CHECK(root.error.empty());
  CHECK(root.self_issued());
  REQUIRE(root.basic_constraints);
  CHECK(root.basic_constraints->ca);
  CHECK(root.basic_constraints->path_length == 0);
  CHECK(root.key_usage == (static_cast<std::uint16_t>(KeyUsage::key_cert_sign) |
                           static_cast<std::uint16_t>(KeyUsage::crl_sign)));
  CHECK_FALSE(root.has_extended_key_usage);
  CHECK(root.serial.size() >= 9);
  CHECK(root.subject_key_id.size() == 20);
  CHECK(root.not_before == now - std::chrono::days(1));
  CHECK(root.not_after > now + std::chrono::days(3600));
  CHECK(root.subject.text.starts_with("O=legible, CN=legible "));
  CHECK(root.subject.common_name.size() <= 64);
}

TEST_CASE("the CA is an EC and an RSA root that sign certificates and revocation lists only") {
  REQUIRE(made().signers().size() == 2);
  for (const SigningCa& signer : made().signers()) {
    check_root(signer.ca.certificate);
    CHECK(signer.sent.empty());
  }
  CHECK(made().signer(KeyFamily::ec).ca.certificate.key.curve == "P-256");
  CHECK(made().signer(KeyFamily::rsa).ca.certificate.key.bits == 2048);
}

TEST_CASE("no two CAs that are made have a name or a serial number in common") {
  const InterceptionCa other = InterceptionCa::make(now);
  for (const SigningCa& a : made().signers()) {
    for (const SigningCa& b : other.signers()) {
      CHECK(a.ca.certificate.subject.text != b.ca.certificate.subject.text);
      CHECK(a.ca.certificate.serial != b.ca.certificate.serial);
    }
  }
  CHECK(made().signers()[0].ca.certificate.subject.text !=
        made().signers()[1].ca.certificate.subject.text);
}

TEST_CASE("the untrusted CA says what it is, and is made once for each family") {
  const UntrustedCa untrusted(now);
  for (const KeyFamily family : {KeyFamily::ec, KeyFamily::rsa}) {
    const CertifiedKey& ca = untrusted.signer(family);
    check_root(ca.certificate);
    CHECK(ca.key.is_rsa() == (family == KeyFamily::rsa));
    CHECK_THAT(ca.certificate.subject.text, ContainsSubstring("stand-in for an untrusted issuer"));
    CHECK(untrusted.signer(family).certificate.der == ca.certificate.der);
  }
}

TEST_CASE("a CA survives being written and read, in any order") {
  const std::string keys = made().keys_pem();
  const auto& signers = made().signers();
  const std::string reversed = signers[1].ca.certificate_pem() + signers[0].ca.certificate_pem();
  for (const std::string& certificates : {made().certificates_pem(), reversed}) {
    const auto read = InterceptionCa::from_pem(certificates, keys, Others::refused, now);
    CHECK(read.certificates_pem() == made().certificates_pem());
    CHECK(read.keys_pem() == keys);
  }
}

TEST_CASE("a CA of one's own that is no root is sent, with those above it but for roots") {
  const Pki& pki = Pki::instance();
  const CertifiedKey lower =
      issue(ca_profile("CN=Lower CA", current), key(KeyType::p256), pki.intermediate);
  const auto own = InterceptionCa::from_pem(
      pki.root.certificate_pem() + pki.intermediate.certificate_pem() + lower.certificate_pem(),
      lower.key.pem(), Others::issuers, now);
  REQUIRE(own.signers().size() == 1);
  const SigningCa& signer = own.signer(KeyFamily::rsa);
  CHECK(signer.ca.certificate.der == lower.certificate.der);
  REQUIRE(signer.sent.size() == 2);
  CHECK(signer.sent[0].der == lower.certificate.der);
  CHECK(signer.sent[1].der == pki.intermediate.certificate.der);
}

TEST_CASE("a CA of one's own that cannot serve says why") {
  const Pki& pki = Pki::instance();
  const std::string ca_key = key(KeyType::p256).pem();
  const auto of = [](const CertificateProfile& profile) {
    return self_sign(profile, key(KeyType::p256)).certificate_pem();
  };
  const auto with = [&](const Change& change) { return of(ca_with(change)); };
  struct Case {
    const char* what;
    std::string certificates, keys, complaint;
  };
  const Case cases[] = {
      {"good", with([](auto&) {}), ca_key, ""},
      {"for servers", with([](auto& p) { p.extended_key_usage = {"serverAuth"}; }), ca_key, ""},
      {"without keyUsage", with([](auto& p) { p.key_usage = 0; }), ca_key, ""},
      {"no CA", of(leaf_profile()), ca_key, "no basicConstraints CA:TRUE"},
      {"v1", with([](auto& p) { p.version = 1; }), ca_key, "no basicConstraints CA:TRUE"},
      {"no keyCertSign", with([](auto& p) { p.key_usage = 1; }), ca_key, "keyCertSign"},
      {"other purpose", with([](auto& p) { p.extended_key_usage = {"clientAuth"}; }), ca_key,
       "serverAuth"},
      {"expired", with([](auto& p) { p.validity = past; }), ca_key,
       "expired at 2026-11-21T10:00:00Z"},
      {"future", with([](auto& p) { p.validity = future; }), ca_key,
       "not valid before 2026-11-23T10:00:00Z"},
      {"another key", with([](auto&) {}), pki.root_key.pem(), "no certificate belongs"},
      {"no key", with([](auto&) {}), "nothing", "no PEM private key"},
      {"no certificate", "nothing", ca_key, "no PEM certificate"},
      {"a broken key", with([](auto&) {}),
       "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "cannot read the private"},
      {"a cut key", with([](auto&) {}), ca_key.substr(0, 100), "has no end"},
      {"a malformed certificate", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
       ca_key, "malformed"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    const std::string said = complaint(c.certificates, c.keys);
    CHECK_THAT(said, ContainsSubstring(c.complaint));
    CHECK(said.empty() == c.complaint.empty());
    CHECK(said.find('\n') == said.npos);
  }
}

TEST_CASE("a CA of our own has no certificate without its key") {
  const auto& signer = made().signers()[0];
  CHECK_THAT(complaint(made().certificates_pem(), signer.ca.key.pem(), Others::refused),
             ContainsSubstring("a certificate without its private key"));
  CHECK_THAT(complaint(signer.ca.certificate_pem(), made().keys_pem(), Others::refused),
             ContainsSubstring("no certificate belongs"));
}

}  // namespace
}  // namespace legible::certs
