#include "certs/signature.hpp"

#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>

#include <array>
#include <optional>

#include "certs/der_reader.hpp"
#include "certs/oid.hpp"

namespace legible::certs {
namespace {

using Bytes = std::span<const std::uint8_t>;

struct SignatureScheme {
  mbedtls_pk_type_t key = MBEDTLS_PK_NONE;
  mbedtls_md_type_t hash = MBEDTLS_MD_NONE;
  mbedtls_pk_rsassa_pss_options pss{};
};

struct HashRow {
  Oid oid;
  mbedtls_md_type_t hash;
};

std::optional<mbedtls_md_type_t> read_hash(const DerElement& identifier) {
  static constexpr HashRow rows[] = {
      {"2.16.840.1.101.3.4.2.1"_oid, MBEDTLS_MD_SHA256},
      {"2.16.840.1.101.3.4.2.2"_oid, MBEDTLS_MD_SHA384},
      {"2.16.840.1.101.3.4.2.3"_oid, MBEDTLS_MD_SHA512},
      {"2.16.840.1.101.3.4.2.4"_oid, MBEDTLS_MD_SHA224},
      {"1.3.14.3.2.26"_oid, MBEDTLS_MD_SHA1},
  };
  DerReader parts(identifier.content);
  const auto oid = parts.next(tag::oid);
  if (!oid) return std::nullopt;
  const auto* row =
      std::ranges::find_if(rows, [&](const HashRow& r) { return r.oid == oid->content; });
  if (row == std::end(rows)) return std::nullopt;
  return row->hash;
}

/// RSASSA-PSS-params (RFC 4055 section 3.1): each field is optional and explicitly tagged.
std::optional<SignatureScheme> read_pss(DerReader parameters) {
  static constexpr Oid mgf1 = "1.2.840.113549.1.1.8"_oid;
  SignatureScheme scheme{MBEDTLS_PK_RSASSA_PSS, MBEDTLS_MD_SHA1, {MBEDTLS_MD_SHA1, 20}};
  const auto sequence = parameters.next(tag::sequence);
  if (!sequence) return std::nullopt;
  DerReader fields(sequence->content);
  if (const auto wrapper = fields.next(tag::explicit_context(0))) {
    DerReader inner(wrapper->content);
    const auto identifier = inner.next(tag::sequence);
    const auto hash = identifier ? read_hash(*identifier) : std::nullopt;
    if (!hash) return std::nullopt;
    scheme.hash = *hash;
  }
  if (const auto wrapper = fields.next(tag::explicit_context(1))) {
    DerReader inner(wrapper->content);
    const auto identifier = inner.next(tag::sequence);
    DerReader parts(identifier ? identifier->content : Bytes{});
    const auto function = parts.next(tag::oid);
    const auto hash_identifier = parts.next(tag::sequence);
    if (!function || !(mgf1 == function->content) || !hash_identifier) return std::nullopt;
    const auto hash = read_hash(*hash_identifier);
    if (!hash) return std::nullopt;
    scheme.pss.mgf1_hash_id = *hash;
  }
  if (const auto wrapper = fields.next(tag::explicit_context(2))) {
    DerReader inner(wrapper->content);
    const auto salt = inner.next(tag::integer);
    int length = 0;
    if (!salt || salt->content.empty() || salt->content.size() > 2) return std::nullopt;
    for (const std::uint8_t octet : salt->content) length = length << 8 | octet;
    scheme.pss.expected_salt_len = length;
  }
  fields.next(tag::explicit_context(3));  // trailerField, of which there is one
  if (!fields.empty()) return std::nullopt;
  return scheme;
}

std::optional<SignatureScheme> read_scheme(Bytes algorithm) {
  struct Row {
    Oid oid;
    mbedtls_pk_type_t key;
    mbedtls_md_type_t hash;
  };
  static constexpr Row rows[] = {
      {"1.2.840.113549.1.1.11"_oid, MBEDTLS_PK_RSA, MBEDTLS_MD_SHA256},
      {"1.2.840.113549.1.1.12"_oid, MBEDTLS_PK_RSA, MBEDTLS_MD_SHA384},
      {"1.2.840.113549.1.1.13"_oid, MBEDTLS_PK_RSA, MBEDTLS_MD_SHA512},
      {"1.2.840.113549.1.1.14"_oid, MBEDTLS_PK_RSA, MBEDTLS_MD_SHA224},
      {"1.2.840.113549.1.1.5"_oid, MBEDTLS_PK_RSA, MBEDTLS_MD_SHA1},
      {"1.2.840.113549.1.1.4"_oid, MBEDTLS_PK_RSA, MBEDTLS_MD_MD5},
      {"1.2.840.10045.4.3.2"_oid, MBEDTLS_PK_ECDSA, MBEDTLS_MD_SHA256},
      {"1.2.840.10045.4.3.3"_oid, MBEDTLS_PK_ECDSA, MBEDTLS_MD_SHA384},
      {"1.2.840.10045.4.3.4"_oid, MBEDTLS_PK_ECDSA, MBEDTLS_MD_SHA512},
      {"1.2.840.10045.4.3.1"_oid, MBEDTLS_PK_ECDSA, MBEDTLS_MD_SHA224},
      {"1.2.840.10045.4.1"_oid, MBEDTLS_PK_ECDSA, MBEDTLS_MD_SHA1},
  };
  static constexpr Oid pss = "1.2.840.113549.1.1.10"_oid;
  DerReader outer(algorithm);
  const auto sequence = outer.next(tag::sequence);
  DerReader parts(sequence ? sequence->content : Bytes{});
  const auto oid = parts.next(tag::oid);
  if (!oid) return std::nullopt;
  if (pss == oid->content) return read_pss(parts);
  const auto* row = std::ranges::find_if(rows, [&](const Row& r) { return r.oid == oid->content; });
  if (row == std::end(rows)) return std::nullopt;
  return SignatureScheme{row->key, row->hash, {}};
}

/// Before TLS 1.3 the high byte names the hash and the low one the kind of key.
std::optional<SignatureScheme> scheme_of_handshake(std::uint16_t number) {
  static constexpr mbedtls_md_type_t hashes[] = {
      MBEDTLS_MD_NONE,   MBEDTLS_MD_MD5,    MBEDTLS_MD_SHA1,  MBEDTLS_MD_SHA224,
      MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512};
  constexpr std::uint16_t rsa_pss_rsae_sha256 = 0x0804;
  constexpr std::uint16_t rsa_pss_rsae_sha512 = 0x0806;
  if (number >= rsa_pss_rsae_sha256 && number <= rsa_pss_rsae_sha512) {
    const mbedtls_md_type_t hash = hashes[4 + number - rsa_pss_rsae_sha256];
    return SignatureScheme{MBEDTLS_PK_RSASSA_PSS, hash, {hash, MBEDTLS_RSA_SALT_LEN_ANY}};
  }
  constexpr int rsa = 1;
  constexpr int ecdsa = 3;
  const auto hash = static_cast<std::size_t>(number >> 8);
  const int key = number & 0xff;
  if (hash == 0 || hash >= std::size(hashes) || (key != rsa && key != ecdsa)) return std::nullopt;
  return SignatureScheme{key == rsa ? MBEDTLS_PK_RSA : MBEDTLS_PK_ECDSA, hashes[hash], {}};
}

class PublicKeyContext {
 public:
  explicit PublicKeyContext(Bytes info) {
    mbedtls_pk_init(&context_);
    // The parameter is an in-out cursor; what it points to is only read.
    auto* at = const_cast<std::uint8_t*>(info.data());
    known_ = mbedtls_pk_parse_subpubkey(&at, info.data() + info.size(), &context_) == 0 &&
             has_cheap_exponent();
  }
  ~PublicKeyContext() { mbedtls_pk_free(&context_); }
  PublicKeyContext(const PublicKeyContext&) = delete;
  PublicKeyContext& operator=(const PublicKeyContext&) = delete;

  bool known() const { return known_; }
  mbedtls_pk_context* get() { return &context_; }

 private:
  /// An RSA exponent as long as the modulus makes each verification cost as much as a signature:
  /// a peer could keep us busy. No CA uses one beyond 32 bits.
  bool has_cheap_exponent() {
    if (mbedtls_pk_get_type(&context_) != MBEDTLS_PK_RSA) return true;
    mbedtls_mpi exponent;
    mbedtls_mpi_init(&exponent);
    const bool cheap = mbedtls_rsa_export(mbedtls_pk_rsa(context_), nullptr, nullptr, nullptr,
                                          nullptr, &exponent) == 0 &&
                       mbedtls_mpi_bitlen(&exponent) <= 64;
    mbedtls_mpi_free(&exponent);
    return cheap;
  }

  mbedtls_pk_context context_;
  bool known_ = false;
};

SignatureCheck check(Bytes signed_part, const std::optional<SignatureScheme>& scheme,
                     Bytes signature, Bytes public_key_info) {
  if (!scheme) return SignatureCheck::unknown;
  PublicKeyContext key(public_key_info);
  if (!key.known()) return SignatureCheck::unknown;
  const mbedtls_md_info_t* hash = mbedtls_md_info_from_type(scheme->hash);
  std::array<std::uint8_t, MBEDTLS_MD_MAX_SIZE> digest{};
  if (hash == nullptr || mbedtls_md(hash, signed_part.data(), signed_part.size(), digest.data())) {
    return SignatureCheck::unknown;
  }
  const void* options = scheme->key == MBEDTLS_PK_RSASSA_PSS ? &scheme->pss : nullptr;
  const int result =
      mbedtls_pk_verify_ext(scheme->key, options, key.get(), scheme->hash, digest.data(),
                            mbedtls_md_get_size(hash), signature.data(), signature.size());
  return result == 0 ? SignatureCheck::good : SignatureCheck::bad;
}

}  // namespace

SignatureCheck check_signature(Bytes signed_part, Bytes algorithm, Bytes signature,
                               Bytes public_key_info) {
  return check(signed_part, read_scheme(algorithm), signature, public_key_info);
}

SignatureCheck check_signature(Bytes signed_part, std::uint16_t scheme, Bytes signature,
                               Bytes public_key_info) {
  return check(signed_part, scheme_of_handshake(scheme), signature, public_key_info);
}

bool has_weak_hash(Bytes algorithm) {
  static constexpr Oid md2_with_rsa = "1.2.840.113549.1.1.2"_oid;
  static constexpr Oid dsa_with_sha1 = "1.2.840.10040.4.3"_oid;
  if (const auto scheme = read_scheme(algorithm)) {
    return scheme->hash == MBEDTLS_MD_MD5 || scheme->hash == MBEDTLS_MD_SHA1;
  }
  DerReader outer(algorithm);
  const auto sequence = outer.next(tag::sequence);
  DerReader parts(sequence ? sequence->content : Bytes{});
  const auto oid = parts.next(tag::oid);
  return oid && (md2_with_rsa == oid->content || dsa_with_sha1 == oid->content);
}

bool is_known_key(Bytes public_key_info) { return PublicKeyContext(public_key_info).known(); }

}  // namespace legible::certs
