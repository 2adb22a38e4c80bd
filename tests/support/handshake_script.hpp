#pragma once
// Whole handshakes as a list of what each side sends, and an observer fed with them.

#include <cstdint>
#include <string>
#include <vector>

#include "parser/tls_observer.hpp"
#include "support/bytes.hpp"
#include "support/observation_recorder.hpp"

namespace legible::test {

/// What one side sends at a time.
struct Flight {
  parser::Side from;
  Bytes bytes;
};
using Script = std::vector<Flight>;

inline Flight client(Bytes bytes) { return {parser::Side::client, std::move(bytes)}; }
inline Flight server(Bytes bytes) { return {parser::Side::server, std::move(bytes)}; }

/// An encrypted record: a header, and a payload that nobody can read.
Bytes ciphertext(std::uint8_t type, std::uint16_t length);
Bytes change_cipher_spec(std::uint16_t version = 0x0303);

/// TLS 1.2, ECDHE_RSA with AES-128-GCM, a client certificate asked for; data and a close at the
/// end.
Script tls12_handshake();
/// Its abbreviated form.
Script tls12_resumption();
/// TLS 1.3 after a HelloRetryRequest, with the records that OpenSSL sends.
Script tls13_handshake();

/// What an observer reports of `script`, whose flights are fed in pieces of `piece` bytes (0:
/// whole), each side ended by a FIN when `ended`.
std::vector<std::string> observe(const Script& script, std::size_t piece = 0, bool ended = true);

/// The same bytes with each record cut into records of one byte of payload.
Script in_one_byte_records(const Script& script);

}  // namespace legible::test
