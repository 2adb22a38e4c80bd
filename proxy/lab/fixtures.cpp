#include "proxy/lab/fixtures.hpp"

#include <chrono>
#include <string>

#include "certs/certificate_profile.hpp"
#include "certs/issuer.hpp"

namespace legible::proxy::lab {
namespace {

using certs::CertificateProfile;
using certs::CertifiedKey;
using certs::PrivateKey;
using certs::Validity;
using std::chrono::days;

Validity around_now(days since, days until) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return {now - since, now + until};
}

Validity in_date() { return around_now(days{1}, days{30}); }
Validity past() { return around_now(days{60}, days{-30}); }
Validity future() { return around_now(days{-30}, days{60}); }

PrivateKey new_key() { return PrivateKey::generate(certs::KeyType::p256); }

CertifiedKey make_root(std::string_view subject) {
  return certs::self_sign(certs::ca_profile(subject, in_date()), new_key());
}

CertifiedKey make_authority(std::string_view subject, const CertifiedKey& issuer) {
  return certs::issue(certs::ca_profile(subject, in_date(), 0), new_key(), issuer);
}

CertifiedKey make_v1_authority(std::string_view subject, const CertifiedKey& issuer) {
  CertificateProfile profile = certs::ca_profile(subject, in_date());
  profile.version = 1;
  return certs::issue(profile, new_key(), issuer);
}

CertificateProfile server_profile(Validity validity, std::string_view name = server_name) {
  const std::string names[] = {std::string{name}};
  return certs::server_profile("O=Legible Lab, CN=" + names[0], validity, names);
}

CertificateProfile client_profile(Validity validity) {
  return certs::client_profile("O=Legible Lab, CN=Integration Server 7", validity);
}

/// A leaf of `issuer`, and the issuer's certificate, as a server should send them.
Identity with_issuer(const CertificateProfile& profile, const CertifiedKey& issuer) {
  const CertifiedKey leaf = certs::issue(profile, new_key(), issuer);
  return {{leaf.certificate.der, issuer.certificate.der}, leaf.key};
}

Identity without_issuer(const CertificateProfile& profile, const CertifiedKey& issuer) {
  const CertifiedKey leaf = certs::issue(profile, new_key(), issuer);
  return {{leaf.certificate.der}, leaf.key};
}

Identity signed_by_itself(const CertificateProfile& profile) {
  const CertifiedKey leaf = certs::self_sign(profile, new_key());
  return {{leaf.certificate.der}, leaf.key};
}

std::shared_ptr<certs::LeafCache> leaves_under(const CertifiedKey& authority) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return std::make_shared<certs::LeafCache>(std::make_shared<const certs::LeafMinter>(
      certs::InterceptionCa::from_pem(authority.certificate_pem(), authority.key.pem(),
                                      certs::InterceptionCa::Others::refused, now),
      now));
}

}  // namespace

Fixtures Fixtures::make() {
  const CertifiedKey root = make_root("O=Legible Lab, CN=Lab Root");
  const CertifiedKey issuing = make_authority("O=Legible Lab, CN=Lab Issuing CA", root);
  const CertifiedKey v1 = make_v1_authority("O=Legible Lab, CN=Lab Version 1 CA", root);
  const CertifiedKey foreign_root = make_root("O=Elsewhere, CN=Foreign Root");
  const CertifiedKey foreign = make_authority("O=Elsewhere, CN=Foreign Issuing CA", foreign_root);

  return {
      .root_pem = root.certificate_pem(),
      .leaves = leaves_under(root),
      .foreign_leaves = leaves_under(foreign_root),
      .trusted = {root.certificate.der},
      .foreign = {foreign_root.certificate.der},
      .good = with_issuer(server_profile(in_date()), issuing),
      .expired = with_issuer(server_profile(past()), issuing),
      .not_yet_valid = with_issuer(server_profile(future()), issuing),
      .wrong_name = with_issuer(server_profile(in_date(), "other.lab"), issuing),
      .self_signed = signed_by_itself(server_profile(in_date())),
      .unknown_ca = with_issuer(server_profile(in_date()), foreign),
      .without_intermediate = without_issuer(server_profile(in_date()), issuing),
      .under_v1_ca = with_issuer(server_profile(in_date()), v1),
      .client = with_issuer(client_profile(in_date()), issuing),
      .client_expired = with_issuer(client_profile(past()), issuing),
      .client_unknown_ca = with_issuer(client_profile(in_date()), foreign),
      .client_self_signed = signed_by_itself(client_profile(in_date())),
      .client_without_intermediate = without_issuer(client_profile(in_date()), issuing),
  };
}

}  // namespace legible::proxy::lab
