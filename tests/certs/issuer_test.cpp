#include "certs/issuer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <stdexcept>

#include "certs/signature.hpp"
#include "parser/hex.hpp"
#include "test_pki.hpp"

namespace legible::certs {
namespace {

using namespace test;
using Kind = SubjectAltName::Kind;

SignatureCheck check(const Certificate& certificate, const Certificate& issuer) {
  return check_signature(certificate.bytes(certificate.signed_part),
                         certificate.bytes(certificate.signature_algorithm),
                         certificate.bytes(certificate.signature_value),
                         issuer.bytes(issuer.public_key_info));
}

SignatureCheck check_as(std::uint16_t scheme, const Certificate& self_signed) {
  return check_signature(self_signed.bytes(self_signed.signed_part), scheme,
                         self_signed.bytes(self_signed.signature_value),
                         self_signed.bytes(self_signed.public_key_info));
}

TEST_CASE("a certificate says what its profile asked for") {
  const Pki& pki = Pki::instance();
  CertificateProfile profile = leaf_profile({"partner.example", "*.api.example", "192.0.2.7"});
  profile.serial = {0x00, 0x80, 0x01};
  profile.validity = {now, Seconds(std::chrono::sys_days(std::chrono::year(2051) / 1 / 1))};
  profile.sans.push_back({Kind::email, "info@partner.example", {}});
  profile.sans.push_back({Kind::directory, "O=Partner, CN=other", {}});
  profile.must_staple = true;
  profile.extensions.push_back({"1.3.6.1.4.1.55555.2", true, {0x05, 0x00}});
  const Certificate made = issue(profile, pki.leaf_key, pki.intermediate).certificate;

  CHECK(made.error.empty());
  CHECK(made.version == 3);
  CHECK(parser::hex(made.serial) == "008001");
  CHECK(made.subject.text == "C=DE, O=Partner, CN=partner.example");
  CHECK(made.issuer == pki.intermediate.certificate.subject);
  CHECK(made.not_before == profile.validity.not_before);
  CHECK(made.not_after == profile.validity.not_after);
  CHECK(made.key.curve == "P-256");
  CHECK(made.signature == "ecdsa-with-SHA256");
  REQUIRE(made.sans.size() == 5);
  for (std::size_t i = 0; i < made.sans.size(); ++i) {
    CHECK(made.sans[i].kind == profile.sans[i].kind);
    CHECK(made.sans[i].value == profile.sans[i].value);
  }
  REQUIRE(made.basic_constraints);
  CHECK_FALSE(made.basic_constraints->ca);
  CHECK(made.key_usage == profile.key_usage);
  CHECK(made.extended_key_usage == profile.extended_key_usage);
  CHECK(made.must_staple);
  CHECK(made.authority_key_id == pki.intermediate.certificate.subject_key_id);
  CHECK(made.subject_key_id.size() == 20);
  CHECK(made.unknown_critical_extensions == std::vector<std::string>{"1.3.6.1.4.1.55555.2"});
  CHECK(check(made, pki.intermediate.certificate) == SignatureCheck::good);
  CHECK(check(made, pki.root.certificate) == SignatureCheck::bad);
}

TEST_CASE("every key signs with every hash it has") {
  struct Case {
    KeyType type;
    SignatureHash hash;
    std::string signature, algorithm;
    unsigned bits;
    std::uint16_t scheme;  ///< that TLS 1.2 calls it
  };
  const auto c = GENERATE(values<Case>({
      {KeyType::p256, SignatureHash::sha256, "ecdsa-with-SHA256", "EC", 256, 0x0403},
      {KeyType::p384, SignatureHash::sha384, "ecdsa-with-SHA384", "EC", 384, 0x0503},
      {KeyType::p192, SignatureHash::sha1, "ecdsa-with-SHA1", "EC", 192, 0x0203},
      {KeyType::rsa_1024, SignatureHash::md5, "md5WithRSAEncryption", "RSA", 1024, 0x0101},
      {KeyType::rsa_2048, SignatureHash::sha1, "sha1WithRSAEncryption", "RSA", 2048, 0x0201},
      {KeyType::rsa_2048, SignatureHash::sha512, "sha512WithRSAEncryption", "RSA", 2048, 0x0601},
  }));
  CAPTURE(c.signature);
  CertificateProfile profile = ca_profile("CN=x", current);
  profile.hash = c.hash;
  const Certificate made = self_sign(profile, key(c.type)).certificate;
  CHECK(made.error.empty());
  CHECK(made.signature == c.signature);
  CHECK(made.key.algorithm == c.algorithm);
  CHECK(made.key.bits == c.bits);
  CHECK(check(made, made) == SignatureCheck::good);
  CHECK(check_as(c.scheme, made) == SignatureCheck::good);
  const int another_hash = (c.scheme >> 8 == 4 ? 0x0500 : 0x0400) | (c.scheme & 0xff);
  CHECK(check_as(static_cast<std::uint16_t>(another_hash), made) == SignatureCheck::bad);
}

TEST_CASE("a scheme of TLS that is not known here proves nothing") {
  const Certificate made = self_sign(ca_profile("CN=x", current), key(KeyType::p256)).certificate;
  for (const int scheme : {0x0000, 0x0003, 0x0402, 0x0703, 0x0807, 0x080b, 0xfefe}) {
    CHECK(check_as(static_cast<std::uint16_t>(scheme), made) == SignatureCheck::unknown);
  }
}

TEST_CASE("a hash that a key has no signature algorithm for is refused") {
  CertificateProfile profile = ca_profile("CN=x", current);
  profile.hash = SignatureHash::md5;
  CHECK_THROWS_AS(self_sign(profile, key(KeyType::p256)), std::runtime_error);
}

TEST_CASE("a v1 certificate has no extensions") {
  CertificateProfile profile = leaf_profile();
  profile.version = 1;
  const Certificate made = self_sign(profile, key(KeyType::p256)).certificate;
  CHECK(made.error.empty());
  CHECK(made.version == 1);
  CHECK(made.sans.empty());
  CHECK_FALSE(made.basic_constraints);
}

TEST_CASE("a key survives being written and read") {
  const KeyType type = GENERATE(KeyType::p256, KeyType::p384, KeyType::rsa_2048);
  const PrivateKey written = key(type);
  const PrivateKey read = PrivateKey::from_pem(written.pem());
  CHECK(read.public_key_info() == written.public_key_info());
  CHECK_THROWS_AS(PrivateKey::from_pem("not a key"), std::runtime_error);
}

TEST_CASE("the text of a name gives the same name back") {
  const std::string text = GENERATE(
      values<std::string>({"CN=x", "C=DE, O=\"Example, Inc.\", OU=one, OU=two+L=Köln, CN=a b",
                           "DC=example, UID=u1, emailAddress=a@b.example, 1.2.3.4=odd",
                           "CN=\"say \"\"hi\"\"\", O=\" blank \"", ""}));
  CAPTURE(text);
  const auto name = read_name(write_name(text));
  REQUIRE(name);
  CHECK(name->text == text);
}

TEST_CASE("text that is no name is refused") {
  const std::string text = GENERATE(
      values<std::string>({"x", "CN", "CN=x,", "CN=x, ", "Nonsense=x", "CN=\"x", "CN=\"x\"y"}));
  CAPTURE(text);
  CHECK_THROWS_AS(write_name(text), std::invalid_argument);
}

}  // namespace
}  // namespace legible::certs
