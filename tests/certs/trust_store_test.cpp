#include "certs/trust_store.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <fstream>

#include "judge_cases.hpp"
#include "scratch_folder.hpp"

namespace legible::certs {
namespace {

using namespace test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::MessageMatches;

TEST_CASE("a store is read from a file") {
  const Pki& pki = Pki::instance();
  const ScratchFolder folder;
  const std::string path =
      folder.write("anchors.pem", data_file("ed25519.pem") + pki.root.certificate_pem());
  const auto store = TrustStore::from_files(std::span(&path, 1));
  CHECK(store->size() == 2);
}

TEST_CASE("the anchors of several files add up") {
  const Pki& pki = Pki::instance();
  const ScratchFolder folder;
  const std::string paths[] = {folder.write("one.pem", pki.root.certificate_pem()),
                               folder.write("two.pem", data_file("ed25519.pem"))};
  const auto store = TrustStore::from_files(paths);
  CHECK(store->size() == 2);
}

TEST_CASE("a file that is no store is refused with its name and the reason") {
  const ScratchFolder folder;
  struct Case {
    std::string path;
    std::string reason;
  };
  const Pki& pki = Pki::instance();
  const auto text = [](const std::vector<std::uint8_t>& der) {
    return std::string(der.begin(), der.end());
  };
  const std::string malformed = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
  const Case cases[] = {
      {folder.path() + "/missing.pem", "No such file or directory"},
      {folder.path(), "Is a directory"},
      {folder.write("empty.pem", ""), "no PEM certificate in it"},
      {folder.write("text.pem", "hello\n"), "no PEM certificate in it"},
      {folder.write("root.der", text(pki.root.certificate.der)),
       "root.der: DER; make PEM of it: openssl x509 -inform der -in FILE"},
      {folder.write("root.jks", std::string("\xfe\xed\xfe\xed\0\0\0\2", 8)),
       "keytool -exportcert -rfc -keystore FILE -alias NAME"},
      {folder.write("root.p12", std::string("\x30\x82\x09\x00\x02\x01\x03\x30", 8)),
       "a PKCS#12 file; make PEM of it: openssl pkcs12 -in FILE -nokeys"},
      {folder.write("cut.pem", "\n-----BEGIN CERTIFICATE-----\nMAA="),
       "the PEM block at line 2 has no end"},
      {folder.write("malformed.pem", data_file("ed25519.pem") + malformed),
       "certificate 2 is malformed: tbsCertificate: missing, at offset 2"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.path);
    CHECK_THROWS_MATCHES(TrustStore::from_files(std::span(&c.path, 1)), std::runtime_error,
                         MessageMatches(ContainsSubstring(c.path) && EndsWith(c.reason)));
  }
}

TEST_CASE("revocation lists are added to a store that stays as it was") {
  const Pki& pki = Pki::instance();
  const ScratchFolder folder;
  const std::vector<std::vector<std::uint8_t>> serials = {pki.leaf.certificate.serial};
  const std::string path =
      folder.write("lists.pem", crl_pem(issue_crl(pki.intermediate, serials, current)));
  const auto with_list = pki.trust->with_crl_file(path);
  CHECK(with_list->size() == pki.trust->size());
  CHECK(with_list->impl().crls.size() == 1);
  CHECK(pki.trust->impl().crls.empty());
  CHECK_THROWS_MATCHES(pki.trust->with_crl_file(folder.write("none.pem", "hello")),
                       std::runtime_error,
                       MessageMatches(EndsWith("none.pem: no PEM revocation list in it")));
}

TEST_CASE("a revocation list that is cut short is refused") {
  const Pki& pki = Pki::instance();
  const std::vector<std::vector<std::uint8_t>> serials = {{1, 2, 3}, {4}};
  const auto der = issue_crl(pki.root, serials, current);
  for (std::size_t size = 1; size < der.size(); ++size) {
    CAPTURE(size);
    CHECK_THROWS(pki.trust->with_crl_pem(crl_pem(std::span(der).first(size))));
  }
}

TEST_CASE("the system's store is the first bundle there is, or the one that is chosen") {
  const ScratchFolder folder;
  const std::string one = folder.write("one.pem", data_file("ed25519.pem"));
  const std::string two =
      folder.write("two.pem", data_file("ed25519.pem") + data_file("rsa-pss.pem"));
  const std::string odd =
      folder.write("odd.pem", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n" +
                                  data_file("rsa-pss.pem"));
  const std::string missing = folder.path() + "/missing.pem";
  const char* const bundles[] = {missing.c_str(), one.c_str(), two.c_str()};

  CHECK(read_system_anchors(nullptr, bundles).size() == 1);
  CHECK(read_system_anchors("", bundles).size() == 1);
  CHECK(read_system_anchors(two.c_str(), bundles).size() == 2);
  CHECK(read_system_anchors(nullptr, {}).empty());
  // A distribution's bundle is not the user's to mend, a file that was chosen is.
  const char* const odd_bundle[] = {odd.c_str()};
  CHECK(read_system_anchors(nullptr, odd_bundle).size() == 1);
  CHECK_THROWS_MATCHES(read_system_anchors(odd.c_str(), bundles), std::runtime_error,
                       MessageMatches(ContainsSubstring("SSL_CERT_FILE")));
  CHECK_THROWS_MATCHES(read_system_anchors(missing.c_str(), bundles), std::runtime_error,
                       MessageMatches(ContainsSubstring("SSL_CERT_FILE")));
}

TEST_CASE("a judgement says whether the system's anchors were used") {
  const Pki& pki = Pki::instance();
  const Chain chain = {pki.leaf.certificate};
  CHECK_FALSE(judge({.chain = chain, .trust = pki.trust.get(), .now = now}).system_anchors);
  CHECK(judge({.chain = chain, .trust = TrustStore::system().get(), .now = now}).system_anchors);
}

}  // namespace
}  // namespace legible::certs
