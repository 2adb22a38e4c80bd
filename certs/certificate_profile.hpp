#pragma once
// What a certificate that we make is to say, good or bad.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certs/certificate.hpp"
#include "certs/private_key.hpp"

namespace legible::certs {

struct Validity {
  Seconds not_before;
  Seconds not_after;
};

struct Extension {
  std::string oid;  ///< dotted
  bool critical = false;
  std::vector<std::uint8_t> value;  ///< DER
};

/// No field is checked against another: wrong certificates are made as easily as right ones.
struct CertificateProfile {
  int version = 3;                    ///< 1: no extensions are written
  std::vector<std::uint8_t> subject;  ///< DER of a Name, see `write_name`
  std::vector<std::uint8_t> serial;   ///< big-endian; empty: random
  Validity validity{};
  std::vector<SubjectAltName> sans;  ///< by `kind` and `value`; `raw` is not looked at
  std::optional<BasicConstraints> basic_constraints;
  std::uint16_t key_usage = 0;                  ///< KeyUsage bits; 0: no extension
  std::vector<std::string> extended_key_usage;  ///< names or dotted OIDs
  bool must_staple = false;                     ///< TLSFeature (RFC 7633)
  bool key_ids = true;                          ///< subject and authority key identifiers
  std::vector<Extension> extensions;            ///< further ones, as they are
  SignatureHash hash = SignatureHash::sha256;
};

/// DER of the Name whose text this is, as `read_name` gives it. Country and dnQualifier become
/// PrintableString, DC and emailAddress IA5String, others UTF8String. Throws std::invalid_argument
/// when the text is none.
std::vector<std::uint8_t> write_name(std::string_view text);

/// The GeneralNames' elements, one after the other; by `kind` and `value`.
std::vector<std::uint8_t> write_general_names(std::span<const SubjectAltName> names);

/// A dNSName, or an iPAddress when it is an address literal.
SubjectAltName host_name(std::string_view name);

/// A CA, root or intermediate.
CertificateProfile ca_profile(std::string_view subject, Validity validity,
                              std::optional<unsigned> path_length = std::nullopt);
/// A TLS server's: the names become its SANs.
CertificateProfile server_profile(std::string_view subject, Validity validity,
                                  std::span<const std::string> names);
/// A TLS client's.
CertificateProfile client_profile(std::string_view subject, Validity validity);

/// nameConstraints, critical; subtrees by `kind` and `value`, an address as "10.0.0.0/8".
Extension name_constraints(std::span<const SubjectAltName> permitted,
                           std::span<const SubjectAltName> excluded);

/// DER of a v3 certificate's Extensions, without the [3] around them; empty when there are none.
/// The issuer's key identifier may be empty.
std::vector<std::uint8_t> write_extensions(const CertificateProfile& profile,
                                           std::span<const std::uint8_t> public_key_info,
                                           std::span<const std::uint8_t> issuer_key_id);

}  // namespace legible::certs
