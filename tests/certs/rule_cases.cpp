#include "judge_cases.hpp"

namespace legible::certs::test {
namespace {

using Kind = SubjectAltName::Kind;

CaseGroup names() {
  const auto asking = [](std::string name, const std::vector<std::string>& names) {
    return asked_for(std::move(name), leaf_of(leaf_profile(names)));
  };
  const auto address_as_dns_name =
      leaf_with([](auto& p) { p.sans = {{Kind::dns, "192.0.2.7", {}}}; });
  const std::string nul("partner.example\0.evil.example", 29);
  const Found mismatch = {"0 name-mismatch"};
  return {
      "U3 and U4: names",
      {
          {"another host", asking("other.example", {"partner.example"}), mismatch},
          {"the CN matches, the SAN does not", asking("partner.example", {"other.example"}),
           mismatch},
          {"the CN matches, there is no SAN", asking("partner.example", {}), {}},
          {"a NUL in the name", asking("partner.example", {nul}), mismatch},
          {"a wildcard over two labels", asking("a.b.partner.example", {"*.partner.example"}),
           mismatch},
          {"a wildcard over the base domain", asking("partner.example", {"*.partner.example"}),
           mismatch},
          {"a wildcard over a top-level domain", asking("partner.example", {"*.example"}),
           mismatch},
          {"a partial wildcard", asking("foo.partner.example", {"f*.partner.example"}), mismatch,
           "openssl takes partial wildcards unless told not to"},
          {"an address that is not there", asking("192.0.2.8", {"192.0.2.7"}), mismatch},
          {"an address given as dNSName", asked_for("192.0.2.7", leaf_of(address_as_dns_name)),
           mismatch},
      },
  };
}

CaseGroup name_constraint_violations() {
  using Names = std::vector<SubjectAltName>;
  // Not critical: they bind all the same.
  const auto constrained = [](const Names& permitted, const Names& excluded,
                              const CertificateProfile& leaf = leaf_profile()) {
    return under(ca_with([&](auto& p) {
                   p.extensions.push_back(name_constraints(permitted, excluded));
                   p.extensions.back().critical = false;
                 }),
                 leaf);
  };
  const auto with_address = [](const char* address) {
    return leaf_profile({"partner.example", address});
  };
  const auto with_mail =
      leaf_with([](auto& p) { p.sans.push_back({Kind::email, "a@example", {}}); });
  auto french_root = ca_profile("CN=R", current);
  french_root.extensions.push_back(name_constraints(Names{{Kind::directory, "C=FR", {}}}, {}));
  const Found violation = {"0 name-constraint"};
  return {
      "U6: name constraints",
      {
          {"kept",
           constrained({{Kind::dns, "example", {}}, {Kind::directory, "C=DE", {}}},
                       {{Kind::dns, "other.example", {}}, {Kind::ip, "10.0.0.0/8", {}}}),
           {}},
          {"an address within a permitted network",
           asked_for("192.0.2.7", constrained({{Kind::ip, "192.0.2.0/24", {}}}, {},
                                              leaf_profile({"192.0.2.7"}))),
           {}},
          {"outside the permitted domain", constrained({{Kind::dns, "other.example", {}}}, {}),
           violation},
          {"a domain that only ends alike", constrained({{Kind::dns, "ner.example", {}}}, {}),
           violation},
          {"in an excluded domain", constrained({}, {{Kind::dns, "EXAMPLE", {}}}), violation},
          {"a wildcard that reaches an excluded host",
           constrained({}, {{Kind::dns, "secret.partner.example", {}}},
                       leaf_profile({"partner.example", "*.partner.example"})),
           violation, "openssl compares the wildcard as a text"},
          {"one bad name of several",
           constrained({{Kind::dns, "partner.example", {}}}, {},
                       leaf_profile({"partner.example", "other.example"})),
           violation},
          {"outside the permitted network",
           constrained({{Kind::ip, "10.0.0.0/8", {}}}, {}, with_address("192.0.2.7")), violation},
          {"an IPv6 address where IPv4 is permitted",
           constrained({{Kind::ip, "10.0.0.0/8", {}}}, {}, with_address("2001:db8::1")), violation},
          {"outside the permitted directory", constrained({{Kind::directory, "C=FR", {}}}, {}),
           violation},
          {"the subject in an excluded directory",
           constrained({}, {{Kind::directory, "C=DE, O=PARTNER", {}}}), violation},
          {"a kind of name that is not judged here",
           constrained({{Kind::email, "example", {}}}, {}, with_mail), violation,
           "openssl knows constraints of e-mail addresses"},
          {"the common name, where there is no SAN",
           constrained({{Kind::dns, "other.example", {}}}, {}, leaf_profile({})), violation},
          {"of the root, for leaf and intermediate",
           under_root(french_root),
           {"0 name-constraint", "1 name-constraint"}},
      },
  };
}

CaseGroup critical_extensions() {
  const auto adding = [](CertificateProfile& p) {
    p.extensions.push_back({"1.3.6.1.4.1.55555.1", true, {0x05, 0x00}});
  };
  const auto policy_constraints = [](CertificateProfile& p) {
    p.extensions.push_back({"2.5.29.36", true, {0x30, 0x03, 0x80, 0x01, 0x05}});
  };
  return {
      "U7: unknown critical extensions",
      {
          {"in the leaf", leaf_of(leaf_with(adding)), {"0 unknown-critical-extension"}},
          {"in the intermediate", under(ca_with(adding)), {"1 unknown-critical-extension"}},
          {"in the root", under_root(ca_with(adding)), {"2 unknown-critical-extension"}},
          {"policy constraints, which are not honoured here",
           under(ca_with(policy_constraints)),
           {"1 unknown-critical-extension"},
           "openssl honours them, when asked to"},
      },
  };
}

CaseGroup algorithms() {
  const Pki& pki = Pki::instance();
  const auto hashed = [](SignatureHash hash) {
    return [hash](CertificateProfile& p) { p.hash = hash; };
  };
  const auto unchanged = [](CertificateProfile&) {};
  const auto md5_leaf = leaf_with(hashed(SignatureHash::md5));
  const Certificate self_signed = self_sign(leaf_profile(), pki.leaf_key).certificate;
  const Certificate& leaf = pki.leaf.certificate;
  const Certificate& issuer = pki.intermediate.certificate;
  const Certificate ed25519 = data_certificate("ed25519.pem");
  const Certificate rsa_pss = data_certificate("rsa-pss.pem");
  const Certificate signed_by_pss = data_certificate("rsa-signed-pss.pem");
  const auto trusted = [](const Certificate& certificate) {
    return trusted_by({certificate, key(KeyType::p256)}, {certificate});
  };
  const char* const known_to_openssl = "openssl knows this algorithm";
  return {
      "U8 and U12: signatures and keys",
      {
          {"altered leaf", {{altered(leaf), issuer}}, {"0 bad-signature"}},
          {"altered intermediate", {{leaf, altered(issuer)}}, {"1 bad-signature"}},
          {"altered self-signed", {{altered(self_signed)}}, {"0 bad-signature", "0 self-signed"}},
          {"SHA-1 on the leaf",
           leaf_of(leaf_with(hashed(SignatureHash::sha1))),
           {"0 weak-signature"}},
          {"SHA-1 on the intermediate",
           under(ca_with(hashed(SignatureHash::sha1))),
           {"1 weak-signature"}},
          {"MD5 on the leaf",
           under(ca_with(unchanged), md5_leaf, key(KeyType::rsa_2048)),
           {"0 weak-signature"}},
          {"RSA-1024 of the leaf", leaf_of(leaf_profile(), key(KeyType::rsa_1024)), {"0 weak-key"}},
          {"P-192 of the leaf", leaf_of(leaf_profile(), key(KeyType::p192)), {"0 weak-key"}},
          {"RSA-1024 of the intermediate",
           under(ca_with(unchanged), leaf_profile(), key(KeyType::rsa_1024)),
           {"1 weak-key"}},
          {"RSA-1024 of the root",
           under_root(ca_with(unchanged), key(KeyType::rsa_1024)),
           {"2 weak-key"}},
          {"an Ed25519 key, self-signed",
           {{ed25519}},
           {"0 unknown-algorithm", "0 unknown-algorithm", "0 self-signed"}},
          {"an Ed25519 key that is trusted itself",
           trusted(ed25519),
           {"0 unknown-algorithm"},
           known_to_openssl},
          {"an RSA-PSS key that is trusted itself",
           trusted(rsa_pss),
           {"0 unknown-algorithm"},
           known_to_openssl},
          {"an RSA key trusted itself, signed with RSASSA-PSS", trusted(signed_by_pss), {}},
          {"a signature with RSASSA-PSS", {{signed_by_pss}}, {"0 self-signed"}},
          {"an altered signature with RSASSA-PSS",
           {{altered(signed_by_pss)}},
           {"0 bad-signature", "0 self-signed"}},
      },
  };
}

CaseGroup usages() {
  const auto for_purposes = [](const std::vector<std::string>& purposes) {
    return [purposes](CertificateProfile& p) { p.extended_key_usage = purposes; };
  };
  const auto no_usage = leaf_with([](auto& p) {
    p.extended_key_usage.clear();
    p.key_usage = 0;
  });
  const auto only_encipherment = leaf_with(
      [](auto& p) { p.key_usage = static_cast<std::uint16_t>(KeyUsage::key_encipherment); });
  return {
      "U9 and U11: usages",
      {
          {"any extended usage",
           leaf_of(leaf_with(for_purposes({"anyExtendedKeyUsage"}))),
           {},
           "openssl does not take it for a TLS server"},
          {"no usages at all", leaf_of(no_usage), {}},
          {"extended usage clientAuth only",
           leaf_of(leaf_with(for_purposes({"clientAuth"}))),
           {"0 wrong-usage"}},
          {"a client's certificate for serverAuth only",
           for_client(leaf_of(leaf_profile())),
           {"0 wrong-usage"}},
          {"a client's certificate",
           for_client(leaf_of(leaf_with(for_purposes({"clientAuth"})))),
           {}},
          {"key usage without a signature",
           leaf_of(only_encipherment),
           {"0 wrong-usage"},
           "openssl allows for the RSA key exchange"},
          {"an issuer for another purpose",
           under(ca_with(for_purposes({"codeSigning"}))),
           {"1 wrong-usage"}},
          {"an issuer for this and another purpose",
           under(ca_with(for_purposes({"clientAuth", "serverAuth"}))),
           {}},
      },
  };
}

}  // namespace

std::vector<CaseGroup> rule_cases() {
  return {names(), name_constraint_violations(), critical_extensions(), algorithms(), usages()};
}

}  // namespace legible::certs::test
