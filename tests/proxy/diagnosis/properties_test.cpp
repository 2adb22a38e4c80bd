// What holds for every timeline, however it was cut or shuffled.

#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_adapters.hpp>
#include <catch2/generators/catch_generators_random.hpp>
#include <random>

#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

namespace {

bool same(const Verdict& a, const Verdict& b) {
  return a.outcome == b.outcome && a.leg == b.leg && a.closer == b.closer && a.phase == b.phase &&
         a.mechanism == b.mechanism && a.cause == b.cause && a.confidence == b.confidence &&
         a.evidence == b.evidence && a.summary == b.summary;
}

bool about_server_certificate(Cause cause) {
  return cause >= Cause::server_cert_untrusted_ca && cause <= Cause::server_cert_rejected;
}
bool about_client_certificate(Cause cause) {
  return cause >= Cause::client_cert_missing && cause <= Cause::client_cert_rejected;
}

bool shows_chain(const Timeline& timeline, Leg leg) {
  return std::ranges::any_of(timeline.entries(), [=](const Entry& entry) {
    return entry.leg == leg && std::holds_alternative<ChainSeen>(entry.fact);
  });
}

bool asks_for_certificate(const Timeline& timeline) {
  return std::ranges::any_of(timeline.entries(), [](const Entry& entry) {
    const auto* observation = std::get_if<parser::Observation>(&entry.fact);
    return observation &&
           std::holds_alternative<parser::Shared<parser::CertificateRequest>>(*observation);
  });
}

bool encrypted_record_from(const Timeline& timeline, Leg leg) {
  for (const Entry& entry : timeline.entries()) {
    const auto* observation = std::get_if<parser::Observation>(&entry.fact);
    if (entry.leg == leg && observation &&
        std::holds_alternative<parser::EncryptedRecord>(*observation)) {
      return true;
    }
  }
  return false;
}

void check_properties(const Timeline& timeline) {
  const Verdict verdict = diagnose(timeline);
  INFO(shown(verdict));
  CHECK(same(verdict, diagnose(timeline)));
  CHECK_FALSE(verdict.evidence.empty());
  CHECK_FALSE(verdict.summary.empty());
  if (about_client_certificate(verdict.cause)) {
    const bool asked =
        asks_for_certificate(timeline) || encrypted_record_from(timeline, Leg::client);
    CHECK(asked);
  }
  if (about_server_certificate(verdict.cause)) {
    const bool delivered =
        shows_chain(timeline, Leg::server) || encrypted_record_from(timeline, Leg::server);
    CHECK(delivered);
  }
  if (verdict.mechanism == Mechanism::alert_encrypted) {
    CHECK(verdict.confidence <= Confidence::high);
  }
  if (verdict.confidence == Confidence::low && verdict.outcome == Outcome::failed &&
      verdict.cause != Cause::unknown) {
    CHECK_FALSE(verdict.alternatives.empty());
  }
  for (const Alternative& other : verdict.alternatives) CHECK(other.cause != verdict.cause);
}

std::vector<Timeline> conversations() {
  using namespace std::chrono_literals;
  std::vector<Timeline> all;
  const auto add = [&](const std::function<void(Conversation&)>& conversation) {
    Conversation c;
    conversation(c);
    all.push_back(c.timeline());
  };
  add([](auto& c) {
    c.client_says(hello_openssl()).server_flight_asking({"Root"}).shows(C, {});
    c.key_exchange_and_finished().alert(S, 40).server_fin().client_fin();
  });
  add([](auto& c) {
    c.client_says(hello_jsse()).alert(S, 112, warning);
    c.server_flight(good_chain(), {problem(ProblemId::expired)}).alert(C, 45).client_rst();
  });
  add([](auto& c) {
    c.client_says(hello_openssl()).server_flight13(true);
    c.record13(C, 1800, Content::certificate_flight).client_finishes13().data(C).tickets();
    c.data(S).hidden_alert(S).server_fin().hidden_alert(C).client_fin();
  });
  add([](auto& c) {
    c.first_bytes(S, parser::Protocol::smtp, "220 mail")
        .first_bytes(C, parser::Protocol::http, "GET /");
    c.server_rst().client_fin();
  });
  add([](auto& c) {
    c.client_says(hello_openssl()).handshake12().data(C).data(S);
    c.encrypted(S, parser::content_type::handshake, 28, Content::unknown).pause(70s);
    c.hidden_alert(C).client_fin().note(S, StillOpen{});
  });
  return all;
}

}  // namespace

TEST_CASE("every prefix of a conversation has a verdict") {
  for (const Timeline& whole : conversations()) {
    for (std::size_t size = 0; size <= whole.entries().size(); ++size) {
      Timeline prefix;
      for (const Entry& entry : whole.entries().first(size)) prefix.add(Entry(entry));
      check_properties(prefix);
    }
  }
}

TEST_CASE("entries in an impossible order have a verdict too") {
  const auto seed = GENERATE(take(100, random(0, 1'000'000)));
  std::mt19937 engine(static_cast<std::mt19937::result_type>(seed));
  std::vector<Entry> shuffled;
  for (const Timeline& timeline : conversations()) {
    for (const Entry& entry : timeline.entries()) shuffled.push_back(entry);
  }
  std::shuffle(shuffled.begin(), shuffled.end(), engine);
  shuffled.resize(40);
  std::ranges::sort(shuffled, {}, &Entry::time);
  Timeline timeline;
  for (Entry& entry : shuffled) timeline.add(std::move(entry));
  check_properties(timeline);
}

TEST_CASE("an empty timeline has a verdict that claims nothing") {
  const Verdict verdict = diagnose(Timeline{});
  CHECK(verdict.cause == Cause::unknown);
  CHECK(verdict.confidence == Confidence::low);
  CHECK(verdict.closer == Closer::nobody);
}
