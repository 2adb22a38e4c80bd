// Where it is a matter of order and of time whether the server refused the client's certificate.

#include "support/intercepted.hpp"
#include "support/other_hellos.hpp"
#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

namespace {

using namespace std::chrono_literals;

/// TLS 1.3, not read: the client's flight, with or without a certificate.
void flight(Conversation& c, bool certificate) {
  c.client_says(hello_openssl()).server_flight13(true);
  if (certificate) {
    c.record13(C, 1720, Content::certificate_flight).record13(C, 281, Content::unknown);
  } else {
    c.record13(C, 25, Content::empty_certificate);
  }
  c.client_finishes13();
}

parser::ClientHello hello_late() {
  parser::ClientHello hello = hello_openssl();
  hello.extensions.push_back({49});
  return hello;
}

/// Behind a request the server asks, and the client answers with these records before its Finished.
void asked_late(Conversation& c, parser::ClientHello hello, std::vector<std::uint16_t> records) {
  c.client_says(std::move(hello)).server_flight13().client_finishes13().tickets().data(C);
  c.record13(S, 137, Content::unknown);
  for (const std::uint16_t length : records) c.record13(C, length, Content::unknown);
  c.record13(C, 53, Content::unknown);
}

struct Case {
  std::string name;
  std::function<void(Conversation&)> conversation;
  Closer closer;
  Cause cause;
  Confidence at_most;
  std::optional<Cause> alternative = {};
};

void check_case(const Case& each) {
  Conversation c;
  each.conversation(c);
  const Verdict verdict = diagnose(c.timeline());
  INFO(each.name << "\n" << shown(verdict));
  CHECK(verdict.closer == each.closer);
  CHECK(verdict.cause == each.cause);
  CHECK(verdict.confidence <= each.at_most);
  if (each.alternative) CHECK(has_alternative(verdict, *each.alternative));
}

}  // namespace

TEST_CASE("what a server does when the client had left is no sure refusal") {
  const Case cases[] = {
      {"a goodbye, or a refusal",
       [](auto& c) {
         flight(c, false);
         c.hidden_alert(C).client_fin().hidden_alert(S).server_fin();
       },
       Closer::server, Cause::client_cert_missing, Confidence::low, Cause::client_satisfied},
      {"a goodbye, for the server has had the time to refuse",
       [](auto& c) {
         flight(c, true);
         c.pause(3s).hidden_alert(C).client_fin().hidden_alert(S).server_fin();
       },
       Closer::client, Cause::client_satisfied, Confidence::low},
      {"a FIN alone",
       [](auto& c) {
         flight(c, true);
         c.data(C).client_fin().server_fin();
       },
       Closer::client, Cause::truncated_close, Confidence::low},
  };
  for (const Case& each : cases) check_case(each);
}

TEST_CASE("a client's reset does not hide the refusal that it answers") {
  const auto reset = [](std::uint16_t last) {
    Conversation c;
    flight(c, true);
    c.record13(S, last, last == 19 ? Content::alert : Content::unknown).client_rst();
    return diagnose(c.timeline());
  };
  const Verdict refused = reset(19);
  INFO(shown(refused));
  CHECK(refused.closer == Closer::server);
  CHECK(refused.mechanism == Mechanism::alert_encrypted);
  CHECK(refused.cause == Cause::client_cert_rejected);
  CHECK(reset(234).closer == Closer::client);
}

TEST_CASE("a server that ends after a silence refuses no certificate") {
  const Case cases[] = {
      {"before it has said anything",
       [](auto& c) {
         flight(c, true);
         c.pause(10s).hidden_alert(S).server_fin();
       },
       Closer::server, Cause::idle_timeout, Confidence::low, Cause::client_cert_rejected},
      {"with tickets",
       [](auto& c) {
         flight(c, true);
         c.tickets().pause(30s).hidden_alert(S).server_fin();
       },
       Closer::server, Cause::none, Confidence::low, Cause::idle_timeout},
      {"with words of its own, as HAProxy's 408",
       [](auto& c) {
         flight(c, true);
         c.tickets().pause(3s).record13(S, 212, Content::unknown).hidden_alert(S).server_fin();
       },
       Closer::server, Cause::none, Confidence::low, Cause::idle_timeout},
      {"at once",
       [](auto& c) {
         flight(c, true);
         c.hidden_alert(S).server_fin();
       },
       Closer::server, Cause::client_cert_rejected, Confidence::high},
  };
  for (const Case& each : cases) check_case(each);
}

TEST_CASE("a server that has answered has taken the certificate") {
  // NSS puts certificate, proof and Finished into one record.
  const Case one_record = {
      "one record",
      [](auto& c) {
        c.client_says(hello_openssl()).server_flight13(true);
        c.record13(C, 1173, Content::certificate_flight).record13(C, 35, Content::unknown);
        c.record13(S, 154, Content::unknown).hidden_alert(S).server_fin();
      },
      Closer::server,
      Cause::none,
      Confidence::low,
      Cause::client_cert_refused_by_app};
  check_case(one_record);
}

TEST_CASE("a server that closes in order at once may have missed a certificate, as nginx does") {
  Conversation c;
  c.client_says(hello_openssl(parser::tls12, parser::tls12)).server_flight_asking({"Root"});
  c.shows(C, {}).key_exchange_and_finished().server_finishes().hidden_alert(S).server_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::client_cert_missing);
  CHECK(verdict.confidence == Confidence::medium);
  CHECK(has_alternative(verdict, Cause::none));
}

TEST_CASE("a certificate that is asked for behind the handshake of TLS 1.3") {
  const auto refuses = [](Conversation& c) { c.hidden_alert(S).server_fin(); };
  const Case cases[] = {
      {"none", [&](auto& c) { asked_late(c, hello_late(), {57}), refuses(c); }, Closer::server,
       Cause::client_cert_missing, Confidence::medium},
      {"one that is refused",
       [&](auto& c) { asked_late(c, hello_late(), {1733, 281}), refuses(c); }, Closer::server,
       Cause::client_cert_rejected, Confidence::medium},
      {"one that is taken",
       [&](auto& c) {
         asked_late(c, hello_late(), {1733, 281});
         c.record13(S, 1130, Content::unknown).data(S, 600), refuses(c);
       },
       Closer::server, Cause::none, Confidence::high},
      {"by a client that does not offer that",
       [&](auto& c) { asked_late(c, hello_openssl(), {57}), refuses(c); }, Closer::server,
       Cause::none, Confidence::high},
  };
  for (const Case& each : cases) check_case(each);
}

TEST_CASE("a certificate that is asked for by a second handshake of TLS 1.2, intercepted") {
  Intercepted i;
  i.hello().server_handshake12().shown12();
  i.client().key_exchange_and_finished().server_finishes().data(C);
  i.server().data(C).message(S, parser::handshake_type::hello_request);
  i.server().says(C, std::make_shared<const parser::ClientHello>(hello_openssl()));
  i.server().server_says(tls12_hello()).server_shows(good_chain(), {});
  i.server().asks_certificate({"Root"}).shows(C, {}).decrypted_alert(S, 40).server_fin();
  i.server().note(C, RequestUnanswered{});
  i.passes_on(Leg::client, 40);
  const Verdict verdict = i.verdict();
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::proxy_no_client_cert);
  CHECK(verdict.closer == Closer::server);
}

TEST_CASE("what Apache says of a proxy that cannot authenticate behind the handshake") {
  for (const bool offered : {false, true}) {
    Intercepted i;
    i.hello(offered ? hello_late() : hello_openssl()).server_handshake13().shown13();
    i.client().client_finishes13_read().data_read(C);
    i.server().data_read(C);
    parser::PlainHttp answer;
    answer.status = 403;
    answer.text = "Reason: Cannot perform Post-Handshake Authentication.";
    i.server().says(S, std::make_shared<const parser::PlainHttp>(answer)).data_read(S);
    i.client().data_read(S).decrypted_alert(C, 0, parser::alert_level::warning).client_fin();
    const Verdict verdict = i.verdict();
    INFO(shown(verdict));
    CHECK((verdict.cause == Cause::proxy_limit) == offered);
    CHECK((verdict.outcome == Outcome::failed) == offered);
  }
}

TEST_CASE("a version that the server chose and only the client may speak is the proxy's limit") {
  parser::ClientHello without_versions = hello_openssl();
  without_versions.supported_versions.clear();
  without_versions.legacy_version = parser::tls12;
  for (const bool listed : {false, true}) {
    Intercepted i;
    i.hello(listed ? hello_openssl() : without_versions);
    parser::ServerHello choice = tls12_hello();
    choice.version = parser::tls11;
    i.server().server_says(choice);
    i.tls_fails(Leg::server, 70);
    const Verdict verdict = i.verdict();
    INFO(shown(verdict));
    CHECK(verdict.closer == Closer::proxy);
    CHECK(verdict.cause == (listed ? Cause::no_shared_version : Cause::proxy_limit));
    CHECK(has_alternative(verdict, Cause::no_shared_version) == !listed);
  }
}
