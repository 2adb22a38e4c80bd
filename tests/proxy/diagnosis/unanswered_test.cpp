// Was what the client asked answered, and could it have been?

#include "support/other_hellos.hpp"
#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

using parser::Content;

TEST_CASE("who asks and leaves before the answer may have judged the certificate only then") {
  using namespace std::chrono_literals;
  const auto verdict = [](const std::vector<certs::Problem>& problems,
                          std::chrono::seconds patience) {
    Conversation c;
    c.client_says(hello_gnutls()).server_flight(good_chain(), problems);
    c.key_exchange_and_finished().server_finishes().data(C).pause(patience).client_fin();
    return diagnose(c.timeline());
  };
  const std::vector<certs::Problem> wrong_name = {problem(ProblemId::name_mismatch)};

  const Verdict refused = verdict(wrong_name, 0s);
  INFO(shown(refused));
  CHECK(refused.cause == Cause::server_cert_name_mismatch);
  CHECK(refused.confidence == Confidence::low);
  CHECK(has_alternative(refused, Cause::truncated_close));
  CHECK(verdict({}, 0s).cause == Cause::truncated_close);
  CHECK(verdict(wrong_name, 5s).cause == Cause::idle_timeout);
}

TEST_CASE("who gives up after a moment may have been ended as well") {
  using namespace std::chrono_literals;
  const auto verdict = [](std::chrono::seconds patience) {
    Conversation c;
    c.client_says(hello_openssl()).handshake12().data(C).pause(patience).client_fin();
    return diagnose(c.timeline());
  };
  const Verdict soon = verdict(2s);
  INFO(shown(soon));
  CHECK(soon.cause == Cause::idle_timeout);
  CHECK(soon.confidence == Confidence::low);
  CHECK(has_alternative(soon, Cause::truncated_close));
  CHECK(verdict(30s).confidence > Confidence::low);
}

TEST_CASE("a protocol that knows no answers is not left in vain") {
  using namespace std::chrono_literals;
  const auto verdict = [](std::uint16_t port, std::chrono::seconds between) {
    Conversation c;
    c.note(Leg::server, Target{"logs.test", port, "relay", "fixed target"});
    c.client_says(hello_openssl()).handshake12().data(C).sends(C, 300);
    c.pause(between).sends(C, 300).pause(3s).hidden_alert(C).client_fin();
    return diagnose(c.timeline());
  };
  const Verdict waited = verdict(443, 2s);
  INFO(shown(waited));
  CHECK(waited.cause == Cause::idle_timeout);

  const Verdict went_on = verdict(443, 20s);
  INFO(shown(went_on));
  CHECK(went_on.cause == Cause::client_satisfied);
  CHECK(went_on.confidence == Confidence::low);
  CHECK(has_alternative(went_on, Cause::idle_timeout));

  Conversation lines;
  lines.client_says(hello_openssl()).handshake12().data(C).pause(2s).data(C).pause(2s).data(C);
  CHECK(diagnose(lines.pause(2s).hidden_alert(C).client_fin().timeline()).cause ==
        Cause::client_satisfied);

  const Verdict syslog = verdict(6514, 2s);
  INFO(shown(syslog));
  CHECK(syslog.cause == Cause::client_satisfied);
  CHECK(syslog.confidence == Confidence::medium);
}

TEST_CASE("a kept connection that is used when the server has given it up is stale") {
  static constexpr auto data_type = parser::content_type::application_data;
  using namespace std::chrono_literals;
  struct Case {
    std::string name;
    std::function<void(Conversation&)> end;
    std::optional<Confidence> stale;  ///< none: it is something else
  };
  const Case cases[] = {
      {"the request comes after the server's FIN",
       [](auto& c) { c.pause(7s).server_fin().pause(3s).sends(C, 400).server_rst().client_fin(); },
       Confidence::high},
      {"long after it",
       [](auto& c) { c.pause(65s).server_fin().pause(55s).sends(C, 400).client_fin(); },
       Confidence::high},
      {"after its close_notify",
       [](auto& c) { c.pause(5s).hidden_alert(S).server_fin().sends(C, 400).client_fin(); },
       Confidence::high},
      {"the two cross, at the time of a timer",
       [](auto& c) { c.pause(5s).sends(C, 400).server_fin().client_fin(); }, Confidence::medium},
      {"they cross at another time",
       [](auto& c) { c.pause(42s).sends(C, 400).server_fin().client_fin(); }, Confidence::low},
      {"the server has taken a while",
       [](auto& c) { c.pause(5s).sends(C, 400).pause(500ms).server_fin().client_fin(); },
       Confidence::low},
      {"a goodbye crosses it",
       [](auto& c) { c.pause(75s).sends(C, 400).hidden_alert(S).server_fin().client_fin(); },
       Confidence::medium},
      {"a device on the way has forgotten the connection",
       [](auto& c) { c.pause(1000s).sends(C, 400).server_rst(); }, Confidence::medium},
      {"a reset after a moment", [](auto& c) { c.pause(7s).sends(C, 400).server_rst(); },
       Confidence::low},
      {"the client only says goodbye, too",
       [](auto& c) { c.pause(5s).hidden_alert(S).server_fin().sends(C, 150).client_fin(); },
       {}},
      {"the server answers in a few bytes, and closes",
       [](auto& c) { c.pause(5s).sends(C, 400).sends(S, 30).server_fin().client_fin(); },
       {}},
      {"the server answers in a few bytes, and says goodbye",
       [](auto& c) {
         c.pause(5s).sends(C, 400).sends(S, 30).hidden_alert(S).server_fin().client_fin();
       },
       {}},
      {"the server has taken its time",
       [](auto& c) { c.pause(5s).sends(C, 400).pause(3s).server_fin().client_fin(); },
       {}},
      {"there was no pause", [](auto& c) { c.sends(C, 400).server_fin().client_fin(); }, {}},
      {"the server closed at once, and the client used it later",
       [](auto& c) { c.server_fin().pause(8s).sends(C, 400).client_fin(); }, Confidence::high},
      {"the server closed at once, and the client took its leave later",
       [](auto& c) { c.server_fin().pause(8s).sends(C, 31).client_fin(); },
       {}},
      {"the client takes its leave in a few words, with HTTP/1 or none",
       [](auto& c) {
         c.server_fin()
             .pause(8s)
             .encrypted(C, data_type, 48, parser::Content::application_data)
             .client_fin();
       },
       {}},
      {"the client asks in a few words",
       [](auto& c) {
         c.server_fin()
             .pause(8s)
             .encrypted(C, data_type, 80, parser::Content::application_data)
             .client_fin();
       },
       Confidence::medium},
      {"a client that is still sending",
       [](auto& c) {
         c.server_fin().pause(20ms).sends(C, 4000).pause(3s).sends(C, 400).client_fin();
       },
       {}},
      {"an answer was owed",
       [](auto& c) { c.sends(C, 400).pause(60s).sends(C, 400).server_fin().client_fin(); },
       {}},
      {"the server spoke first",
       [](auto& c) { c.pause(60s).sends(S, 90).sends(C, 400).server_fin().client_fin(); },
       {}},
      {"last words that want no answer",
       [](auto& c) { c.pause(42s).sends(C, 400).hidden_alert(S).server_fin().client_fin(); },
       {}},
      {"the client closes", [](auto& c) { c.pause(5s).sends(C, 400).client_fin(); }, {}},
  };
  for (const Case& each : cases) {
    Conversation c;
    c.note(S, Connected{"10.0.0.2:443", std::chrono::milliseconds{12}});
    c.client_says(hello_openssl()).handshake12().data(C).data(S);
    each.end(c);
    const Verdict verdict = diagnose(c.timeline());
    INFO(each.name << "\n" << shown(verdict));
    CHECK((verdict.cause == Cause::stale_connection) == each.stale.has_value());
    CHECK((verdict.outcome == Outcome::failed) == each.stale.has_value());
    if (!each.stale) continue;
    CHECK(verdict.confidence == *each.stale);
    CHECK(verdict.closer == Closer::server);
  }
}

TEST_CASE("an answer that comes when the client has left is none that it waited for") {
  const auto left = [](std::vector<certs::Problem> problems) {
    Conversation c;
    c.client_says(hello_openssl()).handshake12(good_chain(), std::move(problems));
    c.data(C).client_fin().data(S).hidden_alert(S).server_fin();
    return diagnose(c.timeline());
  };
  const Verdict bad = left({{certs::ProblemId::expired, "now", "then", 0}});
  INFO(shown(bad));
  CHECK(bad.cause == Cause::server_cert_expired);
  CHECK(bad.confidence == Confidence::low);
  CHECK(has_alternative(bad, Cause::truncated_close));
  const Verdict good = left({});
  INFO(shown(good));
  CHECK(good.cause == Cause::truncated_close);
  CHECK(good.phase == Phase::post_handshake);
}

TEST_CASE("a lone record of the server's may be a ticket, and no answer") {
  Conversation c;
  c.client_says(hello_openssl()).server_flight13().client_finishes13().data(C, 128);
  c.record13(S, 2024, parser::Content::unknown).client_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::truncated_close);
  CHECK(has_alternative(verdict, Cause::idle_timeout));
}

TEST_CASE("answers of one length are no tickets, where the client asked between them") {
  using namespace std::chrono_literals;
  const auto verdict = [](bool asks_again) {
    Conversation c;
    c.client_says(hello_openssl()).server_flight13().client_finishes13();
    c.data(C, 128).record13(S, 266, Content::unknown);
    if (asks_again) c.data(C, 128);
    c.record13(S, 266, Content::unknown).pause(65s).hidden_alert(S).server_fin();
    return diagnose(c.timeline());
  };
  INFO(shown(verdict(true)));
  CHECK(verdict(true).outcome == Outcome::ok);
  CHECK(verdict(false).outcome == Outcome::failed);
}

TEST_CASE("a pair of another length behind the tickets is two answers") {
  using namespace std::chrono_literals;
  Conversation c;
  c.client_says(hello_openssl()).server_flight13().client_finishes13().tickets();
  c.data(C, 128).record13(S, 190, Content::unknown).record13(S, 190, Content::unknown);
  const Verdict verdict = diagnose(c.pause(65s).hidden_alert(S).server_fin().timeline());
  INFO(shown(verdict));
  CHECK(verdict.outcome == Outcome::ok);
}

TEST_CASE("who ends right after the handshake has given up no idle connection") {
  using namespace std::chrono_literals;
  const auto verdict = [](std::chrono::milliseconds idle, bool answered_before) {
    Conversation c;
    c.client_says(hello_openssl()).server_flight13_read().client_finishes13_read();
    if (answered_before) c.data_read(C).data_read(S);
    c.pause(idle).decrypted_alert(S, 0, warning).server_fin();
    const Time asked = c.now() + 700ms;
    c.note(C, RequestUnanswered{.later = answered_before, .begun = asked});
    return diagnose(c.timeline());
  };
  CHECK(verdict(5ms, false).cause != Cause::stale_connection);
  CHECK(verdict(5s, false).cause == Cause::stale_connection);
  CHECK(verdict(5ms, true).cause == Cause::stale_connection);
}

TEST_CASE("a server that closes without an answer failed over it, whatever timer that fits") {
  using namespace std::chrono_literals;
  Conversation c;
  c.client_says(hello_openssl()).handshake12().data(C).pause(5s).server_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::internal_error);
  CHECK(verdict.closer == Closer::server);
  CHECK(verdict.confidence == Confidence::medium);
  CHECK(has_alternative(verdict, Cause::idle_timeout));
}

TEST_CASE("a server that resets in place of an answer failed over the request") {
  Conversation c;
  c.client_says(hello_openssl()).handshake12().data(C).data(S).sends(C, 4000).server_rst();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::internal_error);
  CHECK(verdict.outcome == Outcome::failed);
}

TEST_CASE("a request as long as those before it is known for one, however short") {
  const auto verdict = [](std::uint16_t first, std::uint16_t last) {
    Conversation c;
    c.client_says(hello_openssl()).handshake12().data(C, first).data(S, 1000).data(C, last);
    return diagnose(c.server_fin().client_fin().timeline());
  };
  const Verdict repeated = verdict(60, 60);
  INFO(shown(repeated));
  CHECK(repeated.cause == Cause::internal_error);
  CHECK(repeated.closer == Closer::server);
  CHECK(repeated.confidence == Confidence::medium);
  CHECK(verdict(60, 40).cause == Cause::truncated_close);
}

TEST_CASE("a short answer before the server's goodbye is an answer") {
  for (const bool reply : {false, true}) {
    Conversation c;
    c.client_says(hello_openssl()).handshake12().data(C, 60).data(S, 90).data(C, 60);
    c.data(S, 40).data(C, 60);
    if (reply) c.data(S, 39);  // 221 2.0.0 Bye
    c.encrypted(S, parser::content_type::alert, 26, Content::alert);
    const Verdict verdict = diagnose(c.server_fin().client_fin().timeline());
    INFO(shown(verdict));
    CHECK((verdict.cause == Cause::internal_error) != reply);
  }
}

TEST_CASE("a publisher that is not answered waits for nothing") {
  using namespace std::chrono_literals;
  Conversation c;
  c.client_says(hello_openssl()).handshake12().data(S, 400);
  for (int i = 0; i < 4; ++i) c.data(C, 313).pause(1300ms);
  const Verdict verdict = diagnose(c.hidden_alert(C).client_fin().timeline());
  INFO(shown(verdict));
  CHECK(verdict.outcome == Outcome::ok);
}

TEST_CASE("a client that leaves its request unanswered was not satisfied") {
  using namespace std::chrono_literals;
  const auto verdict = [](std::chrono::seconds patience) {
    Conversation c;
    c.client_says(hello_openssl()).handshake12().data(C).data(S).sends(C, 4000);
    return diagnose(c.pause(patience).hidden_alert(C).client_fin().timeline());
  };
  const Verdict waited = verdict(4s);
  INFO(shown(waited));
  CHECK(waited.cause == Cause::idle_timeout);
  CHECK(waited.outcome == Outcome::failed);
  CHECK(waited.confidence == Confidence::low);
  CHECK(has_alternative(waited, Cause::client_satisfied));
  CHECK(verdict(0s).cause == Cause::client_satisfied);
}

TEST_CASE("a server that ends on the client's word may have failed over it") {
  using enum parser::StreamEnd;
  const auto verdict = [](std::uint64_t last, bool goodbye, std::optional<parser::StreamEnd> how) {
    Conversation c;
    c.client_says(hello_openssl()).handshake12().data(C).data(S).sends(C, last);
    if (goodbye) c.hidden_alert(S).sends(S, 31);
    return diagnose(c.closes(S, how.value_or(fin)).timeline());
  };
  for (const bool goodbye : {false, true}) {
    const Verdict doubted = verdict(400, goodbye, fin);
    INFO(shown(doubted));
    CHECK(doubted.confidence == Confidence::low);
    CHECK(has_alternative(doubted, Cause::internal_error));
    // A goodbye of the client's own.
    CHECK_FALSE(has_alternative(verdict(31, goodbye, fin), Cause::internal_error));
  }
}
