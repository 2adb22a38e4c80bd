#include <catch2/matchers/catch_matchers_string.hpp>

#include "support/other_hellos.hpp"
#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a server that closes in order without an answer to what it was asked has failed") {
  using namespace std::chrono_literals;
  const auto verdict = [](std::optional<RequestUnanswered> unanswered, bool server_spoke,
                          std::chrono::seconds pause = 0s) {
    Conversation c;
    c.client_says(hello_openssl()).server_flight13_read().client_finishes13_read();
    if (pause > 0s) {
      c.pause(pause).decrypted_alert(S, 0, parser::alert_level::warning).server_fin();
    }
    c.data_read(C);
    if (server_spoke) c.data_read(S);
    if (pause == 0s) c.decrypted_alert(S, 0, parser::alert_level::warning).server_fin();
    if (unanswered) c.note(C, *unanswered);
    return diagnose(c.timeline());
  };
  constexpr RequestUnanswered http1{};
  constexpr RequestUnanswered http2{.http2 = true};
  for (const Verdict& failed :
       {verdict(http1, false), verdict(http2, false), verdict(http2, true)}) {
    INFO(shown(failed));
    CHECK(failed.cause == Cause::internal_error);
    CHECK(failed.outcome == Outcome::failed);
    CHECK(failed.confidence == Confidence::medium);
  }
  // A part of an answer in HTTP/1.
  CHECK(verdict(http1, true).outcome == Outcome::ok);
  // The request crossed the end of a timer.
  CHECK(verdict(http1, false, 60s).cause != Cause::internal_error);
  CHECK(verdict(http2, true, 60s).cause != Cause::internal_error);
  // What was not read may have wanted no answer.
  CHECK(verdict({}, false).outcome == Outcome::ok);
}

TEST_CASE("an answer that was not whole failed, however the connection ended") {
  constexpr AnswerCut of_length{.bytes = 10, .announced = 100};
  constexpr AnswerCut of_chunks{.bytes = 10};
  constexpr AnswerCut of_events{.bytes = 10, .endless = true};
  struct Case {
    Leg ends;
    bool orderly;
    AnswerCut cut;
    Cause cause;
    Outcome outcome;
  };
  const Case cases[] = {
      {S, false, of_length, Cause::truncated_close, Outcome::failed},
      {S, true, of_chunks, Cause::truncated_close, Outcome::failed},
      {C, false, of_length, Cause::truncated_close, Outcome::failed},
      {C, true, of_length, Cause::truncated_close, Outcome::failed},
      // As one of events, which has no other end.
      {C, true, of_chunks, Cause::client_satisfied, Outcome::ok},
      {C, true, of_events, Cause::client_satisfied, Outcome::ok},
  };
  for (const Case& each : cases) {
    Conversation c;
    c.client_says(hello_openssl()).server_flight13_read().client_finishes13_read();
    c.data_read(C).data_read(S);
    if (each.orderly) c.decrypted_alert(each.ends, 0, warning);
    c.closes(each.ends, parser::StreamEnd::fin).note(S, each.cut);
    const Verdict verdict = diagnose(c.timeline());
    INFO(shown(verdict));
    CHECK(verdict.cause == each.cause);
    CHECK(verdict.outcome == each.outcome);
    CHECK(verdict.closer == (each.ends == C ? Closer::client : Closer::server));
    const bool blamed = verdict.summary.find("closed: ") != std::string::npos;
    CHECK(blamed == (each.outcome == Outcome::failed));
    // What is printed then is about the answer, not about TLS.
    if (verdict.cause == Cause::truncated_close) {
      CHECK_THAT(verdict.logs.client, ContainsSubstring("IncompleteRead"));
    }
  }
}

TEST_CASE("an alert says more than that the answer was cut") {
  Conversation c;
  c.client_says(hello_openssl()).server_flight13_read().client_finishes13_read();
  c.data_read(C).data_read(S).decrypted_alert(C, 20).client_fin();
  const Verdict verdict = diagnose(c.note(S, AnswerCut{.bytes = 10, .announced = 100}).timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::record_corrupted);
}

TEST_CASE("a client of HTTP/2 alone leaves a server that chooses no protocol") {
  const auto left = [](std::vector<std::string> offered, std::optional<std::string> chosen) {
    parser::ClientHello hello = hello_openssl();
    hello.alpn = std::move(offered);
    Conversation c;
    c.client_says(std::move(hello)).server_flight13();
    if (chosen) c.says(S, parser::EncryptedExtensions{chosen}, 0);
    c.client_finishes13().client_fin();
    return has_alternative(diagnose(c.timeline()), Cause::alpn_mismatch);
  };
  CHECK(left({"grpc-exp", "h2"}, {}));
  CHECK_FALSE(left({"h2"}, "h2"));
  CHECK_FALSE(left({"h2", "http/1.1"}, {}));
  CHECK_FALSE(left({}, {}));
}

TEST_CASE("where it can be seen that no protocol was chosen, that is why HTTP/2's client leaves") {
  parser::ClientHello hello = hello_openssl(parser::tls12, parser::tls12);
  hello.alpn = {"h2", "h2-16", "h2-14"};
  Conversation c;
  c.client_says(std::move(hello)).handshake12().hidden_alert(C).client_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::alpn_mismatch);
  CHECK(verdict.closer == Closer::client);
  CHECK(verdict.confidence == Confidence::medium);
  CHECK(has_alternative(verdict, Cause::client_satisfied));
}

TEST_CASE("a later request that a server closes on without an answer has failed") {
  for (const bool reset : {false, true}) {
    Conversation c;
    c.client_says(hello_openssl()).server_flight13_read().client_finishes13_read();
    c.data_read(C).data_read(S).data_read(C);
    const Time asked = c.now();
    reset ? c.server_rst() : c.server_fin();
    c.note(C, RequestUnanswered{.later = true, .begun = asked});
    const Verdict verdict = diagnose(c.timeline());
    INFO(shown(verdict));
    CHECK(verdict.outcome == Outcome::failed);
    CHECK(verdict.cause == Cause::internal_error);
    CHECK(verdict.closer == Closer::server);
  }
}

TEST_CASE("what HTTP/2 gives up with is why, whoever closes then") {
  struct Case {
    std::string name;
    Leg by;
    Http2GivenUp given_up;
    Cause cause;
    Closer closer;
  };
  using How = Http2GivenUp::How;
  const Case cases[] = {
      {"GOAWAY", S, {How::goaway, {0xb}, "because"}, Cause::internal_error, Closer::server},
      {"GOAWAY without an error", S, {How::goaway, {0}}, Cause::internal_error, Closer::server},
      {"GOAWAY that finds fault", S, {How::goaway, {1}}, Cause::protocol_violation, Closer::server},
      {"a stream", S, {How::reset, {7}}, Cause::internal_error, Closer::server},
      {"HTTP/1.1 is wanted", S, {How::reset, {0xd}}, Cause::alpn_mismatch, Closer::server},
      {"a suite, of which TLS 1.3 has none that is forbidden",
       S,
       {How::goaway, {0xc}},
       Cause::internal_error,
       Closer::server},
      {"an answer in HTTP/1", S, {How::in_http1}, Cause::alpn_mismatch, Closer::server},
      {"the client's GOAWAY", C, {How::goaway, {6}}, Cause::protocol_violation, Closer::client},
  };
  for (const Case& each : cases) {
    Conversation c;
    c.client_says(hello_openssl()).server_flight13_read().client_finishes13_read();
    c.data_read(C).data_read(S).decrypted_alert(C, 0, warning).client_fin();
    const Verdict verdict = diagnose(c.note(each.by, each.given_up).timeline());
    INFO(each.name << "\n" << shown(verdict));
    CHECK(verdict.cause == each.cause);
    CHECK(verdict.closer == each.closer);
    CHECK(verdict.outcome == Outcome::failed);
  }
}

TEST_CASE("a client that gives its request up has got no answer, however little it waited") {
  for (const bool later : {false, true}) {
    Conversation c;
    c.client_says(hello_openssl()).server_flight13_read().client_finishes13_read();
    c.data_read(C);
    if (later) c.data_read(S).data_read(C);
    c.pause(std::chrono::milliseconds{300}).client_fin();
    const Verdict verdict = diagnose(c.note(C, RequestUnanswered{.later = later}).timeline());
    INFO(shown(verdict));
    CHECK(verdict.cause == Cause::idle_timeout);
    CHECK(verdict.outcome == Outcome::failed);
    CHECK(verdict.confidence == Confidence::low);
  }
}

TEST_CASE("what a server that closes has not answered is its failure, unless it was asked later") {
  using namespace std::chrono_literals;
  const auto closed = [](std::chrono::milliseconds asked, bool given_up) {
    Conversation c;
    c.client_says(hello_openssl()).server_flight13_read().client_finishes13_read();
    c.data_read(C).data_read(S).data_read(C).decrypted_alert(S, 0, warning);
    const Time end = c.now();
    c.server_fin().client_fin();
    const RequestUnanswered request{.later = true, .given_up = given_up, .begun = end + asked};
    return diagnose(c.note(C, request).timeline());
  };
  CHECK(closed(-5ms, false).cause == Cause::internal_error);
  CHECK(closed(5ms, false).cause == Cause::stale_connection);
  CHECK(closed(-5ms, true).cause == Cause::none);
}

TEST_CASE("a server of HTTP/2 alone says so to a client that agreed on nothing") {
  const auto verdict = [](std::string text, std::optional<std::string> chosen) {
    Conversation c;
    c.client_says(hello_openssl()).server_flight13_read();
    if (chosen) c.says(S, parser::EncryptedExtensions{chosen}, 0);
    c.client_finishes13_read().data_read(C);
    auto http = std::make_shared<parser::PlainHttp>();
    http->status = 403;
    http->text = std::move(text);
    c.says(S, parser::Shared<parser::PlainHttp>(http)).data_read(S);
    return diagnose(c.decrypted_alert(S, 0, warning).server_fin().timeline());
  };
  // Node's words.
  const std::string words = "Missing ALPN Protocol, expected `h2`";
  const Verdict missing = verdict(words, {});
  INFO(shown(missing));
  CHECK(missing.cause == Cause::alpn_mismatch);
  CHECK(missing.closer == Closer::server);
  CHECK(missing.mechanism == Mechanism::app_refusal);
  CHECK(missing.outcome == Outcome::failed);
  CHECK(verdict(words, "http/1.1").outcome == Outcome::ok);
  CHECK(verdict("Forbidden", {}).outcome == Outcome::ok);
}
