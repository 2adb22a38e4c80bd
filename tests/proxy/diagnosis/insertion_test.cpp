#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

namespace {

/// The target is www.a.test; the client asks for `name`, and the server shows `leaf`.
Verdict refused(const std::string& name, const std::string& leaf) {
  Conversation c;
  parser::ClientHello hello = hello_openssl(parser::tls12, parser::tls12);
  hello.sni = name;
  c.client_says(hello).server_flight({certificate(leaf, "Inter"), certificate("Inter", "Root")},
                                     {problem(ProblemId::name_mismatch)});
  return diagnose(c.alert(C, 42).client_fin().timeline());
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a client that was pointed at the listener is told to use the target's name") {
  const Verdict verdict = refused("localhost", "www.a.test");
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::server_cert_name_mismatch);
  REQUIRE(verdict.insertion);
  CHECK(contains(*verdict.insertion, "the listener's own name"));
  CHECK(contains(*verdict.insertion, "let the client use the name \"www.a.test\""));
  CHECK(contains(verdict.summary, "the way of inserting the proxy may be why"));
  CHECK(refused("gateway.test", "www.a.test").insertion);
}

TEST_CASE("the insertion is not why, where the names agree or the certificate is for neither") {
  CHECK_FALSE(refused("WWW.a.test", "www.other.test").insertion);
  CHECK_FALSE(refused("gateway.test", "www.other.test").insertion);
}

TEST_CASE("a name that is not the target's makes a quiet end in TLS 1.3 a refusal") {
  Conversation c;
  parser::ClientHello curl = hello_openssl();
  curl.alpn = {"h2", "http/1.1"};
  curl.sni = "localhost";
  c.client_says(curl).server_flight13().client_finishes13().hidden_alert(C).client_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.outcome == Outcome::failed);
  CHECK(verdict.cause == Cause::server_cert_rejected);
  CHECK(verdict.confidence == Confidence::low);
  CHECK(has_alternative(verdict, Cause::server_cert_name_mismatch));
  CHECK(has_alternative(verdict, Cause::client_satisfied));
  CHECK(verdict.insertion);
}

TEST_CASE("a client without a server name may have compared the listener's address") {
  const auto conversation = [](parser::ClientHello hello, Chain chain) {
    Conversation c;
    hello.sni.clear();
    hello.sni_state = parser::SniState::absent;
    return c.client_says(std::move(hello)).server_flight(std::move(chain));
  };
  const auto java = [&](Chain chain) {
    return diagnose(
        conversation(hello_jsse(), std::move(chain)).alert(C, 46).client_fin().timeline());
  };
  const Verdict by_address = java(good_chain());
  INFO(shown(by_address));
  CHECK(by_address.cause == Cause::server_cert_name_mismatch);
  CHECK(by_address.confidence == Confidence::low);
  CHECK(has_alternative(by_address, Cause::server_cert_untrusted_ca));
  CHECK(by_address.insertion);

  Chain certified = good_chain();
  std::ranges::copy(std::array<std::uint8_t, 4>{127, 0, 0, 1}, certified[0].der.begin());
  certified[0].sans.push_back({certs::SubjectAltName::Kind::ip, "127.0.0.1", {0, 4}});
  CHECK(java(certified).cause == Cause::server_cert_untrusted_ca);

  parser::ClientHello curl = hello_openssl(parser::tls12, parser::tls12);
  curl.alpn = {"h2", "http/1.1"};
  Conversation quiet = conversation(curl, good_chain());
  quiet.key_exchange_and_finished().server_finishes().hidden_alert(C).client_fin();
  const Verdict late = diagnose(quiet.timeline());
  INFO(shown(late));
  CHECK(late.cause == Cause::server_cert_name_mismatch);
  CHECK(late.confidence == Confidence::low);
  CHECK(late.insertion);
}

TEST_CASE("a client that takes the listener for its proxy is told so") {
  Conversation c;
  c.first_bytes(C, parser::Protocol::http_connect, "CONNECT www.a.test:443 HTTP/1.1\r\n");
  const Verdict verdict = diagnose(c.alert(S, 10).server_fin().timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::plain_http_to_tls);
  REQUIRE(verdict.insertion);
  CHECK(contains(*verdict.insertion, "HTTP proxy"));
}

TEST_CASE("a client that asked nothing may have been pointed at the listener's address") {
  const auto leaves = [](std::string sni, std::string target) {
    Conversation c;
    c.note(S, Target{target, 21001, "relay", "fixed target", false});
    parser::ClientHello hello = hello_openssl();
    hello.sni_state = sni.empty() ? parser::SniState::absent : parser::SniState::present;
    hello.sni = std::move(sni);
    c.client_says(hello).server_flight13().client_finishes13().hidden_alert(C).client_fin();
    return diagnose(c.timeline());
  };
  for (const std::string sni : {"", "localhost"}) {
    const Verdict verdict = leaves(sni, "10.0.0.2");
    INFO(shown(verdict));
    CHECK(verdict.outcome == Outcome::ok);
    REQUIRE(verdict.insertion);
    CHECK(contains(*verdict.insertion, "--connect-to NAME:443:127.0.0.1:8443"));
  }
  CHECK_FALSE(leaves("www.a.test", "10.0.0.2").insertion);
}
