#pragma once
// Writes timelines that read like the conversation they stand for:
//
//   Conversation c;
//   c.client_says(hello_openssl()).server_says(tls12_hello()).server_shows(chain("www.a.test"));
//   c.client_alert(48).client_fin();
//
// Each step comes one millisecond after the one before, unless pause() says otherwise.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "parser/handshake_messages.hpp"
#include "proxy/record/timeline.hpp"

namespace legible::tests {

using certs::ProblemId;
using parser::Content;
using parser::StreamEnd;
using proxy::Leg;

inline constexpr proxy::Time start{std::chrono::seconds{1'750'000'000}};  // 2025-06-15

// --- values ---

template <class WireNumber>
void append(std::vector<WireNumber>& to, std::initializer_list<std::uint16_t> numbers) {
  for (const std::uint16_t number : numbers) to.push_back({number});
}

inline parser::ClientHello hello_without_extensions(parser::ProtocolVersion version) {
  parser::ClientHello hello;
  hello.record_version = parser::tls10;
  hello.legacy_version = version;
  hello.compression = {parser::CompressionMethod{0}};
  append(hello.ciphers, {0x002f, 0x0035, 0x003c, 0xc013, 0xc014, 0x00ff});
  hello.bytes = 61;
  hello.records = 1;
  return hello;
}

/// What OpenSSL 3.0's s_client sends, with the versions from `low` to `high`.
inline parser::ClientHello hello_openssl(parser::ProtocolVersion low = parser::tls12,
                                         parser::ProtocolVersion high = parser::tls13) {
  parser::ClientHello hello;
  hello.record_version = parser::tls10;
  hello.legacy_version = std::min(high, parser::tls12);
  hello.compression = {parser::CompressionMethod{0}};
  hello.session_id_length = 32;
  if (high == parser::tls13) {
    append(hello.ciphers, {0x1302, 0x1303, 0x1301});
    for (std::uint16_t version = high.value; version >= low.value; --version) {
      hello.supported_versions.push_back({version});
    }
  }
  if (low < parser::tls13) {
    append(hello.ciphers, {0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8, 0xc02b, 0xc02f, 0x009e,
                           0xc024, 0xc028, 0x006b, 0xc023, 0xc027, 0x0067, 0xc00a, 0xc014,
                           0x0039, 0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f, 0x00ff});
  }
  hello.has_extensions_block = true;
  append(hello.extensions, {0, 11, 10, 35, 22, 23, 13});
  if (high == parser::tls13) {
    append(hello.extensions, {43, 45, 51});
    hello.key_shares = {parser::NamedGroup{0x001d}};
  }
  append(hello.groups, {0x001d, 0x0017, 0x001e, 0x0019, 0x0018});
  append(hello.signature_algorithms,
         {0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601});
  hello.sni_state = parser::SniState::present;
  hello.sni = "www.a.test";
  hello.bytes = 250;
  hello.records = 1;
  return hello;
}

inline parser::ClientHello hello_jsse(parser::ProtocolVersion low = parser::tls12,
                                      parser::ProtocolVersion high = parser::tls13) {
  parser::ClientHello hello = hello_openssl(low, high);
  hello.extensions.clear();
  append(hello.extensions, {0, 5, 10, 11, 13, 50, 17, 23, 43, 45, 51, 0xff01});
  return hello;
}

inline parser::ClientHello hello_bouncy_castle() {
  parser::ClientHello hello = hello_jsse(parser::tls12, parser::tls12);
  hello.extensions.clear();
  append(hello.extensions, {23, 22, 10, 17, 5, 13, 11, 0});
  return hello;
}

inline parser::ClientHello hello_node(parser::ProtocolVersion high = parser::tls13) {
  parser::ClientHello hello = hello_openssl(parser::tls12, high);
  std::erase(hello.ciphers, parser::CipherSuite{0xc02c});
  std::erase(hello.ciphers, parser::CipherSuite{0xc030});
  std::erase(hello.ciphers, parser::CipherSuite{0x009f});
  std::erase(hello.ciphers, parser::CipherSuite{0xcca9});
  std::erase(hello.ciphers, parser::CipherSuite{0xcca8});
  std::erase(hello.ciphers, parser::CipherSuite{0xc02b});
  return hello;
}

inline parser::ServerHello server_hello(parser::ProtocolVersion version, std::uint16_t suite) {
  parser::ServerHello hello;
  hello.legacy_version = std::min(version, parser::tls12);
  hello.version = version;
  hello.cipher = {suite};
  if (version == parser::tls13) {
    hello.extensions = {{43}, {51}};
    hello.group = parser::NamedGroup{0x001d};
  } else {
    hello.extensions = {{0xff01}, {11}, {23}};
  }
  return hello;
}
inline parser::ServerHello tls12_hello() { return server_hello(parser::tls12, 0xc030); }
inline parser::ServerHello tls13_hello() { return server_hello(parser::tls13, 0x1301); }

inline certs::Name name(const std::string& common_name) {
  certs::Name name;
  name.der.assign(common_name.begin(), common_name.end());
  name.text = "CN=" + common_name;
  name.common_name = common_name;
  return name;
}

inline certs::Certificate certificate(const std::string& subject, const std::string& issuer) {
  certs::Certificate certificate;
  certificate.version = 3;
  certificate.subject = name(subject);
  certificate.issuer = name(issuer);
  const auto now = std::chrono::floor<std::chrono::seconds>(start);
  certificate.not_before = now - std::chrono::days{100};
  certificate.not_after = now + std::chrono::days{100};
  certificate.key = {"RSA", 2048, ""};
  certificate.signature = "sha256WithRSAEncryption";
  certificate.sans = {{certs::SubjectAltName::Kind::dns, subject, {}}};
  certificate.der.assign(900, 0);
  return certificate;
}

using Chain = std::vector<certs::Certificate>;

/// A good chain of a leaf and the intermediate that issued it.
inline Chain good_chain() {
  return {certificate("www.a.test", "Inter"), certificate("Inter", "Root")};
}

// --- the conversation ---

inline std::uint64_t entries = 0;  ///< numbered so far, in all conversations

class Conversation {
 public:
  Conversation() {
    note(Leg::client, proxy::Accepted{"10.0.0.1:50000", "127.0.0.1:8443"});
    note(Leg::server, proxy::Target{"www.a.test", 443, "relay", "fixed target"});
    note(Leg::server, proxy::Connected{"10.0.0.2:443", std::chrono::milliseconds{1}});
  }

  struct NotConnected {};
  explicit Conversation(NotConnected) {
    note(Leg::client, proxy::Accepted{"10.0.0.1:50000", "127.0.0.1:8443"});
    note(Leg::server, proxy::Target{"www.a.test", 443, "relay", "fixed target"});
  }

  /// One leg's conversation of an intercepted connection.
  explicit Conversation(proxy::Scope scope) : timeline_(scope) {
    note(Leg::client, proxy::Accepted{"10.0.0.1:50000", "127.0.0.1:8443"});
    note(Leg::server, proxy::Target{"www.a.test", 443, "intercept", "--mode intercept"});
    if (scope == proxy::Scope::server_leg) {
      note(Leg::server, proxy::Connected{"10.0.0.2:443", std::chrono::milliseconds{1}});
    }
  }

  const proxy::Timeline& timeline() const { return timeline_; }
  proxy::Time now() const { return now_; }

  /// What follows is later than all of `other` so far.
  Conversation& after(const Conversation& other) {
    now_ = std::max(now_, other.now_);
    return *this;
  }

  Conversation& pause(std::chrono::milliseconds time) {
    now_ += time;
    return *this;
  }

  Conversation& note(Leg leg, proxy::Fact fact) {
    now_ += std::chrono::milliseconds{1};
    timeline_.add({now_, leg, std::move(fact), ++entries});
    return *this;
  }

  Conversation& says(Leg leg, parser::Observation observation, std::uint64_t bytes = 100) {
    note(leg, std::move(observation));
    timeline_.count_bytes(leg, bytes, now_);
    return *this;
  }

  Conversation& first_bytes(Leg leg, parser::Protocol protocol, const std::string& text) {
    parser::FirstBytes first;
    first.protocol = protocol;
    for (const char c : text.substr(0, 32)) {
      first.bytes[first.count++] = static_cast<std::uint8_t>(c);
    }
    return says(leg, first, text.size());
  }

  /// Bytes that nothing is reported of.
  Conversation& sends(Leg leg, std::uint64_t bytes) {
    now_ += std::chrono::milliseconds{1};
    timeline_.count_bytes(leg, bytes, now_);
    return *this;
  }

  Conversation& client_says(parser::ClientHello hello) {
    first_bytes(Leg::client,
                hello.sslv2_format ? parser::Protocol::sslv2_hello : parser::Protocol::tls,
                "\x16\x03\x01");
    return says(Leg::client, std::make_shared<const parser::ClientHello>(std::move(hello)), 250);
  }

  Conversation& server_says(parser::ServerHello hello) {
    version_ = hello.version;
    return says(Leg::server, std::make_shared<const parser::ServerHello>(std::move(hello)), 90);
  }

  Conversation& shows(Leg leg, Chain chain) {
    note(leg, proxy::ChainSeen{std::make_shared<const Chain>(std::move(chain))});
    timeline_.count_bytes(leg, 1500, now_);
    return *this;
  }
  Conversation& judged(Leg leg, std::vector<certs::Problem> problems, bool system = false) {
    auto judgement = std::make_shared<certs::Judgement>();
    judgement->ok = problems.empty();
    judgement->problems = std::move(problems);
    judgement->system_anchors = system;
    return note(leg, proxy::ChainJudged{"www.a.test", std::move(judgement)});
  }
  /// A chain whose judgement finds these problems.
  Conversation& server_shows(Chain chain, std::vector<certs::Problem> problems = {},
                             bool system = false) {
    return shows(Leg::server, std::move(chain)).judged(Leg::server, std::move(problems), system);
  }

  Conversation& message(Leg leg, parser::HandshakeType type) {
    return says(leg, parser::HandshakeMessage{type, 40}, 44);
  }
  Conversation& key_exchange(parser::ServerKeyExchange exchange) {
    return says(Leg::server, exchange, 300);
  }
  Conversation& asks_certificate(const std::vector<std::string>& authorities,
                                 const std::vector<std::uint16_t>& schemes = {0x0401, 0x0403}) {
    parser::CertificateRequest request;
    for (const auto& authority : authorities) request.authorities.push_back(name(authority).der);
    for (const auto scheme : schemes) request.signature_algorithms.push_back({scheme});
    return says(Leg::server,
                std::make_shared<const parser::CertificateRequest>(std::move(request)));
  }
  Conversation& done() { return message(Leg::server, parser::handshake_type::server_hello_done); }

  /// The whole first flight of a TLS 1.2 server.
  Conversation& server_flight(Chain chain = good_chain(),
                              std::vector<certs::Problem> problems = {}) {
    server_says(tls12_hello()).server_shows(std::move(chain), std::move(problems));
    return key_exchange({.group = parser::NamedGroup{0x001d},
                         .dh_prime_bits = {},
                         .scheme = parser::SignatureScheme{0x0804}})
        .done();
  }
  /// The same with a CertificateRequest in it.
  Conversation& server_flight_asking(const std::vector<std::string>& authorities) {
    server_says(tls12_hello()).server_shows(good_chain());
    return key_exchange({.group = parser::NamedGroup{0x001d},
                         .dh_prime_bits = {},
                         .scheme = parser::SignatureScheme{0x0804}})
        .asks_certificate(authorities)
        .done();
  }

  Conversation& key_exchange_and_finished() {
    return message(Leg::client, parser::handshake_type::client_key_exchange)
        .changes_cipher(Leg::client)
        .encrypted(Leg::client, parser::content_type::handshake, 40, Content::finished);
  }
  Conversation& proves() { return says(Leg::client, parser::CertificateVerify{}); }
  Conversation& changes_cipher(Leg leg) { return says(leg, parser::ChangeCipherSpec{}, 6); }
  Conversation& server_finishes() {
    return changes_cipher(Leg::server)
        .encrypted(Leg::server, parser::content_type::handshake, 40, Content::finished)
        .note(Leg::server, parser::Observation{parser::HandshakeDone{}});
  }
  /// A complete TLS 1.2 handshake.
  Conversation& handshake12(Chain chain = good_chain(), std::vector<certs::Problem> problems = {}) {
    return server_flight(std::move(chain), std::move(problems))
        .key_exchange_and_finished()
        .server_finishes();
  }

  Conversation& encrypted(Leg leg, parser::ContentType type, std::uint16_t length, Content likely) {
    parser::RecordTail& tail = put_into_tail(leg, {type, length});
    if (type == parser::content_type::application_data) tail.application_bytes += length;
    last_likely_[static_cast<std::size_t>(leg)] = likely;
    return says(leg, parser::EncryptedRecord{type, length, likely}, length + 5u);
  }
  Conversation& record13(Leg leg, std::uint16_t length, Content likely) {
    return encrypted(leg, parser::content_type::application_data, length, likely);
  }
  /// The encrypted flight of a TLS 1.3 server that sends each message in a record of its own.
  Conversation& server_flight13(bool asks = false) {
    server_says(tls13_hello()).changes_cipher(Leg::server);
    record13(Leg::server, 23, Content::unknown);
    if (asks) record13(Leg::server, 62, Content::unknown);
    return record13(Leg::server, 1500, Content::unknown)
        .record13(Leg::server, 281, Content::unknown)
        .record13(Leg::server, 53, Content::finished);
  }
  Conversation& client_finishes13() {
    return record13(Leg::client, 53, Content::finished)
        .note(Leg::client, parser::Observation{parser::HandshakeDone{.inferred = true}});
  }
  Conversation& tickets() {
    return record13(Leg::server, 234, Content::unknown)
        .record13(Leg::server, 234, Content::unknown);
  }

  // TLS 1.3 as it is read by whoever has the keys.

  Conversation& server_flight13_read(Chain chain = good_chain(),
                                     std::vector<certs::Problem> problems = {},
                                     std::optional<std::vector<std::string>> authorities = {}) {
    server_says(tls13_hello()).changes_cipher(Leg::server);
    says(Leg::server, parser::EncryptedExtensions{});
    if (authorities) asks_certificate(*authorities);
    server_shows(std::move(chain), std::move(problems));
    return says(Leg::server, parser::CertificateVerify{parser::SignatureScheme{0x0804}}, 281)
        .message(Leg::server, parser::handshake_type::finished);
  }
  Conversation& client_finishes13_read() {
    return message(Leg::client, parser::handshake_type::finished)
        .note(Leg::client, parser::Observation{parser::HandshakeDone{}});
  }
  Conversation& data_read(Leg leg, std::uint16_t length = 200) {
    return encrypted(leg, parser::content_type::application_data, length,
                     Content::application_data);
  }

  Conversation& data(Leg leg, std::uint16_t length = 200) {
    const bool tls13 = version_ == parser::tls13;
    return encrypted(leg, parser::content_type::application_data, length,
                     tls13 ? Content::unknown : Content::application_data);
  }

  Conversation& alert(Leg leg, std::uint8_t number,
                      parser::AlertLevel level = parser::alert_level::fatal) {
    parser::Alert alert;
    alert.level = level;
    alert.description = parser::AlertDescription{number};
    alert.record_version = parser::tls12;
    return says(leg, alert, 7);
  }
  Conversation& decrypted_alert(Leg leg, std::uint8_t number,
                                parser::AlertLevel level = parser::alert_level::fatal) {
    parser::Alert alert;
    alert.level = level;
    alert.description = parser::AlertDescription{number};
    alert.encrypted = true;
    return says(leg, alert, 24);
  }
  /// An alert whose content cannot be read: by its type up to TLS 1.2, by its size in TLS 1.3.
  Conversation& hidden_alert(Leg leg, std::uint16_t length = 19) {
    if (version_ == parser::tls13) return record13(leg, length, Content::alert);
    constexpr std::uint16_t payload = 26;
    put_into_tail(leg, {parser::content_type::alert, payload});
    parser::Alert alert;
    alert.encrypted = true;
    return says(leg, alert, payload + 5u);
  }

  Conversation& closes(Leg leg, StreamEnd how) {
    const auto index = static_cast<std::size_t>(leg);
    if (version_ == parser::tls13 && last_likely_[index] == Content::alert) {
      parser::Alert alert;
      alert.encrypted = true;
      alert.inferred = true;
      timeline_.add({now_, leg, parser::Observation{alert}, ++entries});
    }
    proxy::LegClosed closed;
    closed.how = how;
    closed.bytes_in = timeline_.flow(leg).bytes;
    closed.bytes_out = timeline_.flow(parser::other(leg)).bytes;
    closed.tail = tails_[index];
    return note(leg, closed);
  }
  Conversation& client_fin() { return closes(Leg::client, StreamEnd::fin); }
  Conversation& server_fin() { return closes(Leg::server, StreamEnd::fin); }
  Conversation& client_rst() { return closes(Leg::client, StreamEnd::rst); }
  Conversation& server_rst() { return closes(Leg::server, StreamEnd::rst); }

 private:
  parser::RecordTail& put_into_tail(Leg leg, parser::RecordTail::Record record) {
    parser::RecordTail& tail = tails_[static_cast<std::size_t>(leg)];
    ++tail.records;
    std::shift_right(tail.last.begin(), tail.last.end(), 1);
    tail.last.front() = record;
    return tail;
  }

  proxy::Timeline timeline_;
  proxy::Time now_ = start;
  parser::ProtocolVersion version_{};
  parser::RecordTail tails_[2];
  Content last_likely_[2] = {Content::unknown, Content::unknown};
};

}  // namespace legible::tests
