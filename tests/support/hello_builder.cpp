#include "support/hello_builder.hpp"

#include <algorithm>

namespace legible::test {
namespace {

/// Appends numbers and length-prefixed blocks in network order.
class Writer {
 public:
  Writer& u8(std::size_t value) { return number(value, 1); }
  Writer& u16(std::size_t value) { return number(value, 2); }
  Writer& u24(std::size_t value) { return number(value, 3); }

  Writer& bytes(std::span<const std::uint8_t> data) {
    out_.insert(out_.end(), data.begin(), data.end());
    return *this;
  }
  Writer& vector8(std::span<const std::uint8_t> data) { return u8(data.size()).bytes(data); }
  Writer& vector16(std::span<const std::uint8_t> data) { return u16(data.size()).bytes(data); }

  const Bytes& done() const { return out_; }

 private:
  Writer& number(std::size_t value, int size) {
    while (size-- > 0) out_.push_back(static_cast<std::uint8_t>(value >> (8 * size)));
    return *this;
  }

  Bytes out_;
};

Bytes list_u16(const std::vector<std::uint16_t>& values) {
  Writer list;
  for (const std::uint16_t value : values) list.u16(value);
  return list.done();
}

Bytes names8(std::span<const std::string> names) {
  Writer list;
  for (const std::string& name : names) list.vector8(text(name));
  return list.done();
}

Bytes key_share_entry(const std::pair<std::uint16_t, Bytes>& share) {
  return Writer().u16(share.first).vector16(share.second).done();
}

constexpr std::uint16_t server_name = 0;
constexpr std::uint16_t supported_groups = 10;
constexpr std::uint16_t signature_algorithms = 13;
constexpr std::uint16_t application_layer_protocol_negotiation = 16;
constexpr std::uint16_t supported_versions = 43;
constexpr std::uint16_t key_share = 51;

void add_extension(Writer& block, std::uint16_t type, const Bytes& data) {
  block.u16(type).vector16(data);
}

Bytes client_extensions(const ClientHelloSpec& spec) {
  Writer block;
  if (spec.sni) {
    const Bytes host_name = Writer().u8(0).vector16(text(*spec.sni)).done();
    add_extension(block, server_name, Writer().vector16(host_name).done());
  }
  if (!spec.groups.empty()) {
    add_extension(block, supported_groups, Writer().vector16(list_u16(spec.groups)).done());
  }
  if (!spec.signature_algorithms.empty()) {
    add_extension(block, signature_algorithms,
                  Writer().vector16(list_u16(spec.signature_algorithms)).done());
  }
  if (!spec.alpn.empty()) {
    add_extension(block, application_layer_protocol_negotiation,
                  Writer().vector16(names8(spec.alpn)).done());
  }
  if (!spec.supported_versions.empty()) {
    add_extension(block, supported_versions,
                  Writer().vector8(list_u16(spec.supported_versions)).done());
  }
  if (!spec.key_shares.empty()) {
    Writer shares;
    for (const auto& share : spec.key_shares) shares.bytes(key_share_entry(share));
    add_extension(block, key_share, Writer().vector16(shares.done()).done());
  }
  for (const auto& [type, data] : spec.extensions) add_extension(block, type, data);
  return block.done();
}

Bytes server_extensions(const ServerHelloSpec& spec) {
  Writer block;
  if (spec.selected_version) {
    add_extension(block, supported_versions, Writer().u16(*spec.selected_version).done());
  }
  if (spec.key_share) add_extension(block, key_share, key_share_entry(*spec.key_share));
  if (spec.alpn) {
    add_extension(block, application_layer_protocol_negotiation,
                  Writer().vector16(names8({&*spec.alpn, 1})).done());
  }
  for (const auto& [type, data] : spec.extensions) add_extension(block, type, data);
  return block.done();
}

}  // namespace

Bytes handshake(std::uint8_t type, std::span<const std::uint8_t> body) {
  return Writer().u8(type).u24(body.size()).bytes(body).done();
}

Bytes client_hello(const ClientHelloSpec& spec) {
  constexpr std::uint8_t type = 1;
  Writer body;
  body.u16(spec.legacy_version).bytes(spec.random).vector8(spec.session_id);
  body.vector16(list_u16(spec.ciphers)).vector8(spec.compression);
  if (spec.extensions_block) body.vector16(client_extensions(spec));
  return handshake(type, body.done());
}

Bytes server_hello(const ServerHelloSpec& spec) {
  constexpr std::uint8_t type = 2;
  Writer body;
  body.u16(spec.legacy_version).bytes(spec.random).vector8(spec.session_id);
  body.u16(spec.cipher).u8(spec.compression);
  if (spec.extensions_block) body.vector16(server_extensions(spec));
  return handshake(type, body.done());
}

Bytes sslv2_client_hello(const Sslv2ClientHelloSpec& spec) {
  constexpr std::uint8_t type = 1;
  constexpr std::size_t no_padding = 0x8000;
  Writer message;
  message.u8(type).u16(spec.version);
  message.u16(3 * spec.cipher_specs.size()).u16(spec.session_id.size());
  message.u16(spec.challenge.size());
  for (const std::uint32_t cipher : spec.cipher_specs) message.u24(cipher);
  message.bytes(spec.session_id).bytes(spec.challenge);
  return Writer().u16(no_padding | message.done().size()).bytes(message.done()).done();
}

Bytes record(std::uint8_t type, std::uint16_t version, std::span<const std::uint8_t> content) {
  return Writer().u8(type).u16(version).vector16(content).done();
}

Bytes records(std::uint8_t type, std::uint16_t version, std::span<const std::uint8_t> content,
              std::size_t fragment) {
  Bytes all;
  while (!content.empty()) {
    const std::size_t size = std::min(fragment, content.size());
    const Bytes one = record(type, version, content.first(size));
    all.insert(all.end(), one.begin(), one.end());
    content = content.subspan(size);
  }
  return all;
}

Bytes handshake_record(std::uint16_t version, std::span<const std::uint8_t> messages) {
  constexpr std::uint8_t type = 22;
  return record(type, version, messages);
}

Bytes alert_record(std::uint16_t version, std::uint8_t level, std::uint8_t description) {
  constexpr std::uint8_t type = 21;
  return record(type, version, std::array{level, description});
}

}  // namespace legible::test
