#include "certs/private_key.hpp"

#include <fmt/format.h>
#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>

#include <array>
#include <stdexcept>
#include <vector>

#include "certs/der_writer.hpp"
#include "certs/libcrypto_rsa.hpp"
#include "certs/oid.hpp"
#include "certs/random.hpp"
#include "certs/wiped.hpp"

namespace legible::certs {
namespace {

void require(int result, std::string_view what) {
  if (result >= 0) return;
  std::array<char, 128> reason{};
  mbedtls_strerror(result, reason.data(), reason.size());
  throw std::runtime_error(fmt::format("{}: {}", what, reason.data()));
}

std::shared_ptr<mbedtls_pk_context> new_context() {
  auto* context = new mbedtls_pk_context;
  mbedtls_pk_init(context);
  return {context, [](mbedtls_pk_context* pk) {
            mbedtls_pk_free(pk);
            delete pk;
          }};
}

void generate_rsa(mbedtls_pk_context* context, unsigned bits) {
  static constexpr int exponent = 65537;
  if (const Wiped der(libcrypto_rsa_key(bits)); !der->empty()) {
    return require(
        mbedtls_pk_parse_key(context, der->data(), der->size(), nullptr, 0, random_bytes, nullptr),
        "cannot use an RSA key");
  }
  require(mbedtls_pk_setup(context, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)), "RSA");
  require(mbedtls_rsa_gen_key(mbedtls_pk_rsa(*context), random_bytes, nullptr, bits, exponent),
          "cannot make an RSA key");
}

void generate_ec(mbedtls_pk_context* context, mbedtls_ecp_group_id curve) {
  require(mbedtls_pk_setup(context, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), "EC");
  require(mbedtls_ecp_gen_key(curve, mbedtls_pk_ec(*context), random_bytes, nullptr),
          "cannot make an EC key");
}

/// What a wrong password decrypts to has the right padding once in 256 times, and is no key then.
bool is_garbled(int result) {
  constexpr int low_level = 0x7f;
  return -(-result & ~low_level) == MBEDTLS_ERR_PK_KEY_INVALID_FORMAT;
}

struct SignatureRow {
  SignatureHash hash;
  mbedtls_md_type_t md;
  std::string_view rsa;
  std::string_view ecdsa;
};

const SignatureRow& row_of(SignatureHash hash) {
  static constexpr SignatureRow rows[] = {
      {SignatureHash::sha256, MBEDTLS_MD_SHA256, "sha256WithRSAEncryption", "ecdsa-with-SHA256"},
      {SignatureHash::sha384, MBEDTLS_MD_SHA384, "sha384WithRSAEncryption", "ecdsa-with-SHA384"},
      {SignatureHash::sha512, MBEDTLS_MD_SHA512, "sha512WithRSAEncryption", "ecdsa-with-SHA512"},
      {SignatureHash::sha1, MBEDTLS_MD_SHA1, "sha1WithRSAEncryption", "ecdsa-with-SHA1"},
      {SignatureHash::md5, MBEDTLS_MD_MD5, "md5WithRSAEncryption", ""},
  };
  return *std::ranges::find(rows, hash, &SignatureRow::hash);
}

}  // namespace

PrivateKey PrivateKey::generate(KeyType type) {
  auto context = new_context();
  switch (type) {
    case KeyType::p256:
      generate_ec(context.get(), MBEDTLS_ECP_DP_SECP256R1);
      break;
    case KeyType::p384:
      generate_ec(context.get(), MBEDTLS_ECP_DP_SECP384R1);
      break;
    case KeyType::p192:
      generate_ec(context.get(), MBEDTLS_ECP_DP_SECP192R1);
      break;
    case KeyType::rsa_1024:
      generate_rsa(context.get(), 1024);
      break;
    case KeyType::rsa_2048:
      generate_rsa(context.get(), 2048);
      break;
  }
  return PrivateKey(std::move(context));
}

PrivateKey PrivateKey::from_pem(std::string_view pem, const std::string& password) {
  auto context = new_context();
  const Wiped text(std::string{pem});
  // mbedTLS counts the terminating NUL of PEM text in.
  const auto octets = [](const std::string& s) {
    return reinterpret_cast<const std::uint8_t*>(s.c_str());
  };
  const int result = mbedtls_pk_parse_key(context.get(), octets(*text), text->size() + 1,
                                          password.empty() ? nullptr : octets(password),
                                          password.size(), random_bytes, nullptr);
  if (result == MBEDTLS_ERR_PK_PASSWORD_REQUIRED) {
    throw PasswordNeeded("the private key is encrypted, and needs its password");
  }
  if (result == MBEDTLS_ERR_PK_PASSWORD_MISMATCH || (!password.empty() && is_garbled(result))) {
    throw std::runtime_error("the password does not fit the private key");
  }
  require(result, "cannot read the private key");
  return PrivateKey(std::move(context));
}

std::string PrivateKey::pem() const {
  Wiped<std::array<std::uint8_t, 8192>> buffer;
  require(mbedtls_pk_write_key_pem(context_.get(), buffer->data(), buffer->size()),
          "cannot write the private key");
  return reinterpret_cast<const char*>(buffer->data());
}

std::vector<std::uint8_t> PrivateKey::public_key_info() const {
  std::array<std::uint8_t, 2048> buffer{};
  const int size = mbedtls_pk_write_pubkey_der(context_.get(), buffer.data(), buffer.size());
  require(size, "cannot write the public key");
  // It is written at the end of the buffer.
  return {buffer.end() - size, buffer.end()};
}

bool PrivateKey::is_rsa() const { return mbedtls_pk_get_type(context_.get()) == MBEDTLS_PK_RSA; }

std::vector<std::uint8_t> PrivateKey::algorithm(SignatureHash hash) const {
  const SignatureRow& row = row_of(hash);
  const Oid* oid = find_oid(signature_names(), is_rsa() ? row.rsa : row.ecdsa);
  if (oid == nullptr) throw std::runtime_error("no signature algorithm of this key has that hash");
  // RFC 4055 section 5 asks for a NULL, RFC 5758 section 3.2 for none.
  if (is_rsa()) return der::sequence(der::oid(oid->bytes()), der::null());
  return der::sequence(der::oid(oid->bytes()));
}

std::vector<std::uint8_t> PrivateKey::sign(std::span<const std::uint8_t> message,
                                           SignatureHash hash) const {
  const mbedtls_md_type_t md = row_of(hash).md;
  const mbedtls_md_info_t* info = mbedtls_md_info_from_type(md);
  std::array<std::uint8_t, MBEDTLS_MD_MAX_SIZE> digest{};
  require(mbedtls_md(info, message.data(), message.size(), digest.data()), "cannot hash");
  std::vector<std::uint8_t> signature(MBEDTLS_PK_SIGNATURE_MAX_SIZE);
  std::size_t size = 0;
  require(mbedtls_pk_sign(context_.get(), md, digest.data(), mbedtls_md_get_size(info),
                          signature.data(), signature.size(), &size, random_bytes, nullptr),
          "cannot sign");
  signature.resize(size);
  return signature;
}

}  // namespace legible::certs
