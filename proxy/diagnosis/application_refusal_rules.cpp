// The handshake completes without a good client certificate, and the refusal is an answer inside
// the tunnel. Read, it is known; a relay knows one such answer by its size: nginx's own error page.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "proxy/diagnosis/certificate_doubts.hpp"
#include "proxy/diagnosis/cleartext_dialogue.hpp"
#include "proxy/diagnosis/record_sizes.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"

namespace legible::proxy::diagnosis {
namespace {

/// nginx's own, for a certificate that is bad and for none.
bool is_of_certificates(int status) { return status == 495 || status == 496; }

/// What servers write into an answer by which they refuse a client certificate, or its absence;
/// empty when it is none of these.
std::string_view certificate_words(const parser::PlainHttp& answer) {
  static constexpr std::array<std::string_view, 2> of_nginx{
      "No required SSL certificate was sent",
      "The SSL certificate error",
  };
  static constexpr std::array<std::string_view, 4> of_iis{
      "403.7",   // none sent
      "403.13",  // revoked
      "403.16",  // not trusted, or invalid
      "403.17",  // expired, or not yet valid
  };
  constexpr int forbidden = 403;
  const auto* const sentence =
      std::ranges::find_if(of_nginx, [&](auto each) { return contains(answer.text, each); });
  if (sentence != of_nginx.end()) return *sentence;
  if (answer.status != forbidden) return {};
  const auto* const code =
      std::ranges::find_if(of_iis, [&](auto each) { return contains_as_word(answer.text, each); });
  return code != of_iis.end() ? *code : std::string_view();
}

/// What servers write of the client's certificate.
bool speaks_of_clients(std::string_view reply) {
  static constexpr std::array<std::string_view, 5> words{
      "client certificate",                 // Postfix, PostgreSQL
      "certificate authentication failed",  // PostgreSQL: of another user
      "present valid SSL certificate",      // Dovecot
      "peer certificate",                   // Exim
      "certificate required",
  };
  return std::ranges::any_of(words, [&](auto each) { return contains(reply, each); });
}

bool speaks_of_certificates(std::string_view text) {
  return text.find("ertificate") != std::string_view::npos;
}

/// What the server said inside the tunnel, if that was one record, as an error page is: the newest
/// one before its closing alert. In TLS 1.3 no more than tickets came before it.
std::optional<std::uint32_t> only_answer(const Facts& facts) {
  constexpr std::uint16_t longest_alert = 64;
  constexpr std::size_t most_tickets = 2;
  const SideFacts& server = facts.server();
  if (!server.tail) return std::nullopt;
  const auto is_answer = [](const parser::RecordTail::Record& record) {
    return record.type == parser::content_type::application_data && record.length > longest_alert;
  };
  const auto& last = server.tail->last;
  const auto answer = std::ranges::find_if(last, is_answer);
  if (answer == last.end()) return std::nullopt;
  if (facts.tls13()) {
    const std::size_t after_handshake = server.encrypted.size() - server.encrypted_by_finished;
    if (after_handshake > most_tickets + 1) return std::nullopt;
  } else if (server.application_bytes != answer->length) {
    return std::nullopt;
  }
  return plaintext_bytes(facts, answer->length);
}

/// nginx names itself twice in such an answer, with or without its version and system, and tells
/// nothing else that varies in length.
bool is_page_of_nginx(std::uint32_t bytes, bool certificate_missing) {
  constexpr std::uint32_t without_name_missing = 365;  // "No required SSL certificate was sent"
  constexpr std::uint32_t without_name_bad = 343;      // "The SSL certificate error"
  constexpr std::uint32_t shortest_name = 5;           // "nginx"
  constexpr std::uint32_t longest_name = 24;           // "nginx/1.22.1 (Ubuntu)" and the like
  const std::uint32_t rest = certificate_missing ? without_name_missing : without_name_bad;
  return bytes >= rest + 2 * shortest_name && bytes <= rest + 2 * longest_name &&
         (bytes - rest) % 2 == 0;
}

Finding refusal(const Situation& situation, std::string why) {
  const bool none = situation.facts.client().certificate_empty();
  Finding finding;
  finding.cause = none && situation.proxy_plays(Leg::client) ? Cause::proxy_no_client_cert
                                                             : Cause::client_cert_refused_by_app;
  finding.mechanism = Mechanism::app_refusal;
  return finding.with(std::move(why));
}

/// By an answer that could be read.
Answer refused_by(const parser::PlainHttp& answer, const Situation& situation, std::string why,
                  bool faulty) {
  constexpr int first_error = 400;
  constexpr int forbidden = 403;
  if (answer.status < first_error) return std::nullopt;
  const std::string_view words = certificate_words(answer);
  const bool certain = !words.empty() || is_of_certificates(answer.status);
  constexpr int unauthorized = 401;
  const bool spoken_of = speaks_of_certificates(answer.text);
  const bool clients = speaks_of_clients(answer.text);
  const bool denied = answer.status == forbidden || answer.status == unauthorized;
  // Other errors are about the request, as they would be to a client with a good certificate.
  const bool may_be_meant =
      (faulty && (spoken_of || answer.status == forbidden)) || (denied && clients);
  if (!certain && !may_be_meant) return std::nullopt;

  Finding finding = refusal(situation, std::move(why));
  finding.confidence = certain             ? Confidence::certain
                       : clients && faulty ? Confidence::high
                                           : Confidence::medium;
  finding.with(words.empty()
                   ? fmt::format("the answer inside is HTTP {}{}", answer.status,
                                 spoken_of ? ", and its text speaks of a certificate" : "")
                   : fmt::format("the answer inside is HTTP {}: {}", answer.status, quoted(words)));
  if (!certain) {
    finding.or_else(Cause::none,
                    "the same request with a good certificate is refused as well: the "
                    "refusal is about something else");
  }
  return finding;
}

/// By a reply of SMTP, IMAP, POP3, FTP or PostgreSQL that speaks of a certificate. Others may be
/// the contents of what was asked for.
Answer refused_by(const parser::Refusals& refusals, const Situation& situation, std::string why,
                  bool faulty) {
  auto reply = std::ranges::find_if(refusals.replies, speaks_of_clients);
  const bool certain = reply != refusals.replies.end();
  if (!certain && faulty) {
    reply = std::ranges::find_if(refusals.replies, [](std::string_view each) {
      return contains_as_word(each, "certificate");
    });
  }
  if (reply == refusals.replies.end()) return std::nullopt;
  Finding finding = refusal(situation, std::move(why));
  finding.confidence = certain ? Confidence::high : Confidence::medium;
  finding.with(fmt::format("the server said inside {}", quoted(*reply)));
  if (certain) return finding;
  return finding.or_else(Cause::none, "the certificate that is spoken of is not the client's");
}

/// SCRAM with channel binding (RFC 5802 section 6) ties a log-in to the TLS connection, or to the
/// server's certificate: across two connections it does not hold.
Answer channel_binding_refused(const Situation& situation) {
  const auto* refusals = situation.facts.server().refusals;
  if (!refusals || !situation.proxy_plays(Leg::client)) return std::nullopt;
  const auto reply = std::ranges::find_if(
      refusals->replies, [](std::string_view each) { return contains(each, "channel binding"); });
  if (reply == refusals->replies.end()) return std::nullopt;
  Finding finding;
  finding.cause = Cause::proxy_limit;
  finding.confidence = Confidence::high;
  finding.mechanism = Mechanism::app_refusal;
  finding.title = "the log-in is bound to its TLS connection, of which the proxy has made two";
  return finding.with(
      fmt::format("the server said inside {}: SCRAM's channel binding (RFC 5802) "
                  "tells both sides when somebody between them ends TLS",
                  quoted(*reply)));
}

}  // namespace

Answer refused_by_application(const Situation& situation) {
  const Facts& facts = situation.facts;
  if (Answer answer = channel_binding_refused(situation)) return answer;
  const bool late = situation.phase == Phase::established ||
                    situation.phase == Phase::client_auth ||
                    situation.phase == Phase::post_handshake;
  if (!late || !facts.both_finished() || !facts.client_certificate_asked()) return std::nullopt;
  if (!facts.server().application_data) return std::nullopt;

  const bool empty = facts.client().certificate_empty();
  const auto doubts = doubts_about_client(situation);
  const bool faulty = empty || !doubts.empty();
  const std::string why =
      empty            ? "the server asked for a client certificate, the client sent none, and the "
                         "handshake completed"
      : doubts.empty() ? "the server asked for a client certificate, and the client sent one, as "
                         "far as lengths tell"
                       : doubts.front().because;

  if (const auto* refusals = facts.server().refusals) {
    return refused_by(*refusals, situation, why, faulty);
  }
  if (!facts.client().application_data) return std::nullopt;
  if (const auto* http = facts.server().http) return refused_by(*http, situation, why, faulty);
  const auto bytes = only_answer(facts);
  if (!bytes || !is_page_of_nginx(*bytes, empty)) return std::nullopt;
  Finding finding = refusal(situation, why);
  finding.confidence = faulty ? Confidence::medium : Confidence::low;
  finding.with(fmt::format(
      "the only answer has {}, the size of nginx's own page \"400 {}\"", count(*bytes, "byte"),
      empty ? "No required SSL certificate was sent" : "The SSL certificate error"));
  finding.or_else(Cause::none,
                  "the answer has that size by chance: a key log, or the server's "
                  "access log, shows its status");
  return finding;
}

}  // namespace legible::proxy::diagnosis
