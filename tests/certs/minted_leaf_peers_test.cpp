// What other libraries say of the CA that is made, and of what is minted under it.

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <chrono>

#include "certs/leaf_minter.hpp"
#include "certs/pem.hpp"
#include "judge_cases.hpp"
#include "scratch_folder.hpp"
#include "tool.hpp"

namespace legible::certs {
namespace {

using namespace test;
using std::chrono::days;

/// Not every tool can be told another time.
const Seconds today = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());

struct Sample {
  const char* what;
  Change change;
  std::string name = "partner.example";
};

const Sample samples[] = {
    {"like most", [](auto&) {}},
    {"for a long time", [](auto& p) { p.validity = {today - days(900), today + days(900)}; }},
    {"without a subject", [](auto& p) { p.subject = write_name(""); }},
    {"without usages",
     [](auto& p) {
       p.key_usage = 0;
       p.extended_key_usage.clear();
     }},
    {"with repeated and multi-valued attributes",
     [](auto& p) { p.subject = write_name("DC=a, DC=b, OU=one, OU=two+L=Köln, CN=x"); }},
    {"for an address", [](auto& p) { p.sans = {host_name("192.0.2.7")}; }, "192.0.2.7"},
};

/// A minted leaf and its CA, as files.
class MintedFiles {
 public:
  MintedFiles(const Sample& sample, KeyFamily family) {
    static const LeafMinter minter(InterceptionCa::make(today), today);
    const Pki& pki = Pki::instance();
    CertificateProfile profile = leaf_profile();
    profile.validity = {today - days(3), today + days(60)};
    sample.change(profile);
    const Certificate original = issue(profile, pki.leaf_key, pki.intermediate).certificate;
    MintRequest request;
    request.original = &original;
    request.family = family;
    request.now = today;
    const MintedLeaf minted = minter.mint(request);
    leaf = folder_.write("leaf.pem", write_pem("CERTIFICATE", minted.leaf().der));
    ca = folder_.write("ca.pem", minter.ca().certificates_pem());
  }

  std::string leaf;
  std::string ca;

 private:
  ScratchFolder folder_;
};

TEST_CASE("openssl, at its strictest, takes what is minted") {
  if (!runs("openssl version")) SKIP("there is no openssl tool here");
  const auto family = GENERATE(KeyFamily::ec, KeyFamily::rsa);
  for (const Sample& sample : samples) {
    CAPTURE(sample.what);
    const MintedFiles files(sample, family);
    const bool is_address = host_name(sample.name).kind == SubjectAltName::Kind::ip;
    const std::string verify =
        "openssl verify -no-CApath -no-CAstore -auth_level 2 -x509_strict -purpose sslserver" +
        std::string(is_address ? " -verify_ip " : " -verify_hostname ") + sample.name +
        " -CAfile " + files.ca + " ";
    CHECK(runs(verify + files.leaf));
    CHECK_FALSE(runs("openssl verify -no-CApath -no-CAstore -no-CAfile " + files.leaf));
  }
}

TEST_CASE("GnuTLS takes what is minted") {
  if (!runs("certtool --version")) SKIP("there is no certtool here");
  const auto family = GENERATE(KeyFamily::ec, KeyFamily::rsa);
  for (const Sample& sample : samples) {
    CAPTURE(sample.what);
    const MintedFiles files(sample, family);
    CHECK(runs("certtool --verify --verify-profile medium --verify-hostname " + sample.name +
               " --verify-purpose 1.3.6.1.5.5.7.3.1 --load-ca-certificate " + files.ca +
               " --infile " + files.leaf));
  }
}

}  // namespace
}  // namespace legible::certs
