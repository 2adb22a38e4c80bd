#include <algorithm>

#include "certs/der_writer.hpp"
#include "judge_cases.hpp"

namespace legible::certs::test {
namespace {

const char* const trusts_any_certificate =
    "a certificate in the store is an anchor here, be it a root or not";

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

Chain reversed_issuers(Chain chain) {
  std::reverse(chain.begin() + 1, chain.end());
  return chain;
}

std::vector<std::string> many_names() {
  std::vector<std::string> names;
  for (int i = 1; i < 120; ++i) names.push_back(std::to_string(i) + ".example");
  names.emplace_back("partner.example");
  return names;
}

/// An authorityKeyIdentifier that names the issuer's issuer.
Extension authority_issuer(std::string_view name) {
  const auto directory = der::element(tag::explicit_context(4), write_name(name));
  return {"2.5.29.35", false, der::sequence(der::element(tag::explicit_context(1), directory))};
}

CaseGroup accepted() {
  const Pki& pki = Pki::instance();
  const Certificate& leaf = pki.leaf.certificate;
  const Certificate& issuer = pki.intermediate.certificate;
  const Certificate stray = self_sign(ca_profile("CN=Stray", past), key(KeyType::p384)).certificate;
  const CertifiedKey self_signed = self_sign(leaf_profile(), pki.leaf_key);
  const CertifiedKey spelled_otherwise =
      self_sign(ca_profile("O=TEST, CN=Test  root ", current), pki.root_key);
  CertificateProfile old_root = ca_profile("CN=Old Root", current);
  old_root.hash = SignatureHash::sha1;
  Chain whole = deep_chain(4);
  whole.push_back(pki.root.certificate);
  return {
      "accepted",
      {
          {"P-256", {{leaf, issuer}}, {}},
          {"P-384", leaf_of(leaf_profile(), key(KeyType::p384)), {}},
          {"RSA", leaf_of(leaf_profile(), key(KeyType::rsa_2048)), {}},
          {"a wildcard for one label",
           asked_for("www.partner.example", leaf_of(leaf_profile({"*.partner.example"}))),
           {}},
          {"an address", asked_for("192.0.2.7", leaf_of(leaf_profile({"192.0.2.7"}))), {}},
          {"the last of 120 names", leaf_of(leaf_profile(many_names())), {}},
          {"four intermediates", {deep_chain(4)}, {}},
          {"the root sent too", {{leaf, issuer, pki.root.certificate}}, {}},
          {"the issuers in reverse order", {reversed_issuers(whole)}, {}},
          {"a stray certificate", {{leaf, stray, issuer}}, {}},
          {"a certificate sent twice", {{leaf, leaf, issuer}}, {}},
          {"a path length that suffices", {deep_chain(4, 3)}, {}},
          {"a self-signed certificate that is trusted itself",
           trusted_by(self_signed, {self_signed.certificate}),
           {}},
          {"an intermediate that is trusted itself",
           trusted_by(pki.intermediate, {leaf}),
           {},
           trusts_any_certificate},
          {"a SHA-1 signature on the anchor", under_root(old_root), {}},
          {"an issuer named in other letters and blanks",
           trusted_by(spelled_otherwise, {leaf, issuer}),
           {}},
      },
  };
}

CaseGroup dates() {
  const auto in = [](Validity validity) {
    return [validity](CertificateProfile& p) { p.validity = validity; };
  };
  return {
      "U1: dates of leaf, intermediate and anchor",
      {
          {"leaf expired", leaf_of(leaf_with(in(past))), {"0 expired"}},
          {"leaf not yet valid", leaf_of(leaf_with(in(future))), {"0 not-yet-valid"}},
          {"intermediate expired", under(ca_with(in(past))), {"1 expired"}},
          {"intermediate not yet valid", under(ca_with(in(future))), {"1 not-yet-valid"}},
          {"root expired", under_root(ca_with(in(past))), {"2 expired"}},
          {"root not yet valid", under_root(ca_with(in(future))), {"2 not-yet-valid"}},
      },
  };
}

CaseGroup ends() {
  const Pki& pki = Pki::instance();
  const PrivateKey& foreign_key = key(KeyType::p384);
  const CertifiedKey foreign_root = self_sign(ca_profile("CN=Foreign Root", current), foreign_key);
  const CertifiedKey foreign_ca =
      issue(ca_profile("CN=Foreign CA", current), foreign_key, foreign_root);
  const CertifiedKey namesake = self_sign(ca_profile("O=Test, CN=Test Root", current), foreign_key);
  const CertifiedKey below_namesake =
      issue(ca_profile("O=Test, CN=Issuing CA 3", current), foreign_key, namesake);
  const auto leaf_under = [&](const CertifiedKey& issuer) {
    return issue(leaf_profile(), pki.leaf_key, issuer).certificate;
  };
  const auto leaf_naming = [&](std::string_view issuers_issuer) {
    const auto profile = leaf_with([&](CertificateProfile& p) {
      p.key_ids = false;
      p.extensions.push_back(authority_issuer(issuers_issuer));
    });
    return issue(profile, pki.leaf_key, foreign_root).certificate;
  };
  const Certificate& leaf = pki.leaf.certificate;
  const Certificate self_signed = self_sign(leaf_profile(), pki.leaf_key).certificate;
  return {
      "U2: chains that end nowhere",
      {
          {"self-signed", {{self_signed}}, {"0 self-signed"}},
          {"self-signed, sent twice", {{self_signed, self_signed}}, {"0 self-signed"}},
          {"an unknown root that was sent",
           {{leaf_under(foreign_ca), foreign_ca.certificate, foreign_root.certificate}},
           {"2 untrusted-root"}},
          {"an unknown root that was not sent",
           {{leaf_under(foreign_ca), foreign_ca.certificate}},
           {"1 untrusted-root"}},
          {"a leaf alone, issued by what is called a root",
           {{leaf_under(foreign_root)}},
           {"0 untrusted-root"}},
          {"a leaf alone", {{leaf}}, {"0 missing-intermediate"}},
          {"a leaf with unrelated roots, one of them trusted",
           {{leaf, pki.root.certificate, foreign_root.certificate}},
           {"0 missing-intermediate"}},
          {"a root of the same name as the trusted one, with another key",
           {{leaf_under(below_namesake), below_namesake.certificate, namesake.certificate}},
           {"2 untrusted-root"}},
          {"an issuer's issuer that shows the issuer to be no root",
           {{leaf_naming("CN=Another Root")}},
           {"0 missing-intermediate"}},
          {"an issuer's issuer that shows the issuer to be a root",
           {{leaf_naming("CN=foreign  root")}},
           {"0 untrusted-root"}},
          {"no anchors at all",
           {{leaf, pki.intermediate.certificate}, nullptr, ""},
           {"1 untrusted-root"}},
      },
  };
}

CaseGroup authorities() {
  return {
      "U5: issuers that are no CA",
      {
          {"CA:FALSE",
           under(ca_with([](auto& p) { p.basic_constraints = BasicConstraints{}; })),
           {"1 not-a-ca"}},
          {"no basicConstraints",
           under(ca_with([](auto& p) { p.basic_constraints.reset(); })),
           {"1 not-a-ca"}},
          {"X.509 v1", under(ca_with([](auto& p) { p.version = 1; })), {"1 x509-v1", "1 not-a-ca"}},
          {"no keyCertSign", under(ca_with([](auto& p) { p.key_usage = 1; })), {"1 not-a-ca"}},
          {"path length of an intermediate", {deep_chain(4, 2)}, {"4 path-too-long"}},
          {"path length of the root",
           under_root(ca_profile("CN=R", current, 0)),
           {"2 path-too-long"}},
          {"a v1 leaf",
           leaf_of(leaf_with([](auto& p) { p.version = 1; })),
           {"0 x509-v1"},
           "openssl takes v1 leaves, several clients do not"},
      },
  };
}

}  // namespace

std::vector<CaseGroup> path_cases() { return {accepted(), dates(), ends(), authorities()}; }

}  // namespace legible::certs::test
