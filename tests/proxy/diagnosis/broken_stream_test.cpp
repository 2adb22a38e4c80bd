#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

namespace {

const parser::ClientHello hello12 = hello_openssl(parser::tls12, parser::tls12);

parser::Malformed overlong() { return {"record", "length", 3}; }
parser::Malformed no_record() { return {"record", "type", 98}; }

}  // namespace

TEST_CASE("a client that does not take the server's bytes has had an answer") {
  using parser::Protocol;
  const auto answer = [](Conversation& c, const std::string& bytes) -> Conversation& {
    return c.client_says(hello_openssl()).first_bytes(S, Protocol::tls, bytes);
  };
  const std::string change_cipher_spec("\x14\x03\x03\0\x01\x01", 6);
  const std::string empty_record("\x16\x03\x03\0\0\x16", 6);
  const std::string client_hello("\x16\x03\x03\0\x08\x01", 6);
  const std::string server_hello("\x16\x03\x03\0\x08\x02", 6);
  const Scenario scenarios[] = {
      {"a record that is longer than any may be",
       [=](auto& c) {
         answer(c, std::string("\x16\x03\x03\x50\0\0", 6)).says(S, overlong());
         c.alert(C, 22).client_fin();
       },
       Closer::client,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::record_overflow}},
      {"the same, to a client that only hangs up",
       [=](auto& c) {
         answer(c, std::string("\x16\x03\x03\x50\0\0", 6)).says(S, overlong()).client_rst();
       },
       Closer::client,
       {Phase::client_hello},
       Mechanism::rst,
       {Cause::record_overflow}},
      {"ChangeCipherSpec before the ServerHello",
       [=](auto& c) { answer(c, change_cipher_spec).alert(C, 10).client_fin(); },
       Closer::client,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::protocol_violation}},
      {"the same, to Go and wolfSSL, which reset",
       [=](auto& c) { answer(c, change_cipher_spec).client_rst(); },
       Closer::client,
       {Phase::client_hello},
       Mechanism::rst,
       {Cause::protocol_violation}},
      {"an empty record before the ServerHello",
       [=](auto& c) { answer(c, empty_record).client_fin(); },
       Closer::client,
       {Phase::client_hello},
       Mechanism::fin,
       {Cause::protocol_violation}},
      {"the same, with a whole flight behind it",
       [=](auto& c) { answer(c, empty_record).server_flight().client_rst(); },
       Closer::client,
       {Phase::server_auth},
       Mechanism::rst,
       {Cause::protocol_violation}},
      {"a ClientHello for an answer",
       [=](auto& c) { answer(c, client_hello).alert(C, 10).client_fin(); },
       Closer::client,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::protocol_violation}},
      {"a part of a ServerHello is no fault",
       [=](auto& c) { answer(c, server_hello).client_fin(); },
       Closer::client,
       {Phase::client_hello},
       Mechanism::fin,
       {Cause::unknown}},
      {"a warning may come first",
       [=](auto& c) {
         answer(c, std::string("\x15\x03\x03\0\x02\x01", 6)).alert(S, 112, warning).client_fin();
       },
       Closer::client,
       {Phase::client_hello},
       Mechanism::fin,
       {Cause::unknown}},
      {"OpenSSL says protocol_version when what follows the ServerHello is no record",
       [](auto& c) {
         c.client_says(hello12).server_says(tls12_hello()).says(S, no_record()).alert(C, 70);
         c.client_fin();
       },
       Closer::client,
       {Phase::server_hello},
       Mechanism::alert_fatal,
       {Cause::protocol_violation}},
      {"no record follows the ServerHello, and the server closes",
       [](auto& c) {
         c.client_says(hello12).server_says(tls12_hello()).says(S, no_record()).server_fin();
       },
       Closer::server,
       {Phase::server_hello},
       Mechanism::fin,
       {Cause::protocol_violation}},
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}

TEST_CASE("a server that does not take what follows the hello is not at fault") {
  const Scenario scenarios[] = {
      {"bytes that are no record",
       [](auto& c) {
         c.client_says(hello12).says(C, no_record()).server_flight().alert(S, 70).server_fin();
       },
       Closer::server,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::protocol_violation}},
      {"the same in TLS 1.3, to a server that resets",
       [](auto& c) {
         c.client_says(hello_openssl()).says(C, no_record()).server_flight13().server_rst();
       },
       Closer::server,
       {Phase::server_auth},
       Mechanism::rst,
       {Cause::protocol_violation}},
      {"a second hello",
       [](auto& c) {
         c.client_says(hello12).client_says(hello12).server_flight().alert(S, 10).server_fin();
       },
       Closer::server,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::protocol_violation}},
      {"a first record that is longer than any may be",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::tls, "\x16\x03\x01\xff\xff");
         c.says(C, overlong()).alert(S, 22).server_fin();
       },
       Closer::server,
       {Phase::pre_hello},
       Mechanism::alert_fatal,
       {Cause::record_overflow}},
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}

TEST_CASE("bytes that are no TLS amid encrypted data are the fault of who sent them") {
  for (const Leg breaker : {C, S}) {
    for (const bool tls13 : {false, true}) {
      for (const bool noticed : {false, true}) {
        Conversation c;
        if (tls13) {
          c.client_says(hello_openssl()).server_flight13().client_finishes13();
        } else {
          c.client_says(hello12).handshake12();
        }
        c.data(C).data(S).says(breaker, no_record());
        const Leg ends = noticed ? parser::other(breaker) : breaker;
        const Verdict verdict = diagnose(c.closes(ends, parser::StreamEnd::fin).timeline());
        INFO(shown(verdict));
        CHECK(verdict.cause == Cause::protocol_violation);
        CHECK(verdict.outcome == Outcome::failed);
        CHECK(verdict.confidence == (noticed ? Confidence::high : Confidence::medium));
        CHECK(verdict.summary.find(breaker == C ? "the client sent bytes that are no TLS"
                                                : "the server sent bytes that are no TLS") !=
              std::string::npos);
      }
    }
  }
}

TEST_CASE("a record out of its place, after which the data goes on, ends nothing") {
  Conversation c;
  c.client_says(hello_openssl()).server_flight13().client_finishes13();
  c.says(C, parser::Malformed{"record", "place", 900}).data(C).data(S);
  const Verdict verdict = diagnose(c.server_fin().timeline());
  INFO(shown(verdict));
  CHECK(verdict.outcome == Outcome::ok);
}

TEST_CASE("sides that both go on in clear have agreed to") {
  Conversation c;
  c.client_says(hello12).handshake12().data(C).data(S);
  c.says(C, no_record()).says(S, no_record());
  const Verdict verdict = diagnose(c.client_fin().timeline());
  INFO(shown(verdict));
  CHECK(verdict.outcome == Outcome::ok);
}

TEST_CASE("pieces of a handshake message under encryption renegotiate nothing") {
  Conversation c;
  c.client_says(hello12).server_flight().key_exchange_and_finished().server_finishes();
  for (int piece = 0; piece < 3; ++piece) {
    c.encrypted(S, parser::content_type::handshake, 1, Content::unknown);
  }
  const Verdict verdict = diagnose(c.hidden_alert(C).client_fin().timeline());
  INFO(shown(verdict));
  CHECK(verdict.phase == Phase::post_handshake);
}
