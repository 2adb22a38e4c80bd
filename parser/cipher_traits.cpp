#include "parser/cipher_traits.hpp"

#include <string_view>

#include "parser/iana_tables.hpp"

namespace legible::parser {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// `names` is what stands before "_WITH_": "TLS_ECDHE_RSA", "TLS_DH_anon_EXPORT", ...
void read_key_exchange(std::string_view names, CipherTraits& traits) {
  const bool anonymous = contains(names, "_anon");
  traits.psk = contains(names, "PSK");
  if (contains(names, "ECDHE") || contains(names, "ECDH_anon")) {
    traits.key_exchange = KeyExchange::ecdhe;
  } else if (contains(names, "DHE") || contains(names, "DH_anon")) {
    traits.key_exchange = KeyExchange::dhe;
  } else if (contains(names, "TLS_RSA_EXPORT")) {
    traits.key_exchange = KeyExchange::rsa_export;
  } else if (contains(names, "SRP") || contains(names, "ECCPWD") || contains(names, "FORTEZZA")) {
    traits.key_exchange = KeyExchange::unknown;
  } else {
    traits.key_exchange = KeyExchange::static_key;
  }
  traits.signs = !anonymous && !traits.psk && traits.key_exchange != KeyExchange::static_key &&
                 traits.key_exchange != KeyExchange::unknown;
}

std::uint8_t mac_bytes(std::string_view cipher) {
  if (cipher.ends_with("SHA384")) return 48;
  if (cipher.ends_with("SHA256")) return 32;
  if (cipher.ends_with("SHA")) return 20;
  if (cipher.ends_with("MD5")) return 16;
  return 0;
}

/// `cipher` is what stands after "_WITH_": "AES_128_GCM_SHA256", "RC4_128_MD5", ...
void read_protection(std::string_view cipher, CipherTraits& traits) {
  if (contains(cipher, "GCM") || contains(cipher, "CCM") || contains(cipher, "POLY1305")) {
    traits.protection = RecordProtection::aead;
    traits.tag_bytes = contains(cipher, "CCM_8") ? 8 : 16;
    // RFC 5288, RFC 6655: 8 bytes of the nonce are sent; RFC 7905: none are.
    traits.explicit_nonce_bytes = contains(cipher, "POLY1305") ? 0 : 8;
    return;
  }
  traits.mac_bytes = mac_bytes(cipher);
  if (traits.mac_bytes == 0) return;
  if (cipher.starts_with("NULL")) {
    traits.protection = RecordProtection::none;
  } else if (cipher.starts_with("RC4")) {
    traits.protection = RecordProtection::stream;
  } else if (contains(cipher, "CBC")) {
    const bool wide = cipher.starts_with("AES") || cipher.starts_with("CAMELLIA") ||
                      cipher.starts_with("ARIA") || cipher.starts_with("SEED");
    traits.protection = RecordProtection::block;
    traits.block_bytes = wide ? 16 : 8;
  }
}

}  // namespace

CipherTraits traits(CipherSuite suite) {
  CipherTraits traits;
  const std::string_view suite_name = name(suite);
  if (suite_name.empty()) return traits;
  if (suite_name.ends_with("SHA384")) traits.hash_bytes = 48;

  constexpr std::string_view separator = "_WITH_";
  const std::size_t with = suite_name.find(separator);
  if (with != std::string_view::npos) {
    read_key_exchange(suite_name.substr(0, with), traits);
    read_protection(suite_name.substr(with + separator.size()), traits);
  } else if (suite_name.starts_with("TLS_")) {
    // TLS 1.3: "TLS_AES_128_GCM_SHA256".
    traits.key_exchange = KeyExchange::any;
    read_protection(suite_name.substr(4), traits);
  }
  return traits;
}

}  // namespace legible::parser
