#include "parser/iana_tables.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace legible::parser;

TEST_CASE("numbers have the names of their registries") {
  CHECK(name(CipherSuite{0x1301}) == "TLS_AES_128_GCM_SHA256");
  CHECK(name(CipherSuite{0xc02f}) == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  CHECK(name(CipherSuite{0x0000}) == "TLS_NULL_WITH_NULL_NULL");
  CHECK(name(CipherSuite{0x00ff}) == "TLS_EMPTY_RENEGOTIATION_INFO_SCSV");
  CHECK(name(CipherSuite{0xfeff}) == "SSL_RSA_FIPS_WITH_3DES_EDE_CBC_SHA");
  CHECK(name(NamedGroup{29}) == "x25519");
  CHECK(name(NamedGroup{256}) == "ffdhe2048");
  CHECK(name(NamedGroup{4587}) == "SecP256r1MLKEM768");
  CHECK(name(NamedGroup{4588}) == "X25519MLKEM768");
  CHECK(name(NamedGroup{4589}) == "SecP384r1MLKEM1024");
  CHECK(name(NamedGroup{25497}) == "X25519Kyber768Draft00");
  CHECK(name(SignatureScheme{0x0804}) == "rsa_pss_rsae_sha256");
  CHECK(name(ExtensionType{16}) == "application_layer_protocol_negotiation");
  CHECK(name(ExtensionType{0xfe0d}) == "encrypted_client_hello");
  CHECK(name(ExtensionType{13172}) == "next_protocol_negotiation");
  CHECK(name(ExtensionType{17613}) == "application_settings");
  CHECK(name(ExtensionType{0xff01}) == "renegotiation_info");
  CHECK(name(AlertDescription{48}) == "unknown_ca");
  CHECK(name(AlertDescription{41}) == "no_certificate");
  CHECK(name(AlertLevel{2}) == "fatal");
  CHECK(name(ContentType{23}) == "application_data");
  CHECK(name(HandshakeType{14}) == "server_hello_done");
  CHECK(name(ClientCertificateType{64}) == "ecdsa_sign");
  CHECK(name(CompressionMethod{0}) == "NULL");
  CHECK(sslv2_cipher_spec_name(0x0700c0) == "SSL_CK_DES_192_EDE3_CBC_WITH_MD5");
}

TEST_CASE("a number without a name has an empty one, and GREASE is called GREASE") {
  CHECK(name(CipherSuite{0xeeee}).empty());
  CHECK(name(NamedGroup{511}).empty());
  CHECK(name(AlertDescription{255}).empty());
  CHECK(name(CipherSuite{0x0a0a}) == "GREASE");
  CHECK(name(NamedGroup{0xfafa}) == "GREASE");
  CHECK(name(SignatureScheme{0x1a1a}) == "GREASE");
  CHECK(name(ExtensionType{0xfafa}) == "GREASE");
}

TEST_CASE("a version has its name, or its number") {
  CHECK(to_text(tls13) == "TLS 1.3");
  CHECK(to_text(tls10) == "TLS 1.0");
  CHECK(to_text(ssl2) == "SSL 2.0");
  CHECK(to_text({0x7f0e}) == "0x7f0e");
  CHECK(to_text({0x2a2a}) == "0x2a2a");
}
