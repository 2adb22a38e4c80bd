#pragma once
// An X.509 certificate as a value: what it says, not whether it is good (RFC 5280).

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace legible::certs {

using Seconds = std::chrono::sys_seconds;

/// A distinguished name: its DER, for comparison, and its text in the style of RFC 4514 but in the
/// order of the DER ("C=DE, O=Example, CN=www.example"). The text is raw: a sink escapes it.
struct Name {
  std::vector<std::uint8_t> der;
  std::string text;
  std::string common_name;  ///< the last CN, empty if none
  /// As RFC 5280 section 7.1 compares: see canonical_name (certs/distinguished_name.hpp).
  friend bool operator==(const Name& a, const Name& b);
};

/// Text of a DER-encoded Name; nothing when it is malformed.
std::optional<Name> read_name(std::span<const std::uint8_t> der);

struct PublicKey {
  std::string algorithm;  ///< "RSA", "EC", "Ed25519", "DSA", ..., or the dotted OID
  unsigned bits = 0;      ///< 0 when unknown
  std::string curve;      ///< "P-256", ...; empty for others
};

/// A place in a certificate's DER; see `Certificate::bytes`.
struct Extent {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};

/// A GeneralName (RFC 5280 section 4.2.1.6).
struct SubjectAltName {
  enum class Kind : std::uint8_t { dns, ip, uri, email, directory, other };
  Kind kind = Kind::other;
  /// Raw bytes for names; an address in its usual text for `ip`; the Name's text for `directory`;
  /// the dotted OID for an otherName or a registeredID.
  std::string value;
  Extent raw;  ///< the value as encoded: 4 or 16 octets of an address, the DER of a Name
};

/// One GeneralSubtree of name constraints (RFC 5280 section 4.2.1.10).
struct Subtree {
  SubjectAltName base;
  bool has_distances = false;  ///< minimum or maximum is given, which no profile allows
};

struct NameConstraints {
  std::vector<Subtree> permitted;
  std::vector<Subtree> excluded;
};

/// RFC 5280 section 4.2.1.3, in the order of its bits.
enum class KeyUsage : std::uint16_t {
  digital_signature = 1u << 0,
  non_repudiation = 1u << 1,
  key_encipherment = 1u << 2,
  data_encipherment = 1u << 3,
  key_agreement = 1u << 4,
  key_cert_sign = 1u << 5,
  crl_sign = 1u << 6,
  encipher_only = 1u << 7,
  decipher_only = 1u << 8,
};

struct BasicConstraints {
  bool ca = false;
  std::optional<unsigned> path_length;
};

/// What a certificate says. A certificate that cannot be parsed still has its DER and hash, and
/// `error` tells where it broke; its other fields are then as far as they could be read.
struct Certificate {
  std::vector<std::uint8_t> der;
  std::array<std::uint8_t, 32> sha256{};
  std::string error;  ///< empty: parsed in full

  int version = 0;                   ///< 1, 2 or 3
  std::vector<std::uint8_t> serial;  ///< big-endian, as encoded
  Name subject;
  Name issuer;
  std::optional<Seconds> not_before;
  std::optional<Seconds> not_after;
  PublicKey key;
  std::string signature;  ///< "sha256WithRSAEncryption", "ecdsa-with-SHA256", ..., or dotted OID
  std::vector<SubjectAltName> sans;
  std::optional<BasicConstraints> basic_constraints;
  std::optional<std::uint16_t> key_usage;       ///< KeyUsage bits
  std::vector<std::string> extended_key_usage;  ///< "serverAuth", "clientAuth", ..., dotted OIDs
  bool has_extended_key_usage = false;
  bool has_name_constraints = false;
  NameConstraints name_constraints;
  bool must_staple = false;  ///< TLSFeature with status_request (RFC 7633)
  std::vector<std::uint8_t> subject_key_id;
  std::vector<std::uint8_t> authority_key_id;
  /// The issuer of the issuer, where the authorityKeyIdentifier names it.
  std::optional<Name> authority_issuer;
  std::vector<std::string> issuer_urls;                  ///< AIA caIssuers
  std::vector<std::string> unknown_critical_extensions;  ///< dotted OIDs

  Extent signed_part;          ///< tbsCertificate, whole
  Extent signature_algorithm;  ///< AlgorithmIdentifier, whole
  Extent signature_value;      ///< without the BIT STRING's count of unused bits
  Extent public_key_info;      ///< SubjectPublicKeyInfo, whole
  Extent san_extension;        ///< subjectAltName's value; empty: none, or a malformed one
  Extent eku_extension;        ///< extKeyUsage's, likewise

  std::span<const std::uint8_t> bytes(Extent extent) const {
    return std::span(der).subspan(extent.offset, extent.size);
  }
  bool self_issued() const { return !subject.der.empty() && subject == issuer; }
  bool allows(KeyUsage usage) const;  ///< true when there is no keyUsage extension
};

/// Reads one DER certificate. Never fails: see `Certificate::error`.
Certificate read_certificate(std::span<const std::uint8_t> der);

/// All certificates of a PEM text, in order; nothing between the markers is skipped silently.
/// Throws std::runtime_error with a one-line reason when a block cannot be read.
std::vector<Certificate> read_pem_certificates(std::string_view pem);

/// "2026-11-22T10:00:00Z" (RFC 3339).
std::string rfc3339(Seconds time);

}  // namespace legible::certs
