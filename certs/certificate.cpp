#include "certs/certificate.hpp"

#include <fmt/format.h>
#include <mbedtls/sha256.h>

#include <bit>

#include "certs/certificate_reader.hpp"
#include "certs/der_reader.hpp"
#include "certs/oid.hpp"

namespace legible::certs {
namespace {

/// UTCTime or GeneralizedTime (RFC 5280 section 4.1.2.5), seconds optional as old encoders had it.
std::optional<Seconds> read_time(const DerElement& element) {
  const auto text = element.content;
  const std::size_t year_digits = element.tag == tag::utc_time ? 2 : 4;
  const std::size_t digits = text.size() - 1;
  if (text.empty() || text.back() != 'Z') return std::nullopt;
  if (digits != year_digits + 8 && digits != year_digits + 10) return std::nullopt;
  if (!std::ranges::all_of(text.first(digits), [](auto c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  std::size_t at = 0;
  const auto number = [&](std::size_t count) {
    int value = 0;
    for (; count > 0; --count) value = value * 10 + (text[at++] - '0');
    return value;
  };
  int year = number(year_digits);
  if (year_digits == 2) year += year < 50 ? 2000 : 1900;
  const auto month = static_cast<unsigned>(number(2));
  const auto day = static_cast<unsigned>(number(2));
  const int hour = number(2);
  const int minute = number(2);
  const int second = at < digits ? number(2) : 0;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

/// The bits of a big-endian number.
unsigned bit_length(std::span<const std::uint8_t> number) {
  while (!number.empty() && number.front() == 0) number = number.subspan(1);
  if (number.empty()) return 0;
  return static_cast<unsigned>((number.size() - 1) * 8) +
         static_cast<unsigned>(std::bit_width(number.front()));
}

unsigned curve_bits(std::string_view curve) {
  struct Row {
    std::string_view curve;
    unsigned bits;
  };
  static constexpr Row rows[] = {
      {"P-256", 256},           {"P-384", 384},
      {"P-521", 521},           {"P-192", 192},
      {"P-224", 224},           {"secp256k1", 256},
      {"brainpoolP256r1", 256}, {"brainpoolP384r1", 384},
      {"brainpoolP512r1", 512}, {"SM2", 256},
  };
  const auto* row = std::ranges::find(rows, curve, &Row::curve);
  return row == std::end(rows) ? 0 : row->bits;
}

}  // namespace

void CertificateReader::read() {
  DerReader file(certificate_.der);
  const auto outer = file.next_or_cut(tag::sequence);
  if (!outer) return fail("Certificate", "not a SEQUENCE", file.rest());
  if (outer->cut) fail("Certificate", "cut short", outer->content);
  if (!file.empty()) fail("Certificate", "bytes after its end", file.rest());

  DerReader parts(outer->content);
  const auto tbs = parts.next_or_cut(tag::sequence);
  if (!tbs) return fail("tbsCertificate", "missing", parts.rest());
  certificate_.signed_part = extent(tbs->whole);
  read_tbs(DerReader(tbs->content));
  if (tbs->cut) return;

  const auto algorithm = parts.next(tag::sequence);
  if (!algorithm) return fail("signatureAlgorithm", "missing", parts.rest());
  // RFC 5280 section 4.1.1.2: the same identifier as in the signed part.
  const auto announced = certificate_.bytes(certificate_.signature_algorithm);
  if (!announced.empty() && !std::ranges::equal(announced, algorithm->whole)) {
    fail("signatureAlgorithm", "differs from tbsCertificate.signature", algorithm->whole);
  }
  certificate_.signature_algorithm = extent(algorithm->whole);

  const auto value = parts.next(tag::bit_string);
  if (!value || value->content.empty() || value->content.front() != 0) {
    return fail("signatureValue", "not a BIT STRING of octets", parts.rest());
  }
  certificate_.signature_value = extent(value->content.subspan(1));
  if (!parts.empty()) fail("Certificate", "bytes after signatureValue", parts.rest());
}

void CertificateReader::read_tbs(DerReader tbs) {
  certificate_.version = 1;
  if (const auto wrapper = tbs.next(tag::explicit_context(0))) {
    DerReader inner(wrapper->content);
    const auto version = inner.next(tag::integer);
    if (version && version->content.size() == 1 && version->content.front() <= 2) {
      certificate_.version = version->content.front() + 1;
    } else {
      certificate_.version = 0;
      fail("version", "not v1, v2 or v3", wrapper->content);
    }
  }

  if (const auto serial = tbs.next(tag::integer); serial && !serial->content.empty()) {
    certificate_.serial.assign(serial->content.begin(), serial->content.end());
  } else {
    return fail("serialNumber", "not an INTEGER", tbs.rest());
  }

  const auto algorithm = tbs.next(tag::sequence);
  if (!algorithm) return fail("signature", "not a SEQUENCE", tbs.rest());
  certificate_.signature_algorithm = extent(algorithm->whole);
  DerReader identifier(algorithm->content);
  if (const auto oid = identifier.next(tag::oid)) {
    certificate_.signature = name_or_dotted(signature_names(), oid->content);
  } else {
    fail("signature", "no algorithm", algorithm->content);
  }

  const auto name = [&](std::string_view field, Name& target) {
    const auto element = tbs.next(tag::sequence);
    if (!element) {
      fail(field, "not a SEQUENCE", tbs.rest());
      return false;
    }
    if (auto value = read_name(element->whole)) {
      target = std::move(*value);
    } else {
      fail(field, "malformed", element->whole);
    }
    return true;
  };
  if (!name("issuer", certificate_.issuer)) return;
  read_validity(tbs);
  if (!name("subject", certificate_.subject)) return;
  read_public_key(tbs);

  tbs.next(tag::context(1));  // issuerUniqueID
  tbs.next(tag::context(2));  // subjectUniqueID
  if (const auto extensions = tbs.next_or_cut(tag::explicit_context(3))) {
    read_extensions(*extensions);
  }
  if (!tbs.empty()) fail("tbsCertificate", "bytes that belong to no field", tbs.rest());
}

void CertificateReader::read_validity(DerReader& tbs) {
  const auto validity = tbs.next(tag::sequence);
  if (!validity) return fail("validity", "not a SEQUENCE", tbs.rest());
  DerReader times(validity->content);
  const auto time = [&](std::string_view field) -> std::optional<Seconds> {
    const auto at = times.rest();
    const auto element = times.next();
    std::optional<Seconds> value;
    if (element && (element->tag == tag::utc_time || element->tag == tag::generalized_time)) {
      value = read_time(*element);
    }
    if (!value) fail(field, "not a time", at);
    return value;
  };
  certificate_.not_before = time("validity.notBefore");
  certificate_.not_after = time("validity.notAfter");
  if (!times.empty()) fail("validity", "bytes after notAfter", times.rest());
}

void CertificateReader::read_public_key(DerReader& tbs) {
  const auto info = tbs.next(tag::sequence);
  if (!info) return fail("subjectPublicKeyInfo", "not a SEQUENCE", tbs.rest());
  certificate_.public_key_info = extent(info->whole);
  DerReader parts(info->content);
  const auto algorithm = parts.next(tag::sequence);
  const auto key = parts.next(tag::bit_string);
  if (!algorithm || !key || key->content.empty() || !parts.empty()) {
    return fail("subjectPublicKeyInfo", "malformed", info->content);
  }
  DerReader identifier(algorithm->content);
  const auto oid = identifier.next(tag::oid);
  if (!oid) return fail("subjectPublicKeyInfo.algorithm", "no algorithm", algorithm->content);

  PublicKey& public_key = certificate_.key;
  public_key.algorithm = name_or_dotted(key_names(), oid->content);
  const auto octets = key->content.subspan(1);
  if (public_key.algorithm == "RSA" || public_key.algorithm == "RSA-PSS") {
    read_rsa_key(octets);
  } else if (public_key.algorithm == "EC") {
    if (const auto curve = identifier.next(tag::oid)) {
      public_key.curve = name_or_dotted(curve_names(), curve->content);
      public_key.bits = curve_bits(public_key.curve);
    }
  } else if (public_key.algorithm == "DSA") {
    if (const auto parameters = identifier.next(tag::sequence)) {
      DerReader numbers(parameters->content);
      if (const auto prime = numbers.next(tag::integer)) {
        public_key.bits = bit_length(prime->content);
      }
    }
  } else if (public_key.algorithm == "Ed25519" || public_key.algorithm == "Ed448") {
    // As every tool tells them, though the field of Ed25519 has 255 bits and that of Ed448 448.
    public_key.bits = public_key.algorithm == "Ed25519" ? 256 : 456;
  }
}

void CertificateReader::read_rsa_key(Bytes key) {
  DerReader reader(key);
  const auto sequence = reader.next(tag::sequence);
  DerReader numbers(sequence ? sequence->content : Bytes{});
  if (const auto modulus = numbers.next(tag::integer)) {
    certificate_.key.bits = bit_length(modulus->content);
  } else {
    fail("subjectPublicKey", "not an RSAPublicKey", key);
  }
}

Extent CertificateReader::extent(Bytes part) const {
  return {static_cast<std::uint32_t>(part.data() - certificate_.der.data()),
          static_cast<std::uint32_t>(part.size())};
}

void CertificateReader::fail(std::string_view field, std::string_view problem, Bytes at) {
  if (!certificate_.error.empty()) return;
  const auto offset = at.data() == nullptr ? 0 : at.data() - certificate_.der.data();
  certificate_.error = fmt::format("{}: {}, at offset {}", field, problem, offset);
}

Certificate read_certificate(std::span<const std::uint8_t> der) {
  Certificate certificate;
  certificate.der.assign(der.begin(), der.end());
  mbedtls_sha256(der.data(), der.size(), certificate.sha256.data(), 0);
  CertificateReader(certificate).read();
  return certificate;
}

std::string rfc3339(Seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

bool Certificate::allows(KeyUsage usage) const {
  return !key_usage || (*key_usage & static_cast<std::uint16_t>(usage)) != 0;
}

}  // namespace legible::certs
