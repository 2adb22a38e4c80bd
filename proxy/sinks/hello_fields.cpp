#include "proxy/sinks/hello_fields.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "certs/least_recently_used.hpp"
#include "parser/fingerprint.hpp"
#include "proxy/sinks/event_line.hpp"
#include "proxy/text/digest.hpp"
#include "proxy/text/escape.hpp"

namespace legible::proxy {
namespace {

/// A hello in SSLv2 format has no fingerprint.
void fingerprint_field(JsonWriter& line, std::string_view name, const std::string& print) {
  line.key(name);
  print.empty() ? line.value(nullptr) : escaped_value(line, print, escape_again);
}

void write_violation(JsonWriter& line, const std::optional<parser::DecodeError>& violation) {
  if (!violation) return;
  line.key("violation");
  line.begin_object();
  line.field("field", violation->field);
  line.field("offset", violation->offset);
  line.end_object();
}

void write_lasting(JsonWriter& line, const parser::ClientHello& hello) {
  const auto write_version = [&](parser::ProtocolVersion version) {
    line.value(parser::to_text(version));
  };

  line.key("sni");
  if (hello.sni_state == parser::SniState::absent ||
      hello.sni_state == parser::SniState::malformed) {
    line.value(nullptr);
  } else {
    escaped_value(line, hello.sni, escape_ascii);
  }
  if (hello.sni_state != parser::SniState::absent && hello.sni_state != parser::SniState::present) {
    line.plain_field("sni_state", id(hello.sni_state));
  }
  line.array("versions", hello.offered_versions(), write_version);
  line.field("legacy_version", parser::to_text(hello.legacy_version));
  line.field("record_version", parser::to_text(hello.record_version));
  registry_array(line, "ciphers", hello.ciphers);
  if (hello.sslv2_format) {
    line.array("sslv2_cipher_specs", hello.sslv2_cipher_specs, [&](std::uint32_t spec) {
      write_named_id(line, spec, 3, parser::sslv2_cipher_spec_name(spec));
    });
  }
  registry_array(line, "extensions", hello.extensions);
  registry_array(line, "groups", hello.groups);
  registry_array(line, "signature_algorithms", hello.signature_algorithms);
  registry_array(line, "key_shares", hello.key_shares);
  registry_array(line, "compression", hello.compression);
  line.array("alpn", hello.alpn,
             [&](const std::string& protocol) { escaped_value(line, protocol, escape_ascii); });
  line.field("session_id_length", hello.session_id_length);
  if (hello.psk_identities != 0) line.field("psk_identities", hello.psk_identities);
  if (hello.early_data) line.field("early_data", true);
  write_violation(line, hello.violation);

  const std::string ja3 = parser::ja3(hello);
  fingerprint_field(line, "ja3", ja3);
  fingerprint_field(line, "ja3_hash", parser::ja3_hash(ja3, md5));
  fingerprint_field(line, "ja4", parser::ja4(hello, sha256));
  line.field("bytes", hello.bytes);
  line.field("records", hello.records);
}

/// TLS 1.3 resumes by a PSK; before it, by echoing the client's session id (RFC 5246 section
/// 7.4.1.3), which TLS 1.3 does always.
bool is_resumed(const parser::ServerHello& hello) {
  if (hello.hello_retry_request) return false;
  return parser::is_tls13_like(hello.version) ? hello.psk_selected : hello.session_id_echoed;
}

void write_lasting(JsonWriter& line, const parser::ServerHello& hello) {
  line.field("version", parser::to_text(hello.version));
  line.field("legacy_version", parser::to_text(hello.legacy_version));
  line.key("cipher");
  hello.sslv2_format ? line.value(nullptr) : write_registry_value(line, hello.cipher);
  line.key("compression");
  write_registry_value(line, hello.compression);
  registry_field(line, "group", hello.group);
  registry_array(line, "extensions", hello.extensions);
  line.key("alpn");
  if (hello.alpn) {
    escaped_value(line, *hello.alpn, escape_ascii);
  } else {
    line.value(nullptr);
  }
  line.field("resumed", is_resumed(hello));
  const std::string ja3s = parser::ja3s(hello);
  fingerprint_field(line, "ja3s", ja3s);
  fingerprint_field(line, "ja3s_hash", parser::ja3_hash(ja3s, md5));
  write_violation(line, hello.violation);
}

/// Tells kinds of hellos apart, in most cases.
class Hash {
 public:
  template <class List>
  Hash& add_list(const List& numbers) {
    for (const auto number : numbers) add(number.value);
    return *this;
  }
  Hash& add(std::size_t number) {
    // The step of FNV-1a.
    constexpr std::size_t prime = 0x100000001b3;
    value_ = (value_ ^ number) * prime;
    return *this;
  }
  std::size_t value() const { return value_; }

 private:
  std::size_t value_ = 0xcbf29ce484222325;
};

std::size_t hash(const parser::ClientHello& hello) {
  const std::size_t name = std::hash<std::string>{}(hello.sni);
  return Hash().add(name).add_list(hello.ciphers).add_list(hello.extensions).value();
}

std::size_t hash(const parser::ServerHello& hello) {
  return Hash().add(hello.cipher.value).add_list(hello.extensions).value();
}

/// Is all the same that a peer does not draw anew for each connection? It is taken over.
template <class Hello>
bool is_alike(Hello& known, const Hello& hello) {
  known.random = hello.random;
  known.session_id = hello.session_id;
  return known == hello;
}

// A peer says the same in every hello, but for a few random bytes: the largest lines of the log are
// composed once for each kind of hello, fingerprints included.
template <class Hello>
void write_remembering(JsonWriter& line, const Hello& hello) {
  struct Known {
    Hello hello;
    std::string fields;
  };
  constexpr std::size_t kinds = 64;
  constexpr std::size_t largest_remembered = 16 * 1024;
  thread_local certs::LeastRecentlyUsed<std::size_t, Known> remembered(kinds);

  line.hex_field("random", hello.random);
  const std::size_t key = hash(hello);
  Known* known = remembered.find(key);
  if (known == nullptr || !is_alike(known->hello, hello)) {
    Known fresh{hello, {}};
    JsonWriter fields(fresh.fields);
    write_lasting(fields, hello);
    fields.finish();
    if (fresh.fields.size() > largest_remembered) return line.written(fresh.fields);
    known = &remembered.put(key, std::move(fresh));
  }
  line.written(known->fields);
}

}  // namespace

void write_hello(JsonWriter& line, const parser::ClientHello& hello) {
  write_remembering(line, hello);
}

void write_hello(JsonWriter& line, const parser::ServerHello& hello) {
  write_remembering(line, hello);
}

}  // namespace legible::proxy
