#include "parser/handshake_messages.hpp"

#include <bit>
#include <optional>
#include <utility>

#include "parser/byte_reader.hpp"
#include "parser/cipher_traits.hpp"
#include "parser/extensions.hpp"
#include "parser/server_hello.hpp"

namespace legible::parser {
namespace {

std::vector<std::uint8_t> copy(std::span<const std::uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

template <class T>
DecodeResult<T> result(T message, const std::optional<DecodeError>& error) {
  if (error) return *error;
  return message;
}

/// DistinguishedName certificate_authorities<0..2^16-1>. Answers whether some were left out.
bool read_authorities(ByteReader names, std::vector<std::vector<std::uint8_t>>& authorities,
                      std::uint32_t limit) {
  while (!names.at_end()) {
    const auto name = names.block16("distinguished_name").rest();
    if (names.failed()) break;
    if (authorities.size() == limit) return true;
    authorities.push_back(copy(name));
  }
  return false;
}

std::uint32_t bits(std::span<const std::uint8_t> number) {
  while (!number.empty() && number.front() == 0) number = number.subspan(1);
  if (number.empty()) return 0;
  const auto below = static_cast<std::uint32_t>(number.size() - 1) * 8;
  return below + static_cast<std::uint32_t>(std::bit_width(number.front()));
}

void read_ecdhe_parameters(ByteReader& reader, ServerKeyExchange& message) {
  constexpr std::uint8_t explicit_prime = 1;
  constexpr std::uint8_t explicit_char2 = 2;
  constexpr std::uint8_t named_curve = 3;
  const std::uint8_t curve_type = reader.u8("curve_type");
  if (curve_type == named_curve) {
    message.group = NamedGroup{reader.u16("named_curve")};
    reader.block8("point");
  } else if (curve_type == explicit_prime || curve_type == explicit_char2) {
    reader.rest();  // RFC 8422 took the explicit curves away; nothing behind them is of use
  } else {
    reader.fail("curve_type");
  }
}

}  // namespace

std::string_view message_name(HandshakeType type) {
  switch (type.value) {
    case 0:
      return "HelloRequest";
    case 1:
      return "ClientHello";
    case 2:
      return "ServerHello";
    case 4:
      return "NewSessionTicket";
    case 8:
      return "EncryptedExtensions";
    case 11:
      return "Certificate";
    case 12:
      return "ServerKeyExchange";
    case 13:
      return "CertificateRequest";
    case 14:
      return "ServerHelloDone";
    case 15:
      return "CertificateVerify";
    case 16:
      return "ClientKeyExchange";
    case 20:
      return "Finished";
    case 22:
      return "CertificateStatus";
    case 24:
      return "KeyUpdate";
    case 25:
      return "CompressedCertificate";
    default:
      return "handshake message";
  }
}

DecodeResult<Capped<CertificateMessage>> decode_certificate(std::span<const std::uint8_t> body,
                                                            ProtocolVersion version,
                                                            std::uint32_t limit) {
  std::optional<DecodeError> error;
  ByteReader reader(body, error);
  Capped<CertificateMessage> certificate;
  const bool with_extensions = is_tls13_like(version);
  if (with_extensions) reader.block8("certificate_request_context");
  ByteReader list = reader.block24("certificate_list");
  reader.expect_end("certificate_list");
  while (!list.at_end() && !certificate.cut) {
    const auto der = list.block24("cert_data").rest();
    if (with_extensions) list.block16("extensions");
    if (list.failed()) break;
    certificate.cut = certificate.message.chain.size() == limit;
    if (!certificate.cut) certificate.message.chain.push_back(copy(der));
  }
  return result(std::move(certificate), error);
}

DecodeResult<Capped<CertificateRequest>> decode_certificate_request(
    std::span<const std::uint8_t> body, ProtocolVersion version, std::uint32_t limit) {
  std::optional<DecodeError> error;
  ByteReader reader(body, error);
  Capped<CertificateRequest> request;

  if (is_tls13_like(version)) {
    reader.block8("certificate_request_context");
    ByteReader extensions = reader.block16("extensions");
    reader.expect_end("extensions");
    std::vector<ExtensionType> types;
    for_each_extension(extensions, types, error, [&](ExtensionType type, ByteReader& data) {
      if (type == extension_type::signature_algorithms) {
        request.message.signature_algorithms =
            data.block16("supported_signature_algorithms")
                .rest_as_list<SignatureScheme>("signature_scheme");
      } else if (type == extension_type::certificate_authorities) {
        request.cut =
            read_authorities(data.block16("authorities"), request.message.authorities, limit);
      }
    });
    return result(std::move(request), error);
  }

  request.message.types =
      reader.block8("certificate_types").rest_as_list<ClientCertificateType>("certificate_types");
  if (version >= tls12) {
    request.message.signature_algorithms = reader.block16("supported_signature_algorithms")
                                               .rest_as_list<SignatureScheme>("signature_scheme");
  }
  request.cut = read_authorities(reader.block16("certificate_authorities"),
                                 request.message.authorities, limit);
  reader.expect_end("certificate_authorities");
  return result(std::move(request), error);
}

DecodeResult<ServerKeyExchange> decode_server_key_exchange(std::span<const std::uint8_t> body,
                                                           ProtocolVersion version,
                                                           CipherSuite suite) {
  std::optional<DecodeError> error;
  ByteReader reader(body, error);
  ServerKeyExchange message;
  const CipherTraits kind = traits(suite);

  if (kind.psk) reader.block16("psk_identity_hint");
  switch (kind.key_exchange) {
    case KeyExchange::ecdhe:
      read_ecdhe_parameters(reader, message);
      break;
    case KeyExchange::dhe:
      message.dh_prime_bits = bits(reader.block16("dh_p").rest());
      reader.block16("dh_g");
      reader.block16("dh_Ys");
      break;
    case KeyExchange::rsa_export:
      reader.block16("rsa_modulus");
      reader.block16("rsa_exponent");
      break;
    case KeyExchange::static_key:
    case KeyExchange::unknown:
    case KeyExchange::any:
      return message;
  }
  if (kind.signs && !reader.at_end()) {
    message.parameters = copy(body.first(reader.offset()));
    if (version >= tls12) message.scheme = SignatureScheme{reader.u16("algorithm")};
    message.signature = copy(reader.block16("signature").rest());
  }
  reader.expect_end("signature");
  return result(std::move(message), error);
}

DecodeResult<CertificateVerify> decode_certificate_verify(std::span<const std::uint8_t> body,
                                                          ProtocolVersion version) {
  std::optional<DecodeError> error;
  ByteReader reader(body, error);
  CertificateVerify message;
  if (version >= tls12) message.scheme = SignatureScheme{reader.u16("algorithm")};
  reader.block16("signature");
  reader.expect_end("signature");
  return result(message, error);
}

DecodeResult<EncryptedExtensions> decode_encrypted_extensions(std::span<const std::uint8_t> body) {
  std::optional<DecodeError> error;
  ByteReader reader(body, error);
  EncryptedExtensions message;
  ByteReader extensions = reader.block16("extensions");
  reader.expect_end("extensions");
  std::vector<ExtensionType> types;
  for_each_extension(extensions, types, error, [&message](ExtensionType type, ByteReader& data) {
    if (type != extension_type::alpn) return;
    ByteReader names = data.block16("protocol_name_list");
    const auto name = names.block8("protocol_name").rest();
    if (!names.failed()) message.alpn = std::string(name.begin(), name.end());
  });
  return result(std::move(message), error);
}

}  // namespace legible::parser
