// A refusal that comes after a complete handshake. Most stacks refuse with an alert inside it, and
// close_notify is their ordinary end; but some programs look at the certificate only then.

#include <fmt/format.h>

#include <algorithm>

#include "proxy/diagnosis/advice.hpp"
#include "proxy/diagnosis/certificate_doubts.hpp"
#include "proxy/diagnosis/certificate_refusal.hpp"
#include "proxy/diagnosis/insertion.hpp"
#include "proxy/diagnosis/minted_leaf.hpp"
#include "proxy/diagnosis/offer.hpp"
#include "proxy/diagnosis/rules.hpp"

namespace legible::proxy::diagnosis {
namespace {

/// What a client of this stack can have against a certificate once it has finished the handshake
/// and closes in order.
enum class LateCheck : std::uint8_t {
  none,  ///< it judges everything inside the handshake
  name,  ///< curl and Java's libraries ask for the name, and for a pin, last
  all,   ///< programs on OpenSSL and GnuTLS may ask for everything last: nginx, git
};

LateCheck late_check(Stack stack) {
  switch (stack) {
    case Stack::curl:
    case Stack::jsse:
    case Stack::bouncy_castle:
      return LateCheck::name;
    case Stack::nss:
    case Stack::gnutls:
    case Stack::openssl:
    case Stack::unknown:
      return LateCheck::all;
    default:
      return LateCheck::none;
  }
}

/// The fault that made the client leave. Where it may have got what it wanted, a root that only
/// this machine does not know is no reason.
const Doubt* reason_to_leave(const Situation& situation, const std::vector<Doubt>& doubts) {
  const Stack stack = situation.client_stack;
  const bool by_habit =
      stack == Stack::nss || (situation.bare_close() && rejects_after_finished(stack));
  const LateCheck check =
      situation.bare_close() && stack != Stack::curl ? LateCheck::all : late_check(stack);
  if (doubts.empty() || check == LateCheck::none) return nullptr;
  if (check == LateCheck::name) {
    const auto name = std::ranges::find(doubts, Cause::server_cert_name_mismatch, &Doubt::cause);
    return name != doubts.end() ? &*name : nullptr;
  }
  const bool guessed = only_guessed(situation, doubts.front().cause);
  return guessed && !by_habit ? nullptr : &doubts.front();
}

Confidence how_sure(const Situation& situation, const Doubt& doubt) {
  const bool curls_name =
      situation.client_stack == Stack::curl && doubt.cause == Cause::server_cert_name_mismatch;
  const bool habit = situation.client_stack == Stack::nss || curls_name ||
                     (situation.bare_close() && rejects_after_finished(situation.client_stack));
  // A monitor that verifies nothing leaves so, too.
  return habit ? Confidence::high : Confidence::low;
}

/// The certificate was encrypted. A client that asked for another name than the target's, an HTTP
/// client that asks for nothing, or one that leaves without close_notify, has seldom got what it
/// wanted.
bool leaves_without_its_answer(const Situation& situation) {
  const Stack stack = situation.client_stack;
  if (asks_for_another_name(situation) && late_check(stack) != LateCheck::none) return true;
  if (may_compare_address(situation) && stack == Stack::curl) return true;
  const auto& offered = situation.facts.hello->alpn;
  const bool http = std::ranges::find(offered, "http/1.1") != offered.end();
  switch (stack) {
    case Stack::gnutls:
      return http || situation.bare_close();
    case Stack::curl:
      return situation.bare_close();
    default:
      return false;
  }
}

/// curl has judged the chain inside the handshake, and asks for the name last.
Answer compared_with_address(const Situation& situation) {
  if (situation.client_stack != Stack::curl || !may_compare_address(situation)) {
    return std::nullopt;
  }
  Finding finding;
  finding.cause = Cause::server_cert_name_mismatch;
  finding.with(address_is_not_certified(situation));
  finding.with(
      "the client finished the handshake, sent no data and left; curl compares names only then");
  finding.or_else(Cause::server_cert_pinned, "curl compares a pinned key only then, too");
  finding.or_else(Cause::client_satisfied, "the client only wanted to see that the port answers");
  return finding;
}

/// curl has judged the chain inside the handshake, and the name is right: a pin is left.
Answer pinned(const Situation& situation) {
  if (situation.client_stack != Stack::curl || !situation.bare_close()) return std::nullopt;
  Finding finding;
  finding.cause = Cause::server_cert_pinned;
  finding.with(
      "the client finished the handshake and closed at once, without close_notify and "
      "without a request; curl compares a pinned key only then");
  finding.or_else(Cause::client_satisfied, "the client only wanted to see that the port answers");
  finding.or_else(Cause::tls_health_check, "a monitor comes back at regular intervals");
  return finding;
}

/// The certificate is good here, but the stack says nothing when it takes none.
Answer left_by_habit(const Situation& situation) {
  const bool at_once = situation.bare_close() && !situation.after_silence();
  if (!at_once || situation.client_stack != Stack::node) return std::nullopt;
  Finding finding;
  finding.cause = Cause::server_cert_rejected;
  finding.with(
      "the client finished the handshake and closed at once, without close_notify and without a "
      "request: so Node closes when it rejects a certificate");
  add_alternative(finding, Cause::server_cert_untrusted_ca);
  add_alternative(finding, Cause::server_cert_name_mismatch);
  add_alternative(finding, Cause::server_cert_pinned);
  finding.or_else(Cause::client_satisfied, "the client only wanted to see that the port answers");
  return finding.or_else(Cause::tls_health_check, "a monitor comes back at regular intervals");
}

/// The certificate is good here, but an HTTP client on GnuTLS asks for nothing.
Answer distrusted_by_client(const Situation& situation) {
  if (situation.client_stack != Stack::gnutls || !leaves_without_its_answer(situation)) {
    return std::nullopt;
  }
  Finding finding;
  finding.cause = Cause::server_cert_rejected;
  finding.with(
      "the client finished the handshake, sent no request and left; wget and git judge the "
      "certificate only then, by a truststore of their own");
  // Programs at one address may each have a truststore of their own.
  if (situation.facts.minted) add_alternative(finding, Cause::proxy_cert_untrusted);
  add_alternative(finding, Cause::server_cert_untrusted_ca);
  add_alternative(finding, Cause::server_cert_pinned);
  finding.or_else(Cause::client_satisfied, "the client only wanted to see that the port answers");
  return finding;
}

/// lftp asks before it judges. Who waits for no answer at all does the same.
Answer left_in_spite_of_request(const Situation& situation) {
  // lftp speaks no HTTP: whose request could be read had judged the certificate before.
  const bool waited = situation.facts.server().application_data || situation.after_silence() ||
                      situation.facts.request_unanswered;
  const bool may_be_lftp = situation.client_stack == Stack::gnutls;
  if (waited || (!situation.bare_close() && !may_be_lftp)) return std::nullopt;
  const auto doubts = doubts_about_server(situation);
  const Doubt* chosen = reason_to_leave(situation, doubts);
  if (!chosen || rests_on_system_anchors(situation, chosen->cause)) return std::nullopt;
  Finding finding;
  finding.cause = chosen->cause;
  finding.with(chosen->because);
  finding.with(
      "the client sent data, and left before anything had come back; some programs (lftp) judge "
      "the certificate only then");
  for (const Doubt& other : doubts) add_alternative(finding, other.cause);
  finding.or_else(Cause::truncated_close,
                  "the client wants no answer to what it sends, as one that ships logs");
  return finding;
}

}  // namespace

void doubt_hidden_certificate(const Situation& situation, Finding& finding) {
  const LateCheck check = late_check(situation.client_stack);
  if (check == LateCheck::none) return;
  finding.title += "; it may have refused the certificate, or be a monitor";
  finding.or_else(
      Cause::server_cert_name_mismatch,
      "compare the certificate's names (openssl s_client -showcerts) with the one that "
      "the client used; curl, nginx, PHP and Java's HTTP clients compare them only now");
  if (check == LateCheck::all) {
    finding.or_else(Cause::server_cert_expired,
                    "look at the certificate's dates; nginx and other programs on OpenSSL may "
                    "verify only now");
    for (const Cause other :
         {Cause::server_cert_untrusted_ca, Cause::server_cert_missing_intermediate,
          Cause::server_cert_self_signed}) {
      add_alternative(finding, other);
    }
  }
  finding.to_do.client = fmt::format(
      "If the call failed: {}, or use --mode intercept: then the certificate can be read, and why "
      "the client left.",
      repeat_with_tls12(situation));
}

void weigh_shown_certificate(const Situation& situation, Finding& finding) {
  if (situation.facts.minted || late_check(situation.client_stack) != LateCheck::all) {
    finding.raise();
    return;
  }
  finding.or_else(Cause::server_cert_untrusted_ca,
                  "the client's own truststore is another one: nginx, git and others judge the "
                  "chain only now");
}

Answer left_for_certificate(const Situation& situation) {
  const Facts& facts = situation.facts;
  // A server that greets its clients may have done so before, or after, this one left.
  const bool greeted = facts.server().application_data;
  if (greeted && !facts.server().leaf()) return std::nullopt;
  if (facts.client().application_data) return left_in_spite_of_request(situation);
  if (situation.history.regular()) return std::nullopt;  // a monitor

  Finding finding;
  if (!facts.server().leaf()) {
    if (!leaves_without_its_answer(situation)) return std::nullopt;
    finding.cause = Cause::server_cert_rejected;
    finding.with(
        "the client finished the handshake, sent no data and left; curl, wget and git judge the "
        "certificate, or its name, only then");
    add_hidden_faults(situation, finding);
    finding.or_else(Cause::client_satisfied, "the client only wanted to see that the port answers");
    return finding;
  }
  const auto doubts = doubts_about_server(situation);
  const Doubt* chosen = reason_to_leave(situation, doubts);
  if (!chosen) {
    // HTTP/2's SETTINGS come unasked, and say nothing of what the client thinks.
    const bool by_settings = greeted && lists(facts.hello->alpn, std::string("h2"));
    if (by_settings) return distrusted_by_client(situation);
    if (greeted) return std::nullopt;
    if (Answer answer = compared_with_address(situation)) return answer;
    if (Answer answer = pinned(situation)) return answer;
    if (Answer answer = left_by_habit(situation)) return answer;
    return distrusted_by_client(situation);
  }
  if (chosen->cause == Cause::proxy_cert_untrusted) return proxy_authority_refused(situation);
  finding.cause = chosen->cause;
  finding.confidence = how_sure(situation, *chosen);
  if (rests_on_system_anchors(situation, chosen->cause)) finding.lower();
  finding.with(chosen->because);
  finding.with(
      "the client finished the handshake, sent no data and left; some programs judge the "
      "certificate only then");
  for (const Doubt& other : doubts) add_alternative(finding, other.cause);
  finding.or_else(Cause::client_satisfied,
                  "the client does not verify, and only wanted to see that the port answers");
  finding.or_else(Cause::tls_health_check, "a monitor comes back at regular intervals");
  return finding;
}

}  // namespace legible::proxy::diagnosis
