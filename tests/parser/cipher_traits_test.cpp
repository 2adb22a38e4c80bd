#include "parser/cipher_traits.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace legible::parser;

TEST_CASE("key exchange and record protection follow from a suite's name") {
  struct Case {
    std::uint16_t suite;
    KeyExchange key_exchange;
    bool psk;
    bool signs;
    RecordProtection protection;
  };
  const Case cases[] = {
      {0xc02f, KeyExchange::ecdhe, false, true, RecordProtection::aead},
      {0xc018, KeyExchange::ecdhe, false, false, RecordProtection::block},       // ECDH_anon
      {0xc004, KeyExchange::static_key, false, false, RecordProtection::block},  // ECDH_ECDSA
      {0x009e, KeyExchange::dhe, false, true, RecordProtection::aead},
      {0x0018, KeyExchange::dhe, false, false, RecordProtection::stream},  // DH_anon
      {0x0003, KeyExchange::rsa_export, false, true, RecordProtection::stream},
      {0x002f, KeyExchange::static_key, false, false, RecordProtection::block},
      {0x0001, KeyExchange::static_key, false, false, RecordProtection::none},
      {0xc035, KeyExchange::ecdhe, true, false, RecordProtection::block},  // ECDHE_PSK
      {0x00a8, KeyExchange::static_key, true, false, RecordProtection::aead},
      {0x1301, KeyExchange::any, false, false, RecordProtection::aead},
      {0xc020, KeyExchange::unknown, false, false, RecordProtection::block},  // SRP
      {0xeeee, KeyExchange::unknown, false, false, RecordProtection::unknown},
      {0x00ff, KeyExchange::any, false, false, RecordProtection::unknown},  // an SCSV, no suite
  };
  for (const Case& c : cases) {
    CAPTURE(c.suite);
    const CipherTraits found = traits(CipherSuite{c.suite});
    CHECK(found.key_exchange == c.key_exchange);
    CHECK(found.psk == c.psk);
    CHECK(found.signs == c.signs);
    CHECK(found.protection == c.protection);
  }
}

TEST_CASE("sizes of tags, nonces, MACs, blocks and hashes") {
  CHECK(traits({0xc0a0}).tag_bytes == 8);  // CCM_8
  CHECK(traits({0xc02f}).explicit_nonce_bytes == 8);
  CHECK(traits({0xcca8}).explicit_nonce_bytes == 0);
  CHECK(traits({0xc028}).mac_bytes == 48);
  CHECK(traits({0x000a}).block_bytes == 8);
  CHECK(traits({0x0084}).block_bytes == 16);
  CHECK(traits({0x1302}).hash_bytes == 48);
  CHECK(traits({0x1303}).hash_bytes == 32);
}
