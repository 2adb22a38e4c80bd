#include "certs/issuer.hpp"

#include <stdexcept>

#include "certs/der_writer.hpp"
#include "certs/pem.hpp"
#include "certs/random.hpp"

namespace legible::certs {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// RFC 5280 section 4.1.2.5: UTCTime through the year 2049.
Bytes write_time(Seconds time) {
  std::string digits;
  for (const char c : rfc3339(time)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  digits += 'Z';
  if (digits >= "1950" && digits < "2050") return der::text(tag::utc_time, digits.substr(2));
  return der::text(tag::generalized_time, digits);
}

/// RFC 5280 section 4.1.2.2: positive, at most 20 octets; here with 120 random bits.
Bytes random_serial() {
  Bytes serial(16);
  if (random_bytes(nullptr, serial.data(), serial.size()) != 0) {
    throw std::runtime_error("no random bytes for a serial number");
  }
  serial.front() = 0x5a;
  return serial;
}

/// What is signed, the algorithm, the signature: the frame of certificates and revocation lists.
Bytes sign_frame(const Bytes& signed_part, const PrivateKey& key, SignatureHash hash) {
  return der::sequence(signed_part, key.algorithm(hash),
                       der::bit_string(key.sign(signed_part, hash)));
}

struct Issuer {
  std::span<const std::uint8_t> name;
  std::span<const std::uint8_t> key_id;
  const PrivateKey& key;
};

CertifiedKey make(const CertificateProfile& profile, const PrivateKey& key, const Issuer& issuer) {
  static constexpr std::uint32_t v3 = 2;
  const Bytes public_key_info = key.public_key_info();
  Bytes version;
  Bytes extensions;
  if (profile.version == 3) {
    version = der::element(tag::explicit_context(0), der::integer(v3));
    extensions = write_extensions(profile, public_key_info, issuer.key_id);
    if (!extensions.empty()) extensions = der::element(tag::explicit_context(3), extensions);
  }
  const Bytes serial = der::integer(profile.serial.empty() ? random_serial() : profile.serial);
  const Bytes signed_part = der::sequence(version, serial, issuer.key.algorithm(profile.hash),
                                          Bytes(issuer.name.begin(), issuer.name.end()),
                                          der::sequence(write_time(profile.validity.not_before),
                                                        write_time(profile.validity.not_after)),
                                          profile.subject, public_key_info, extensions);
  return {read_certificate(sign_frame(signed_part, issuer.key, profile.hash)), key};
}

}  // namespace

std::string CertifiedKey::certificate_pem() const {
  return write_pem("CERTIFICATE", certificate.der);
}

CertifiedKey self_sign(const CertificateProfile& profile, const PrivateKey& key) {
  return make(profile, key, {profile.subject, {}, key});
}

CertifiedKey issue(const CertificateProfile& profile, const PrivateKey& key,
                   const CertifiedKey& issuer) {
  const Certificate& authority = issuer.certificate;
  return make(profile, key, {authority.subject.der, authority.subject_key_id, issuer.key});
}

std::vector<std::uint8_t> issue_crl(const CertifiedKey& issuer,
                                    std::span<const std::vector<std::uint8_t>> serials,
                                    Validity updates) {
  static constexpr std::uint32_t v2 = 1;
  const Bytes date = write_time(updates.not_before);
  Bytes entries;
  for (const Bytes& serial : serials) {
    const Bytes entry = der::sequence(der::integer(serial), date);
    entries.insert(entries.end(), entry.begin(), entry.end());
  }
  if (!entries.empty()) entries = der::element(tag::sequence, entries);
  const Bytes signed_part =
      der::sequence(der::integer(v2), issuer.key.algorithm(SignatureHash::sha256),
                    issuer.certificate.subject.der, date, write_time(updates.not_after), entries);
  return sign_frame(signed_part, issuer.key, SignatureHash::sha256);
}

std::string crl_pem(std::span<const std::uint8_t> der) { return write_pem("X509 CRL", der); }

}  // namespace legible::certs
