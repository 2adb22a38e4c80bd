// Suites of TLS 1.2 whose keys come from a pre-shared key (RFC 4279).

#include <optional>

#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

TEST_CASE("a client that counts on a pre-shared key is refused for it") {
  const auto refused = [](std::vector<parser::CipherSuite> suites) {
    auto hello = hello_openssl();
    hello.ciphers = std::move(suites);
    Conversation c;
    return diagnose(c.client_says(hello).alert(S, 40).server_fin().timeline());
  };
  const Verdict verdict = refused({{0x1301}, {0x1302}, {0xc037}, {0x00ff}});
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::psk_mismatch);
  CHECK(verdict.confidence == Confidence::medium);
  CHECK(has_alternative(verdict, Cause::no_shared_cipher));
  CHECK(refused({{0x1301}, {0xc037}, {0xc030}}).cause == Cause::no_shared_cipher);
}

TEST_CASE("a server that ends a handshake with a pre-shared key has another key") {
  constexpr std::uint16_t ecdhe_psk = 0xc037;
  constexpr std::uint16_t ecdhe_rsa = 0xc030;
  struct Case {
    std::string name;
    std::uint16_t suite;
    std::optional<std::uint8_t> alert;
    Cause cause;
    Confidence confidence;
  };
  const Case cases[] = {
      {"Zabbix with GnuTLS says nothing", ecdhe_psk, {}, Cause::psk_mismatch, Confidence::medium},
      {"OpenSSL, another key", ecdhe_psk, 20, Cause::psk_mismatch, Confidence::medium},
      {"OpenSSL, another identity", ecdhe_psk, 115, Cause::psk_mismatch, Confidence::high},
      {"there is no pre-shared key", ecdhe_rsa, {}, Cause::unknown, Confidence::low},
  };
  for (const Case& each : cases) {
    auto hello = hello_openssl(parser::tls12, parser::tls12);
    append(hello.ciphers, {ecdhe_psk});
    Conversation c;
    c.client_says(hello).server_says(server_hello(parser::tls12, each.suite)).done();
    c.key_exchange_and_finished();
    if (each.alert) c.alert(S, *each.alert);
    const Verdict verdict = diagnose(c.server_fin().timeline());
    INFO(each.name << "\n" << shown(verdict));
    CHECK(verdict.cause == each.cause);
    CHECK(verdict.confidence == each.confidence);
    if (!each.alert) CHECK(has_alternative(verdict, Cause::handshake_altered));
  }
}

TEST_CASE("a hello without a cipher suite is told to have none") {
  auto hello = hello_openssl();
  hello.ciphers = {{0x00ff}};
  Conversation c;
  c.client_says(hello).alert(S, 40).server_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::no_shared_cipher);
  CHECK(std::ranges::any_of(verdict.evidence, [](const std::string& sentence) {
    return sentence == "the client offers no cipher suite";
  }));
}
