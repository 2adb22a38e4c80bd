// Extensions of a certificate (RFC 5280 section 4.2, RFC 7633).
#include <arpa/inet.h>

#include <array>

#include "certs/certificate_reader.hpp"
#include "certs/oid.hpp"
#include "parser/hex.hpp"

namespace legible::certs {
namespace {

std::optional<bool> read_boolean(const DerElement& element) {
  if (element.content.size() != 1) return std::nullopt;
  return element.content.front() != 0;
}

/// A non-negative INTEGER; larger than 32 bits is told as the largest.
std::optional<unsigned> read_unsigned(const DerElement& element) {
  auto octets = element.content;
  if (octets.empty() || (octets.front() & 0x80) != 0) return std::nullopt;
  while (octets.size() > 1 && octets.front() == 0) octets = octets.subspan(1);
  if (octets.size() > 4) return ~0u;
  unsigned value = 0;
  for (const std::uint8_t octet : octets) value = value << 8 | octet;
  return value;
}

std::string address_text(std::span<const std::uint8_t> octets) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool known = octets.size() == 4 || octets.size() == 16;
  if (!known) return "0x" + parser::hex(octets);
  const int family = octets.size() == 4 ? AF_INET : AF_INET6;
  inet_ntop(family, octets.data(), text.data(), static_cast<socklen_t>(text.size()));
  return text.data();
}

}  // namespace

void CertificateReader::read_extensions(const DerElement& wrapper) {
  DerReader outer(wrapper.content);
  const auto list = outer.next_or_cut(tag::sequence);
  if (!list) return fail("extensions", "not a SEQUENCE", wrapper.content);
  if (!outer.empty()) fail("extensions", "bytes after their end", outer.rest());
  DerReader extensions(list->content);
  std::uint32_t seen = 0;
  while (const auto extension = extensions.next(tag::sequence)) read_extension(*extension, seen);
  if (!extensions.empty()) fail("extensions", "malformed", extensions.rest());
  // RFC 5280 section 4.1.2.9
  if (certificate_.version != 3) fail("extensions", "in a certificate that is not v3", list->whole);
}

void CertificateReader::read_extension(const DerElement& extension, std::uint32_t& seen) {
  struct Row {
    Oid oid;
    std::string_view field;
    bool (CertificateReader::*read)(Bytes);
  };
  // Those whose meaning is honoured here, or harmless to a judgement. Policy constraints and
  // mappings are not among them: where they are critical, this is no one to say "good".
  static constexpr Row rows[] = {
      {"2.5.29.14"_oid, "subjectKeyIdentifier", &CertificateReader::read_subject_key_id},
      {"2.5.29.15"_oid, "keyUsage", &CertificateReader::read_key_usage},
      {"2.5.29.17"_oid, "subjectAltName", &CertificateReader::read_subject_alt_names},
      {"2.5.29.18"_oid, "issuerAltName", &CertificateReader::accept},
      {"2.5.29.19"_oid, "basicConstraints", &CertificateReader::read_basic_constraints},
      {"2.5.29.30"_oid, "nameConstraints", &CertificateReader::read_name_constraints},
      {"2.5.29.31"_oid, "cRLDistributionPoints", &CertificateReader::accept},
      {"2.5.29.32"_oid, "certificatePolicies", &CertificateReader::accept},
      {"2.5.29.35"_oid, "authorityKeyIdentifier", &CertificateReader::read_authority_key_id},
      {"2.5.29.37"_oid, "extKeyUsage", &CertificateReader::read_extended_key_usage},
      {"1.3.6.1.5.5.7.1.1"_oid, "authorityInfoAccess", &CertificateReader::read_authority_info},
      {"1.3.6.1.5.5.7.1.24"_oid, "tlsfeature", &CertificateReader::read_tls_features},
      {"1.3.6.1.4.1.11129.2.4.2"_oid, "signedCertificateTimestamps", &CertificateReader::accept},
  };

  DerReader parts(extension.content);
  const auto oid = parts.next(tag::oid);
  if (!oid) return fail("extensions", "no extnID", extension.content);
  std::optional<bool> critical = false;
  if (const auto flag = parts.next(tag::boolean)) critical = read_boolean(*flag);
  const auto value = parts.next(tag::octet_string);
  if (!critical || !value || !parts.empty()) {
    return fail("extensions", "malformed", extension.content);
  }

  const auto* row = std::ranges::find_if(rows, [&](const Row& r) { return r.oid == oid->content; });
  if (row == std::end(rows)) {
    if (*critical) certificate_.unknown_critical_extensions.push_back(dotted(oid->content));
    return;
  }
  // RFC 5280 section 4.2: not more than one instance of an extension.
  const std::uint32_t bit = 1u << (row - std::begin(rows));
  if ((seen & bit) != 0) return fail(row->field, "twice", extension.content);
  seen |= bit;
  if (!(this->*row->read)(value->content)) fail(row->field, "malformed", value->content);
}

bool CertificateReader::accept(Bytes) { return true; }

bool CertificateReader::read_basic_constraints(Bytes value) {
  DerReader reader(value);
  const auto sequence = reader.next(tag::sequence);
  if (!sequence || !reader.empty()) return false;
  BasicConstraints constraints;
  DerReader fields(sequence->content);
  if (const auto flag = fields.next(tag::boolean)) {
    const auto ca = read_boolean(*flag);
    if (!ca) return false;
    constraints.ca = *ca;
  }
  if (const auto length = fields.next(tag::integer)) {
    constraints.path_length = read_unsigned(*length);
    if (!constraints.path_length) return false;
  }
  certificate_.basic_constraints = constraints;
  return fields.empty();
}

bool CertificateReader::read_key_usage(Bytes value) {
  DerReader reader(value);
  const auto bits = reader.next(tag::bit_string);
  if (!bits || bits->content.size() < 2 || !reader.empty()) return false;
  const auto octets = bits->content.subspan(1);
  std::uint16_t usage = 0;
  for (unsigned i = 0; i < 9 && i / 8 < octets.size(); ++i) {
    if ((octets[i / 8] & (0x80u >> (i % 8))) != 0) {
      usage = static_cast<std::uint16_t>(usage | 1u << i);
    }
  }
  certificate_.key_usage = usage;
  return true;
}

bool CertificateReader::read_extended_key_usage(Bytes value) {
  certificate_.has_extended_key_usage = true;
  DerReader reader(value);
  const auto sequence = reader.next(tag::sequence);
  if (!sequence || !reader.empty()) return false;
  DerReader purposes(sequence->content);
  while (const auto purpose = purposes.next(tag::oid)) {
    certificate_.extended_key_usage.push_back(
        name_or_dotted(extended_key_usage_names(), purpose->content));
  }
  if (!purposes.empty() || certificate_.extended_key_usage.empty()) return false;
  certificate_.eku_extension = extent(value);
  return true;
}

std::optional<SubjectAltName> CertificateReader::read_general_name(
    const DerElement& element) const {
  using Kind = SubjectAltName::Kind;
  SubjectAltName name;
  name.raw = extent(element.content);
  const auto keep_bytes = [&](Kind kind) {
    name.kind = kind;
    name.value.assign(element.content.begin(), element.content.end());
  };
  switch (element.tag) {
    case tag::explicit_context(0): {  // otherName
      DerReader parts(element.content);
      const auto type = parts.next(tag::oid);
      if (!type) return std::nullopt;
      name.value = dotted(type->content);
      break;
    }
    case tag::context(1):
      keep_bytes(Kind::email);
      break;
    case tag::context(2):
      keep_bytes(Kind::dns);
      break;
    case tag::explicit_context(4): {
      const auto directory = read_name(element.content);
      if (!directory) return std::nullopt;
      name.kind = Kind::directory;
      name.value = directory->text;
      break;
    }
    case tag::context(6):
      keep_bytes(Kind::uri);
      break;
    case tag::context(7):
      name.kind = Kind::ip;
      name.value = address_text(element.content);
      break;
    case tag::context(8):  // registeredID
      name.value = dotted(element.content);
      break;
    default:  // x400Address, ediPartyName, and what no standard knows
      name.value = "0x" + parser::hex(element.whole.first(1));
  }
  return name;
}

bool CertificateReader::read_subject_alt_names(Bytes value) {
  DerReader reader(value);
  const auto sequence = reader.next(tag::sequence);
  if (!sequence || !reader.empty()) return false;
  DerReader names(sequence->content);
  while (const auto element = names.next()) {
    auto name = read_general_name(*element);
    if (!name) return false;
    certificate_.sans.push_back(std::move(*name));
  }
  if (!names.empty()) return false;
  certificate_.san_extension = extent(value);
  return true;
}

bool CertificateReader::read_name_constraints(Bytes value) {
  certificate_.has_name_constraints = true;
  DerReader reader(value);
  const auto sequence = reader.next(tag::sequence);
  if (!sequence || !reader.empty()) return false;
  DerReader parts(sequence->content);
  const auto permitted = parts.next(tag::explicit_context(0));
  const auto excluded = parts.next(tag::explicit_context(1));
  NameConstraints& constraints = certificate_.name_constraints;
  return parts.empty() && (permitted || excluded) &&
         (!permitted || read_subtrees(permitted->content, constraints.permitted)) &&
         (!excluded || read_subtrees(excluded->content, constraints.excluded));
}

bool CertificateReader::read_subtrees(Bytes value, std::vector<Subtree>& subtrees) {
  DerReader reader(value);
  while (const auto element = reader.next(tag::sequence)) {
    DerReader parts(element->content);
    const auto base = parts.next();
    if (!base) return false;
    auto name = read_general_name(*base);
    if (!name) return false;
    subtrees.push_back({std::move(*name), !parts.empty()});
  }
  return reader.empty();
}

bool CertificateReader::read_subject_key_id(Bytes value) {
  DerReader reader(value);
  const auto id = reader.next(tag::octet_string);
  if (!id) return false;
  certificate_.subject_key_id.assign(id->content.begin(), id->content.end());
  return reader.empty();
}

bool CertificateReader::read_authority_key_id(Bytes value) {
  DerReader reader(value);
  const auto sequence = reader.next(tag::sequence);
  if (!sequence || !reader.empty()) return false;
  DerReader parts(sequence->content);
  if (const auto id = parts.next(tag::context(0))) {
    certificate_.authority_key_id.assign(id->content.begin(), id->content.end());
  }
  if (const auto issuer = parts.next(tag::explicit_context(1))) {
    DerReader names(issuer->content);
    if (const auto directory = names.next(tag::explicit_context(4))) {
      certificate_.authority_issuer = read_name(directory->content);
    }
  }
  parts.next(tag::context(2));  // authorityCertSerialNumber
  return parts.empty();
}

bool CertificateReader::read_authority_info(Bytes value) {
  static constexpr Oid ca_issuers = "1.3.6.1.5.5.7.48.2"_oid;
  DerReader reader(value);
  const auto sequence = reader.next(tag::sequence);
  if (!sequence || !reader.empty()) return false;
  DerReader descriptions(sequence->content);
  while (const auto description = descriptions.next(tag::sequence)) {
    DerReader parts(description->content);
    const auto method = parts.next(tag::oid);
    const auto location = parts.next();
    if (!method || !location) return false;
    if (ca_issuers == method->content && location->tag == tag::context(6)) {
      certificate_.issuer_urls.emplace_back(location->content.begin(), location->content.end());
    }
  }
  return descriptions.empty();
}

bool CertificateReader::read_tls_features(Bytes value) {
  static constexpr unsigned status_request = 5;
  DerReader reader(value);
  const auto sequence = reader.next(tag::sequence);
  if (!sequence || !reader.empty()) return false;
  DerReader features(sequence->content);
  while (const auto feature = features.next(tag::integer)) {
    if (read_unsigned(*feature) == status_request) certificate_.must_staple = true;
  }
  return features.empty();
}

}  // namespace legible::certs
