#include "support/handshake_script.hpp"

#include <algorithm>

#include "parser/connection_observer.hpp"
#include "support/hello_builder.hpp"

namespace legible::test {
namespace {

using parser::Side;

const Bytes session_id(32, 0x5e);

/// The extension of supported_versions that a HelloRetryRequest and a TLS 1.3 ServerHello carry.
constexpr std::uint16_t tls13 = 0x0304;

ServerHelloSpec tls13_answer() {
  return {.session_id = session_id,
          .cipher = 0x1301,
          .selected_version = tls13,
          .key_share = std::pair<std::uint16_t, Bytes>{0x001d, Bytes(32, 0x99)}};
}

/// The random that makes a ServerHello a HelloRetryRequest: RFC 8446 section 4.1.3.
std::array<std::uint8_t, 32> hello_retry_random() {
  const Bytes random = hex("cf21ad74e59a6111be1d8c021e65b891 c2a211167abb8c5e079e09e2c8a8339c");
  std::array<std::uint8_t, 32> copy{};
  std::ranges::copy(random, copy.begin());
  return copy;
}

}  // namespace

Bytes ciphertext(std::uint8_t type, std::uint16_t length) {
  return record(type, 0x0303, Bytes(length, 0xee));
}

Bytes change_cipher_spec(std::uint16_t version) { return record(20, version, Bytes{1}); }

Script tls12_handshake() {
  const Bytes certificate = handshake(11, hex("00000a 000003 aabbcc 000001 dd"));
  const Bytes key_exchange = handshake(12, concat({hex("03 0017 04 01020304 0401 0002 abab")}));
  const Bytes request = handshake(13, hex("02 01 40 0004 0401 0403 0005 0003 30 01 00"));
  return {
      client(handshake_record(0x0301, client_hello({.sni = "partner.example"}))),
      server(handshake_record(
          0x0303, concat({server_hello(), certificate, key_exchange, request, handshake(14, {})}))),
      client(concat({handshake_record(0x0303, concat({handshake(11, hex("000000")),
                                                      handshake(16, hex("04 01020304"))})),
                     change_cipher_spec(), ciphertext(22, 40)})),
      server(concat({handshake_record(0x0303, handshake(4, hex("00000e10 0002 abab"))),
                     change_cipher_spec(), ciphertext(22, 40)})),
      client(ciphertext(23, 300)),
      server(ciphertext(23, 16000)),
      client(ciphertext(21, 26)),
  };
}

Script tls12_resumption() {
  return {
      client(handshake_record(0x0301, client_hello({.session_id = session_id}))),
      server(concat({handshake_record(0x0303, server_hello({.session_id = session_id})),
                     change_cipher_spec(), ciphertext(22, 40)})),
      client(concat({change_cipher_spec(), ciphertext(22, 40)})),
  };
}

Script tls13_handshake() {
  const ClientHelloSpec hello{.session_id = session_id,
                              .ciphers = {0x1301, 0x1302},
                              .sni = "partner.example",
                              .supported_versions = {tls13, 0x0303},
                              .groups = {0x001d, 0x0017}};
  ServerHelloSpec retry = tls13_answer();
  retry.random = hello_retry_random();
  retry.key_share.reset();
  retry.extensions = {{51, hex("0017")}};
  return {
      client(handshake_record(0x0301, client_hello(hello))),
      server(concat({handshake_record(0x0303, server_hello(retry)), change_cipher_spec()})),
      client(concat({change_cipher_spec(), handshake_record(0x0303, client_hello(hello))})),
      server(concat({handshake_record(0x0303, server_hello(tls13_answer())), ciphertext(23, 23),
                     ciphertext(23, 651), ciphertext(23, 281), ciphertext(23, 53)})),
      client(concat({ciphertext(23, 53), ciphertext(23, 200)})),
      server(concat({ciphertext(23, 218), ciphertext(23, 900)})),
      client(ciphertext(23, 19)),
  };
}

std::vector<std::string> observe(const Script& script, std::size_t piece, bool ended) {
  ObservationRecorder recorder;
  const parser::Limits limits;
  parser::TlsObserver observer(recorder, limits);
  for (const Flight& flight : script) {
    std::span<const std::uint8_t> rest = flight.bytes;
    while (!rest.empty()) {
      const auto part = rest.first(piece == 0 ? rest.size() : std::min(piece, rest.size()));
      observer.feed(flight.from, part);
      rest = rest.subspan(part.size());
    }
  }
  if (ended) {
    observer.end(Side::client, parser::StreamEnd::fin);
    observer.end(Side::server, parser::StreamEnd::fin);
  }
  return recorder.lines();
}

Script in_one_byte_records(const Script& script) {
  Script cut;
  for (const Flight& flight : script) {
    Bytes bytes;
    for (std::size_t at = 0; at + 5 <= flight.bytes.size();) {
      const std::uint8_t* const header = flight.bytes.data() + at;
      const auto length = static_cast<std::size_t>(header[3] << 8 | header[4]);
      for (std::size_t i = 0; i < length; ++i) {
        bytes.insert(bytes.end(), {header[0], header[1], header[2], 0, 1, header[5 + i]});
      }
      at += 5 + length;
    }
    cut.push_back({flight.from, std::move(bytes)});
  }
  return cut;
}

}  // namespace legible::test
