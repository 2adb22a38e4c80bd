#include "certs/chain_judge.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>

#include "certs/distinguished_name.hpp"
#include "judge_cases.hpp"

namespace legible::certs {
namespace {

using namespace test;

Judgement judge(const Presented& presented) {
  return certs::judge(JudgeRequest{.chain = presented.chain,
                                   .trust = presented.trust.get(),
                                   .name = presented.name,
                                   .purpose = presented.purpose,
                                   .now = now});
}

Found found(const Judgement& judgement) {
  Found ids;
  for (const Problem& problem : judgement.problems) {
    ids.insert(std::to_string(problem.depth) + " " + std::string(id(problem.id)));
  }
  return ids;
}

void check(const Case& c) {
  CAPTURE(c.what);
  const Judgement judgement = judge(c.presented);
  CHECK(found(judgement) == c.problems);
  CHECK(judgement.ok == c.problems.empty());
  for (const Problem& problem : judgement.problems) {
    CAPTURE(id(problem.id));
    CHECK_FALSE(problem.expected.empty());
    CHECK_FALSE(problem.presented.empty());
  }
}

TEST_CASE("of each chain exactly what is bad is found") {
  for (const auto& groups : {path_cases(), rule_cases()}) {
    for (const CaseGroup& group : groups) {
      DYNAMIC_SECTION(group.name) {
        for (const Case& c : group.cases) check(c);
      }
    }
  }
}

TEST_CASE("U10: a certificate is revoked by the list that its issuer signed") {
  const Pki& pki = Pki::instance();
  const Certificate& leaf = pki.leaf.certificate;
  const Certificate& issuer = pki.intermediate.certificate;
  using Serials = std::vector<std::vector<std::uint8_t>>;
  struct ListCase {
    const char* what;
    CertifiedKey signer;
    Serials serials;
    Found problems;
  };
  const ListCase cases[] = {
      {"the leaf", pki.intermediate, {{1, 2, 3}, leaf.serial, {9}}, {"0 revoked"}},
      {"the intermediate", pki.root, {issuer.serial}, {"1 revoked"}},
      {"others only", pki.intermediate, {{1, 2, 3}}, {}},
      {"nobody", pki.intermediate, {}, {}},
      {"the same number of another issuer", pki.root, {leaf.serial}, {}},
      {"a list that somebody else signed", {issuer, key(KeyType::p384)}, {leaf.serial}, {}},
  };
  for (const ListCase& c : cases) {
    CAPTURE(c.what);
    const auto trust = pki.trust->with_crl_pem(crl_pem(issue_crl(c.signer, c.serials, current)));
    CHECK(found(judge({{leaf, issuer}, trust})) == c.problems);
  }
}

TEST_CASE("U4: a common name without SAN counts unless it is told not to") {
  const Presented presented = leaf_of(leaf_profile({}));
  JudgeRequest request{
      .chain = presented.chain, .trust = presented.trust.get(), .name = presented.name, .now = now};
  CHECK(certs::judge(request).ok);
  request.common_name_counts = false;
  CHECK(found(certs::judge(request)) == Found{"0 name-mismatch"});
}

TEST_CASE("a certificate that cannot be read is never good") {
  const Pki& pki = Pki::instance();
  const Chain good = {pki.leaf.certificate, pki.intermediate.certificate};
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
  const CertifiedKey by_old = issue(ca_with([](auto&) {}), pki.intermediate_key, old_root);
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

TEST_CASE("a list names an authority, however its name is encoded") {
  const Pki& pki = Pki::instance();
  using List = std::vector<std::vector<std::uint8_t>>;
  const Name& issuer = pki.leaf.certificate.issuer;
  CHECK(NameList(List{write_name("CN=Else"), issuer.der}).has(issuer));
  CHECK(NameList(List{write_name("O=TEST, CN=issuing ca 3")}).has(issuer));
  CHECK_FALSE(NameList(List{write_name("CN=Else"), {0x01}}).has(issuer));
  CHECK_FALSE(NameList(List{}).has(issuer));
}

}  // namespace
}  // namespace legible::certs
