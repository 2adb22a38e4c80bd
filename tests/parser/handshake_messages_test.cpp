#include "parser/handshake_messages.hpp"

#include <catch2/catch_test_macros.hpp>

#include "support/bytes.hpp"

using namespace legible::parser;
using legible::test::Bytes;
using legible::test::hex;

namespace {

constexpr CipherSuite ecdhe_rsa{0xc02f};
constexpr CipherSuite ecdh_anon{0xc018};
constexpr CipherSuite dhe_rsa{0x009e};
constexpr CipherSuite dhe_psk{0x00aa};
constexpr CipherSuite rsa{0x002f};

ServerKeyExchange key_exchange(std::string_view digits, ProtocolVersion version,
                               CipherSuite suite) {
  return std::get<ServerKeyExchange>(decode_server_key_exchange(hex(digits), version, suite));
}

template <class T>
std::string_view field_of(const DecodeResult<T>& result) {
  const auto* error = std::get_if<DecodeError>(&result);
  return error != nullptr ? error->field : std::string_view{};
}

}  // namespace

TEST_CASE("a Certificate is a list of DER, in TLS 1.3 with a context and extensions") {
  const auto old = decode_certificate(hex("000009 000003 aabbcc 000000"), tls12, 64);
  CHECK(std::get<Capped<CertificateMessage>>(old).message.chain ==
        std::vector<Bytes>{hex("aabbcc"), {}});
  const auto modern = decode_certificate(hex("01 77 00000b 000003 aabbcc 0003 ffffff"), tls13, 64);
  CHECK(std::get<Capped<CertificateMessage>>(modern).message.chain ==
        std::vector<Bytes>{hex("aabbcc")});
  CHECK(std::get<Capped<CertificateMessage>>(decode_certificate(hex("000000"), tls12, 64))
            .message.chain.empty());
  CHECK(field_of(decode_certificate(hex("000006 0000ff aabbcc"), tls12, 64)) == "cert_data");
  CHECK(field_of(decode_certificate(hex("000003 000000 00"), tls12, 64)) == "certificate_list");
}

TEST_CASE("a CertificateRequest has a form of its own up to TLS 1.1, in 1.2 and in 1.3") {
  const auto read = [](std::string_view digits, ProtocolVersion version) {
    return std::get<Capped<CertificateRequest>>(
               decode_certificate_request(hex(digits), version, 1024))
        .message;
  };
  const CertificateRequest tls10_form = read("02 01 40 0006 0001 aa 0001 bb", tls10);
  CHECK(tls10_form.types == std::vector<ClientCertificateType>{{1}, {64}});
  CHECK(tls10_form.signature_algorithms.empty());
  CHECK(tls10_form.authorities == std::vector<Bytes>{hex("aa"), hex("bb")});

  const CertificateRequest tls12_form = read("01 01 0004 0401 0804 0000", tls12);
  CHECK(tls12_form.signature_algorithms == std::vector<SignatureScheme>{{0x0401}, {0x0804}});
  CHECK(tls12_form.authorities.empty());

  const CertificateRequest tls13_form =
      read("00 0013 000d 0004 0002 0804 002f 0007 0005 0003 30 01 00", tls13);
  CHECK(tls13_form.types.empty());
  CHECK(tls13_form.signature_algorithms == std::vector<SignatureScheme>{{0x0804}});
  CHECK(tls13_form.authorities == std::vector<Bytes>{hex("300100")});

  CHECK(field_of(decode_certificate_request(hex("01 01 0003 040108 0000"), tls12, 1024)) ==
        "signature_scheme");
}

TEST_CASE("a ServerKeyExchange is read by the suite's key exchange") {
  const auto ecdhe = key_exchange("03 001d 02 aabb 0804 0001 cc", tls12, ecdhe_rsa);
  CHECK(ecdhe.group == NamedGroup{29});
  CHECK(ecdhe.scheme == SignatureScheme{0x0804});
  CHECK_FALSE(ecdhe.dh_prime_bits);
  CHECK(ecdhe.parameters == hex("03001d02aabb"));
  CHECK(ecdhe.signature == hex("cc"));

  CHECK_FALSE(key_exchange("03 0017 02 aabb 0001 cc", tls10, ecdhe_rsa).scheme);
  CHECK(key_exchange("03 0017 02 aabb", tls12, ecdh_anon).group == NamedGroup{23});
  CHECK(key_exchange("03 0017 02 aabb", tls12, ecdh_anon).signature.empty());

  const auto dhe = key_exchange("0003 00 01 ff 0001 02 0001 05 0401 0001 cc", tls12, dhe_rsa);
  CHECK(dhe.dh_prime_bits == 9);
  CHECK(dhe.scheme == SignatureScheme{0x0401});
  CHECK(key_exchange("0002 6869 0001 80 0001 02 0001 05", tls12, dhe_psk).dh_prime_bits == 8);

  CHECK_FALSE(key_exchange("ffff", tls12, rsa).group);
  CHECK(field_of(decode_server_key_exchange(hex("07"), tls12, ecdhe_rsa)) == "curve_type");
  CHECK(field_of(decode_server_key_exchange(hex("03 0017 ff 00"), tls12, ecdhe_rsa)) == "point");
}

TEST_CASE("a CertificateVerify names its scheme since TLS 1.2") {
  const auto scheme = [](std::string_view digits, ProtocolVersion version) {
    return std::get<CertificateVerify>(decode_certificate_verify(hex(digits), version)).scheme;
  };
  CHECK(scheme("0804 0001 aa", tls13) == SignatureScheme{0x0804});
  CHECK(scheme("0001 aa", tls11) == std::nullopt);
}

TEST_CASE("EncryptedExtensions tell the chosen protocol") {
  const auto alpn = [](std::string_view digits) {
    return std::get<EncryptedExtensions>(decode_encrypted_extensions(hex(digits))).alpn;
  };
  CHECK(alpn("0009 0010 0005 0003 02 6832") == "h2");
  CHECK(alpn("0000") == std::nullopt);
}

TEST_CASE("messages cut anywhere are errors, not reads beyond them") {
  const Bytes request = hex("02 01 40 0004 0401 0403 0005 0003 30 01 00");
  for (std::size_t size = 0; size < request.size(); ++size) {
    CAPTURE(size);
    CHECK(std::holds_alternative<DecodeError>(
        decode_certificate_request(std::span(request).first(size), tls12, 1024)));
  }
  const Bytes chain = hex("000009 000003 aabbcc 000000");
  for (std::size_t size = 0; size < chain.size(); ++size) {
    CAPTURE(size);
    CHECK(std::holds_alternative<DecodeError>(
        decode_certificate(std::span(chain).first(size), tls12, 64)));
  }
}
