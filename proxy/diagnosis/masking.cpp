#include "proxy/diagnosis/masking.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "certs/name_match.hpp"
#include "proxy/diagnosis/certificate_text.hpp"
#include "proxy/diagnosis/offer.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/unoffered_choice.hpp"
#include "proxy/diagnosis/wire_names.hpp"
#include "proxy/record/exported_keys.hpp"

namespace legible::proxy::diagnosis {
namespace {

/// The two hellos, what the server made of the proxy's, and what was found.
class Comparison {
 public:
  Comparison(const Facts& client_leg, const Facts& server_leg)
      : client_leg_(client_leg), server_leg_(server_leg) {}

  std::optional<std::string> tell() {
    if (!client_leg_.hello || !server_leg_.hello || !server_leg_.server_hello) return std::nullopt;
    compare_choice();
    compare_names();
    compare_form();
    compare_certificates();
    compare_exported_keys();
    if (!fatal_.empty()) return told("directly this would fail, because {}", fatal_);
    if (!doubtful_.empty())
      return told("directly this may end in another way, because {}", doubtful_);
    return std::nullopt;
  }

 private:
  std::string told(fmt::format_string<std::string> how, const std::vector<std::string>& reasons) {
    return fmt::format(how, fmt::format("{}", fmt::join(reasons, "; ")));
  }

  const parser::ClientHello& clients() const { return *client_leg_.hello; }
  const parser::ClientHello& proxys() const { return *server_leg_.hello; }

  void not_offered(std::string what) {
    fatal_.push_back(fmt::format("the server chose {}, which the client does not offer", what));
  }

  /// Whatever the client would have had to agree to.
  void compare_choice() {
    const parser::ServerHello& choice = *server_leg_.server_hello;
    if (!may_offer(clients(), choice.version)) not_offered(version_name(choice.version));
    if (!lists(clients().ciphers, choice.cipher)) not_offered(suite_name(choice.cipher));
    if (const auto group = unoffered_group(clients(), server_leg_)) {
      not_offered(group_name(*group));
    }
    if (const auto scheme = unoffered_scheme(clients(), server_leg_)) {
      not_offered(scheme_name(*scheme));
    }
    if (const auto protocol = unoffered_protocol(clients(), server_leg_)) {
      not_offered(fmt::format("the application protocol {}", quoted(*protocol)));
    }
  }

  void compare_names() {
    constexpr int unknown = alert_number::unrecognized_name;
    if (server_leg_.server().has_warning(unknown) && !client_leg_.server().has_warning(unknown)) {
      doubtful_.emplace_back(
          "the server warned that it does not know the name (unrecognized_name), which the proxy "
          "overlooks and some clients do not (Java)");
    }
    const std::string& asked = clients().sni;
    const std::string& sent = proxys().sni;
    if (certs::equal_ignoring_case(asked, sent)) return;
    if (asked.empty()) {
      doubtful_.push_back(fmt::format(
          "the proxy asked the server for {}, and the client sends no server name", quoted(sent)));
    } else if (sent.empty()) {
      doubtful_.push_back(fmt::format(
          "the client asks for {}, and the proxy sent the server no name", quoted(asked)));
    } else {
      doubtful_.push_back(
          fmt::format("the client asks for {}, and the proxy asked the server for {}",
                      quoted(asked), quoted(sent)));
    }
  }

  /// Servers and devices that are confused by the form of a hello see the proxy's, not the
  /// client's.
  void compare_form() {
    if (clients().records > 1 && proxys().records == 1) {
      doubtful_.push_back(fmt::format(
          "the client's hello comes in {} records, which some servers refuse; the proxy's came in "
          "one",
          clients().records));
    }
    if (const auto& violation = clients().violation) {
      doubtful_.push_back(fmt::format(
          "the client's hello breaks a rule at {}, which many servers refuse; the proxy's does not",
          quoted(violation->field)));
    }
    if (const auto& violation = server_leg_.server_hello->violation) {
      doubtful_.push_back(fmt::format(
          "the server's hello breaks a rule at {}, which other clients refuse and the proxy "
          "overlooks",
          quoted(violation->field)));
    }
    const parser::ProtocolVersion version = server_leg_.server_hello->version;
    const bool proxy_alone_lists =
        clients().signature_algorithms.empty() && !proxys().signature_algorithms.empty();
    if (version == parser::tls12 && proxy_alone_lists) {
      doubtful_.emplace_back(
          "the client's hello has no signature_algorithms, which stands for SHA-1 (RFC 5246 "
          "section "
          "7.4.1.4.1), and the proxy's has them");
    }
    const auto group = server_leg_.server_hello->group;
    const bool other_share =
        group && !clients().key_shares.empty() && !lists(clients().key_shares, *group);
    if (other_share && lists(proxys().key_shares, *group) && !server_leg_.hello_retry) {
      doubtful_.push_back(
          fmt::format("the server chose {}, for which the proxy had sent a key share and the "
                      "client sends none: "
                      "it would have to ask for one first (HelloRetryRequest)",
                      group_name(*group)));
    }
  }

  void compare_certificates() {
    const auto* judged = client_leg_.server().judged;
    const bool repaired = client_leg_.minted && client_leg_.minted->plan->repaired;
    if (repaired && judged && judged->judgement && !judged->judgement->ok) {
      std::vector<std::string> faults;
      for (const certs::Problem& problem : judged->judgement->problems) {
        faults.push_back(
            problem_text(problem, *client_leg_.judged_chain(), judged->judgement->system_anchors));
      }
      fatal_.push_back(fmt::format(
          "the server's certificate is bad ({}), and the proxy showed a good one in its place "
          "(--bad-server-cert accept)",
          fmt::join(faults, "; ")));
    }
    compare_trust();
    if (const Chain* chain = client_leg_.minted ? client_leg_.judged_chain() : nullptr) {
      compare_chains(*chain);
      const bool good = judged && judged->judgement && judged->judgement->ok;
      if (good) compare_issuers(*chain);
    }
    const certs::Certificate* presented = server_leg_.client().leaf();
    const certs::Certificate* clients_own = client_leg_.client().leaf();
    if (presented && !(clients_own && clients_own->der == presented->der)) {
      doubtful_.push_back(fmt::format(
          "the server asked for a client certificate and got the proxy's, {}; the client {}",
          subject_text(*presented),
          clients_own ? fmt::format("presents {}", subject_text(*clients_own))
          : client_leg_.client_certificate_asked() ? "presents none"
                                                   : "was not asked"));
    } else if (!presented && clients_own && server_leg_.client_certificate_asked()) {
      doubtful_.push_back(fmt::format(
          "the server asked for a client certificate, and the client's, {}, could not be passed on",
          subject_text(*clients_own)));
    }
  }

  /// Clients that try one issuer only may end at another than the proxy, which tries all.
  void compare_issuers(const Chain& original) {
    for (const certs::Certificate& each : original) {
      const auto issues = [&](const certs::Certificate& other) {
        return other.der != each.der && other.subject == each.issuer;
      };
      const auto first = std::ranges::find_if(original, issues);
      if (each.self_issued() || first == original.end()) continue;
      const bool several = std::ranges::any_of(original, [&](const certs::Certificate& other) {
        return issues(other) && other.der != first->der;
      });
      if (several) {
        doubtful_.push_back(fmt::format(
            "the server sends several certificates of {}; some clients look at the first alone",
            subject_text(*first)));
        return;
      }
      const auto& wanted = each.authority_key_id;
      const bool other_key = !wanted.empty() && !first->subject_key_id.empty();
      if (other_key && wanted != first->subject_key_id) {
        doubtful_.push_back(fmt::format(
            "the authorityKeyIdentifier of {} is not the subjectKeyIdentifier of {}; OpenSSL and "
            "GnuTLS then look for another issuer",
            subject_text(each), subject_text(*first)));
        return;
      }
    }
  }

  /// The proxy judges by its own anchors, and shows the client what it found.
  void compare_trust() {
    const auto* judged = client_leg_.server().judged;
    const bool shown_untrusted =
        client_leg_.minted && client_leg_.minted->plan->issuer == certs::MintIssuer::untrusted_ca;
    if (!shown_untrusted || !judged || !judged->judgement || !judged->judgement->system_anchors) {
      return;
    }
    doubtful_.emplace_back(
        "the proxy judged the server by this machine's store of authorities (no --trust was "
        "given), and showed the client an untrusted certificate");
  }

  /// A minted leaf comes with a short chain, and demands nothing.
  void compare_chains(const Chain& original) {
    constexpr std::size_t most_certificates = 10;  // JSSE's default
    const bool stapled = server_leg_.certificate_status;
    if (!original.empty() && original.front().must_staple && !stapled) {
      doubtful_.emplace_back(
          "the server's certificate demands a stapled OCSP answer (TLSFeature), for which the "
          "proxy "
          "does not ask; GnuTLS refuses it without one");
    }
    if (original.size() > most_certificates) {
      doubtful_.push_back(
          fmt::format("the server sends {} certificates, and the proxy fewer; JSSE takes {}",
                      original.size(), most_certificates));
    }
  }

  /// What is protected with them later fails, though this connection went well.
  void compare_exported_keys() {
    if (server_leg_.alpn != nts_key_establishment) return;
    doubtful_.emplace_back(
        "both peers of NTS (\"ntske/1\", RFC 8915) export the keys for NTP from their own TLS "
        "connection: the client's keys are not the server's, and its NTP fails");
  }

  const Facts& client_leg_;
  const Facts& server_leg_;
  std::vector<std::string> fatal_;
  std::vector<std::string> doubtful_;
};

}  // namespace

std::optional<std::string> tell_masking(const Facts& client_leg, const Facts& server_leg) {
  return Comparison(client_leg, server_leg).tell();
}

}  // namespace legible::proxy::diagnosis
