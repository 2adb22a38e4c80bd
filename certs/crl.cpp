#include "certs/crl.hpp"

#include <algorithm>
#include <stdexcept>

#include "certs/der_reader.hpp"
#include "certs/oid.hpp"

namespace legible::certs {
namespace {

using Bytes = std::span<const std::uint8_t>;

[[noreturn]] void refuse(const char* what) {
  throw std::runtime_error(std::string("not a revocation list: ") + what);
}

template <class T>
T require(std::optional<T> value, const char* what) {
  if (!value) refuse(what);
  return *std::move(value);
}

Bytes without_leading_zeros(Bytes number) {
  while (!number.empty() && number.front() == 0) number = number.subspan(1);
  return number;
}

bool has_certificate_issuer(Bytes entry_extensions) {
  static constexpr Oid certificate_issuer = "2.5.29.29"_oid;
  DerReader reader(entry_extensions);
  while (const auto extension = reader.next(tag::sequence)) {
    DerReader parts(extension->content);
    const auto oid = parts.next(tag::oid);
    if (oid && certificate_issuer == oid->content) return true;
  }
  return false;
}

}  // namespace

Crl::Crl(std::vector<std::uint8_t> der) : der_(std::move(der)) {
  DerReader file(der_);
  const auto outer = require(file.next(tag::sequence), "no SEQUENCE");
  DerReader parts(outer.content);
  const auto list = require(parts.next(tag::sequence), "no tbsCertList");
  const auto algorithm = require(parts.next(tag::sequence), "no signatureAlgorithm");
  const auto value = require(parts.next(tag::bit_string), "no signatureValue");
  if (value.content.empty() || !parts.empty() || !file.empty()) refuse("malformed");
  signed_part_ = extent(list.whole);
  signature_algorithm_ = extent(algorithm.whole);
  signature_value_ = extent(value.content.subspan(1));

  DerReader fields(list.content);
  fields.next(tag::integer);  // version
  require(fields.next(tag::sequence), "no signature");
  issuer_ = require(read_name(require(fields.next(tag::sequence), "no issuer").whole), "issuer");
  while (fields.next(tag::utc_time) || fields.next(tag::generalized_time)) {
  }
  if (const auto entries = fields.next(tag::sequence)) read_entries(entries->content);
  fields.next(tag::explicit_context(0));  // crlExtensions
  if (!fields.empty()) refuse("tbsCertList");
}

void Crl::read_entries(Bytes entries) {
  DerReader reader(entries);
  while (const auto entry = reader.next(tag::sequence)) {
    DerReader parts(entry->content);
    const auto serial = require(parts.next(tag::integer), "an entry without a serial number");
    require(parts.next(), "an entry without a date");
    const auto extensions = parts.next(tag::sequence);
    // RFC 5280 section 5.3.3: from here on the entries are another issuer's.
    if (extensions && has_certificate_issuer(extensions->content)) {
      reader = DerReader({});
    } else {
      serials_.push_back(extent(without_leading_zeros(serial.content)));
    }
  }
  if (!reader.empty()) refuse("revokedCertificates");
  std::ranges::sort(serials_, [this](Extent a, Extent b) {
    return std::ranges::lexicographical_compare(bytes(a), bytes(b));
  });
}

bool Crl::lists(Bytes serial) const {
  const Bytes wanted = without_leading_zeros(serial);
  const auto at = std::ranges::lower_bound(
      serials_, wanted, [](Bytes a, Bytes b) { return std::ranges::lexicographical_compare(a, b); },
      [this](Extent extent) { return bytes(extent); });
  return at != serials_.end() && std::ranges::equal(bytes(*at), wanted);
}

SignatureCheck Crl::check_signature_by(const Certificate& issuer) const {
  return check_signature(bytes(signed_part_), bytes(signature_algorithm_), bytes(signature_value_),
                         issuer.bytes(issuer.public_key_info));
}

Extent Crl::extent(Bytes part) const {
  return {static_cast<std::uint32_t>(part.data() - der_.data()),
          static_cast<std::uint32_t>(part.size())};
}

}  // namespace legible::certs
