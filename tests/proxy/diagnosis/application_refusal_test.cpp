#include "support/intercepted.hpp"
#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

namespace {

// nginx/1.22.1's pages, 389 bytes ("No required SSL certificate was sent") and 367 ("The SSL
// certificate error"), in records of an AEAD suite.
constexpr std::uint16_t missing_12 = 389 + 24;
constexpr std::uint16_t bad_12 = 367 + 24;
constexpr std::uint16_t missing_13 = 389 + 17;
constexpr std::uint16_t bad_13 = 367 + 17;

Chain expired_client() {
  Chain chain = {certificate("client", "Inter"), certificate("Inter", "Root")};
  chain[0].not_after = std::chrono::floor<std::chrono::seconds>(start) - std::chrono::days{1};
  return chain;
}

void exchange_12(Conversation& c, const Chain& client, std::uint16_t answer) {
  c.client_says(hello_openssl()).server_flight_asking({"Root"}).shows(C, client);
  c.message(C, parser::handshake_type::client_key_exchange);
  if (!client.empty()) c.proves();
  c.changes_cipher(C).encrypted(C, parser::content_type::handshake, 40, Content::finished);
  c.server_finishes().data(C, 120).data(S, answer);
}

void exchange_13(Conversation& c, bool client_certificate, std::uint16_t answer) {
  c.client_says(hello_openssl()).server_flight13(true);
  if (client_certificate) {
    c.record13(C, 1720, Content::certificate_flight).record13(C, 281, Content::unknown);
  } else {
    c.record13(C, 25, Content::empty_certificate);
  }
  c.client_finishes13().data(C, 60);
  c.record13(S, 266, Content::unknown).record13(S, 282, Content::unknown).data(S, answer);
}

struct Case {
  std::string name;
  std::function<void(Conversation&)> conversation;
  Cause cause;
  Confidence confidence;
};

}  // namespace

TEST_CASE("a refusal inside the tunnel is known by the size of nginx's page") {
  const Chain good = {certificate("client", "Inter"), certificate("Inter", "Root")};
  const auto server_closes = [](Conversation& c) { c.hidden_alert(S).server_fin(); };
  const Case cases[] = {
      {"T41 no certificate", [&](auto& c) { exchange_12(c, {}, missing_12), server_closes(c); },
       Cause::client_cert_refused_by_app, Confidence::medium},
      {"T41 with the client's close before the server's",
       [&](auto& c) {
         exchange_12(c, {}, missing_12), c.hidden_alert(C).client_fin();
         c.hidden_alert(S).server_fin();
       },
       Cause::client_cert_refused_by_app, Confidence::medium},
      {"no certificate in TLS 1.3",
       [&](auto& c) { exchange_13(c, false, missing_13), server_closes(c); },
       Cause::client_cert_refused_by_app, Confidence::medium},
      {"an expired certificate",
       [&](auto& c) { exchange_12(c, expired_client(), bad_12), server_closes(c); },
       Cause::client_cert_refused_by_app, Confidence::medium},
      {"a certificate that cannot be read in TLS 1.3",
       [&](auto& c) { exchange_13(c, true, bad_13), server_closes(c); },
       Cause::client_cert_refused_by_app, Confidence::low},
      {"gnutls-serv asks for a certificate that it does not need",
       [&](auto& c) { exchange_12(c, {}, 915), server_closes(c); }, Cause::none,
       Confidence::medium},
      {"an answer one byte longer",
       [&](auto& c) { exchange_12(c, {}, missing_12 + 1), server_closes(c); }, Cause::none,
       Confidence::medium},
      {"the second of two answers",
       [&](auto& c) {
         exchange_12(c, {}, 600), c.data(C, 120).data(S, missing_12), server_closes(c);
       },
       Cause::none, Confidence::medium},
      {"a certificate without fault", [&](auto& c) { exchange_12(c, good, 600), server_closes(c); },
       Cause::none, Confidence::high},
      {"nobody asked",
       [&](auto& c) {
         c.client_says(hello_openssl()).handshake12().data(C).data(S, missing_12);
         server_closes(c);
       },
       Cause::none, Confidence::high},
  };
  for (const Case& each : cases) {
    Conversation conversation;
    each.conversation(conversation);
    const Verdict verdict = diagnose(conversation.timeline());
    INFO(each.name << "\n" << shown(verdict));
    CHECK(verdict.cause == each.cause);
    CHECK(verdict.confidence == each.confidence);
    const bool refused = each.cause == Cause::client_cert_refused_by_app;
    CHECK(verdict.outcome == (refused ? Outcome::failed : Outcome::ok));
    if (!refused) continue;
    CHECK(verdict.mechanism == Mechanism::app_refusal);
    CHECK(verdict.closer == Closer::server);  // who answers so has refused, whoever closes first
  }
}

TEST_CASE("a refusal that can be read is known by its status and its words") {
  const Chain good = {certificate("client", "Inter"), certificate("Inter", "Root")};
  struct Read {
    std::string name;
    Chain client;
    int status;
    std::string text;
    Cause cause;
    Confidence confidence;
  };
  const Cause refused = Cause::client_cert_refused_by_app;
  const std::string missing = "<center>No required SSL certificate was sent</center>";
  const std::string bad = "<center>The SSL certificate error</center>";
  // That the connection was then closed in order is inferred: so nothing is certain here.
  const Read cases[] = {
      {"nginx, none sent", {}, 400, missing, refused, Confidence::high},
      {"nginx, a bad one that looks good", good, 400, bad, refused, Confidence::high},
      {"nginx's own status", expired_client(), 495, "", refused, Confidence::high},
      {"IIS, none sent", {}, 403, "HTTP Error 403.7 - Forbidden", refused, Confidence::high},
      {"a price of 1403.70", {}, 400, "it costs 1403.70", Cause::none, Confidence::high},
      {"IIS, untrusted", good, 403, "HTTP Error 403.16 - Forbidden", refused, Confidence::high},
      {"words of its own", {}, 401, "A client certificate is needed", refused, Confidence::high},
      {"a good one is not authorised", good, 403, "Client certificate not authorised for this",
       refused, Confidence::medium},
      {"another certificate", {}, 403, "Gift certificate is invalid", refused, Confidence::medium},
      {"forbidden, and no word why", {}, 403, "", refused, Confidence::medium},
      {"forbidden to an expired one", expired_client(), 403, "No.", refused, Confidence::medium},
      {"forbidden to a good one", good, 403, "No.", Cause::none, Confidence::high},
      {"a request that is bad", {}, 400, "field x is missing", Cause::none, Confidence::high},
      {"a password is asked for", {}, 401, "", Cause::none, Confidence::high},
      {"not found", {}, 404, "", Cause::none, Confidence::high},
      {"all is well", {}, 200, "", Cause::none, Confidence::high},
  };
  for (const Read& each : cases) {
    Conversation c;
    exchange_12(c, each.client, 600);
    auto http = std::make_shared<parser::PlainHttp>();
    http->status = each.status;
    http->text = each.text;
    c.says(S, parser::Shared<parser::PlainHttp>(http)).hidden_alert(S).server_fin();
    const Verdict verdict = diagnose(c.timeline());
    INFO(each.name << "\n" << shown(verdict));
    CHECK(verdict.cause == each.cause);
    CHECK(verdict.confidence == each.confidence);
    const bool failed = each.cause == refused;
    CHECK(verdict.outcome == (failed ? Outcome::failed : Outcome::ok));
    if (failed) CHECK(verdict.mechanism == Mechanism::app_refusal);
  }
}

TEST_CASE("a refusal in a protocol of lines is known by its words") {
  const Chain good = {certificate("client", "Inter"), certificate("Inter", "Root")};
  struct Read {
    std::string name;
    Chain client;
    std::vector<std::string> replies;
    Cause cause;
    Confidence confidence;
  };
  const Cause refused = Cause::client_cert_refused_by_app;
  const Read cases[] = {
      {"Postfix, none sent",
       {},
       {"421 4.7.1 mail Error: No client certificate presented"},
       refused,
       Confidence::high},
      {"a later reply", {}, {"550 no", "a NO no valid certificate"}, refused, Confidence::medium},
      {"an expired one",
       expired_client(),
       {"-ERR Certificate is not valid"},
       refused,
       Confidence::medium},
      {"a file of that name",
       {},
       {"550 certificate.pem: No such file"},
       Cause::none,
       Confidence::medium},
      {"a user of that name",
       {},
       {"550 <certificate@a.test>: User unknown"},
       Cause::none,
       Confidence::medium},
      {"a mailbox of that name",
       {},
       {"b NO \"Certificate\" doesn't exist"},
       Cause::none,
       Confidence::medium},
      {"Dovecot, one that looks good",
       good,
       {"a NO [ALERT] Client didn't present valid SSL certificate"},
       refused,
       Confidence::high},
      {"a good one", good, {"550 the certificate of what you say"}, Cause::none, Confidence::high},
      {"no word of it", {}, {"554 Access denied"}, Cause::none, Confidence::medium},
      {"nothing was refused", {}, {}, Cause::none, Confidence::high},
  };
  for (const Read& each : cases) {
    Conversation c;
    exchange_12(c, each.client, 600);
    c.hidden_alert(S).server_fin();
    // Told at the end, when no more can come.
    c.note(S, RefusedInside{std::make_shared<const parser::Refusals>(
                  parser::Refusals{parser::Protocol::smtp, each.replies})});
    const Verdict verdict = diagnose(c.timeline());
    INFO(each.name << "\n" << shown(verdict));
    CHECK(verdict.cause == each.cause);
    CHECK(verdict.confidence == each.confidence);
    CHECK(verdict.outcome == (each.cause == refused ? Outcome::failed : Outcome::ok));
    const bool in_doubt = verdict.cause == Cause::none && each.confidence == Confidence::medium;
    CHECK(has_alternative(verdict, refused) == in_doubt);
  }
}

TEST_CASE("whoever ends a session in which a certificate was missed may have been refused") {
  for (const bool reset : {false, true}) {
    Conversation c;
    exchange_12(c, {}, 600);
    reset ? c.client_rst() : c.client_fin();
    const Verdict verdict = diagnose(c.timeline());
    INFO(shown(verdict));
    CHECK(verdict.outcome == Outcome::ok);
    CHECK(verdict.confidence <= Confidence::medium);
    CHECK(has_alternative(verdict, Cause::client_cert_refused_by_app));
  }
}

TEST_CASE("an FTP server that ties data connections to the control connection") {
  struct Said {
    std::string reply;
    Cause cause;
    Confidence confidence;
    bool relaying_helps;
  };
  const Said cases[] = {
      {"522 SSL connection failed: session reuse required", Cause::proxy_limit, Confidence::medium,
       true},
      {"425 Unable to build data connection: Operation not permitted", Cause::proxy_limit,
       Confidence::medium, true},
      {"425 Security: Bad IP connecting.", Cause::proxy_limit, Confidence::high, false},
      {"550 session reuse: no such file", Cause::client_satisfied, Confidence::high, true},
  };
  for (const Said& each : cases) {
    Intercepted i;
    i.hello().server_handshake13().shown13().client().client_finishes13_read();
    i.client().data_read(C);
    i.server().data_read(C).data_read(S);
    i.client().data_read(S).decrypted_alert(C, 0, warning).client_fin();
    i.server().decrypted_alert(C, 0, warning).client_fin();
    i.server().note(S, RefusedInside{std::make_shared<const parser::Refusals>(
                           parser::Refusals{parser::Protocol::smtp, {each.reply}})});
    const Verdict verdict = i.verdict();
    INFO(each.reply << "\n" << shown(verdict));
    CHECK(verdict.cause == each.cause);
    CHECK(verdict.confidence == each.confidence);
    if (each.cause != Cause::proxy_limit) continue;
    CHECK(verdict.closer == Closer::server);
    CHECK(verdict.mechanism == Mechanism::app_refusal);
    CHECK(verdict.outcome == Outcome::failed);
    CHECK(broken_by_interception(verdict, nullptr) == each.relaying_helps);
  }
}

TEST_CASE("a log-in that is bound to the server's certificate is the proxy's limit") {
  const auto verdict = [](std::string words) {
    Intercepted i;
    i.hello().server_handshake13().shown13();
    i.client().client_finishes13_read().data_read(C);
    i.server().data_read(C).data_read(S);
    i.server().note(S, RefusedInside{std::make_shared<const parser::Refusals>(
                           parser::Refusals{parser::Protocol::postgresql, {std::move(words)}})});
    i.server().decrypted_alert(S, 0, warning).server_fin();
    i.client().data_read(S).decrypted_alert(S, 0, warning).server_fin();
    return i.verdict();
  };
  const Verdict bound = verdict("SCRAM channel binding check failed");
  INFO(shown(bound));
  CHECK(bound.cause == Cause::proxy_limit);
  CHECK(bound.outcome == Outcome::failed);
  CHECK(bound.confidence == Confidence::high);
  CHECK(verdict("password authentication failed").cause == Cause::none);
}
