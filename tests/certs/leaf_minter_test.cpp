#include "certs/leaf_minter.hpp"

#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <stdexcept>

#include "judge_cases.hpp"
#include "parser/hex.hpp"

namespace legible::certs {
namespace {

using namespace test;
using std::chrono::days;

/// One for all tests: its RSA keys are the slow part.
const LeafMinter& minter() {
  static const LeafMinter minter(InterceptionCa::make(now), now);
  return minter;
}

/// A client's opinion, one that trusts the interception CA.
Judgement client_judges(const MintedLeaf& minted, std::optional<std::string> name,
                        Seconds at = now) {
  static const auto trust = TrustStore::from_pem(minter().ca().certificates_pem());
  JudgeRequest question;
  question.chain = minted.chain;
  question.trust = trust.get();
  question.name = std::move(name);
  question.now = at;
  return judge(question);
}

Judgement judge_original(const Presented& presented) {
  JudgeRequest question;
  question.chain = presented.chain;
  question.trust = presented.trust.get();
  question.name = presented.name;
  question.purpose = presented.purpose;
  question.now = now;
  return judge(question);
}

MintRequest mirroring(const Presented& presented) {
  MintRequest request;
  request.original = &presented.chain.front();
  request.plan = mirror_plan(judge_original(presented));
  request.judged_name = presented.name;
  request.now = now;
  return request;
}

std::vector<std::string> ids_of(const Judgement& judgement) {
  std::vector<std::string> ids;
  for (const Problem& problem : judgement.problems) ids.emplace_back(id(problem.id));
  return ids;
}

TEST_CASE("every chain that the judge knows is minted as good or as bad as it is") {
  const auto family = GENERATE(KeyFamily::ec, KeyFamily::rsa);
  for (const auto& groups : {path_cases(), rule_cases()}) {
    for (const CaseGroup& group : groups) {
      for (const Case& c : group.cases) {
        if (c.presented.purpose != Purpose::server) continue;
        CAPTURE(group.name, c.what);
        MintRequest request = mirroring(c.presented);
        request.family = family;
        const MintedLeaf minted = minter().mint(request);
        const Judgement seen = client_judges(minted, c.presented.name);
        CAPTURE(ids_of(seen));
        CHECK(seen.ok == c.problems.empty());
        CHECK(minted.plan == request.plan);
        for (ProblemId carried : minted.plan.carried) {
          // Who is not sent a root cannot tell it from an intermediate.
          if (carried == ProblemId::untrusted_root && !minted.plan.send_issuer) {
            carried = ProblemId::missing_intermediate;
          }
          CAPTURE(id(carried));
          CHECK(seen.find(carried) != nullptr);
        }
      }
    }
  }
}

/// What a leaf may be like.
struct Feature {
  const char* what;
  Change change;
  bool weak_key = false;
};

const std::vector<Feature>& leaf_features() {
  static const std::vector<Feature> features = {
      {"as it should be", [](auto&) {}},
      {"expired", [](auto& p) { p.validity = past; }},
      {"not yet valid", [](auto& p) { p.validity = future; }},
      {"another name", [](auto& p) { p.sans = {host_name("other.example")}; }},
      {"for clients", [](auto& p) { p.extended_key_usage = {"clientAuth"}; }},
      {"for no signature",
       [](auto& p) { p.key_usage = static_cast<std::uint16_t>(KeyUsage::key_encipherment); }},
      {"SHA-1", [](auto& p) { p.hash = SignatureHash::sha1; }},
      {"v1", [](auto& p) { p.version = 1; }},
      {"a weak key", [](auto&) {}, true},
      {"an unknown critical extension",
       [](auto& p) { p.extensions.push_back({"1.3.6.1.4.1.55555.1", true, {0x05, 0x00}}); }},
      {"names that the issuer may not sign",
       [](auto& p) { p.sans.push_back(host_name("forbidden.example")); }},
  };
  return features;
}

/// How a leaf may be presented.
struct Setting {
  const char* what;
  std::function<Presented(const CertificateProfile&, const PrivateKey&)> present;
};

const std::vector<Setting>& settings() {
  const auto below = [](const Change& change) {
    return [profile = ca_with(change)](const CertificateProfile& leaf, const PrivateKey& key) {
      const Pki& pki = Pki::instance();
      const CertifiedKey ca = issue(profile, pki.intermediate_key, pki.root);
      return Presented{{issue(leaf, key, ca).certificate, ca.certificate}};
    };
  };
  static const std::vector<Setting> settings = {
      {"below an intermediate", below([](auto& p) {
         const std::vector<SubjectAltName> names = {host_name("forbidden.example")};
         p.extensions.push_back(name_constraints({}, names));
       })},
      {"below one that expired", below([](auto& p) { p.validity = past; })},
      {"below one not yet valid", below([](auto& p) { p.validity = future; })},
      {"below one for another purpose",
       below([](auto& p) { p.extended_key_usage = {"codeSigning"}; })},
      {"below what is no CA", below([](auto& p) { p.basic_constraints.reset(); })},
      {"below a SHA-1 intermediate", below([](auto& p) { p.hash = SignatureHash::sha1; })},
      {"self-signed",
       [](const CertificateProfile& leaf, const PrivateKey& key) {
         return Presented{{self_sign(leaf, key).certificate}};
       }},
      {"altered",
       [](const CertificateProfile& leaf, const PrivateKey& key) {
         const Pki& pki = Pki::instance();
         return Presented{{altered(issue(leaf, key, pki.intermediate).certificate),
                           pki.intermediate.certificate}};
       }},
      {"without its intermediate",
       [](const CertificateProfile& leaf, const PrivateKey& key) {
         return Presented{{issue(leaf, key, Pki::instance().intermediate).certificate}};
       }},
      {"below an unknown root",
       [](const CertificateProfile& leaf, const PrivateKey& key) {
         static const CertifiedKey root =
             self_sign(ca_profile("CN=Foreign Root", current), Pki::instance().root_key);
         return Presented{{issue(leaf, key, root).certificate, root.certificate}};
       }},
      {"revoked",
       [](const CertificateProfile& leaf, const PrivateKey& key) {
         const Pki& pki = Pki::instance();
         Presented presented{
             {issue(leaf, key, pki.intermediate).certificate, pki.intermediate.certificate}};
         const std::vector<std::vector<std::uint8_t>> serials = {presented.chain[0].serial};
         presented.trust =
             pki.trust->with_crl_pem(crl_pem(issue_crl(pki.intermediate, serials, current)));
         return presented;
       }},
  };
  return settings;
}

TEST_CASE("no client finds a minted certificate good that stands for a bad one") {
  std::set<ProblemId> met;
  for (const Setting& setting : settings()) {
    for (auto one = leaf_features().begin(); one != leaf_features().end(); ++one) {
      for (auto other = leaf_features().begin(); other <= one; ++other) {
        CAPTURE(setting.what, one->what, other->what);
        CertificateProfile profile = leaf_profile();
        one->change(profile);
        other->change(profile);
        const bool weak = one->weak_key || other->weak_key;
        const auto presented =
            setting.present(profile, weak ? key(KeyType::p192) : Pki::instance().leaf_key);
        const Judgement original = judge_original(presented);
        for (const Problem& problem : original.problems) met.insert(problem.id);

        MintRequest request = mirroring(presented);
        // The client may have reached the server by another name.
        request.names = {"localhost"};
        const MintedLeaf minted = minter().mint(request);
        CHECK(minted.plan == request.plan);
        for (const char* name : {"partner.example", "localhost"}) {
          const Judgement seen = client_judges(minted, name);
          CAPTURE(name, ids_of(original), ids_of(seen));
          CHECK(seen.ok == original.ok);
          for (const ProblemId carried : minted.plan.carried) {
            CHECK(seen.find(carried) != nullptr);
          }
        }
      }
    }
  }
  // All but those that these ways of making certificates do not lead to.
  CHECK(met.size() == 15);
}

TEST_CASE("a judgement that does not fit its certificate never makes a bad one good") {
  std::vector<Problem> problems;
  for (int i = 0; i <= static_cast<int>(ProblemId::x509_v1); ++i) {
    problems.push_back({static_cast<ProblemId>(i), "", "", 0});
    problems.push_back({static_cast<ProblemId>(i), "", "", 1});
  }
  for (auto one = problems.begin(); one != problems.end(); ++one) {
    for (auto other = problems.begin(); other <= one; ++other) {
      CAPTURE(id(one->id), one->depth, id(other->id), other->depth);
      Judgement judgement;
      judgement.problems = {*one, *other};
      MintRequest request;
      request.original = &Pki::instance().leaf.certificate;
      request.plan = mirror_plan(judgement);
      request.judged_name = "partner.example";
      request.now = now;
      const MintedLeaf minted = minter().mint(request);
      CHECK_FALSE(client_judges(minted, "partner.example").ok);
    }
  }
}

TEST_CASE("whatever is accepted is shown good") {
  for (const auto& groups : {path_cases(), rule_cases()}) {
    for (const CaseGroup& group : groups) {
      for (const Case& c : group.cases) {
        CAPTURE(group.name, c.what);
        MintRequest request = mirroring(c.presented);
        request.plan = accept_plan();
        request.names = {c.presented.name};
        const MintedLeaf minted = minter().mint(request);
        CHECK(client_judges(minted, c.presented.name).ok);
        CHECK(minted.leaf().subject == c.presented.chain[0].subject);
      }
    }
  }
}

MintedLeaf mint_after(const CertificateProfile& profile, std::vector<std::string> names = {},
                      KeyFamily family = KeyFamily::ec) {
  const Presented presented = leaf_of(profile);
  MintRequest request = mirroring(presented);
  request.names = std::move(names);
  request.family = family;
  return minter().mint(request);
}

TEST_CASE("subject and names are the original's, byte for byte") {
  const Pki& pki = Pki::instance();
  CertificateProfile profile = leaf_profile({"partner.example", "192.0.2.7", "*.api.example"});
  profile.subject = write_name("DC=a, DC=b, OU=one, OU=two+L=Köln, CN=partner.example");
  profile.sans.push_back({SubjectAltName::Kind::uri, "https://partner.example/", {}});
  profile.sans.push_back({SubjectAltName::Kind::directory, "O=Partner", {}});
  profile.sans.push_back({SubjectAltName::Kind::dns, std::string("nul\0.example", 12), {}});
  const Certificate original = issue(profile, pki.leaf_key, pki.intermediate).certificate;
  const Certificate minted = mint_after(profile).leaf();
  CHECK(minted.subject.der == original.subject.der);
  CHECK(std::ranges::equal(minted.bytes(minted.san_extension),
                           original.bytes(original.san_extension)));
}

TEST_CASE("a leaf has a serial number, a signature and key identifiers of its own") {
  const auto family = GENERATE(KeyFamily::ec, KeyFamily::rsa);
  const MintedLeaf one = mint_after(leaf_profile(), {}, family);
  const MintedLeaf other = mint_after(leaf_profile(), {}, family);
  const Certificate& issuer = minter().ca().signer(family).ca.certificate;
  CHECK(one.leaf().serial.size() >= 9);
  CHECK(one.leaf().serial != other.leaf().serial);
  CHECK(one.key.public_key_info() == other.key.public_key_info());
  CHECK(one.key.is_rsa() == (family == KeyFamily::rsa));
  CHECK(one.leaf().signature ==
        (family == KeyFamily::rsa ? "sha256WithRSAEncryption" : "ecdsa-with-SHA256"));
  CHECK(one.leaf().issuer == issuer.subject);
  CHECK(one.leaf().authority_key_id == issuer.subject_key_id);
  CHECK(one.leaf().subject_key_id.size() == 20);
  CHECK(one.leaf().basic_constraints);
  CHECK_FALSE(one.leaf().basic_constraints->ca);
  CHECK(one.chain.size() == 1);
  CHECK(one.native != nullptr);
}

TEST_CASE("a leaf of version 1 stays one") {
  const auto family = GENERATE(KeyFamily::ec, KeyFamily::rsa);
  const MintedLeaf minted = mint_after(leaf_with([](auto& p) { p.version = 1; }), {}, family);
  CHECK(minted.leaf().version == 1);
  CHECK(minted.plan.issuer == MintIssuer::interception_ca);
}

TEST_CASE("mbedTLS presents a leaf whose usage forbids it") {
  auto profile = leaf_profile();
  profile.extended_key_usage = {"clientAuth"};
  profile.key_usage = static_cast<std::uint16_t>(KeyUsage::key_agreement);
  const MintedLeaf leaf = mint_after(profile);
  CHECK(leaf.leaf().extended_key_usage == std::vector<std::string>{"clientAuth"});
  // By these it decides, as a server, which of its certificates fits.
  CHECK(mbedtls_x509_crt_check_key_usage(leaf.native.get(), MBEDTLS_X509_KU_DIGITAL_SIGNATURE) ==
        0);
  CHECK(mbedtls_x509_crt_check_extended_key_usage(leaf.native.get(), MBEDTLS_OID_SERVER_AUTH,
                                                  MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) == 0);
}

TEST_CASE("the validity is the original's, at most 199 days of it") {
  struct Case {
    const char* what;
    days begin, end;  ///< of the original, from now
    days minted_begin, minted_end;
  };
  const auto c = GENERATE(values<Case>({
      {"short", days(-10), days(80), days(-10), days(80)},
      {"just short enough", days(-100), days(99), days(-100), days(99)},
      {"long", days(-3000), days(3000), days(-99), days(100)},
      {"long, just begun", days(-1), days(800), days(-1), days(198)},
      {"long, soon over", days(-800), days(2), days(-197), days(2)},
      {"expired", days(-90), days(-1), days(-90), days(-1)},
      {"long and expired", days(-900), days(-5), days(-204), days(-5)},
      {"future", days(5), days(95), days(5), days(95)},
      {"long and future", days(5), days(900), days(5), days(204)},
  }));
  CAPTURE(c.what);
  const Validity validity{now + c.begin, now + c.end};
  const auto leaf = mint_after(leaf_with([&](auto& p) { p.validity = validity; })).leaf();
  const auto half_a_day = std::chrono::hours(12);
  CHECK(*leaf.not_before - (now + c.minted_begin) <= half_a_day);
  CHECK((now + c.minted_begin) - *leaf.not_before <= half_a_day);
  CHECK(*leaf.not_after - (now + c.minted_end) <= half_a_day);
  CHECK((now + c.minted_end) - *leaf.not_after <= half_a_day);
  CHECK(*leaf.not_after - *leaf.not_before <= LeafMinter::longest_validity);
}

TEST_CASE("a leaf below an expired issuer is shown with that issuer's end") {
  const Presented presented = under(ca_with([](auto& p) { p.validity = past; }));
  const MintedLeaf minted = minter().mint(mirroring(presented));
  CHECK(minted.leaf().not_after == past.not_after);
  CHECK(minted.leaf().not_before < minted.leaf().not_after);
  CHECK(minted.leaf().issuer == minter().ca().signer(KeyFamily::ec).ca.certificate.subject);
}

TEST_CASE("how long a leaf can be used ends before it does") {
  const auto until = [](days begin, days end) {
    return mint_after(leaf_with([&](auto& p) { p.validity = {now + begin, now + end}; }))
        .usable_until;
  };
  CHECK(until(days(-1), days(10)) == now + days(10));
  CHECK(until(days(-1), days(900)) == now + days(197));
  CHECK(until(days(-9), days(-1)) == Seconds::max());
  CHECK(until(days(2), days(20)) == Seconds::max());
}

TEST_CASE("a server's usages are the original's, as far as the key is fit for them") {
  using enum KeyUsage;
  const auto bit = [](KeyUsage usage) { return static_cast<std::uint16_t>(usage); };
  const auto usage = [&](std::uint16_t original, KeyFamily family) {
    return mint_after(leaf_with([&](auto& p) { p.key_usage = original; }), {}, family)
        .leaf()
        .key_usage;
  };
  const auto sign = bit(digital_signature);
  const auto encipher = bit(key_encipherment);
  const auto agree = bit(key_agreement);
  const auto certify = bit(key_cert_sign);
  CHECK(usage(static_cast<std::uint16_t>(sign | encipher), KeyFamily::rsa) == (sign | encipher));
  CHECK(usage(static_cast<std::uint16_t>(sign | encipher), KeyFamily::ec) == sign);
  CHECK(usage(static_cast<std::uint16_t>(sign | agree), KeyFamily::ec) == (sign | agree));
  CHECK(usage(static_cast<std::uint16_t>(sign | certify), KeyFamily::ec) == sign);
  CHECK(usage(encipher, KeyFamily::rsa) == encipher);
  CHECK(usage(0, KeyFamily::ec) == std::nullopt);

  const auto purposes = [](std::vector<std::string> original) {
    return mint_after(leaf_with([&](auto& p) { p.extended_key_usage = std::move(original); }))
        .leaf()
        .extended_key_usage;
  };
  using List = std::vector<std::string>;
  CHECK(purposes({"serverAuth", "clientAuth"}) == List{"serverAuth", "clientAuth"});
  CHECK(purposes({"anyExtendedKeyUsage"}) == List{"anyExtendedKeyUsage"});
  CHECK(purposes({"clientAuth"}) == List{"clientAuth"});
  CHECK(purposes({}) == List{"serverAuth"});
}

TEST_CASE("mbedTLS shows a leaf whose usage is wrong, too") {
  const MintedLeaf minted =
      mint_after(leaf_with([](auto& p) { p.extended_key_usage = {"clientAuth"}; }));
  REQUIRE(minted.leaf().extended_key_usage == std::vector<std::string>{"clientAuth"});
  CHECK(mbedtls_x509_crt_check_extended_key_usage(minted.native.get(), MBEDTLS_OID_SERVER_AUTH,
                                                  MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) == 0);
}

std::vector<std::string> names_of(const Certificate& certificate) {
  std::vector<std::string> names;
  for (const SubjectAltName& san : certificate.sans) names.push_back(san.value);
  return names;
}

TEST_CASE("a name by which the client came stands beside the original's") {
  using List = std::vector<std::string>;
  const std::string too_long(300, 'a');
  const auto profile = leaf_profile({"partner.example", "*.api.example"});
  CHECK(
      names_of(
          mint_after(profile, {"localhost", "127.0.0.1", "v1.api.example", too_long, ""}).leaf()) ==
      List{"partner.example", "*.api.example", "localhost", "127.0.0.1"});
  CHECK(names_of(mint_after(leaf_profile({}), {"localhost"}).leaf()) == List{"localhost"});
  CHECK(names_of(mint_after(leaf_profile({}), {"partner.example"}).leaf()).empty());
}

TEST_CASE("a subject that is empty makes the names critical") {
  const auto profile = leaf_with([](auto& p) { p.subject = write_name(""); });
  const Certificate leaf = mint_after(profile).leaf();
  static constexpr std::uint8_t critical_san[] = {0x06, 0x03, 0x55, 0x1d, 0x11, 0x01, 0x01, 0xff};
  CHECK_FALSE(std::ranges::search(leaf.der, critical_san).empty());
}

TEST_CASE("below a CA of one's own that is no root its issuers are sent") {
  const Pki& pki = Pki::instance();
  const auto own =
      InterceptionCa::from_pem(pki.intermediate.certificate_pem(), pki.intermediate_key.pem(),
                               InterceptionCa::Others::issuers, now);
  const LeafMinter own_minter(own, now);
  MintRequest request;
  request.original = &pki.leaf.certificate;
  request.now = now;
  const MintedLeaf minted = own_minter.mint(request);
  REQUIRE(minted.chain.size() == 2);
  CHECK(minted.chain[1].der == pki.intermediate.certificate.der);
  CHECK(judge_original({minted.chain}).ok);
}

}  // namespace
}  // namespace legible::certs
