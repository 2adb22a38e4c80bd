#include "support/bytes.hpp"
#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

namespace {

/// SubjectPublicKeyInfo of a P-256 key, and what it signed with ecdsa_secp256r1_sha256: random
/// values of ones and twos, and parameters of an X25519 key of threes.
constexpr std::string_view key =
    "3059301306072a8648ce3d020106082a8648ce3d03010703420004c19a487572c707dcf9a57bb5050a7e16f017cc86"
    "114adc4d45009b07246523f49e6cc0708f8c8fd445e63af6060d101d16d2346c9b50b863cba3dd19264c2e4f";
constexpr std::string_view signature =
    "3044022020e6c7f8f54c43f0a52a9ac91c878f2f8cd22eca95477877713209bd7b28ff4e022059ffa25ac663f2a3fe"
    "9bed4cc74fd6481792c4bcc49287ec7568969b9f48289a";

Chain chain_with_key() {
  Chain chain = good_chain();
  chain.front().der = test::hex(key);
  chain.front().public_key_info = {0, static_cast<std::uint32_t>(chain.front().der.size())};
  return chain;
}

/// A server's flight whose signature is good, or was made by another key.
Conversation& flight(Conversation& c, const parser::ClientHello& hello, bool good,
                     std::vector<certs::Problem> problems = {}) {
  parser::ClientHello asked = hello;
  asked.random.fill(1);
  parser::ServerHello answer = tls12_hello();
  answer.random.fill(2);
  parser::ServerKeyExchange exchange{.group = parser::NamedGroup{0x001d},
                                     .dh_prime_bits = {},
                                     .scheme = parser::SignatureScheme{0x0403}};
  exchange.parameters = test::hex("03001d20");
  exchange.parameters.insert(exchange.parameters.end(), 32, 3);
  exchange.signature = test::hex(signature);
  if (!good) exchange.parameters.back() = 4;
  c.client_says(std::move(asked)).server_says(std::move(answer));
  c.server_shows(chain_with_key(), std::move(problems));
  return c.key_exchange(std::move(exchange)).done();
}

const parser::ClientHello openssl = hello_openssl(parser::tls12, parser::tls12);

Verdict verdict_on(bool good, std::uint8_t alert, std::vector<certs::Problem> problems = {}) {
  Conversation c;
  flight(c, openssl, good, std::move(problems)).alert(C, alert).client_fin();
  return diagnose(c.timeline());
}

}  // namespace

TEST_CASE("a signature that does not verify is found whatever the client says of it") {
  for (const int alert : {51, 40, 42, 10}) {
    const Verdict verdict = verdict_on(false, static_cast<std::uint8_t>(alert));
    INFO(shown(verdict));
    CHECK(verdict.cause == Cause::server_cert_key_mismatch);
    CHECK(verdict.confidence == Confidence::certain);
    CHECK(has_alternative(verdict, Cause::handshake_altered));
  }
  for (const StreamEnd how : {StreamEnd::fin, StreamEnd::rst}) {
    Conversation c;
    const Verdict verdict = diagnose(flight(c, openssl, false).closes(C, how).timeline());
    INFO(shown(verdict));
    CHECK(verdict.cause == Cause::server_cert_key_mismatch);
  }
}

TEST_CASE("an alert about the certificate is none about the signature") {
  const Verdict verdict = verdict_on(false, 48, {problem(ProblemId::untrusted_root, 1)});
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::server_cert_untrusted_ca);
}

TEST_CASE("a signature that verifies is no reason, whatever the client says") {
  CHECK(verdict_on(true, 51).cause == Cause::server_cert_rejected);
  Conversation c;
  parser::ClientHello go = openssl;
  const Verdict verdict = diagnose(flight(c, go, true).alert(C, 10).client_fin().timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::protocol_violation);
}

TEST_CASE("decrypt_error over a forged certificate is about the certificate") {
  for (const bool good : {true, false}) {
    for (const std::uint8_t alert : {std::uint8_t{51}, std::uint8_t{48}}) {
      const Verdict verdict = verdict_on(good, alert, {problem(ProblemId::bad_signature)});
      INFO(shown(verdict));
      CHECK(verdict.cause == Cause::server_cert_rejected);
      CHECK(verdict.confidence >= Confidence::medium);
    }
  }
}
