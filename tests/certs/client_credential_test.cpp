#include "certs/client_credential.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <stdexcept>

#include "certs/pem.hpp"
#include "certs/pkcs12.hpp"
#include "scratch_folder.hpp"
#include "test_pki.hpp"
#include "tool.hpp"

namespace legible::certs {
namespace {

using namespace test;
using Catch::Matchers::ContainsSubstring;

/// A client's certificate, its issuers and its key, as PEM.
struct Client {
  const Pki& pki = Pki::instance();
  CertifiedKey leaf;
  std::string certificate = leaf.certificate_pem();
  std::string key = leaf.key.pem();
  std::string issuers = pki.intermediate.certificate_pem() + pki.root.certificate_pem();

  explicit Client(KeyType type = KeyType::p256)
      : leaf(issue(client_profile("O=Test, CN=Integration Server", current), test::key(type),
                   pki.intermediate)) {}

  void check(const ClientCredential& read) const {
    REQUIRE(read.chain.size() == 3);
    CHECK(read.chain[0].der == leaf.certificate.der);
    CHECK(read.chain[1].der == pki.intermediate.certificate.der);
    CHECK(read.chain[2].der == pki.root.certificate.der);
    CHECK(read.key.public_key_info() == leaf.key.public_key_info());
    CHECK(read.native != nullptr);
  }
};

std::string complaint(const std::string& certificate, const std::string& key = {},
                      const std::string& password = {}) {
  try {
    read_client_credential(certificate, key, password);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("certificates and key are read from two files or one, in any order") {
  const Client client;
  const ScratchFolder folder;
  const std::string key = folder.write("key.pem", client.key);
  const std::string& issuers = client.issuers;
  const auto root_first = client.pki.root.certificate_pem() + client.certificate +
                          client.pki.intermediate.certificate_pem() + client.key;
  const auto two = folder.write("two.pem", client.certificate + issuers);
  client.check(read_client_credential(two, key, {}));
  const auto one = folder.write("one.pem", client.key + client.certificate + issuers);
  client.check(read_client_credential(one, {}, {}));
  client.check(read_client_credential(folder.write("odd.pem", root_first), {}, {}));

  const auto stranger = self_sign(ca_profile("CN=Stranger", current), test::key(KeyType::p384));
  const auto with_stranger =
      folder.write("stranger.pem", stranger.certificate_pem() + client.certificate + issuers);
  client.check(read_client_credential(with_stranger, key, {}));
}

TEST_CASE("an encrypted key is read with its password") {
  if (!runs("openssl version")) SKIP("there is no openssl tool here");
  const auto type = GENERATE(KeyType::p256, KeyType::rsa_2048);
  const std::string how = GENERATE(values<std::string>({
      "pkcs8 -topk8 -v2 aes-256-cbc",
      "pkcs8 -topk8 -v2 aes-128-cbc -v2prf hmacWithSHA1",
      "pkcs8 -topk8 -v1 PBE-SHA1-3DES",
      "pkey -aes-256-cbc -traditional",
  }));
  CAPTURE(how);
  const Client client(type);
  const ScratchFolder folder;
  const auto certificates = folder.write("certificates.pem", client.certificate + client.issuers);
  const std::string plain = folder.write("plain.pem", client.key);
  const std::string key = folder.path() + "/key.pem";
  REQUIRE(runs("openssl " + how + " -passout pass:secret -in " + plain + " -out " + key));
  client.check(read_client_credential(certificates, key, "secret"));
  CHECK_THAT(complaint(certificates, key), ContainsSubstring("key.pem: the private key is encryp"));
  const std::string wrong = complaint(certificates, key, "wrong-one");
  CHECK_THAT(wrong, ContainsSubstring("key.pem: the password does not fit"));
  CHECK_THAT(wrong, !ContainsSubstring("wrong-one"));
}

TEST_CASE("a wrong password that decrypts to a right padding does not fit") {
  const std::string pem =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MIHrMFYGCSqGSIb3DQEFDTBJMCgGCSqGSIb3DQEFDDAbBAglbpoq0IMt7QIBATAM\n"
      "BggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBAgQQbiHvA9dCTbaJMt3d3DwBGwSBkL7H\n"
      "U3ohbOicL5dhQAwaQgFphNFiINDBcaYEPYYFLVx8uCC/bcPdZ1fO+VfvOwSOPyji\n"
      "uipLzALec0u5DKeo7kYg9Szi/f43c/gGCir5q/h1cSOgJpSQdV7O2Z4I/4XxNp+7\n"
      "35pw6QjqYB7rruIiXBgNsVFkqzovKT+hP9tymG5gc/kyYv3DXRxYjimgg2uXNA==\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  PrivateKey::from_pem(pem, "secret");
  CHECK_THROWS_WITH(PrivateKey::from_pem(pem, "wrong-3"),
                    ContainsSubstring("the password does not fit"));
}

TEST_CASE("PKCS#12 is read, with its password and without, of old tools and of new") {
  if (pkcs12_library().empty()) SKIP("this build has no libcrypto");
  if (!runs("openssl version")) SKIP("there is no openssl tool here");
  const auto type = GENERATE(KeyType::p256, KeyType::rsa_2048);
  struct Way {
    const char* options;
    const char* password;
  };
  const auto way = GENERATE(values<Way>({
      {"", "secret"},
      {"", ""},
      {"-legacy", "secret"},
      {"-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1", "secret"},
      {"-keypbe NONE -certpbe NONE", "secret"},
      {"-nomac -keypbe NONE -certpbe NONE", ""},
  }));
  CAPTURE(way.options, way.password);
  const Client client(type);
  const ScratchFolder folder;
  const auto pem = folder.write("all.pem", client.key + client.certificate + client.issuers);
  const std::string store = folder.path() + "/client.p12";
  REQUIRE(runs(std::string("openssl pkcs12 -export ") + way.options +
               " -passout pass:" + way.password + " -in " + pem + " -out " + store));
  client.check(read_client_credential(store, {}, way.password));
  client.check(read_client_credential(store, store, way.password));
  if (*way.password == '\0') return;
  CHECK_THAT(complaint(store), ContainsSubstring("client.p12: the PKCS#12 file needs a password"));
  CHECK_THAT(complaint(store, {}, "another"), ContainsSubstring("does not fit the PKCS#12 file"));
}

TEST_CASE("what cannot be presented is told with its file") {
  const Client client;
  const ScratchFolder folder;
  const auto certificate = folder.write("certificate.pem", client.certificate);
  const auto key = folder.write("key.pem", client.key);
  const auto other_key = folder.write("other.pem", client.pki.root_key.pem());
  const std::string java("\xfe\xed\xfe\xed\0\0\0\2", 8);
  const std::string der(client.leaf.certificate.der.begin(), client.leaf.certificate.der.end());
  struct Case {
    std::string said, expected;
  };
  const Case cases[] = {
      {complaint("/none.pem"), "cannot read /none.pem"},
      {complaint(certificate, "/none.pem"), "cannot read /none.pem"},
      {complaint(certificate), "certificate.pem: no private key in it"},
      {complaint(key), "key.pem: no certificate belongs to the private key"},
      {complaint(certificate, other_key), "other.pem do not belong together"},
      {complaint(folder.write("store.jks", java)), "store.jks: a Java keystore; convert it with"},
      {complaint(folder.write("client.der", der)), "client.der: neither PEM nor PKCS#12"},
      {complaint(folder.write("empty", "")), "empty: neither PEM nor PKCS#12"},
      {complaint(folder.write("cut.p12", std::string("\x30\x82\x09\x00\x02\x01\x03\x30", 8))),
       pkcs12_library().empty() ? "cut.p12: this build cannot read"
                                : "cut.p12: not a whole PKCS#12 file"},
  };
  for (const Case& c : cases) {
    CHECK_THAT(c.said, ContainsSubstring(c.expected));
    CHECK(c.said.find('\n') == c.said.npos);
  }
}

TEST_CASE("a PKCS#12 truststore holds its certificates for Java and for openssl") {
  if (pkcs12_library().empty()) SKIP("this build has no libcrypto");
  const Pki& pki = Pki::instance();
  const TrustedCertificate trusted[] = {{"legible-ec", pki.root.certificate.der},
                                        {"legible-rsa", pki.intermediate.certificate.der}};
  const auto der = write_pkcs12_truststore(trusted, "changeit");
  const std::string text(der.begin(), der.end());
  CHECK(is_pkcs12(text));
  const Pkcs12Content read = read_pkcs12(text, "changeit");
  CHECK_FALSE(read.key);
  CHECK(read.certificates.size() == 2);

  const ScratchFolder folder;
  const auto store = folder.write("trust.p12", text);
  if (runs("openssl version")) {
    CHECK(runs("openssl pkcs12 -nokeys -passin pass:changeit -in " + store + " | grep BEGIN"));
  }
  if (!runs("keytool -help")) SKIP("there is no keytool here");
  CHECK(runs("keytool -list -storetype PKCS12 -storepass changeit -keystore " + store +
             " | grep -c trustedCertEntry | grep -x 2"));
}

}  // namespace
}  // namespace legible::certs
