#include "certs/chain_judge.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>

#include "certs/der_writer.hpp"
#include "test_pki.hpp"

namespace legible::certs {
namespace {

using namespace test;
using Kind = SubjectAltName::Kind;
using Chain = std::vector<Certificate>;

/// What one case presents, and to whom.
struct Presented {
  Chain chain;
  std::shared_ptr<const TrustStore> trust = Pki::instance().trust;
  std::string name = "partner.example";
  Purpose purpose = Purpose::server;
};

Judgement judge(const Presented& presented) {
  return certs::judge(JudgeRequest{.chain = presented.chain,
                                   .trust = presented.trust.get(),
                                   .name = presented.name,
                                   .purpose = presented.purpose,
                                   .now = now});
}

std::string pem_of(const std::string& file) {
  std::ifstream stream(LEGIBLE_TEST_DATA "/certs/" + file);
  REQUIRE(stream);
  return {std::istreambuf_iterator<char>(stream), {}};
}

Certificate certificate_of(const std::string& file) {
  return read_pem_certificates(pem_of(file)).at(0);
}

/// "0 expired": depth and id.
using Found = std::multiset<std::string>;

Found found(const Judgement& judgement) {
  Found ids;
  for (const Problem& problem : judgement.problems) {
    ids.insert(std::to_string(problem.depth) + " " + std::string(id(problem.id)));
  }
  return ids;
}

/// A leaf made after a profile, with the usual intermediate.
Presented leaf_of(const CertificateProfile& profile) {
  const Pki& pki = Pki::instance();
  return {
      {issue(profile, pki.leaf_key, pki.intermediate).certificate, pki.intermediate.certificate}};
}

/// The usual leaf under an intermediate made after a profile.
Presented under(const CertificateProfile& profile,
                const CertificateProfile& leaf = leaf_profile()) {
  const Pki& pki = Pki::instance();
  const CertifiedKey intermediate = issue(profile, pki.intermediate_key, pki.root);
  return {{issue(leaf, pki.leaf_key, intermediate).certificate, intermediate.certificate}};
}

/// The usual leaf and intermediate under a root made after a profile, which is trusted.
Presented under_root(const CertificateProfile& profile) {
  const Pki& pki = Pki::instance();
  const CertifiedKey root = self_sign(profile, pki.root_key);
  const CertifiedKey intermediate =
      issue(ca_profile("CN=Issuing CA", current), pki.intermediate_key, root);
  return {{issue(leaf_profile(), pki.leaf_key, intermediate).certificate, intermediate.certificate},
          trusting(root)};
}

CertificateProfile intermediate_profile(Validity validity = current) {
  return ca_profile("O=Test, CN=Issuing CA 3", validity);
}

CertificateProfile changed(CertificateProfile profile,
                           const std::function<void(CertificateProfile&)>& change) {
  change(profile);
  return profile;
}

CertificateProfile leaf_with(const std::function<void(CertificateProfile&)>& change) {
  return changed(leaf_profile(), change);
}

CertificateProfile ca_with(const std::function<void(CertificateProfile&)>& change) {
  return changed(intermediate_profile(), change);
}

Certificate altered(const Certificate& certificate) {
  auto der = certificate.der;
  der.back() ^= 1;
  return read_certificate(der);
}

/// Leaf first, `count` intermediates, each under the next.
Chain deep_chain(std::size_t count, std::optional<unsigned> top_path_length = std::nullopt) {
  const Pki& pki = Pki::instance();
  CertifiedKey issuer = pki.root;
  Chain chain;
  for (std::size_t i = count; i > 0; --i) {
    const auto length = i == count ? top_path_length : std::nullopt;
    issuer = issue(ca_profile("CN=Intermediate " + std::to_string(i), current, length),
                   pki.intermediate_key, issuer);
    chain.insert(chain.begin(), issuer.certificate);
  }
  chain.insert(chain.begin(), issue(leaf_profile(), pki.leaf_key, issuer).certificate);
  return chain;
}

Presented constrained(const std::vector<SubjectAltName>& permitted,
                      const std::vector<SubjectAltName>& excluded, const CertificateProfile& leaf) {
  return under(ca_with([&](auto& p) {
                 p.extensions.push_back(name_constraints(permitted, excluded));
                 p.extensions.back().critical = false;
               }),
               leaf);
}

/// An authorityKeyIdentifier that names the issuer's issuer.
Extension authority_issuer(std::string_view name) {
  const auto directory = der::element(tag::explicit_context(4), write_name(name));
  return {"2.5.29.35", false, der::sequence(der::element(tag::explicit_context(1), directory))};
}

struct Case {
  const char* what;
  std::function<Presented()> make;
  Found problems;
};

void check(const Case& c) {
  CAPTURE(c.what);
  const Judgement judgement = judge(c.make());
  CHECK(found(judgement) == c.problems);
  CHECK(judgement.ok == c.problems.empty());
  for (const Problem& problem : judgement.problems) {
    CAPTURE(id(problem.id));
    CHECK_FALSE(problem.expected.empty());
    CHECK_FALSE(problem.presented.empty());
  }
}

TEST_CASE("chains that are good are accepted") {
  static const Pki& pki = Pki::instance();
  static const Chain good = {pki.leaf.certificate, pki.intermediate.certificate};
  const auto key_of = [](KeyType type) {
    return [type] {
      const Certificate leaf = issue(leaf_profile(), key(type), pki.intermediate).certificate;
      return Presented{{leaf, pki.intermediate.certificate}};
    };
  };
  const Case cases[] = {
      {"P-256", [] { return Presented{good}; }, {}},
      {"P-384", key_of(KeyType::p384), {}},
      {"RSA", key_of(KeyType::rsa_2048), {}},
      {"a wildcard for one label",
       [] {
         auto presented = leaf_of(leaf_profile({"*.partner.example"}));
         presented.name = "www.partner.example";
         return presented;
       },
       {}},
      {"an address",
       [] {
         auto presented = leaf_of(leaf_profile({"192.0.2.7"}));
         presented.name = "192.0.2.7";
         return presented;
       },
       {}},
      {"the last of 120 names",
       [] {
         std::vector<std::string> names;
         for (int i = 1; i < 120; ++i) names.push_back(std::to_string(i) + ".example");
         names.push_back("partner.example");
         return leaf_of(leaf_profile(names));
       },
       {}},
      {"four intermediates", [] { return Presented{deep_chain(4)}; }, {}},
      {"the root sent too",
       [] {
         return Presented{{good[0], good[1], pki.root.certificate}};
       },
       {}},
      {"the issuers in reverse order",
       [] {
         Chain chain = deep_chain(4);
         chain.push_back(pki.root.certificate);
         std::reverse(chain.begin() + 1, chain.end());
         return Presented{chain};
       },
       {}},
      {"a stray certificate",
       [] {
         const Certificate stray =
             self_sign(ca_profile("CN=Stray", past), key(KeyType::p384)).certificate;
         return Presented{{good[0], stray, good[1]}};
       },
       {}},
      {"a certificate sent twice",
       [] {
         return Presented{{good[0], good[0], good[1]}};
       },
       {}},
      {"a path length that suffices", [] { return Presented{deep_chain(4, 3)}; }, {}},
      {"a self-signed certificate that is trusted itself",
       [] {
         const CertifiedKey leaf = self_sign(leaf_profile(), pki.leaf_key);
         return Presented{{leaf.certificate}, trusting(leaf)};
       },
       {}},
      {"an intermediate that is trusted itself",
       [] {
         return Presented{{good[0]}, trusting(pki.intermediate)};
       },
       {}},
      {"a SHA-1 signature on the anchor",
       [] {
         auto profile = ca_profile("CN=Old Root", current);
         profile.hash = SignatureHash::sha1;
         return under_root(profile);
       },
       {}},
      {"any extended usage",
       [] {
         return leaf_of(leaf_with([](auto& p) { p.extended_key_usage = {"anyExtendedKeyUsage"}; }));
       },
       {}},
      {"no usages at all",
       [] {
         return leaf_of(leaf_with([](auto& p) {
           p.extended_key_usage.clear();
           p.key_usage = 0;
         }));
       },
       {}},
      {"an issuer named in other letters and blanks",
       [] {
         const CertifiedKey root =
             self_sign(ca_profile("O=TEST, CN=Test  root ", current), pki.root_key);
         return Presented{good, trusting(root)};
       },
       {}},
      {"a name constraint that is kept",
       [] {
         return constrained({{Kind::dns, "example", {}}, {Kind::directory, "C=DE", {}}},
                            {{Kind::dns, "other.example", {}}, {Kind::ip, "10.0.0.0/8", {}}},
                            leaf_profile());
       },
       {}},
      {"an address within a permitted network",
       [] {
         auto presented =
             constrained({{Kind::ip, "192.0.2.0/24", {}}}, {}, leaf_profile({"192.0.2.7"}));
         presented.name = "192.0.2.7";
         return presented;
       },
       {}},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("U1: dates of leaf, intermediate and anchor") {
  const Case cases[] = {
      {"leaf expired",
       [] { return leaf_of(leaf_with([](auto& p) { p.validity = past; })); },
       {"0 expired"}},
      {"leaf not yet valid",
       [] { return leaf_of(leaf_with([](auto& p) { p.validity = future; })); },
       {"0 not-yet-valid"}},
      {"intermediate expired", [] { return under(intermediate_profile(past)); }, {"1 expired"}},
      {"intermediate not yet valid",
       [] { return under(intermediate_profile(future)); },
       {"1 not-yet-valid"}},
      {"root expired", [] { return under_root(ca_profile("CN=R", past)); }, {"2 expired"}},
      {"root not yet valid",
       [] { return under_root(ca_profile("CN=R", future)); },
       {"2 not-yet-valid"}},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("U2: chains that end nowhere") {
  static const Pki& pki = Pki::instance();
  static const CertifiedKey foreign_root =
      self_sign(ca_profile("CN=Foreign Root", current), key(KeyType::p384));
  static const CertifiedKey foreign_ca =
      issue(ca_profile("CN=Foreign CA", current), key(KeyType::p384), foreign_root);
  const auto foreign_leaf = [](const CertifiedKey& issuer) {
    return issue(leaf_profile(), pki.leaf_key, issuer).certificate;
  };
  const Case cases[] = {
      {"self-signed",
       [] { return Presented{{self_sign(leaf_profile(), pki.leaf_key).certificate}}; },
       {"0 self-signed"}},
      {"self-signed, sent twice",
       [] {
         const Certificate leaf = self_sign(leaf_profile(), pki.leaf_key).certificate;
         return Presented{{leaf, leaf}};
       },
       {"0 self-signed"}},
      {"an unknown root that was sent",
       [&] {
         return Presented{
             {foreign_leaf(foreign_ca), foreign_ca.certificate, foreign_root.certificate}};
       },
       {"2 untrusted-root"}},
      {"an unknown root that was not sent",
       [&] {
         return Presented{{foreign_leaf(foreign_ca), foreign_ca.certificate}};
       },
       {"1 untrusted-root"}},
      {"a leaf alone, issued by what is called a root",
       [&] { return Presented{{foreign_leaf(foreign_root)}}; },
       {"0 untrusted-root"}},
      {"a leaf alone",
       [] { return Presented{{pki.leaf.certificate}}; },
       {"0 missing-intermediate"}},
      {"a leaf with unrelated roots, one of them trusted",
       [] {
         return Presented{{pki.leaf.certificate, pki.root.certificate, foreign_root.certificate}};
       },
       {"0 missing-intermediate"}},
      {"a root of the same name as the trusted one, with another key",
       [] {
         const PrivateKey& other = key(KeyType::p384);
         const CertifiedKey root = self_sign(ca_profile("O=Test, CN=Test Root", current), other);
         const CertifiedKey intermediate = issue(intermediate_profile(), other, root);
         return Presented{{issue(leaf_profile(), pki.leaf_key, intermediate).certificate,
                           intermediate.certificate, root.certificate}};
       },
       {"2 untrusted-root"}},
      {"an issuer's issuer that shows the issuer to be no root",
       [] {
         const CertificateProfile profile = leaf_with([](auto& p) {
           p.key_ids = false;
           p.extensions.push_back(authority_issuer("CN=Another Root"));
         });
         return Presented{{issue(profile, pki.leaf_key, foreign_root).certificate}};
       },
       {"0 missing-intermediate"}},
      {"no anchors at all",
       [] {
         return Presented{{pki.leaf.certificate, pki.intermediate.certificate}, nullptr};
       },
       {"1 untrusted-root"}},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("U3 and U4: names") {
  const auto asking = [](std::string name, std::vector<std::string> names) {
    return [name, names] {
      auto presented = leaf_of(leaf_profile(names));
      presented.name = name;
      return presented;
    };
  };
  const Found mismatch = {"0 name-mismatch"};
  const Case cases[] = {
      {"another host", asking("other.example", {"partner.example"}), mismatch},
      {"the CN matches, the SAN does not", asking("partner.example", {"other.example"}), mismatch},
      {"a NUL in the name",
       asking("partner.example", {std::string("partner.example\0.evil.example", 29)}), mismatch},
      {"a wildcard over two labels", asking("a.b.partner.example", {"*.partner.example"}),
       mismatch},
      {"a wildcard over the base domain", asking("partner.example", {"*.partner.example"}),
       mismatch},
      {"a wildcard over a top-level domain", asking("partner.example", {"*.example"}), mismatch},
      {"a partial wildcard", asking("foo.partner.example", {"f*.partner.example"}), mismatch},
      {"an address that is not there", asking("192.0.2.8", {"192.0.2.7"}), mismatch},
      {"an address given as dNSName",
       [] {
         auto presented = leaf_of(leaf_with([](auto& p) {
           p.sans = {{Kind::dns, "192.0.2.7", {}}};
         }));
         presented.name = "192.0.2.7";
         return presented;
       },
       mismatch},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("U4: a common name without SAN counts unless it is told not to") {
  const Presented presented = leaf_of(leaf_profile({}));
  JudgeRequest request{
      .chain = presented.chain, .trust = presented.trust.get(), .name = presented.name, .now = now};
  CHECK(certs::judge(request).ok);
  request.common_name_counts = false;
  CHECK(found(certs::judge(request)) == Found{"0 name-mismatch"});
}

TEST_CASE("U5: issuers that are no CA") {
  const Case cases[] = {
      {"CA:FALSE",
       [] { return under(ca_with([](auto& p) { p.basic_constraints = BasicConstraints{}; })); },
       {"1 not-a-ca"}},
      {"no basicConstraints",
       [] { return under(ca_with([](auto& p) { p.basic_constraints.reset(); })); },
       {"1 not-a-ca"}},
      {"X.509 v1",
       [] { return under(ca_with([](auto& p) { p.version = 1; })); },
       {"1 x509-v1", "1 not-a-ca"}},
      {"no keyCertSign",
       [] { return under(ca_with([](auto& p) { p.key_usage = 1; })); },
       {"1 not-a-ca"}},
      {"path length of an intermediate",
       [] { return Presented{deep_chain(4, 2)}; },
       {"4 path-too-long"}},
      {"path length of the root",
       [] { return under_root(ca_profile("CN=R", current, 0)); },
       {"2 path-too-long"}},
      {"a v1 leaf",
       [] { return leaf_of(leaf_with([](auto& p) { p.version = 1; })); },
       {"0 x509-v1"}},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("U6: name constraints, though not critical") {
  const Found violation = {"0 name-constraint"};
  const Case cases[] = {
      {"outside the permitted domain",
       [] {
         return constrained({{Kind::dns, "other.example", {}}}, {}, leaf_profile());
       },
       violation},
      {"a domain that only ends alike",
       [] {
         return constrained({{Kind::dns, "ner.example", {}}}, {}, leaf_profile());
       },
       violation},
      {"in an excluded domain",
       [] {
         return constrained({}, {{Kind::dns, "EXAMPLE", {}}}, leaf_profile());
       },
       violation},
      {"a wildcard that reaches an excluded host",
       [] {
         return constrained({}, {{Kind::dns, "secret.partner.example", {}}},
                            leaf_profile({"partner.example", "*.partner.example"}));
       },
       violation},
      {"one bad name of several",
       [] {
         return constrained({{Kind::dns, "partner.example", {}}}, {},
                            leaf_profile({"partner.example", "other.example"}));
       },
       violation},
      {"outside the permitted network",
       [] {
         return constrained({{Kind::ip, "10.0.0.0/8", {}}}, {},
                            leaf_profile({"partner.example", "192.0.2.7"}));
       },
       violation},
      {"an IPv6 address where IPv4 is permitted",
       [] {
         return constrained({{Kind::ip, "10.0.0.0/8", {}}}, {},
                            leaf_profile({"partner.example", "2001:db8::1"}));
       },
       violation},
      {"outside the permitted directory",
       [] {
         return constrained({{Kind::directory, "C=FR", {}}}, {}, leaf_profile());
       },
       violation},
      {"the subject in an excluded directory",
       [] {
         return constrained({}, {{Kind::directory, "C=DE, O=PARTNER", {}}}, leaf_profile());
       },
       violation},
      {"a kind of name that is not judged here",
       [] {
         return constrained({{Kind::email, "example", {}}}, {}, leaf_with([](auto& p) {
                              p.sans.push_back({Kind::email, "a@example", {}});
                            }));
       },
       violation},
      {"the common name, where there is no SAN",
       [] {
         return constrained({{Kind::dns, "other.example", {}}}, {}, leaf_profile({}));
       },
       violation},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("U6: a constraint of the root binds the leaf and the intermediate") {
  check({"of the root",
         [] {
           auto profile = ca_profile("CN=R", current);
           const SubjectAltName permitted[] = {{Kind::directory, "C=FR", {}}};
           profile.extensions.push_back(name_constraints(permitted, {}));
           return under_root(profile);
         },
         {"0 name-constraint", "1 name-constraint"}});
}

TEST_CASE("U7: unknown critical extensions") {
  const Extension unknown{"1.3.6.1.4.1.55555.1", true, {0x05, 0x00}};
  const auto adding = [unknown](auto& p) { p.extensions.push_back(unknown); };
  const Case cases[] = {
      {"in the leaf", [=] { return leaf_of(leaf_with(adding)); }, {"0 unknown-critical-extension"}},
      {"in the intermediate",
       [=] { return under(ca_with(adding)); },
       {"1 unknown-critical-extension"}},
      {"in the root",
       [=] { return under_root(changed(ca_profile("CN=R", current), adding)); },
       {"2 unknown-critical-extension"}},
      {"policy constraints, which are not honoured here",
       [] {
         return under(ca_with([](auto& p) {
           p.extensions.push_back({"2.5.29.36", true, {0x30, 0x03, 0x80, 0x01, 0x00}});
         }));
       },
       {"1 unknown-critical-extension"}},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("U8: signatures and keys that are wrong or weak") {
  static const Pki& pki = Pki::instance();
  const auto key_of = [](KeyType type) {
    return [type] {
      const Certificate leaf = issue(leaf_profile(), key(type), pki.intermediate).certificate;
      return Presented{{leaf, pki.intermediate.certificate}};
    };
  };
  const auto intermediate_of = [](KeyType type, SignatureHash hash) {
    return [type, hash] {
      const CertifiedKey intermediate = issue(intermediate_profile(), key(type), pki.root);
      CertificateProfile profile = leaf_profile();
      profile.hash = hash;
      return Presented{
          {issue(profile, pki.leaf_key, intermediate).certificate, intermediate.certificate}};
    };
  };
  const Case cases[] = {
      {"altered leaf",
       [] {
         return Presented{{altered(pki.leaf.certificate), pki.intermediate.certificate}};
       },
       {"0 bad-signature"}},
      {"altered intermediate",
       [] {
         return Presented{{pki.leaf.certificate, altered(pki.intermediate.certificate)}};
       },
       {"1 bad-signature"}},
      {"altered self-signed",
       [] { return Presented{{altered(self_sign(leaf_profile(), pki.leaf_key).certificate)}}; },
       {"0 bad-signature", "0 self-signed"}},
      {"SHA-1 on the leaf",
       [] { return leaf_of(leaf_with([](auto& p) { p.hash = SignatureHash::sha1; })); },
       {"0 weak-signature"}},
      {"SHA-1 on the intermediate",
       [] { return under(ca_with([](auto& p) { p.hash = SignatureHash::sha1; })); },
       {"1 weak-signature"}},
      {"MD5 on the leaf",
       intermediate_of(KeyType::rsa_2048, SignatureHash::md5),
       {"0 weak-signature"}},
      {"RSA-1024 of the leaf", key_of(KeyType::rsa_1024), {"0 weak-key"}},
      {"P-192 of the leaf", key_of(KeyType::p192), {"0 weak-key"}},
      {"RSA-1024 of the intermediate",
       intermediate_of(KeyType::rsa_1024, SignatureHash::sha256),
       {"1 weak-key"}},
      {"RSA-1024 of the root",
       [] {
         const CertifiedKey root = self_sign(ca_profile("CN=R", current), key(KeyType::rsa_1024));
         return Presented{{issue(leaf_profile(), pki.leaf_key, root).certificate}, trusting(root)};
       },
       {"1 weak-key"}},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("U9 and U11: usages") {
  const auto asking_client = [](Presented presented) {
    presented.purpose = Purpose::client;
    return presented;
  };
  const Found wrong = {"0 wrong-usage"};
  const Case cases[] = {
      {"extended usage clientAuth only",
       [] { return leaf_of(leaf_with([](auto& p) { p.extended_key_usage = {"clientAuth"}; })); },
       wrong},
      {"a client's certificate for serverAuth only",
       [=] { return asking_client(leaf_of(leaf_profile())); }, wrong},
      {"a client's certificate",
       [=] {
         return asking_client(
             leaf_of(leaf_with([](auto& p) { p.extended_key_usage = {"clientAuth"}; })));
       },
       {}},
      {"key usage without a signature",
       [] { return leaf_of(leaf_with([](auto& p) { p.key_usage = 1u << 2; })); }, wrong},
      {"an issuer for another purpose",
       [] { return under(ca_with([](auto& p) { p.extended_key_usage = {"codeSigning"}; })); },
       {"1 wrong-usage"}},
      {"an issuer for this and another purpose",
       [] {
         return under(ca_with([](auto& p) {
           p.extended_key_usage = {"clientAuth", "serverAuth"};
         }));
       },
       {}},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("U10: revocation by the lists that were given") {
  static const Pki& pki = Pki::instance();
  const Validity updates{now - std::chrono::days(1), now + std::chrono::days(7)};
  const auto with_crl = [&](const CertifiedKey& issuer,
                            std::vector<std::vector<std::uint8_t>> serials) {
    const std::string pem = crl_pem(issue_crl(issuer, serials, updates));
    return Presented{{pki.leaf.certificate, pki.intermediate.certificate},
                     pki.trust->with_crl_pem(pem)};
  };
  const auto& leaf_serial = pki.leaf.certificate.serial;
  const std::vector<std::uint8_t> other = {1, 2, 3};
  const Case cases[] = {
      {"the leaf",
       [&] {
         return with_crl(pki.intermediate, {other, leaf_serial, {9}});
       },
       {"0 revoked"}},
      {"the intermediate",
       [&] { return with_crl(pki.root, {pki.intermediate.certificate.serial}); },
       {"1 revoked"}},
      {"others only", [&] { return with_crl(pki.intermediate, {other}); }, {}},
      {"nobody", [&] { return with_crl(pki.intermediate, {}); }, {}},
      {"the same number of another issuer", [&] { return with_crl(pki.root, {leaf_serial}); }, {}},
      {"a list that somebody else signed",
       [&] {
         return with_crl({pki.intermediate.certificate, key(KeyType::p384)}, {leaf_serial});
       },
       {}},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("a list that is no revocation list is refused") {
  const Pki& pki = Pki::instance();
  CHECK_THROWS(pki.trust->with_crl_pem(""));
  auto der = issue_crl(pki.root, {}, current);
  for (std::size_t size = 1; size < der.size(); ++size) {
    CHECK_THROWS(pki.trust->with_crl_pem(crl_pem(std::span(der).first(size))));
  }
}

TEST_CASE("U12: algorithms that cannot be verified are never good") {
  static const Certificate ed25519 = certificate_of("ed25519.pem");
  static const Certificate rsa_pss = certificate_of("rsa-pss.pem");
  const Case cases[] = {
      {"an Ed25519 key, self-signed",
       [] { return Presented{{ed25519}}; },
       {"0 unknown-algorithm", "0 unknown-algorithm", "0 self-signed"}},
      {"an Ed25519 key that is trusted itself",
       [] {
         return Presented{{ed25519}, TrustStore::from_pem(pem_of("ed25519.pem"))};
       },
       {"0 unknown-algorithm"}},
      {"an RSA-PSS key that is trusted itself",
       [] {
         return Presented{{rsa_pss}, TrustStore::from_pem(pem_of("rsa-pss.pem"))};
       },
       {"0 unknown-algorithm"}},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("a signature with RSASSA-PSS is verified") {
  const Certificate certificate = certificate_of("rsa-signed-pss.pem");
  const CertifiedKey like{certificate, key(KeyType::p256)};
  CHECK(judge({{certificate}, trusting(like)}).ok);
  CHECK(found(judge({{certificate}})) == Found{"0 self-signed"});
  CHECK(found(judge({{altered(certificate)}})) == Found{"0 bad-signature", "0 self-signed"});
}

TEST_CASE("a certificate that cannot be read is never good") {
  const Pki& pki = Pki::instance();
  const Chain& good = {pki.leaf.certificate, pki.intermediate.certificate};
  for (std::size_t at = 0; at < 2; ++at) {
    for (std::size_t size = 0; size < good[at].der.size(); ++size) {
      Chain chain = good;
      chain[at] = read_certificate(std::span(good[at].der).first(size));
      REQUIRE_FALSE(judge({chain}).ok);
    }
  }
}

TEST_CASE("no changed byte makes a certificate that is good") {
  const Pki& pki = Pki::instance();
  const Chain good = {pki.leaf.certificate, pki.intermediate.certificate};
  REQUIRE(judge({good}).ok);
  for (std::size_t at = 0; at < good[0].der.size(); at += 3) {
    Chain chain = good;
    auto der = good[0].der;
    der[at] ^= 0x01;
    chain[0] = read_certificate(der);
    CAPTURE(at);
    REQUIRE_FALSE(judge({chain}).ok);
  }
}

TEST_CASE("of cross-signed certificates the good path is found") {
  const Pki& pki = Pki::instance();
  const CertifiedKey old_root = self_sign(ca_profile("CN=Old Root", past), key(KeyType::p384));
  // The issuing CA, certified by an expired root and by the good one.
  const CertifiedKey by_old = issue(intermediate_profile(), pki.intermediate_key, old_root);
  const std::string both = old_root.certificate_pem() + pki.root.certificate_pem();
  const auto trust = TrustStore::from_pem(both);
  for (const bool old_first : {true, false}) {
    Chain chain = {pki.leaf.certificate, pki.intermediate.certificate};
    chain.insert(chain.begin() + (old_first ? 1 : 2), by_old.certificate);
    const Judgement judgement = judge({chain, trust});
    CHECK(judgement.ok);
    CHECK(judgement.anchor == "O=Test, CN=Test Root");
  }
  const Judgement only_old = judge({{pki.leaf.certificate, by_old.certificate}, trust});
  CHECK(found(only_old) == Found{"2 expired"});
  CHECK(only_old.anchor == "CN=Old Root");
}

TEST_CASE("all problems of a chain are told, each with the two values that disagree") {
  const Pki& pki = Pki::instance();
  auto profile = leaf_profile({"other.example"});
  profile.validity = {now - std::chrono::days(2), now - std::chrono::days(1)};
  profile.extended_key_usage = {"clientAuth"};
  const Certificate leaf = issue(profile, key(KeyType::rsa_1024), pki.intermediate).certificate;
  const Judgement judgement = judge({{leaf}});
  CHECK(found(judgement) == Found{"0 expired", "0 weak-key", "0 wrong-usage", "0 name-mismatch",
                                  "0 missing-intermediate"});
  CHECK(judgement.subject == "C=DE, O=Partner, CN=partner.example");
  const auto told = [&](ProblemId wanted) {
    const Problem* problem = judgement.find(wanted);
    REQUIRE(problem);
    return problem->expected + " | " + problem->presented;
  };
  CHECK(told(ProblemId::expired) == "notAfter after 2026-11-22T10:00:00Z | 2026-11-21T10:00:00Z");
  CHECK(told(ProblemId::weak_key) == "RSA of at least 2048 bits | RSA 1024");
  CHECK(told(ProblemId::wrong_usage) ==
        "extendedKeyUsage serverAuth | extendedKeyUsage clientAuth");
  CHECK(told(ProblemId::name_mismatch) == "partner.example | DNS:other.example");
  CHECK(told(ProblemId::missing_intermediate) ==
        "the issuer's certificate, sent or trusted | C=DE, O=Partner, CN=partner.example issued by "
        "O=Test, CN=Issuing CA 3");
}

TEST_CASE("a message made to be expensive is judged in bounded time") {
  const Pki& pki = Pki::instance();
  // Each of these could have issued each other one.
  const CertifiedKey first = self_sign(ca_profile("CN=Same", current), pki.root_key);
  Chain chain = {issue(leaf_profile(), pki.leaf_key, first).certificate};
  for (int i = 0; i < 100; ++i) {
    chain.push_back(issue(ca_profile("CN=Same", current), pki.root_key, first).certificate);
  }
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(judge({chain}).ok);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

TEST_CASE("an empty chain is not good and has no problems") {
  const Judgement judgement = judge({{}});
  CHECK_FALSE(judgement.ok);
  CHECK(judgement.problems.empty());
}

TEST_CASE("a client's chain fits a list that names one of its issuers") {
  const Pki& pki = Pki::instance();
  const Chain chain = {pki.leaf.certificate, pki.intermediate.certificate};
  using List = std::vector<std::vector<std::uint8_t>>;
  CHECK(fits_authorities(chain, List{}));
  CHECK(fits_authorities(chain, List{write_name("CN=Else"), pki.root.certificate.subject.der}));
  CHECK(fits_authorities(chain, List{write_name("O=TEST, CN=issuing ca 3")}));
  CHECK_FALSE(fits_authorities(chain, List{write_name("CN=Else"), {0x01}}));
  CHECK_FALSE(fits_authorities({}, List{write_name("CN=Else")}));
}

}  // namespace
}  // namespace legible::certs
