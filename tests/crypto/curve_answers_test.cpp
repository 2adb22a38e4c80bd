#include <mbedtls/ecdh.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/md.h>
#include <psa/crypto.h>

#include <catch2/catch_test_macros.hpp>
#include <string_view>
#include <thread>

#include "certs/random.hpp"
#include "support/bytes.hpp"
#include "tests/crypto/curve_values.hpp"

namespace legible::test {
namespace {

struct Signature {
  std::string_view name;
  mbedtls_ecp_group_id curve;
  std::string_view private_key;
  mbedtls_md_type_t hash;
  std::string_view x;
  std::string_view y;
  std::string_view r;
  std::string_view s;
};

// RFC 6979 appendices A.2.5 and A.2.6, of the message "sample".
constexpr Signature signatures[] = {
    {"P-256, SHA-256", MBEDTLS_ECP_DP_SECP256R1,
     "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721", MBEDTLS_MD_SHA256,
     "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
     "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
    {"P-384, SHA-384", MBEDTLS_ECP_DP_SECP384R1,
     "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d8"
     "96d5724e4c70a825f872c9ea60d2edf5",
     MBEDTLS_MD_SHA384,
     "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64"
     "def8f0ea9055866064a254515480bc13",
     "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1"
     "288b231c3ae0d4fe7344fd2533264720",
     "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c"
     "81a648152e44acf96e36dd1e80fabe46",
     "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94f"
     "a329c145786e679e7b82c71a38628ac8"},
};

Bytes digest(mbedtls_md_type_t type, const Bytes& message) {
  Bytes hash(type == MBEDTLS_MD_SHA256 ? 32 : 48);
  REQUIRE(mbedtls_md(mbedtls_md_info_from_type(type), message.data(), message.size(),
                     hash.data()) == 0);
  return hash;
}

TEST_CASE("ECDSA gives and takes the published signatures") {
  for (const Signature& c : signatures) {
    INFO(c.name);
    Group group(c.curve);
    const Integer d(hex(c.private_key));
    Integer r;
    Integer s;
    Bytes hash = digest(c.hash, text("sample"));
    CHECK(mbedtls_ecdsa_sign_det_ext(group.get(), r.get(), s.get(), d.get(), hash.data(),
                                     hash.size(), c.hash, certs::random_bytes, nullptr) == 0);
    CHECK(r == Integer(hex(c.r)));
    CHECK(s == Integer(hex(c.s)));

    const Point q(hex(c.x), hex(c.y));
    const auto verify = [&] {
      return mbedtls_ecdsa_verify(group.get(), hash.data(), hash.size(), q.get(), r.get(), s.get());
    };
    CHECK(verify() == 0);
    hash[0] ^= 1;
    CHECK(verify() == MBEDTLS_ERR_ECP_VERIFY_FAILED);
    hash[0] ^= 1;
    CHECK(mbedtls_mpi_add_int(s.get(), s.get(), 1) == 0);
    CHECK(verify() == MBEDTLS_ERR_ECP_VERIFY_FAILED);
    CHECK(mbedtls_mpi_lset(s.get(), 0) == 0);
    CHECK(verify() == MBEDTLS_ERR_ECP_VERIFY_FAILED);
  }
}

struct Agreement {
  std::string_view name;
  psa_ecc_family_t family;
  std::string_view private_key;
  std::string_view public_key;
  std::string_view peer;
  std::string_view shared;
};

constexpr Agreement agreements[] = {
    // RFC 5903 sections 8.1 and 8.2.
    {"P-256", PSA_ECC_FAMILY_SECP_R1,
     "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
     "04dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c37725811805271a0461cdb82"
     "52d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
     "04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf6356fbf3ca366cc2"
     "3e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
     "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"},
    {"P-384", PSA_ECC_FAMILY_SECP_R1,
     "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee"
     "3faef896783ab194",
     "04667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6de3ac808acb4bd"
     "b4c88732aee95f41aa9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ada024181535a0f3"
     "8eeb9fcff3c2c947dae69b4c634573a81c",
     "04e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a0336de"
     "f96fda41d0774a3571dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1"
     "fff83fa40142209dff5eaad96db9e6386c",
     "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d0"
     "9cf5d4a270f59746"},
    // RFC 7748 section 6.1.
    {"X25519", PSA_ECC_FAMILY_MONTGOMERY,
     "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
     "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
     "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
     "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
};

class PsaKey {
 public:
  PsaKey(psa_ecc_family_t family, const Bytes& bytes) {
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDH);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(family));
    REQUIRE(psa_import_key(&attributes, bytes.data(), bytes.size(), &id_) == PSA_SUCCESS);
  }
  ~PsaKey() { psa_destroy_key(id_); }
  PsaKey(const PsaKey&) = delete;
  PsaKey& operator=(const PsaKey&) = delete;

  Bytes public_key() const {
    Bytes bytes(PSA_EXPORT_PUBLIC_KEY_MAX_SIZE);
    std::size_t size = 0;
    REQUIRE(psa_export_public_key(id_, bytes.data(), bytes.size(), &size) == PSA_SUCCESS);
    bytes.resize(size);
    return bytes;
  }
  psa_status_t agree(const Bytes& peer, Bytes& shared) const {
    shared.resize(PSA_RAW_KEY_AGREEMENT_OUTPUT_MAX_SIZE);
    std::size_t size = 0;
    const psa_status_t status = psa_raw_key_agreement(PSA_ALG_ECDH, id_, peer.data(), peer.size(),
                                                      shared.data(), shared.size(), &size);
    shared.resize(size);
    return status;
  }

 private:
  mbedtls_svc_key_id_t id_{};
};

TEST_CASE("PSA, by which TLS 1.3 agrees on keys, gives the published answers") {
  REQUIRE(psa_crypto_init() == PSA_SUCCESS);
  for (const Agreement& c : agreements) {
    INFO(c.name);
    const PsaKey key(c.family, hex(c.private_key));
    CHECK(key.public_key() == hex(c.public_key));
    Bytes shared;
    CHECK(key.agree(hex(c.peer), shared) == PSA_SUCCESS);
    CHECK(shared == hex(c.shared));
  }
}

TEST_CASE("no key is agreed on with a point that is none") {
  REQUIRE(psa_crypto_init() == PSA_SUCCESS);
  for (const Agreement& c : agreements) {
    INFO(c.name);
    const PsaKey key(c.family, hex(c.private_key));
    Bytes peer = hex(c.peer);
    if (c.family == PSA_ECC_FAMILY_MONTGOMERY) {
      peer.assign(peer.size(), 0);  // of low order (RFC 7748 section 6.1)
    } else {
      peer.back() ^= 1;  // beside the curve
    }
    Bytes shared;
    CHECK(key.agree(peer, shared) != PSA_SUCCESS);
  }
}

TEST_CASE("threads sign with one key and agree on keys at the same time") {
  REQUIRE(psa_crypto_init() == PSA_SUCCESS);
  mbedtls_ecdsa_context key;
  mbedtls_ecdsa_init(&key);
  REQUIRE(mbedtls_ecdsa_genkey(&key, MBEDTLS_ECP_DP_SECP256R1, certs::random_bytes, nullptr) == 0);
  constexpr int rounds = 100;
  const auto work = [&](int& right) {
    const Bytes hash(32, 7);
    for (int round = 0; round < rounds; ++round) {
      Bytes signature(MBEDTLS_ECDSA_MAX_LEN);
      std::size_t size = 0;
      mbedtls_ecdh_context client;
      mbedtls_ecdh_context server;
      mbedtls_ecdh_init(&client);
      mbedtls_ecdh_init(&server);
      Bytes message(100);
      Bytes ours(32);
      Bytes theirs(32);
      const bool done = mbedtls_ecdsa_write_signature(
                            &key, MBEDTLS_MD_SHA256, hash.data(), hash.size(), signature.data(),
                            signature.size(), &size, certs::random_bytes, nullptr) == 0 &&
                        mbedtls_ecdsa_read_signature(&key, hash.data(), hash.size(),
                                                     signature.data(), size) == 0 &&
                        mbedtls_ecdh_setup(&client, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
                        mbedtls_ecdh_setup(&server, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
                        mbedtls_ecdh_make_public(&client, &size, message.data(), message.size(),
                                                 certs::random_bytes, nullptr) == 0 &&
                        mbedtls_ecdh_read_public(&server, message.data(), size) == 0 &&
                        mbedtls_ecdh_make_public(&server, &size, message.data(), message.size(),
                                                 certs::random_bytes, nullptr) == 0 &&
                        mbedtls_ecdh_read_public(&client, message.data(), size) == 0 &&
                        mbedtls_ecdh_calc_secret(&client, &size, ours.data(), ours.size(),
                                                 certs::random_bytes, nullptr) == 0 &&
                        mbedtls_ecdh_calc_secret(&server, &size, theirs.data(), theirs.size(),
                                                 certs::random_bytes, nullptr) == 0;
      mbedtls_ecdh_free(&client);
      mbedtls_ecdh_free(&server);
      if (done && ours == theirs) ++right;
    }
  };
  int right[3] = {};
  {
    std::vector<std::jthread> threads;
    for (int& count : right) threads.emplace_back(work, std::ref(count));
  }
  for (const int count : right) CHECK(count == rounds);
  mbedtls_ecdsa_free(&key);
}

}  // namespace
}  // namespace legible::test
