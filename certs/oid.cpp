#include "certs/oid.hpp"

#include <charconv>
#include <stdexcept>

#include "certs/certificate.hpp"
#include "parser/hex.hpp"

namespace legible::certs {
namespace {

constexpr NamedOid attributes[] = {
    {"2.5.4.3"_oid, "CN"},
    {"2.5.4.6"_oid, "C"},
    {"2.5.4.7"_oid, "L"},
    {"2.5.4.8"_oid, "ST"},
    {"2.5.4.10"_oid, "O"},
    {"2.5.4.11"_oid, "OU"},
    {"1.2.840.113549.1.9.1"_oid, "emailAddress"},
    {"0.9.2342.19200300.100.1.25"_oid, "DC"},
    {"0.9.2342.19200300.100.1.1"_oid, "UID"},
    {"2.5.4.4"_oid, "SN"},
    {"2.5.4.5"_oid, "serialNumber"},
    {"2.5.4.9"_oid, "STREET"},
    {"2.5.4.12"_oid, "title"},
    {"2.5.4.13"_oid, "description"},
    {"2.5.4.15"_oid, "businessCategory"},
    {"2.5.4.16"_oid, "postalAddress"},
    {"2.5.4.17"_oid, "postalCode"},
    {"2.5.4.41"_oid, "name"},
    {"2.5.4.42"_oid, "GN"},
    {"2.5.4.43"_oid, "initials"},
    {"2.5.4.44"_oid, "generationQualifier"},
    {"2.5.4.46"_oid, "dnQualifier"},
    {"2.5.4.65"_oid, "pseudonym"},
    {"2.5.4.97"_oid, "organizationIdentifier"},
    {"1.2.840.113549.1.9.2"_oid, "unstructuredName"},
    {"1.3.6.1.4.1.311.60.2.1.1"_oid, "jurisdictionL"},
    {"1.3.6.1.4.1.311.60.2.1.2"_oid, "jurisdictionST"},
    {"1.3.6.1.4.1.311.60.2.1.3"_oid, "jurisdictionC"},
};

constexpr NamedOid signatures[] = {
    {"1.2.840.113549.1.1.11"_oid, "sha256WithRSAEncryption"},
    {"1.2.840.10045.4.3.2"_oid, "ecdsa-with-SHA256"},
    {"1.2.840.10045.4.3.3"_oid, "ecdsa-with-SHA384"},
    {"1.2.840.10045.4.3.4"_oid, "ecdsa-with-SHA512"},
    {"1.2.840.113549.1.1.12"_oid, "sha384WithRSAEncryption"},
    {"1.2.840.113549.1.1.13"_oid, "sha512WithRSAEncryption"},
    {"1.2.840.113549.1.1.10"_oid, "rsassaPss"},
    {"1.2.840.113549.1.1.5"_oid, "sha1WithRSAEncryption"},
    {"1.2.840.113549.1.1.4"_oid, "md5WithRSAEncryption"},
    {"1.2.840.113549.1.1.2"_oid, "md2WithRSAEncryption"},
    {"1.2.840.113549.1.1.14"_oid, "sha224WithRSAEncryption"},
    {"1.2.840.10045.4.1"_oid, "ecdsa-with-SHA1"},
    {"1.2.840.10045.4.3.1"_oid, "ecdsa-with-SHA224"},
    {"1.2.840.10040.4.3"_oid, "dsa-with-sha1"},
    {"2.16.840.1.101.3.4.3.2"_oid, "dsa-with-sha256"},
    {"1.3.101.112"_oid, "Ed25519"},
    {"1.3.101.113"_oid, "Ed448"},
    {"2.16.840.1.101.3.4.3.17"_oid, "ML-DSA-44"},
    {"2.16.840.1.101.3.4.3.18"_oid, "ML-DSA-65"},
    {"2.16.840.1.101.3.4.3.19"_oid, "ML-DSA-87"},
};

constexpr NamedOid keys[] = {
    {"1.2.840.113549.1.1.1"_oid, "RSA"},
    {"1.2.840.10045.2.1"_oid, "EC"},
    {"1.2.840.113549.1.1.10"_oid, "RSA-PSS"},
    {"1.3.101.112"_oid, "Ed25519"},
    {"1.3.101.113"_oid, "Ed448"},
    {"1.3.101.110"_oid, "X25519"},
    {"1.3.101.111"_oid, "X448"},
    {"1.2.840.10040.4.1"_oid, "DSA"},
    {"2.16.840.1.101.3.4.3.17"_oid, "ML-DSA-44"},
    {"2.16.840.1.101.3.4.3.18"_oid, "ML-DSA-65"},
    {"2.16.840.1.101.3.4.3.19"_oid, "ML-DSA-87"},
};

constexpr NamedOid curves[] = {
    {"1.2.840.10045.3.1.7"_oid, "P-256"},
    {"1.3.132.0.34"_oid, "P-384"},
    {"1.3.132.0.35"_oid, "P-521"},
    {"1.2.840.10045.3.1.1"_oid, "P-192"},
    {"1.3.132.0.33"_oid, "P-224"},
    {"1.3.132.0.10"_oid, "secp256k1"},
    {"1.3.36.3.3.2.8.1.1.7"_oid, "brainpoolP256r1"},
    {"1.3.36.3.3.2.8.1.1.11"_oid, "brainpoolP384r1"},
    {"1.3.36.3.3.2.8.1.1.13"_oid, "brainpoolP512r1"},
    {"1.2.156.10197.1.301"_oid, "SM2"},
};

constexpr NamedOid extended_key_usages[] = {
    {"1.3.6.1.5.5.7.3.1"_oid, "serverAuth"},    {"1.3.6.1.5.5.7.3.2"_oid, "clientAuth"},
    {"1.3.6.1.5.5.7.3.3"_oid, "codeSigning"},   {"1.3.6.1.5.5.7.3.4"_oid, "emailProtection"},
    {"1.3.6.1.5.5.7.3.8"_oid, "timeStamping"},  {"1.3.6.1.5.5.7.3.9"_oid, "OCSPSigning"},
    {"2.5.29.37.0"_oid, "anyExtendedKeyUsage"},
};

}  // namespace

std::span<const NamedOid> attribute_names() { return attributes; }
std::span<const NamedOid> signature_names() { return signatures; }
std::span<const NamedOid> key_names() { return keys; }
std::span<const NamedOid> curve_names() { return curves; }
std::span<const NamedOid> extended_key_usage_names() { return extended_key_usages; }

std::string dotted(std::span<const std::uint8_t> oid) {
  const auto as_hex = [oid] { return "0x" + parser::hex(oid); };
  if (oid.empty() || (oid.back() & 0x80) != 0) return as_hex();
  std::string text;
  std::uint64_t arc = 0;
  for (const std::uint8_t octet : oid) {
    if (arc >> 56 != 0) return as_hex();
    arc = arc << 7 | (octet & 0x7f);
    if ((octet & 0x80) != 0) continue;
    if (text.empty()) {
      // The first two arcs share one number: 40 * first + second.
      const std::uint64_t first = arc < 40 ? 0 : arc < 80 ? 1 : 2;
      text = std::to_string(first);
      arc -= first * 40;
    }
    text += '.';
    text += std::to_string(arc);
    arc = 0;
  }
  return text;
}

std::vector<std::uint8_t> parse_dotted(std::string_view text) {
  const auto refuse = [text] {
    throw std::invalid_argument("not an object identifier: " + std::string(text));
  };
  std::vector<std::uint64_t> arcs;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    std::uint64_t arc = 0;
    const auto [next, error] = std::from_chars(at, end, arc);
    if (error != std::errc{} || arc >> 56 != 0) refuse();
    arcs.push_back(arc);
    if (next == end) break;
    if (*next != '.') refuse();
    at = next + 1;
  }
  if (arcs.size() < 2 || arcs[0] > 2) refuse();
  arcs[1] += arcs[0] * 40;
  std::vector<std::uint8_t> octets;
  for (std::size_t i = 1; i < arcs.size(); ++i) {
    unsigned shift = 0;
    while (arcs[i] >> shift >= 0x80) shift += 7;
    for (; shift > 0; shift -= 7) {
      octets.push_back(static_cast<std::uint8_t>(((arcs[i] >> shift) & 0x7f) | 0x80));
    }
    octets.push_back(static_cast<std::uint8_t>(arcs[i] & 0x7f));
  }
  return octets;
}

std::string_view find_name(std::span<const NamedOid> table, std::span<const std::uint8_t> oid) {
  const auto row = std::ranges::find_if(table, [oid](const NamedOid& r) { return r.oid == oid; });
  return row == table.end() ? std::string_view{} : row->name;
}

const Oid* find_oid(std::span<const NamedOid> table, std::string_view name) {
  const auto row = std::ranges::find(table, name, &NamedOid::name);
  return row == table.end() ? nullptr : &row->oid;
}

std::string name_or_dotted(std::span<const NamedOid> table, std::span<const std::uint8_t> oid) {
  const std::string_view name = find_name(table, oid);
  return name.empty() ? dotted(oid) : std::string(name);
}

}  // namespace legible::certs
