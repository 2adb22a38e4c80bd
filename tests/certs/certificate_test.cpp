#include "certs/certificate.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "parser/hex.hpp"

namespace legible::certs {
namespace {

using Bytes = std::vector<std::uint8_t>;

Certificate from_data(const std::string& name) {
  std::ifstream file(LEGIBLE_TEST_DATA "/certs/" + name);
  REQUIRE(file);
  const std::string pem{std::istreambuf_iterator<char>(file), {}};
  return read_pem_certificates(pem).at(0);
}

std::vector<std::string> sans(const Certificate& certificate, SubjectAltName::Kind kind) {
  std::vector<std::string> values;
  for (const SubjectAltName& san : certificate.sans) {
    if (san.kind == kind) values.push_back(san.value);
  }
  return values;
}

Bytes element(std::uint8_t tag, Bytes content) {
  REQUIRE(content.size() < 0x80);
  content.insert(content.begin(), {tag, static_cast<std::uint8_t>(content.size())});
  return content;
}

/// A Name with one commonName of this string type.
Bytes common_name(std::uint8_t string_tag, const Bytes& value) {
  Bytes attribute = {0x06, 0x03, 0x55, 0x04, 0x03};
  const Bytes string = element(string_tag, value);
  attribute.insert(attribute.end(), string.begin(), string.end());
  return element(0x30, element(0x31, element(0x30, attribute)));
}

TEST_CASE("everything that a certificate says is read") {
  using std::chrono::sys_days;
  using namespace std::chrono_literals;
  using Kind = SubjectAltName::Kind;
  const Certificate certificate = from_data("everything.pem");

  CHECK(certificate.error.empty());
  CHECK(parser::hex(certificate.sha256) ==
        "29359e5a4ed2a6ae4fb1549ccc4be39e2a404199b59ebed26d5e594e67776661");
  CHECK(certificate.version == 3);
  CHECK(parser::hex(certificate.serial) == "0badcafe01");
  CHECK(certificate.subject.text ==
        "C=DE, O=\"Example, Inc.\", OU=one, OU=two+L=Köln, CN=www.example");
  CHECK(certificate.subject.common_name == "www.example");
  CHECK(certificate.self_issued());
  CHECK(certificate.not_before == sys_days(2026y / 11 / 22) + 2h + 10min + 9s);
  CHECK(certificate.not_after == sys_days(2036y / 11 / 19) + 2h + 10min + 9s);
  CHECK(certificate.key.algorithm == "EC");
  CHECK(certificate.key.curve == "P-256");
  CHECK(certificate.key.bits == 256);
  CHECK(certificate.signature == "ecdsa-with-SHA256");
  CHECK(sans(certificate, Kind::dns) == std::vector<std::string>{"www.example", "*.api.example"});
  CHECK(sans(certificate, Kind::ip) == std::vector<std::string>{"192.0.2.7", "2001:db8::1"});
  CHECK(sans(certificate, Kind::email) == std::vector<std::string>{"info@www.example"});
  CHECK(sans(certificate, Kind::uri) == std::vector<std::string>{"https://www.example/"});
  CHECK(sans(certificate, Kind::directory) ==
        std::vector<std::string>{"O=Example, CN=in a directory"});
  CHECK(sans(certificate, Kind::other) == std::vector<std::string>{"1.3.6.1.4.1.311.20.2.3"});
  REQUIRE(certificate.basic_constraints);
  CHECK(certificate.basic_constraints->ca);
  CHECK(certificate.basic_constraints->path_length == 3);
  CHECK(certificate.allows(KeyUsage::digital_signature));
  CHECK(certificate.allows(KeyUsage::key_cert_sign));
  CHECK_FALSE(certificate.allows(KeyUsage::key_encipherment));
  CHECK(certificate.extended_key_usage ==
        std::vector<std::string>{"serverAuth", "clientAuth", "1.3.6.1.4.1.311.10.3.3"});
  CHECK(parser::hex(certificate.subject_key_id) == "e4c1c0ab99006e2fb87e3ae16b536b4e9adaf48c");
  CHECK(certificate.authority_issuer == certificate.subject);
  CHECK(certificate.issuer_urls == std::vector<std::string>{"http://ca.example/issuing.der"});
  CHECK(certificate.must_staple);
  CHECK(certificate.unknown_critical_extensions == std::vector<std::string>{"1.3.6.1.4.1.55555.1"});
  REQUIRE(certificate.name_constraints.permitted.size() == 1);
  CHECK(certificate.name_constraints.permitted[0].base.value == "example");
  REQUIRE(certificate.name_constraints.excluded.size() == 1);
  CHECK(parser::hex(certificate.bytes(certificate.name_constraints.excluded[0].base.raw)) ==
        "0a000000ff000000");
}

TEST_CASE("keys and signatures that mbedTLS does not know are read all the same") {
  struct Case {
    std::string file, algorithm, signature;
    unsigned bits;
  };
  const auto c = GENERATE(values<Case>({
      {"ed25519.pem", "Ed25519", "Ed25519", 256},
      {"rsa-pss.pem", "RSA-PSS", "rsassaPss", 2048},
      {"rsa-signed-pss.pem", "RSA", "rsassaPss", 2048},
  }));
  CAPTURE(c.file);
  const Certificate certificate = from_data(c.file);
  CHECK(certificate.error.empty());
  CHECK(certificate.key.algorithm == c.algorithm);
  CHECK(certificate.key.bits == c.bits);
  CHECK(certificate.signature == c.signature);
  CHECK(certificate.subject.text == "C=DE, O=Example, CN=partner.example");
  CHECK(sans(certificate, SubjectAltName::Kind::dns) ==
        std::vector<std::string>{"partner.example"});
}

TEST_CASE("strings of names become UTF-8 whatever their type") {
  struct Case {
    const char* what;
    std::uint8_t tag;
    Bytes value;
    std::string text;
  };
  const auto c = GENERATE(values<Case>({
      {"UTF8String", 0x0c, {'K', 0xc3, 0xb6, 'l', 'n'}, "CN=Köln"},
      {"PrintableString", 0x13, {'x', '.', 'y'}, "CN=x.y"},
      {"T61String", 0x14, {'K', 0xf6, 'l', 'n'}, "CN=Köln"},
      {"BMPString", 0x1e, {0, 'K', 0, 0xf6, 0x20, 0xac}, "CN=Kö€"},
      {"BMPString with a surrogate pair", 0x1e, {0xd8, 0x3d, 0xde, 0x00}, "CN=😀"},
      {"BMPString with half a pair", 0x1e, {0xd8, 0x3d, 0, 'x'}, "CN=\xef\xbf\xbdx"},
      {"UniversalString", 0x1c, {0, 0, 0, 'x', 0, 1, 0xf6, 0}, "CN=x😀"},
      {"controls are kept",
       0x0c,
       {'a', 0x1b, '[', '1', 'm', 0, 'b'},
       std::string("CN=a\x1b[1m\0b", 10)},
      {"what would look like two attributes",
       0x0c,
       {'a', ',', ' ', 'O', '=', '"', 'b', '"'},
       "CN=\"a, O=\"\"b\"\"\""},
      {"not a string", 0x04, {0xab}, "CN=#0401ab"},
  }));
  CAPTURE(c.what);
  const auto name = read_name(common_name(c.tag, c.value));
  REQUIRE(name);
  CHECK(name->text == c.text);
}

TEST_CASE("a name that is malformed is none") {
  Bytes name = common_name(0x0c, {'x'});
  CHECK(read_name(name));
  name.push_back(0);
  CHECK_FALSE(read_name(name));
  name.pop_back();
  for (std::size_t size = 0; size < name.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(read_name(std::span(name).first(size)));
  }
}

TEST_CASE("a certificate cut at any offset says so and keeps what came before") {
  const Bytes der = from_data("everything.pem").der;
  for (std::size_t size = 0; size < der.size(); ++size) {
    CAPTURE(size);
    const Certificate cut = read_certificate(std::span(der).first(size));
    CHECK_FALSE(cut.error.empty());
    CHECK(cut.der.size() == size);
  }
  const Certificate most = read_certificate(std::span(der).first(der.size() - 100));
  CHECK(most.subject.common_name == "www.example");
  CHECK(most.not_after);
  CHECK(most.key.curve == "P-256");
}

TEST_CASE("a broken field is named and the others are still read") {
  const Certificate whole = from_data("everything.pem");
  Bytes der = whole.der;
  const Bytes month = {'3', '6', '1', '1', '1', '9'};
  const auto at = std::ranges::search(der, month);
  REQUIRE_FALSE(at.empty());
  at.begin()[2] = std::uint8_t{0x39};
  const Certificate broken = read_certificate(der);
  CHECK(broken.error.starts_with("validity.notAfter: not a time, at offset "));
  CHECK_FALSE(broken.not_after);
  CHECK(broken.not_before == whole.not_before);
  CHECK(broken.subject == whole.subject);
  CHECK(broken.sans.size() == whole.sans.size());
}

TEST_CASE("changed bytes never lead outside the certificate") {
  const Bytes der = from_data("everything.pem").der;
  for (std::size_t at = 0; at < der.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xff}) {
      Bytes changed = der;
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ change);
      const Certificate certificate = read_certificate(changed);
      for (const SubjectAltName& san : certificate.sans) {
        REQUIRE(san.raw.offset + san.raw.size <= changed.size());
      }
      REQUIRE(certificate.signed_part.offset + certificate.signed_part.size <= changed.size());
    }
  }
}

TEST_CASE("bytes after a certificate are an error") {
  Bytes der = from_data("ed25519.pem").der;
  der.push_back(0);
  CHECK(read_certificate(der).error.starts_with("Certificate: bytes after its end"));
}

TEST_CASE("what is no certificate has its hash and an error") {
  const Certificate nothing = read_certificate({});
  CHECK(nothing.error == "Certificate: not a SEQUENCE, at offset 0");
  CHECK(parser::hex(nothing.sha256) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("PEM text gives its certificates in order and refuses what it cannot read") {
  const Certificate certificate = from_data("ed25519.pem");
  const std::string good =
      "some text\n-----BEGIN PRIVATE KEY-----\n?\n-----END PRIVATE KEY-----\n"
      "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
      "-----BEGIN CERTIFICATE-----\r\nMA\r\nA=\r\n-----END CERTIFICATE-----";
  const auto certificates = read_pem_certificates(good);
  REQUIRE(certificates.size() == 2);
  CHECK(certificates[0].der == Bytes{0x30, 0x00});
  CHECK(certificates[1].der == Bytes{0x30, 0x00});

  const auto bad = GENERATE(values<std::string>({
      "-----BEGIN CERTIFICATE-----\nMAA=\n",
      "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
      "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
      "-----BEGIN CERTIFICATE\nMAA=\n-----END CERTIFICATE-----\n",
  }));
  CHECK_THROWS_AS(read_pem_certificates(good + "\n" + bad), std::runtime_error);
  CHECK(read_pem_certificates("").empty());
}

}  // namespace
}  // namespace legible::certs
