#include "support/other_hellos.hpp"
#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

TEST_CASE("a client that refuses the server's certificate is told by the certificate") {
  const auto refused = [](parser::ClientHello hello, Chain chain,
                          std::vector<certs::Problem> problems, std::uint8_t number) {
    return [=](Conversation& c) {
      c.client_says(hello).server_flight(chain, problems).alert(C, number).client_fin();
    };
  };
  const Chain alone = {certificate("www.a.test", "Inter")};
  const Chain self_signed = {certificate("www.a.test", "www.a.test")};
  Chain v1 = good_chain();
  v1[0].version = 1;
  Chain staple = good_chain();
  staple[0].must_staple = true;
  Chain common_name = good_chain();
  common_name[0].sans.clear();

  const Scenario scenarios[] = {
      {"T13",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::untrusted_root, 1)}, 48),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_untrusted_ca}},
      {"T16",
       refused(hello_jsse(), good_chain(), {problem(ProblemId::expired)}, 45),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_expired}},
      {"an expired authority",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::expired, 1)}, 45),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_chain_expired_ca}},
      {"T18",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::not_yet_valid)}, 42),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_not_yet_valid}},
      {"T19",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::name_mismatch)}, 42),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_name_mismatch}},
      {"T23",
       refused(hello_openssl(), alone, {problem(ProblemId::missing_intermediate)}, 48),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_missing_intermediate}},
      {"T24",
       refused(hello_jsse(), alone, {problem(ProblemId::missing_intermediate)}, 46),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_missing_intermediate}},
      {"self-signed",
       refused(hello_jsse(), self_signed, {problem(ProblemId::self_signed)}, 46),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_self_signed}},
      {"T27",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::x509_v1, 1)}, 42),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_chain_not_ca, Cause::server_cert_v1}},
      {"T28",
       refused(hello_openssl(), v1, {problem(ProblemId::x509_v1)}, 42),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_v1, Cause::server_cert_name_mismatch}},
      {"T29",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::weak_signature)}, 42),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_weak}},
      {"T31",
       refused(hello_openssl(), good_chain(), {}, 44),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_revoked}},
      {"T32",
       refused(hello_openssl(), staple, {}, 42),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_staple_missing}},
      {"wrong usage",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::wrong_usage)}, 43),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_wrong_usage}},
      {"common name only",
       refused(hello_jsse(), common_name, {}, 46),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_name_mismatch}},
      {"expired for the client alone",
       refused(hello_openssl(), good_chain(), {}, 45),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::clock_skew}},
      {"T14 OpenSSL's clear alert in TLS 1.3",
       [](auto& c) { c.client_says(hello_openssl()).server_flight13().alert(C, 48).client_fin(); },
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_untrusted_ca, Cause::server_cert_rejected}},
      {"T15 an alert by its size in TLS 1.3",
       [](auto& c) {
         c.client_says(hello_openssl()).server_flight13().hidden_alert(C).client_fin();
       },
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_encrypted,
       {Cause::server_cert_rejected}},
      {"T17 JSSE pads it to 35 bytes",
       [](auto& c) {
         c.client_says(hello_jsse()).server_flight13().hidden_alert(C, 35).client_fin();
       },
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_encrypted,
       {Cause::server_cert_rejected}},
      {"T20 curl finishes before it refuses a name",
       [](auto& c) {
         c.client_says(hello_openssl())
             .handshake12(good_chain(), {problem(ProblemId::name_mismatch)})
             .hidden_alert(C)
             .client_fin();
       },
       Closer::client,
       {Phase::post_handshake},
       Mechanism::alert_encrypted,
       {Cause::server_cert_name_mismatch}},
      {"T22 OpenSSL's clear alert for a wrong usage in TLS 1.3",
       [](auto& c) { c.client_says(hello_openssl()).server_flight13().alert(C, 43).client_fin(); },
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_wrong_usage}},
      {"T25 Node finishes before it refuses",
       [](auto& c) {
         c.client_says(hello_node(parser::tls12))
             .handshake12(good_chain(), {problem(ProblemId::untrusted_root, 1)})
             .client_fin();
       },
       Closer::client,
       {Phase::post_handshake},
       Mechanism::fin,
       {Cause::server_cert_untrusted_ca}},
      {"T25 to a server that speaks first",
       [](auto& c) {
         c.client_says(hello_node(parser::tls12))
             .handshake12(good_chain(), {problem(ProblemId::untrusted_root, 1)})
             .data(S)
             .client_fin()
             .server_fin();
       },
       Closer::client,
       {Phase::post_handshake},
       Mechanism::fin,
       {Cause::server_cert_untrusted_ca}},
      {"T25 to a server that answers though the client has gone",
       [](auto& c) {
         c.client_says(hello_node(parser::tls12))
             .handshake12(good_chain(), {problem(ProblemId::untrusted_root, 1)})
             .client_fin()
             .data(S)
             .server_fin();
       },
       Closer::client,
       {Phase::post_handshake},
       Mechanism::fin,
       {Cause::server_cert_untrusted_ca}},
      {"close_notify right after the certificate",
       [](auto& c) {
         c.client_says(hello_openssl())
             .server_flight(good_chain(), {problem(ProblemId::expired)})
             .alert(C, 0, warning)
             .client_fin();
       },
       Closer::client,
       {Phase::server_auth},
       Mechanism::close_notify,
       {Cause::server_cert_expired}},
      {"T26 Node in TLS 1.3 says nothing at all",
       [](auto& c) {
         c.client_says(hello_node()).server_flight13().client_fin().alert(S, 50).server_fin();
       },
       Closer::client,
       {Phase::server_auth},
       Mechanism::fin,
       {Cause::server_cert_rejected}},
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}

TEST_CASE("an intrinsic fault weighs more than a root that this machine does not know") {
  Conversation c;
  c.client_says(hello_openssl()).server_says(tls12_hello());
  c.server_shows(good_chain(),
                 {problem(ProblemId::untrusted_root, 1), problem(ProblemId::name_mismatch)}, true);
  c.done().alert(C, 42).client_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::server_cert_name_mismatch);
}

TEST_CASE("OpenSSL's bad_certificate is about what it has no word of its own for") {
  const auto refused = [](parser::ClientHello hello, std::uint8_t number) {
    Conversation c;
    c.client_says(std::move(hello)).server_says(tls12_hello());
    c.server_shows(good_chain(), {problem(ProblemId::expired), problem(ProblemId::name_mismatch)});
    c.done().alert(C, number).client_fin();
    return diagnose(c.timeline());
  };
  const Verdict named = refused(hello_openssl(), 42);
  INFO(shown(named));
  CHECK(named.cause == Cause::server_cert_name_mismatch);
  CHECK(has_alternative(named, Cause::server_cert_expired));
  const Verdict dated = refused(hello_openssl(), 45);
  CHECK(dated.cause == Cause::server_cert_expired);
  CHECK(has_alternative(dated, Cause::server_cert_name_mismatch));
  CHECK(refused(hello_go(), 42).cause == Cause::server_cert_expired);
}

TEST_CASE("PHP's list of suites begins as Node's, and is not taken for it") {
  parser::ClientHello node = hello_node();  // both end in a list of all that is left
  append(node.ciphers, {0x00a2});
  parser::ClientHello php = hello_node();
  const auto cbc = std::ranges::find(php.ciphers, parser::CipherSuite{0xc027});
  php.ciphers.insert(cbc, parser::CipherSuite{0x00a2});
  const auto closes_silently = [](const parser::ClientHello& hello) {
    Conversation c;
    c.client_says(hello).server_flight13().client_fin();
    return diagnose(c.timeline());
  };
  CHECK(closes_silently(node).confidence == Confidence::medium);
  CHECK(closes_silently(php).confidence == Confidence::low);
}

TEST_CASE(
    "internal_error from a client that has seen a bad certificate is about that certificate") {
  Conversation c;
  c.client_says(hello_openssl(parser::tls12, parser::tls12));
  c.server_flight(good_chain(), {problem(ProblemId::name_mismatch)}).alert(C, 80).client_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::server_cert_name_mismatch);
  CHECK(verdict.confidence == Confidence::medium);
  CHECK(has_alternative(verdict, Cause::internal_error));

  Conversation hidden;
  hidden.client_says(hello_openssl()).server_flight13().alert(C, 80).client_fin();
  const Verdict other = diagnose(hidden.timeline());
  INFO(shown(other));
  CHECK(other.cause == Cause::server_cert_rejected);
  CHECK(has_alternative(other, Cause::server_cert_name_mismatch));
}

TEST_CASE("what TLS 1.3 hides is named among the alternatives") {
  const Cause faults[] = {Cause::server_cert_untrusted_ca, Cause::server_cert_missing_intermediate,
                          Cause::server_cert_self_signed,  Cause::server_cert_name_mismatch,
                          Cause::server_cert_expired,      Cause::server_cert_pinned};
  Conversation alert;
  alert.client_says(hello_jsse()).server_flight13().hidden_alert(C, 35).client_fin();
  Conversation silent;
  silent.client_says(hello_node()).server_flight13().client_fin();
  Conversation java_net_http;
  java_net_http.client_says(hello_jsse()).server_flight13().client_fin();
  for (const Conversation* conversation : {&alert, &silent, &java_net_http}) {
    const Verdict verdict = diagnose(conversation->timeline());
    INFO(shown(verdict));
    CHECK(verdict.cause == Cause::server_cert_rejected);
    CHECK(verdict.confidence == Confidence::medium);
    CHECK_FALSE(has_alternative(verdict, Cause::server_chain_too_long));
    for (const Cause fault : faults) CHECK(has_alternative(verdict, fault));
  }
}

TEST_CASE("a large encrypted flight may have been too large") {
  Conversation c;
  c.client_says(hello_jsse()).server_says(tls13_hello()).changes_cipher(S);
  c.record13(S, 9000, Content::unknown).record13(S, 53, Content::finished);
  c.hidden_alert(C, 35).client_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::server_cert_rejected);
  CHECK(has_alternative(verdict, Cause::server_chain_too_long));
}

TEST_CASE("a command to paste holds nothing that a client wrote but a host name") {
  const auto command_for = [](const std::string& name) {
    Conversation c;
    parser::ClientHello hello = hello_openssl();
    hello.sni = name;
    c.client_says(hello).server_flight13().hidden_alert(C).client_fin();
    const Verdict verdict = diagnose(c.timeline());
    INFO(shown(verdict));
    const auto found = std::ranges::find_if(verdict.evidence, [](const std::string& sentence) {
      return sentence.find("openssl s_client") != std::string::npos;
    });
    REQUIRE(found != verdict.evidence.end());
    return *found;
  };
  CHECK(command_for("www.a.test").find(" -servername www.a.test ") != std::string::npos);
  for (const std::string name : {"$(reboot)", "`reboot`", "a;reboot", "a\" reboot", "-help"}) {
    CHECK(command_for(name).find(" -servername NAME ") != std::string::npos);
    CHECK(command_for(name).find(name) == std::string::npos);
  }
}

TEST_CASE("certificates are called in date only where they are") {
  const auto refused = [](std::vector<certs::Problem> problems) {
    Conversation c;
    c.client_says(hello_openssl(parser::tls12, parser::tls12));
    c.server_flight(good_chain(), std::move(problems)).alert(C, 45).client_fin();
    return diagnose(c.timeline());
  };
  const auto says_in_date = [](const Verdict& verdict) {
    INFO(shown(verdict));
    return std::ranges::any_of(verdict.evidence, [](const std::string& sentence) {
      return sentence.find("in date") != std::string::npos;
    });
  };
  const Verdict skewed = refused({});
  CHECK(skewed.cause == Cause::clock_skew);
  CHECK(says_in_date(skewed));
  for (const int depth : {0, 1})
    CHECK_FALSE(says_in_date(refused({problem(ProblemId::expired, depth)})));
}

TEST_CASE("an issuer that is neither sent nor trusted is a root or an intermediate") {
  const auto refused = [](const std::string& issuer, std::optional<certs::Name> above) {
    Chain alone = {certificate("www.a.test", issuer)};
    alone[0].authority_issuer = std::move(above);
    Conversation c;
    c.client_says(hello_openssl(parser::tls12, parser::tls12));
    c.server_flight(alone, {problem(ProblemId::missing_intermediate)}).alert(C, 48).client_fin();
    return diagnose(c.timeline());
  };
  struct Case {
    std::string issuer;
    std::optional<certs::Name> above;
    Confidence confidence;
  };
  const Case cases[] = {
      {"Nobody Knows CA", {}, Confidence::medium},
      {"Partner Issuing CA 3", {}, Confidence::high},
      {"Nobody Knows CA", name("Above"), Confidence::high},
  };
  for (const Case& each : cases) {
    const Verdict verdict = refused(each.issuer, each.above);
    INFO(shown(verdict));
    CHECK(verdict.cause == Cause::server_cert_missing_intermediate);
    CHECK(verdict.confidence == each.confidence);
    CHECK(has_alternative(verdict, Cause::server_cert_untrusted_ca));
  }
  const Verdict open = refused("Nobody Knows CA", {});
  CHECK(open.title.find("\"CN=Nobody Knows CA\"") != std::string::npos);
  CHECK(open.hint.client.find("is a root") != std::string::npos);
  CHECK(open.hint.server.find("is an intermediate") != std::string::npos);
}

TEST_CASE("a client that leaves after a moment of silence may have been ended by its timer") {
  using namespace std::chrono_literals;
  for (const auto silence : {5ms, 4000ms}) {
    Conversation c;
    c.client_says(hello_openssl(parser::tls12, parser::tls12));
    c.server_flight(good_chain(), {problem(ProblemId::self_signed)}).pause(silence).client_fin();
    const Verdict verdict = diagnose(c.timeline());
    INFO(shown(verdict));
    const bool late = silence > 1s;
    CHECK(verdict.cause == Cause::server_cert_self_signed);
    CHECK(verdict.confidence == (late ? Confidence::low : Confidence::medium));
    CHECK(has_alternative(verdict, Cause::idle_timeout) == late);
    CHECK(has_alternative(verdict, Cause::server_revocation_unknown) == late);
  }
}

TEST_CASE("what succeeded a moment ago points to one server of several") {
  using namespace std::chrono_literals;
  History history;
  history.since_success = 4s;
  Conversation c;
  c.client_says(hello_openssl()).server_flight(good_chain(), {problem(ProblemId::expired)});
  const Verdict verdict = diagnose(c.alert(C, 45).client_fin().timeline(), history);
  INFO(shown(verdict));
  CHECK(std::ranges::any_of(verdict.evidence, [](const std::string& sentence) {
    return sentence.starts_with("4.0 s before, the same hello of this client");
  }));
}

TEST_CASE("a chain out of order is told where nothing else speaks against it") {
  const auto refused = [](const Chain& chain) {
    Conversation c;
    c.client_says(hello_openssl()).server_flight(chain).alert(C, 48).client_fin();
    return diagnose(c.timeline());
  };
  const Chain good = good_chain();
  const Verdict turned = refused({good[0], certificate("Root", "Root"), good[1]});
  INFO(shown(turned));
  CHECK(has_alternative(turned, Cause::server_cert_rejected));
  CHECK(has_alternative(refused({good[0], good[0], good[1]}), Cause::server_cert_rejected));
  CHECK_FALSE(has_alternative(refused({good[0], good[1], certificate("Root", "Root")}),
                              Cause::server_cert_rejected));
}

TEST_CASE("JSSE's words for a good certificate are read as JSSE means them") {
  const auto refused = [](const parser::ClientHello& hello, std::uint8_t number) {
    Conversation c;
    c.client_says(hello).server_flight(good_chain()).alert(C, number).client_fin();
    return diagnose(c.timeline());
  };
  const parser::ClientHello jsse = hello_jsse(parser::tls12, parser::tls12);
  const Verdict weak = refused(jsse, 43);
  INFO(shown(weak));
  CHECK(weak.cause == Cause::server_cert_weak);
  CHECK(has_alternative(weak, Cause::server_cert_wrong_usage));
  CHECK(refused(hello_openssl(parser::tls12, parser::tls12), 43).cause ==
        Cause::server_cert_wrong_usage);

  const Verdict no_anchor = refused(jsse, 80);
  INFO(shown(no_anchor));
  CHECK(no_anchor.cause == Cause::server_cert_untrusted_ca);
  CHECK(no_anchor.confidence == Confidence::low);
  CHECK(has_alternative(no_anchor, Cause::internal_error));

  CHECK(has_alternative(refused(jsse, 46), Cause::server_cert_pinned));
  CHECK(has_alternative(refused(jsse, 40), Cause::server_chain_too_long));
}
