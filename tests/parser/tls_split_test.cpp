// Properties: observations depend on the bytes, not on how they arrive; and what was cut off is
// never invented.

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "support/handshake_script.hpp"
#include "support/hello_builder.hpp"

using namespace legible::test;
using Lines = std::vector<std::string>;

namespace {

struct Case {
  const char* what;
  Script script;
};

std::vector<Case> scripts() {
  return {{"TLS 1.2", tls12_handshake()},
          {"TLS 1.2 resumption", tls12_resumption()},
          {"TLS 1.3", tls13_handshake()},
          {"SSLv2-format hello",
           {client(sslv2_client_hello({.version = 0x0301, .cipher_specs = {0x2f}})),
            server(handshake_record(0x0301, server_hello({.legacy_version = 0x0301}))),
            client(alert_record(0x0301, 2, 40))}},
          {"malformed", {client(handshake_record(0x0301, client_hello())), server(text("HTTP"))}}};
}

/// A script without what costs time and has nothing to cut: long ciphertexts.
Script shortened(Script script) {
  for (Flight& flight : script) {
    if (flight.bytes.size() > 5 && flight.bytes[0] == 23) {
      flight.bytes = ciphertext(
          23, static_cast<std::uint16_t>(std::min<std::size_t>(flight.bytes.size() - 5, 60)));
    }
  }
  return script;
}

/// What observers say before the end of a stream is a beginning of what they say of more of it.
bool is_beginning(const Lines& part, const Lines& whole) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

}  // namespace

TEST_CASE("reads of any size give the same observations") {
  for (const Case& c : scripts()) {
    const Lines whole = observe(c.script);
    for (const std::size_t piece : {1u, 2u, 3u, 5u, 7u, 64u, 1460u}) {
      CAPTURE(c.what, piece);
      CHECK(observe(c.script, piece) == whole);
    }
  }
}

TEST_CASE("a read that ends at any offset of a flight gives the same observations") {
  for (const Case& c : scripts()) {
    const Script script = shortened(c.script);
    const Lines whole = observe(script);
    for (std::size_t cut_flight = 0; cut_flight < script.size(); ++cut_flight) {
      const Bytes& bytes = script[cut_flight].bytes;
      for (std::size_t at = 1; at < bytes.size(); ++at) {
        CAPTURE(c.what, cut_flight, at);
        Script cut = script;
        const auto middle = bytes.begin() + static_cast<std::ptrdiff_t>(at);
        cut[cut_flight].bytes.assign(bytes.begin(), middle);
        cut.insert(cut.begin() + static_cast<std::ptrdiff_t>(cut_flight) + 1,
                   {script[cut_flight].from, Bytes(middle, bytes.end())});
        REQUIRE(observe(cut) == whole);
      }
    }
  }
}

TEST_CASE("handshake messages in records of one byte each are the same messages") {
  // Without the encrypted records, which are told by their lengths.
  const Bytes messages =
      concat({server_hello(), handshake(11, hex("000006 000003 aabbcc")), handshake(14, {})});
  const Script whole{client(handshake_record(0x0301, client_hello({.sni = "a.example"}))),
                     server(handshake_record(0x0303, messages)),
                     client(alert_record(0x0303, 2, 48))};
  const Script cut = in_one_byte_records(whole);
  CHECK(observe(cut) == observe(whole));
  CHECK(observe(cut, 1) == observe(whole));
}

TEST_CASE("a truncated connection is told as far as it goes, then as incomplete") {
  for (const Case& c : scripts()) {
    const Script script = shortened(c.script);
    const Lines whole = observe(script, 0, false);
    for (std::size_t flight = 0; flight < script.size(); ++flight) {
      for (std::size_t size = 0; size < script[flight].bytes.size(); ++size) {
        CAPTURE(c.what, flight, size);
        Script cut(script.begin(), script.begin() + static_cast<std::ptrdiff_t>(flight) + 1);
        cut.back().bytes.resize(size);
        REQUIRE(is_beginning(observe(cut, 0, false), whole));
      }
    }
  }
}
