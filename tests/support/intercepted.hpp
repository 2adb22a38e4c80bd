#pragma once
// The two conversations of an intercepted connection, told in one order:
//
//   Intercepted i;
//   i.hello().server_answers12().shown_good().client().alert(C, 48).client_fin();
//   i.passes_on(Leg::server, 48);

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/scenario.hpp"

namespace legible::tests {

class Intercepted {
 public:
  /// The next steps are the client leg's, or the server leg's: later than all before.
  Conversation& client() { return client_.after(server_); }
  Conversation& server() { return server_.after(client_); }

  Verdict verdict(const proxy::History& history = {}) const {
    return proxy::diagnose_intercepted(client_.timeline(), server_.timeline(), history);
  }

  /// The client's hello, and the proxy's in its stead.
  Intercepted& hello(parser::ClientHello clients = hello_openssl()) {
    parser::ClientHello proxys = hello_proxy(clients);
    return hello(std::move(clients), std::move(proxys));
  }
  Intercepted& hello(parser::ClientHello clients, parser::ClientHello proxys) {
    server_named_ = !proxys.sni.empty();
    client().client_says(std::move(clients));
    server().client_says(std::move(proxys));
    return *this;
  }
  /// What mbedTLS can offer of it.
  static parser::ClientHello hello_proxy(parser::ClientHello hello) {
    std::erase_if(hello.supported_versions, [](auto version) { return version < parser::tls12; });
    std::erase_if(hello.ciphers, [](auto suite) {
      return suite.value < 0x00a0 && suite != parser::CipherSuite{0x009e} &&
             suite != parser::CipherSuite{0x009f};
    });
    std::erase(hello.signature_algorithms, parser::SignatureScheme{0x0807});
    hello.extensions = {{0}, {10}, {13}, {22}, {23}, {35}, {43}, {51}};
    hello.bytes = 220;
    hello.records = 1;
    return hello;
  }

  Intercepted& server_handshake12(Chain chain = good_chain(),
                                  std::vector<certs::Problem> problems = {}) {
    remember(chain, problems);
    server().handshake12(std::move(chain), std::move(problems));
    return *this;
  }
  Intercepted& server_handshake13(Chain chain = good_chain(),
                                  std::vector<certs::Problem> problems = {}) {
    remember(chain, problems);
    server().server_flight13_read(std::move(chain), std::move(problems)).client_finishes13_read();
    return *this;
  }

  /// The server's chain is judged by the system's store: no --trust was given.
  Intercepted& by_system_store() {
    system_store_ = true;
    return *this;
  }

  /// The proxy shows the client what it made after the server's certificate.
  Intercepted& shown12(certs::MirrorPlan plan = {}) {
    judge_and_mint(plan);
    client()
        .server_says(tls12_hello())
        .shows(S, minted(plan))
        .key_exchange({.group = parser::NamedGroup{0x001d},
                       .dh_prime_bits = {},
                       .scheme = parser::SignatureScheme{0x0804}})
        .done();
    return *this;
  }
  Intercepted& shown13(certs::MirrorPlan plan = {},
                       std::optional<std::vector<std::string>> authorities = {}) {
    judge_and_mint(plan);
    client().server_says(tls13_hello()).says(S, parser::EncryptedExtensions{});
    if (authorities) client().asks_certificate(*authorities);
    client()
        .shows(S, minted(plan))
        .says(S, parser::CertificateVerify{parser::SignatureScheme{0x0804}})
        .message(S, parser::handshake_type::finished);
    return *this;
  }

  /// mbedTLS gives up on that leg, with this alert, and the other leg is told.
  Intercepted& tls_fails(Leg leg, std::uint8_t number, const std::string& detail = "SSL - bad") {
    const Leg own = parser::other(leg);
    (leg == C ? client() : server())
        .alert(own, number)
        .note(leg, proxy::ProxyClosing{proxy::ProxyReason::tls_failure, {}, detail})
        .closes(own, StreamEnd::fin);
    return passes_on(own, 40);
  }

  /// What the proxy does on the other leg for that leg's sake.
  Intercepted& passes_on(Leg leg, std::uint8_t alert) {
    if (leg == Leg::client) {
      client().alert(S, alert).server_fin();
    } else {
      server().decrypted_alert(C, alert).client_fin();
    }
    return *this;
  }
  Intercepted& closes(Leg leg) {
    if (leg == Leg::client) {
      client().server_fin();
    } else {
      server().client_fin();
    }
    return *this;
  }

  /// The plan for a chain with these problems, as `certs::mirror_plan` makes it.
  static certs::MirrorPlan mirrored(const std::vector<certs::Problem>& problems) {
    certs::Judgement judgement;
    judgement.ok = problems.empty();
    judgement.problems = problems;
    return certs::mirror_plan(judgement);
  }

 private:
  void remember(const Chain& chain, const std::vector<certs::Problem>& problems) {
    original_ = std::make_shared<const Chain>(chain);
    problems_ = problems;
  }

  void judge_and_mint(const certs::MirrorPlan& plan) {
    client().judged(S, problems_, system_store_);
    client().note(
        S, proxy::LeafMinted{
               std::make_shared<const certs::MirrorPlan>(plan), {}, original_, server_named_});
  }

  Chain minted(const certs::MirrorPlan& plan) const {
    const std::string subject = original_->front().subject.common_name;
    switch (plan.issuer) {
      case certs::MintIssuer::itself:
        return {certificate(subject, subject)};
      case certs::MintIssuer::untrusted_ca:
        return {certificate(subject, "legible untrusted CA")};
      case certs::MintIssuer::interception_ca:
        break;
    }
    Chain chain{certificate(subject, "legible interception root")};
    const certs::Certificate& original = original_->front();
    chain[0].sans = original.sans;
    chain[0].extended_key_usage = original.extended_key_usage;
    chain[0].has_extended_key_usage = original.has_extended_key_usage;
    return chain;
  }

  Conversation client_{proxy::Scope::client_leg};
  Conversation server_{proxy::Scope::server_leg};
  std::shared_ptr<const Chain> original_ = std::make_shared<const Chain>(good_chain());
  std::vector<certs::Problem> problems_;
  bool system_store_ = false;
  bool server_named_ = false;
};

/// An intercepted connection, and the verdict that it must give.
struct InterceptedScenario {
  std::string name;
  std::function<void(Intercepted&)> connection;
  std::optional<Leg> leg;
  Closer closer;
  Phase phase;
  Mechanism mechanism;
  Cause cause;
  std::optional<Cause> alternative = {};
  Outcome outcome = Outcome::failed;
  std::optional<Confidence> confidence = {};
  proxy::History history = {};
};

inline void check(const InterceptedScenario& scenario) {
  Intercepted connection;
  scenario.connection(connection);
  const Verdict verdict = connection.verdict(scenario.history);
  INFO(scenario.name << "\n" << shown(verdict));
  CHECK(verdict.leg == scenario.leg);
  CHECK(verdict.closer == scenario.closer);
  CHECK(verdict.phase == scenario.phase);
  CHECK(verdict.mechanism == scenario.mechanism);
  CHECK(verdict.cause == scenario.cause);
  CHECK(verdict.outcome == scenario.outcome);
  if (scenario.alternative) CHECK(has_alternative(verdict, *scenario.alternative));
  if (scenario.confidence) CHECK(verdict.confidence == *scenario.confidence);
  CHECK_FALSE(verdict.evidence.empty());
  CHECK_FALSE(verdict.summary.empty());
}

inline bool tells(const Verdict& verdict, std::string_view text) {
  return std::ranges::any_of(verdict.evidence, [&](const std::string& sentence) {
    return sentence.find(text) != std::string::npos;
  });
}

}  // namespace legible::tests
