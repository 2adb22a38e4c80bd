#pragma once
// Turns of two sides, and what is to be observed of them.

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parser/tls_types.hpp"
#include "support/bytes.hpp"
#include "support/hello_builder.hpp"

namespace legible::parser {

using test::Bytes;
using test::text;
using Lines = std::vector<std::string>;

/// One side's bytes, sent when the other has sent all of its own before.
struct Turn {
  Side from;
  Bytes bytes;
};

inline Turn client(std::string_view characters) { return {Side::client, text(characters)}; }
inline Turn server(std::string_view characters) { return {Side::server, text(characters)}; }
inline Turn client(Bytes bytes) { return {Side::client, std::move(bytes)}; }
inline Turn server(Bytes bytes) { return {Side::server, std::move(bytes)}; }

inline const Bytes hello =
    test::handshake_record(0x0301, test::client_hello({.sni = "partner.example"}));
inline const Bytes answer = test::handshake_record(0x0303, test::server_hello());
inline const Bytes refusal = test::alert_record(0x0303, 2, 40);

/// A line that is longer than a line.
inline std::string joined(std::initializer_list<const char*> parts) {
  std::string all;
  for (const char* part : parts) all += part;
  return all;
}

struct Case {
  std::string name;
  std::vector<Turn> turns;
  Lines expected;
};

/// Dialogues in clear, that lead to TLS or do not.
const std::vector<Case>& dialogue_cases();

}  // namespace legible::parser
