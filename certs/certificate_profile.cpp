#include "certs/certificate_profile.hpp"

#include <mbedtls/sha256.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "certs/der_writer.hpp"
#include "certs/name_match.hpp"
#include "certs/oid.hpp"

namespace legible::certs {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Kind = SubjectAltName::Kind;

constexpr std::uint16_t bit(KeyUsage usage) { return static_cast<std::uint16_t>(usage); }

Bytes oid_element(std::span<const NamedOid> table, std::string_view name) {
  const Oid* known = find_oid(table, name);
  return known != nullptr ? der::oid(known->bytes()) : der::oid(parse_dotted(name));
}

/// The text of a name, attribute by attribute.
class NameText {
 public:
  explicit NameText(std::string_view text) : rest_(text) {}

  bool empty() const { return rest_.empty(); }

  Bytes take_rdn() {
    Bytes attributes = take_attribute();
    while (rest_.starts_with('+')) {
      rest_.remove_prefix(1);
      attributes = der::concatenate(attributes, take_attribute());
    }
    if (rest_.starts_with(", ")) {
      rest_.remove_prefix(2);
      if (rest_.empty()) refuse();
    } else if (!rest_.empty()) {
      refuse();
    }
    return der::element(tag::set, attributes);
  }

 private:
  Bytes take_attribute() {
    const std::size_t equals = rest_.find('=');
    if (equals == rest_.npos) refuse();
    const std::string_view type = rest_.substr(0, equals);
    rest_.remove_prefix(equals + 1);
    const std::string value = take_value();
    return der::sequence(oid_element(attribute_names(), type), der::text(string_tag(type), value));
  }

  std::string take_value() {
    if (!rest_.starts_with('"')) {
      const std::string value(rest_.substr(0, rest_.find_first_of(",+")));
      rest_.remove_prefix(value.size());
      return value;
    }
    std::string value;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == '"' && (at + 1 == rest_.size() || rest_[at + 1] != '"')) {
        rest_.remove_prefix(at + 1);
        return value;
      }
      if (rest_[at] == '"') ++at;
      value += rest_[at];
    }
    refuse();
  }

  static std::uint8_t string_tag(std::string_view type) {
    if (type == "C" || type == "dnQualifier" || type == "jurisdictionC") {
      return tag::printable_string;
    }
    return type == "DC" || type == "emailAddress" ? tag::ia5_string : tag::utf8_string;
  }

  [[noreturn]] static void refuse() {
    throw std::invalid_argument("not a distinguished name such as \"C=DE, CN=x\"");
  }

  std::string_view rest_;
};

/// "192.0.2.0/24" as address and mask.
Bytes write_network(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  unsigned bits = 0;
  if (!address || slash == text.npos ||
      std::from_chars(text.data() + slash + 1, text.data() + text.size(), bits).ec != std::errc{}) {
    throw std::invalid_argument("not a network such as 192.0.2.0/24: " + text);
  }
  Bytes network = *address;
  for (std::size_t i = 0; i < address->size(); ++i) {
    const unsigned ones = std::min(bits, 8u);
    bits -= ones;
    network.push_back(static_cast<std::uint8_t>(0xff00u >> ones));
  }
  return network;
}

Bytes write_general_name(const SubjectAltName& name, bool is_subtree) {
  switch (name.kind) {
    case Kind::email:
      return der::text(tag::context(1), name.value);
    case Kind::dns:
      return der::text(tag::context(2), name.value);
    case Kind::directory:
      return der::element(tag::explicit_context(4), write_name(name.value));
    case Kind::uri:
      return der::text(tag::context(6), name.value);
    case Kind::ip: {
      if (is_subtree) return der::element(tag::context(7), write_network(name.value));
      const auto address = parse_address(name.value);
      if (!address) throw std::invalid_argument("not an address: " + name.value);
      return der::element(tag::context(7), *address);
    }
    case Kind::other:
      break;
  }
  return der::element(tag::context(8), parse_dotted(name.value));
}

Bytes write_key_usage(std::uint16_t usage) {
  Bytes octets{0, 0, 0};
  std::size_t last = 0;
  for (std::size_t i = 0; i < 9; ++i) {
    if ((usage >> i & 1) == 0) continue;
    octets[1 + i / 8] = static_cast<std::uint8_t>(octets[1 + i / 8] | 0x80u >> (i % 8));
    last = i;
  }
  // X.690 section 11.2.2: trailing zero bits are left out.
  octets.resize(2 + last / 8);
  octets[0] = static_cast<std::uint8_t>(7 - last % 8);
  return der::element(tag::bit_string, octets);
}

Bytes write_basic_constraints(const BasicConstraints& constraints) {
  // cA has a DEFAULT of FALSE, which DER leaves out.
  const Bytes ca = constraints.ca ? der::boolean(true) : Bytes{};
  const Bytes length = constraints.path_length ? der::integer(*constraints.path_length) : Bytes{};
  return der::sequence(ca, length);
}

Bytes write_extension(const Extension& extension) {
  return der::sequence(der::oid(parse_dotted(extension.oid)),
                       extension.critical ? der::boolean(true) : Bytes{},
                       der::element(tag::octet_string, extension.value));
}

/// RFC 7093 section 2, method 1: of the key's bits, by SHA-256.
Bytes key_id(std::span<const std::uint8_t> public_key_info) {
  DerReader outer(public_key_info);
  DerReader parts(outer.next(tag::sequence)->content);
  parts.next(tag::sequence);
  const auto key = parts.next(tag::bit_string)->content.subspan(1);
  std::array<std::uint8_t, 32> digest{};
  mbedtls_sha256(key.data(), key.size(), digest.data(), 0);
  return {digest.begin(), digest.begin() + 20};
}

}  // namespace

std::vector<std::uint8_t> write_name(std::string_view text) {
  Bytes rdns;
  for (NameText name(text); !name.empty();) rdns = der::concatenate(rdns, name.take_rdn());
  return der::element(tag::sequence, rdns);
}

std::vector<std::uint8_t> write_general_names(std::span<const SubjectAltName> names) {
  Bytes elements;
  for (const SubjectAltName& name : names) {
    const Bytes element = write_general_name(name, false);
    elements.insert(elements.end(), element.begin(), element.end());
  }
  return elements;
}

SubjectAltName host_name(std::string_view name) {
  return {parse_address(name) ? Kind::ip : Kind::dns, std::string(name), {}};
}

CertificateProfile ca_profile(std::string_view subject, Validity validity,
                              std::optional<unsigned> path_length) {
  CertificateProfile profile;
  profile.subject = write_name(subject);
  profile.validity = validity;
  profile.basic_constraints = BasicConstraints{true, path_length};
  profile.key_usage = bit(KeyUsage::key_cert_sign) | bit(KeyUsage::crl_sign);
  return profile;
}

CertificateProfile server_profile(std::string_view subject, Validity validity,
                                  std::span<const std::string> names) {
  CertificateProfile profile = client_profile(subject, validity);
  profile.extended_key_usage = {"serverAuth"};
  // For the RSA key exchange of TLS 1.2.
  profile.key_usage |= bit(KeyUsage::key_encipherment);
  for (const std::string& name : names) profile.sans.push_back(host_name(name));
  return profile;
}

CertificateProfile client_profile(std::string_view subject, Validity validity) {
  CertificateProfile profile;
  profile.subject = write_name(subject);
  profile.validity = validity;
  profile.basic_constraints = BasicConstraints{};
  profile.key_usage = bit(KeyUsage::digital_signature);
  profile.extended_key_usage = {"clientAuth"};
  return profile;
}

Extension name_constraints(std::span<const SubjectAltName> permitted,
                           std::span<const SubjectAltName> excluded) {
  const auto subtrees = [](std::uint8_t tag, std::span<const SubjectAltName> bases) {
    Bytes list;
    for (const SubjectAltName& base : bases) {
      list = der::concatenate(list, der::sequence(write_general_name(base, true)));
    }
    return list.empty() ? list : der::element(tag, list);
  };
  return {"2.5.29.30", true,
          der::sequence(subtrees(tag::explicit_context(0), permitted),
                        subtrees(tag::explicit_context(1), excluded))};
}

std::vector<std::uint8_t> write_extensions(const CertificateProfile& profile,
                                           std::span<const std::uint8_t> public_key_info,
                                           std::span<const std::uint8_t> issuer_key_id) {
  std::vector<Extension> all;
  if (profile.basic_constraints) {
    all.push_back({"2.5.29.19", true, write_basic_constraints(*profile.basic_constraints)});
  }
  if (profile.key_usage != 0) {
    all.push_back({"2.5.29.15", true, write_key_usage(profile.key_usage)});
  }
  if (!profile.extended_key_usage.empty()) {
    Bytes purposes;
    for (const std::string& purpose : profile.extended_key_usage) {
      purposes = der::concatenate(purposes, oid_element(extended_key_usage_names(), purpose));
    }
    all.push_back({"2.5.29.37", false, der::sequence(purposes)});
  }
  if (!profile.sans.empty()) {
    all.push_back({"2.5.29.17", false, der::sequence(write_general_names(profile.sans))});
  }
  if (profile.must_staple) {
    static constexpr std::uint32_t status_request = 5;
    all.push_back({"1.3.6.1.5.5.7.1.24", false, der::sequence(der::integer(status_request))});
  }
  if (profile.key_ids) {
    all.push_back({"2.5.29.14", false, der::element(tag::octet_string, key_id(public_key_info))});
    if (!issuer_key_id.empty()) {
      all.push_back(
          {"2.5.29.35", false, der::sequence(der::element(tag::context(0), issuer_key_id))});
    }
  }
  all.insert(all.end(), profile.extensions.begin(), profile.extensions.end());

  Bytes list;
  for (const Extension& extension : all) {
    list = der::concatenate(list, write_extension(extension));
  }
  return list.empty() ? list : der::sequence(list);
}

}  // namespace legible::certs
