#include "proxy/diagnosis/insertion.hpp"

#include <fmt/format.h>

#include <string_view>

#include "certs/name_match.hpp"
#include "proxy/diagnosis/text.hpp"

namespace legible::proxy::diagnosis {
namespace {

bool is_address(std::string_view host) { return certs::parse_address(host).has_value(); }

std::string_view host_of(std::string_view address) {
  std::string_view host = address.substr(0, address.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host;
}

/// Causes that a wrong or missing name produces.
bool about_names(Cause cause) {
  switch (cause) {
    case Cause::sni_missing:
    case Cause::sni_unrecognised:
    case Cause::sni_malformed:
    case Cause::sni_warning_not_tolerated:
    case Cause::server_cert_name_mismatch:
    case Cause::server_cert_rejected:
    case Cause::server_drops_hello:
      return true;
    default:
      return false;
  }
}

/// The client left after a handshake in which the certificate could not be seen, and may have done
/// so for its name.
bool may_have_left_for_name(const Situation& situation, const Finding& finding) {
  const bool nothing_asked =
      finding.cause == Cause::client_satisfied || finding.cause == Cause::tls_health_check;
  return nothing_asked && finding.confidence == Confidence::low &&
         situation.facts.server_certificate_delivered() && !situation.facts.server().leaf();
}

/// The client was pointed at the listener, which stands for the target; it did not name the target
/// itself.
bool stands_for_target(const Facts& facts) {
  return facts.target && facts.target->found_by == FoundBy::option;
}

/// How the client gets at the listener and keeps the server's name.
std::string mend(const Facts& facts) {
  const std::string& target = facts.target->host;
  if (!is_address(target)) {
    return fmt::format(
        "let the client use the name {} (hosts file pointing to the listener, or a "
        "forward proxy setting)",
        quoted(target));
  }
  const std::string listener = facts.accepted ? facts.accepted->listener : "LISTENER";
  return fmt::format(
      "let the client use the server's name (hosts file pointing to the listener, or "
      "curl --connect-to NAME:443:{} https://NAME/)",
      listener);
}

/// The certificate that came does not cover the target's name either: the insertion is not why.
bool certificate_is_for_neither(const Situation& situation, std::string_view target) {
  const certs::Certificate* leaf = situation.facts.server().leaf();
  return leaf && !certs::matches_name(*leaf, target, certs::CommonName::counts);
}

}  // namespace

bool is_dotted_name(std::string_view host) {
  return host.find('.') != std::string_view::npos && !is_address(host);
}

bool asks_for_another_name(const Situation& situation) {
  const Facts& facts = situation.facts;
  if (!facts.hello || !stands_for_target(facts) || facts.hello->sni.empty()) return false;
  const std::string& target = facts.target->host;
  return !target.empty() && !is_address(target) &&
         !certs::equal_ignoring_case(facts.hello->sni, target);
}

bool may_compare_address(const Situation& situation) {
  const Facts& facts = situation.facts;
  if (!facts.hello || facts.hello->sni_state != parser::SniState::absent ||
      !stands_for_target(facts) || !facts.accepted || facts.target->host.empty() ||
      is_address(facts.target->host)) {
    return false;
  }
  const certs::Certificate* leaf = facts.server().leaf();
  const std::string_view listener = host_of(facts.accepted->listener);
  return !leaf || !certs::matches_name(*leaf, listener, certs::CommonName::counts);
}

std::string address_is_not_certified(const Situation& situation) {
  const std::string where = quoted(host_of(situation.facts.accepted->listener));
  return fmt::format(
      "the client sent no server name; one that was pointed at {} compares the certificate with "
      "that address, which it does not carry",
      where);
}

std::optional<std::string> tell_insertion(const Situation& situation, const Finding& finding) {
  const Facts& facts = situation.facts;
  const Cause cause = finding.cause;
  const auto& first = facts.client().first_bytes;
  if (cause == Cause::plain_http_to_tls && first && stands_for_target(facts) &&
      first->protocol == parser::Protocol::http_connect) {
    return "the client used the listener as an HTTP proxy (CONNECT), and it stands for one server: "
           "point the client's URL or hosts file at the listener instead of its proxy setting";
  }
  const bool unsure = may_have_left_for_name(situation, finding);
  if (!(about_names(cause) || unsure) || !facts.hello || !stands_for_target(facts)) {
    return std::nullopt;
  }
  const std::string& target = facts.target->host;
  if (target.empty() || (is_address(target) && !unsure)) return std::nullopt;

  if (facts.hello->sni_state == parser::SniState::absent) {
    const bool named = facts.minted && facts.minted->server_named;
    if (named && certificate_is_for_neither(situation, target)) return std::nullopt;
    const bool compared =
        (cause == Cause::server_cert_name_mismatch || cause == Cause::server_cert_rejected) &&
        may_compare_address(situation);
    if (cause != Cause::sni_missing && !compared && !unsure) return std::nullopt;
    return fmt::format(
        "the client sent no server name; if it connects to the listener by its "
        "address, that {} why: {}",
        unsure ? "may be" : "is", mend(facts));
  }
  const std::string& asked = facts.hello->sni;
  const bool listeners_own =
      certs::equal_ignoring_case(asked, "localhost") ||
      (facts.accepted && certs::equal_ignoring_case(asked, host_of(facts.accepted->listener)));
  // By which name an address is known is not; that of the listener is seldom it.
  const bool another_name = is_address(target) ? listeners_own : asks_for_another_name(situation);
  if (!another_name || certificate_is_for_neither(situation, target)) return std::nullopt;
  return fmt::format("the client asks for {}, {}, while the target is {}: {}", quoted(asked),
                     listeners_own ? "the listener's own name" : "another name than the target's",
                     quoted(target), mend(facts));
}

}  // namespace legible::proxy::diagnosis
