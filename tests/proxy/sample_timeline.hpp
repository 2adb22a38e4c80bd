#pragma once
// Timelines put together by hand, for tests of what is written about them.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proxy/diagnosis/verdict.hpp"
#include "proxy/record/timeline.hpp"

namespace legible::proxy::test {

inline constexpr Time start{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} +
                            std::chrono::hours(12)};

/// Entries one millisecond apart.
class TimelineBuilder {
 public:
  TimelineBuilder& add(Leg leg, Fact fact) {
    timeline_.add({now(), leg, std::move(fact)});
    return *this;
  }
  TimelineBuilder& client(parser::Observation seen) { return add(Leg::client, std::move(seen)); }
  TimelineBuilder& server(parser::Observation seen) { return add(Leg::server, std::move(seen)); }
  TimelineBuilder& bytes(Leg leg, std::uint64_t count) {
    timeline_.count_bytes(leg, count, now());
    return *this;
  }
  /// An accepted client, its target, and the server's connection.
  TimelineBuilder& opened(std::string host = "partner.example") {
    add(Leg::client, Accepted{"10.1.2.3:51544", "127.0.0.1:8443"});
    add(Leg::server, Target{std::move(host), 443, "relay", "fixed target"});
    return add(Leg::server, Connected{"192.0.2.7:443", std::chrono::microseconds(2500)});
  }

  const Timeline& timeline() const { return timeline_; }

 private:
  Time now() const { return start + std::chrono::milliseconds(timeline_.entries().size()); }

  Timeline timeline_;
};

template <class T>
parser::Shared<T> shared(T value) {
  return std::make_shared<const T>(std::move(value));
}

inline parser::ClientHello sample_client_hello(std::string sni = "partner.example") {
  parser::ClientHello hello;
  hello.record_version = parser::tls10;
  hello.legacy_version = parser::tls12;
  hello.random.fill(0xab);
  hello.session_id_length = 32;
  hello.ciphers = {{0x2a2a}, {0x1301}, {0xc02f}, {0xfffe}};
  hello.compression = {{0}};
  hello.has_extensions_block = true;
  hello.extensions = {{0x1a1a}, {0}, {10}, {13}, {16}, {43}, {51}};
  hello.sni_state = parser::SniState::present;
  hello.sni = std::move(sni);
  hello.supported_versions = {{0x7a7a}, parser::tls13, parser::tls12};
  hello.groups = {{29}, {23}};
  hello.signature_algorithms = {{0x0403}, {0x0804}};
  hello.key_shares = {{29}};
  hello.alpn = {"h2", "http/1.1"};
  hello.bytes = 512;
  hello.records = 1;
  return hello;
}

inline parser::ServerHello sample_server_hello(parser::ProtocolVersion version) {
  parser::ServerHello hello;
  hello.legacy_version = parser::tls12;
  hello.version = version;
  hello.random.fill(0xcd);
  hello.cipher =
      version == parser::tls13 ? parser::CipherSuite{0x1301} : parser::CipherSuite{0xc02f};
  hello.extensions = {{43}, {51}};
  hello.group = parser::NamedGroup{29};
  return hello;
}

inline certs::Certificate sample_certificate(std::string subject, std::string issuer) {
  certs::Certificate certificate;
  certificate.sha256.fill(0x5a);
  certificate.version = 3;
  certificate.serial = {0x01, 0xff};
  certificate.subject.text = std::move(subject);
  certificate.issuer.text = std::move(issuer);
  certificate.not_before = std::chrono::sys_days{std::chrono::year{2025} / 1 / 1};
  certificate.not_after = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
  certificate.key = {"RSA", 2048, ""};
  certificate.signature = "sha256WithRSAEncryption";
  certificate.sans = {{certs::SubjectAltName::Kind::dns, "partner.example", {}}};
  return certificate;
}

inline ChainSeen chain_of(std::vector<certs::Certificate> chain) {
  return {std::make_shared<const std::vector<certs::Certificate>>(std::move(chain))};
}

inline ChainJudged judged(std::string name, certs::Judgement judgement) {
  return {std::move(name), std::make_shared<const certs::Judgement>(std::move(judgement))};
}

}  // namespace legible::proxy::test
