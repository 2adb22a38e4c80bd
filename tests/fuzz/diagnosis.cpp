// Any sequence of facts has a verdict: the bytes choose what each side says, sends and closes.

#include "proxy/diagnosis/diagnosis.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "../support/timeline_builder.hpp"

using namespace legible;
using namespace legible::tests;

namespace {

class Script {
 public:
  Script(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  bool ended() const { return at_ >= size_; }
  std::uint8_t next() { return ended() ? std::uint8_t{0} : data_[at_++]; }
  std::uint16_t next16() { return static_cast<std::uint16_t>(next() << 8 | next()); }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

parser::ClientHello hello(Script& script) {
  const auto version = [&] {
    return parser::ProtocolVersion{static_cast<std::uint16_t>(0x0300 + script.next() % 6)};
  };
  const auto low = version();
  auto hello = hello_openssl(low, version());
  if (const std::uint8_t change = script.next(); change & 1) hello.ciphers = {{script.next16()}};
  hello.early_data = script.next() & 1;
  hello.records = script.next();
  hello.bytes = script.next16();
  hello.sni_state = static_cast<parser::SniState>(script.next() % 5);
  return hello;
}

Chain chain(Script& script) {
  Chain chain(script.next() % 14, certificate("leaf", "issuer"));
  if (!chain.empty()) {
    chain[0].version = script.next() % 4;
    if (script.next() & 1) chain[0].not_after.reset();
    if (script.next() & 1) chain[0].issuer = chain[0].subject;
  }
  return chain;
}

void step(Script& script, Conversation& conversation) {
  constexpr auto protocols = static_cast<std::uint8_t>(parser::Protocol::silent);
  const std::uint8_t what = script.next();
  const Leg leg = what & 0x80 ? Leg::server : Leg::client;
  switch (what % 24) {
    case 0:
      conversation.client_says(hello(script));
      break;
    case 1: {
      auto answer = server_hello({script.next16()}, script.next16());
      answer.hello_retry_request = script.next() & 1;
      answer.psk_selected = script.next() & 1;
      conversation.server_says(answer);
      break;
    }
    case 2:
      conversation.shows(leg, chain(script));
      break;
    case 3:
      conversation.judged(leg, {{static_cast<ProblemId>(script.next() % 17), "expected",
                                 std::string(1, static_cast<char>(script.next())),
                                 static_cast<int>(script.next()) - 2}});
      break;
    case 4:
      conversation.asks_certificate({"Root"}, {script.next16()});
      break;
    case 5:
      conversation.message(leg, {script.next()});
      break;
    case 6:
      conversation.changes_cipher(leg);
      break;
    case 7:
    case 8: {
      const parser::ContentType type{static_cast<std::uint8_t>(20 + script.next() % 5)};
      const std::uint16_t length = script.next16();
      conversation.encrypted(leg, type, length, static_cast<Content>(script.next() % 10));
      break;
    }
    case 9:
      conversation.alert(leg, script.next(), {static_cast<std::uint8_t>(1 + script.next() % 2)});
      break;
    case 10:
      conversation.hidden_alert(leg, script.next());
      break;
    case 11:
      conversation.closes(leg, static_cast<StreamEnd>(script.next() % 4));
      break;
    case 12:
      conversation.first_bytes(leg, static_cast<parser::Protocol>(script.next() % protocols),
                               std::string(script.next() % 40, static_cast<char>(script.next())));
      break;
    case 13:
      conversation.note(leg, parser::Observation{parser::HandshakeDone{}});
      break;
    case 14:
      conversation.pause(std::chrono::milliseconds{script.next16()});
      break;
    case 15:
      conversation.note(
          leg, proxy::ConnectFailed{static_cast<proxy::ConnectError>(script.next() % 5), "", ""});
      break;
    case 16:
      conversation.note(
          leg, proxy::ProxyClosing{static_cast<proxy::ProxyReason>(script.next() % 4), {}});
      break;
    case 17:
      conversation.note(leg, proxy::StillOpen{});
      break;
    case 18:
      conversation.key_exchange({.group = {}, .dh_prime_bits = script.next16(), .scheme = {}});
      break;
    default:
      conversation.data(leg, script.next16());
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script script(data, size);
  Conversation conversation;
  while (!script.ended()) step(script, conversation);
  proxy::History history;
  if (size % 2 == 0) history.largest_successful_hello = 300;
  const proxy::Verdict verdict = proxy::diagnose(conversation.timeline(), history);
  if (verdict.evidence.empty() || verdict.summary.empty()) std::abort();
  return 0;
}
