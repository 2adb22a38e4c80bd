#include "proxy/lab/wire_builder.hpp"

#include <cstddef>

namespace legible::proxy::lab {
namespace {

constexpr std::uint8_t client_hello_type = 1;
constexpr std::uint8_t server_hello_type = 2;
constexpr std::uint8_t certificate_type = 11;

void put(Bytes& out, std::span<const std::uint8_t> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void put_number(Bytes& out, std::size_t number, unsigned width) {
  for (unsigned byte = width; byte-- > 0;) {
    out.push_back(static_cast<std::uint8_t>(number >> (8 * byte)));
  }
}

/// A vector of RFC 8446 section 3.4: its length in `width` bytes, then its content.
void put_vector(Bytes& out, std::span<const std::uint8_t> content, unsigned width) {
  put_number(out, content.size(), width);
  put(out, content);
}

Bytes numbers(const std::vector<std::uint16_t>& values) {
  Bytes out;
  for (const std::uint16_t value : values) put_number(out, value, 2);
  return out;
}

Bytes nested(std::span<const std::uint8_t> content, unsigned width) {
  Bytes out;
  put_vector(out, content, width);
  return out;
}

void put_extension(Bytes& out, std::uint16_t type, std::span<const std::uint8_t> data) {
  put_number(out, type, 2);
  put_vector(out, data, 2);
}

Bytes server_name(std::string_view name) {
  Bytes entry{0};  // host_name
  put_number(entry, name.size(), 2);
  entry.insert(entry.end(), name.begin(), name.end());
  return nested(entry, 2);
}

Bytes extensions(const HelloOffer& offer) {
  Bytes out;
  if (!offer.sni.empty()) put_extension(out, 0, server_name(offer.sni));
  if (!offer.groups.empty()) put_extension(out, 10, nested(numbers(offer.groups), 2));
  put_extension(out, 11, Bytes{1, 0});  // ec_point_formats: uncompressed
  if (!offer.signature_schemes.empty()) {
    put_extension(out, 13, nested(numbers(offer.signature_schemes), 2));
  }
  put_extension(out, 0xff01, Bytes{0});  // renegotiation_info
  if (!offer.supported_versions.empty()) {
    put_extension(out, 43, nested(numbers(offer.supported_versions), 1));
  }
  return out;
}

}  // namespace

Bytes record(parser::ContentType type, parser::ProtocolVersion version,
             std::span<const std::uint8_t> fragment) {
  Bytes out{type.value};
  put_number(out, version.value, 2);
  put_vector(out, fragment, 2);
  return out;
}

Bytes in_two_records(std::span<const std::uint8_t> whole) {
  constexpr std::size_t header = 5;
  const auto content = whole.subspan(header);
  const std::size_t half = content.size() / 2;
  const parser::ContentType type{whole[0]};
  const parser::ProtocolVersion version{static_cast<std::uint16_t>(whole[1] << 8 | whole[2])};
  Bytes out = record(type, version, content.first(half));
  const Bytes rest = record(type, version, content.subspan(half));
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

Bytes handshake_message(std::uint8_t type, std::span<const std::uint8_t> body) {
  Bytes out{type};
  put_vector(out, body, 3);
  return out;
}

Bytes client_hello(const HelloOffer& offer) {
  Bytes body;
  put_number(body, offer.legacy_version.value, 2);
  body.insert(body.end(), 32, 0x5a);  // random
  body.push_back(0);                  // session_id
  put_vector(body, numbers(offer.suites), 2);
  put_vector(body, offer.compression, 1);
  if (offer.extensions) put_vector(body, extensions(offer), 2);
  return record(parser::content_type::handshake, offer.record_version,
                handshake_message(client_hello_type, body));
}

Bytes sslv2_client_hello(parser::ProtocolVersion version) {
  Bytes body{client_hello_type};
  put_number(body, version.value, 2);
  const Bytes specs{0x00, 0x00, 0x2f, 0x00, 0x00, 0x0a, 0x07, 0x00, 0xc0};
  constexpr std::size_t challenge_length = 16;
  put_number(body, specs.size(), 2);
  put_number(body, 0, 2);  // session_id
  put_number(body, challenge_length, 2);
  put(body, specs);
  body.insert(body.end(), challenge_length, 0x5a);

  Bytes out;
  put_number(out, 0x8000 | body.size(), 2);
  put(out, body);
  return out;
}

Bytes server_hello(parser::ProtocolVersion version, std::uint16_t suite) {
  Bytes body;
  put_number(body, version.value, 2);
  body.insert(body.end(), 32, 0xa5);  // random
  body.push_back(0);                  // session_id
  put_number(body, suite, 2);
  body.push_back(0);  // compression_method
  return record(parser::content_type::handshake, version,
                handshake_message(server_hello_type, body));
}

Bytes certificate(parser::ProtocolVersion version, std::span<const Bytes> chain) {
  Bytes list;
  for (const Bytes& der : chain) put_vector(list, der, 3);
  return record(parser::content_type::handshake, version,
                handshake_message(certificate_type, nested(list, 3)));
}

Bytes alert(parser::ProtocolVersion version, std::uint8_t level, std::uint8_t description) {
  return record(parser::content_type::alert, version, Bytes{level, description});
}

}  // namespace legible::proxy::lab
