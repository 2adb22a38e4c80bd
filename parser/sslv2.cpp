#include "parser/sslv2.hpp"

#include <optional>

#include "parser/byte_reader.hpp"

namespace legible::parser::sslv2 {

DecodeResult<ServerHello> decode_server_hello(std::span<const std::uint8_t> record) {
  if (record.size() < header_size || record.size() < record_size(record)) return NeedMore{};
  std::optional<DecodeError> error;
  ByteReader reader(record.first(record_size(record)).subspan(header_size), error, header_size);
  ServerHello hello;

  const MessageType type{reader.u8("msg_type")};
  if (type != MessageType::server_hello) reader.fail("msg_type");
  hello.session_id_hit = reader.u8("session_id_hit") != 0;
  reader.u8("certificate_type");
  hello.version = reader.u16("server_version");
  const std::uint16_t certificate_length = reader.u16("certificate_length");
  const std::uint16_t specs_length = reader.u16("cipher_specs_length");
  const std::uint16_t connection_id_length = reader.u16("connection_id_length");
  const auto certificate = reader.bytes(certificate_length, "certificate");
  hello.certificate.assign(certificate.begin(), certificate.end());
  reader.bytes(specs_length, "cipher_specs");
  reader.bytes(connection_id_length, "connection_id");
  reader.expect_end("connection_id");

  if (error) return *error;
  return hello;
}

}  // namespace legible::parser::sslv2
