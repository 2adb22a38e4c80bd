// The handshake is complete, and the client leaves: for the certificate?

#include "support/other_hellos.hpp"
#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

TEST_CASE("a client may judge the certificate only after the handshake") {
  const auto leaves = [](parser::ClientHello hello, std::vector<certs::Problem> problems) {
    return [=](Conversation& c) {
      c.client_says(hello).handshake12(good_chain(), problems).hidden_alert(C).client_fin();
    };
  };
  const auto hello12 = hello_openssl(parser::tls12, parser::tls12);
  parser::ClientHello git = hello_openssl();
  git.extensions.push_back({28});  // record_size_limit beside encrypt_then_mac: GnuTLS
  git.alpn = {"h2", "http/1.1"};
  parser::ClientHello wget = git;
  wget.alpn.clear();
  parser::ClientHello curl = hello_openssl();
  curl.alpn = {"h2", "http/1.1"};

  const Scenario scenarios[] = {
      {"nginx proxy_ssl_verify, an expired certificate",
       leaves(hello12, {problem(ProblemId::expired)}),
       Closer::client,
       {Phase::post_handshake},
       Mechanism::alert_encrypted,
       {Cause::server_cert_expired}},
      {"nginx proxy_ssl_verify, an untrusted root",
       leaves(hello12, {problem(ProblemId::untrusted_root, 1)}),
       Closer::client,
       {Phase::post_handshake},
       Mechanism::alert_encrypted,
       {Cause::server_cert_untrusted_ca}},
      {"PHP, a wrong name",
       leaves(hello12, {problem(ProblemId::name_mismatch)}),
       Closer::client,
       {Phase::post_handshake},
       Mechanism::alert_encrypted,
       {Cause::server_cert_name_mismatch}},
      {"JSSE judges inside the handshake: it was content",
       leaves(hello_jsse(parser::tls12, parser::tls12), {problem(ProblemId::expired)}),
       Closer::client,
       {Phase::post_handshake},
       Mechanism::alert_encrypted,
       {Cause::client_satisfied},
       Outcome::ok},
      {"git on GnuTLS trusts other roots than this machine",
       leaves(git, {}),
       Closer::client,
       {Phase::post_handshake},
       Mechanism::alert_encrypted,
       {Cause::server_cert_rejected}},
      {"git on GnuTLS in TLS 1.3 asks for nothing and closes in order",
       [=](Conversation& c) {
         c.client_says(git).server_flight13().client_finishes13().hidden_alert(C).client_fin();
       },
       Closer::client,
       {Phase::post_handshake},
       Mechanism::alert_encrypted,
       {Cause::server_cert_rejected}},
      {"wget in TLS 1.3 closes without close_notify",
       [=](Conversation& c) {
         c.client_says(wget).server_flight13().client_finishes13().client_fin();
       },
       Closer::client,
       {Phase::post_handshake},
       Mechanism::fin,
       {Cause::server_cert_rejected}},
      {"curl in TLS 1.3 closes without close_notify",
       [=](Conversation& c) {
         c.client_says(curl).server_flight13().client_finishes13().tickets().client_rst();
       },
       Closer::client,
       {Phase::post_handshake},
       Mechanism::rst,
       {Cause::server_cert_rejected}},
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}

TEST_CASE("a root that only this machine does not know is seldom a reason to leave") {
  const auto leaves = [](const parser::ClientHello& hello, bool orderly) {
    Conversation c;
    c.client_says(hello).server_says(tls12_hello());
    c.server_shows(good_chain(), {problem(ProblemId::untrusted_root, 1)}, true).done();
    c.key_exchange_and_finished().server_finishes();
    if (orderly) c.hidden_alert(C);
    c.client_fin();
    return diagnose(c.timeline());
  };
  const auto openssl = hello_openssl(parser::tls12, parser::tls12);
  auto curl = openssl;
  curl.alpn = {"h2", "http/1.1"};
  for (const Verdict& verdict : {leaves(openssl, true), leaves(openssl, false)}) {
    INFO(shown(verdict));
    CHECK(verdict.outcome == Outcome::ok);
    CHECK(verdict.confidence == Confidence::low);
    CHECK(has_alternative(verdict, Cause::server_cert_untrusted_ca));
  }
  CHECK(leaves(hello_node(parser::tls12), false).cause == Cause::server_cert_untrusted_ca);
  CHECK(leaves(curl, false).cause == Cause::server_cert_pinned);
}

TEST_CASE("where nothing was asked, a refused certificate stays possible") {
  Conversation c;
  c.client_says(hello_openssl()).server_flight13().client_finishes13().tickets();
  c.hidden_alert(C).client_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.outcome == Outcome::ok);
  CHECK(verdict.cause == Cause::client_satisfied);
  CHECK(verdict.confidence == Confidence::low);
  CHECK(verdict.title.starts_with("nothing was asked"));
  for (const Cause fault :
       {Cause::server_cert_expired, Cause::server_cert_untrusted_ca,
        Cause::server_cert_name_mismatch, Cause::server_cert_missing_intermediate}) {
    CHECK(has_alternative(verdict, fault));
  }
  CHECK(verdict.hint.client.find("repeat the call once with TLS 1.2") != std::string::npos);

  Conversation curl;
  parser::ClientHello hello = hello_openssl();
  hello.alpn = {"h2", "http/1.1"};
  curl.client_says(hello).server_flight13().client_finishes13().hidden_alert(C).client_fin();
  const Verdict name_only = diagnose(curl.timeline());
  INFO(shown(name_only));
  CHECK(has_alternative(name_only, Cause::server_cert_name_mismatch));
  CHECK_FALSE(has_alternative(name_only, Cause::server_cert_expired));
  CHECK(name_only.hint.client.find("curl --tls-max 1.2") != std::string::npos);
}

TEST_CASE("Node leaves by habit where nothing speaks against the certificate") {
  using namespace std::chrono_literals;
  const auto leaves = [](const parser::ClientHello& hello, bool orderly,
                         std::chrono::milliseconds pause = 0ms) {
    Conversation c;
    c.client_says(hello).handshake12(good_chain()).pause(pause);
    if (orderly) c.hidden_alert(C);
    return diagnose(c.client_fin().timeline());
  };
  const Verdict rejected = leaves(hello_node(parser::tls12), false);
  INFO(shown(rejected));
  CHECK(rejected.cause == Cause::server_cert_rejected);
  CHECK(rejected.confidence == Confidence::low);
  CHECK(has_alternative(rejected, Cause::server_cert_untrusted_ca));
  CHECK(has_alternative(rejected, Cause::tls_health_check));
  CHECK(leaves(hello_node(parser::tls12), true).outcome == Outcome::ok);
  CHECK(leaves(hello_node(parser::tls12), false, 30s).cause != Cause::server_cert_rejected);
  CHECK(leaves(hello_openssl(parser::tls12, parser::tls12), false).outcome == Outcome::ok);
}

TEST_CASE("a certificate that is good here may be one that the client does not trust") {
  const auto leaves = [](parser::ClientHello hello, bool greeted) {
    Conversation c;
    c.client_says(std::move(hello)).handshake12(good_chain());
    if (greeted) c.data(S);
    return diagnose(c.hidden_alert(C).client_fin().timeline());
  };
  const auto openssl = hello_openssl(parser::tls12, parser::tls12);
  const Verdict nginx = leaves(openssl, false);
  INFO(shown(nginx));
  CHECK(nginx.confidence == Confidence::low);
  CHECK(has_alternative(nginx, Cause::server_cert_untrusted_ca));
  // git, whether HTTP/2's SETTINGS have come or not.
  auto git = hello_gnutls();
  git.supported_versions = {};
  git.alpn = {"h2", "http/1.1"};
  CHECK(leaves(git, false).cause == Cause::server_cert_rejected);
  CHECK(leaves(git, true).cause == Cause::server_cert_rejected);
}

TEST_CASE("lftp asks, refuses the certificate and leaves in order") {
  const auto leaves = [](const parser::ClientHello& hello) {
    Conversation c;
    c.client_says(hello).handshake12(good_chain(), {problem(ProblemId::expired)}).data(C);
    return diagnose(c.hidden_alert(C).client_fin().timeline());
  };
  const Verdict lftp = leaves(hello_gnutls());
  INFO(shown(lftp));
  CHECK(lftp.cause == Cause::server_cert_expired);
  CHECK(lftp.confidence == Confidence::low);
  const Verdict other = leaves(hello_openssl(parser::tls12, parser::tls12));
  CHECK(other.confidence == Confidence::low);
  CHECK(has_alternative(other, Cause::server_cert_expired));
}
