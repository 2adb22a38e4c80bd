#include "proxy/sinks/fact_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>
#include <vector>

#include "parser/fingerprint.hpp"
#include "parser/iana_tables.hpp"
#include "proxy/sinks/time_text.hpp"
#include "proxy/sinks/wire_text.hpp"
#include "proxy/text/digest.hpp"
#include "proxy/text/escape.hpp"
#include "proxy/text/text_layout.hpp"

namespace legible::proxy {
namespace {

/// A peer's name, harmless and of readable length.
std::string shown(std::string_view raw) { return elided(escape_utf8(raw)); }

template <class WireNumber>
std::string name_or_id(WireNumber number) {
  const std::string_view known = parser::name(number);
  return known.empty() ? hex_id(number) : std::string(known);
}

/// The first few of a list, and how many more there are.
template <class Range, class Text>
std::string list(const Range& range, std::size_t limit, const Text& text_of) {
  std::string text;
  std::size_t count = 0;
  for (const auto& element : range) {
    if (count++ >= limit) continue;
    if (!text.empty()) text += ", ";
    text += text_of(element);
  }
  if (count > limit) text += fmt::format(", {} more", count - limit);
  return text;
}

std::string offered_versions(const parser::ClientHello& hello) {
  if (hello.supported_versions.empty()) {
    return parser::to_text(hello.legacy_version) + " (legacy_version; no supported_versions)";
  }
  std::vector<parser::ProtocolVersion> versions = hello.supported_versions;
  std::erase_if(versions, [](auto version) { return parser::is_grease(version.value); });
  // "TLS 1.3, 1.2": the protocol's name once.
  std::string previous;
  return list(versions, 8, [&](parser::ProtocolVersion version) {
    const std::string whole = parser::to_text(version);
    const std::string family = whole.substr(0, whole.find(' ') + 1);
    const bool repeated = !family.empty() && family == previous;
    previous = family;
    return repeated ? whole.substr(family.size()) : whole;
  });
}

std::string sni_text(const parser::ClientHello& hello) {
  switch (hello.sni_state) {
    case parser::SniState::absent:
      return "no SNI";
    case parser::SniState::present:
      return "sni " + elided(escape_ascii(hello.sni));
    case parser::SniState::empty:
      return "empty SNI";
    case parser::SniState::malformed:
      return "malformed SNI";
    case parser::SniState::several:
      return "several names in SNI, the first " + elided(escape_ascii(hello.sni));
  }
  return {};
}

std::string client_hello_text(const parser::ClientHello& hello, Detail detail) {
  const auto ciphers = hello.sslv2_format ? std::ranges::ssize(hello.sslv2_cipher_specs)
                                          : std::ranges::count_if(hello.ciphers, [](auto suite) {
                                              return !parser::is_grease(suite.value);
                                            });
  std::string line =
      fmt::format("ClientHello{}  {}  {}  {} ciphers", hello.sslv2_format ? " in SSLv2 format" : "",
                  offered_versions(hello), sni_text(hello), ciphers);
  if (!hello.alpn.empty()) {
    line += "  alpn " + list(hello.alpn, 6, [](const std::string& protocol) {
              return elided(escape_ascii(protocol), 40);
            });
  }
  if (detail == Detail::brief) return line;
  if (const std::string ja4 = parser::ja4(hello, sha256); !ja4.empty()) {
    line += "  ja4 " + escape_again(ja4);
  }
  return line;
}

std::string server_hello_text(const parser::ServerHello& hello) {
  if (hello.hello_retry_request) {
    return "HelloRetryRequest" +
           (hello.group ? "  wants a key share of " + name_or_id(*hello.group) : std::string());
  }
  std::string line = fmt::format(
      "ServerHello  {}  {}", parser::to_text(hello.version),
      hello.sslv2_format ? "(the client chooses the cipher)" : name_or_id(hello.cipher));
  if (hello.group) line += "  " + name_or_id(*hello.group);
  if (hello.alpn) line += "  alpn " + elided(escape_ascii(*hello.alpn), 40);
  if (hello.psk_selected) line += "  by a pre-shared key (resumed)";
  return line;
}

std::string problem_text(const certs::Problem& problem, std::string_view anchors) {
  const std::string presented = shown(problem.presented), expected = shown(problem.expected);
  const std::string at =
      problem.depth == 0 ? "" : fmt::format("certificate {}: ", problem.depth + 1);
  switch (problem.id) {
    case certs::ProblemId::expired:
      return fmt::format("{}expired {}", at, presented);
    case certs::ProblemId::not_yet_valid:
      return fmt::format("{}not valid before {}", at, presented);
    case certs::ProblemId::name_mismatch:
      return fmt::format("{}for {}, not for {}", at, presented, expected);
    case certs::ProblemId::self_signed:
      return fmt::format("{}self-signed, and not in {}", at, anchors);
    case certs::ProblemId::untrusted_root:
      return fmt::format("{}{}, which is not in {}", at, presented, anchors);
    case certs::ProblemId::missing_intermediate:
      return fmt::format("{}{}, which was not sent and is not in {}", at, presented, anchors);
    default:
      return fmt::format("{}{}: {}, expected {}", at, certs::id(problem.id), presented, expected);
  }
}

/// The judgement that follows a chain, which was made for it.
const certs::Judgement* judgement_after(std::span<const Entry> entries, std::size_t index) {
  if (index + 1 >= entries.size() || entries[index + 1].leg != entries[index].leg) return nullptr;
  const auto* judged = std::get_if<ChainJudged>(&entries[index + 1].fact);
  return judged != nullptr ? judged->judgement.get() : nullptr;
}

/// `side`: whose chain it is, and so by which anchors it was judged.
FactText certificate_text(const ChainSeen& seen, const certs::Judgement* judgement, Leg side,
                          std::string_view who) {
  const std::vector<certs::Certificate>& chain = *seen.chain;
  if (chain.empty()) return {who, "Certificate  none: an empty Certificate message"};

  const certs::Certificate& leaf = chain.front();
  std::string line = "Certificate  ";
  line += leaf.error.empty() ? shown(leaf.subject.text)
                             : "that cannot be parsed: " + escape_again(leaf.error);
  line += fmt::format(" ({} sent", chain.size());
  if (judgement != nullptr) {
    const std::string_view anchors = judgement->system_anchors ? "this system's trust store"
                                     : side == Leg::client     ? "--client-trust"
                                                               : "--trust";
    line += "; ";
    line += judgement->ok ? fmt::format("good by {}", anchors)
                          : list(judgement->problems, 4, [&](const certs::Problem& problem) {
                              return problem_text(problem, anchors);
                            });
  }
  return {who, line + ')'};
}

std::string certificate_request_text(const parser::CertificateRequest& request) {
  if (request.authorities.empty()) return "CertificateRequest  no authorities listed";
  return "CertificateRequest  authorities " +
         list(request.authorities, 3, [](const std::vector<std::uint8_t>& der) {
           const auto name = certs::read_name(der);
           return name ? '"' + shown(name->text) + '"' : std::string("(unreadable)");
         });
}

std::string_view ending_verb(parser::StreamEnd how) {
  switch (how) {
    case parser::StreamEnd::fin:
      return "FIN";
    case parser::StreamEnd::rst:
      return "RST";
    case parser::StreamEnd::timeout:
      return "time-out";
    case parser::StreamEnd::error:
      return "error";
  }
  return {};
}

const LegClosed* own_closing(const Entry& entry) {
  const auto* closed = std::get_if<LegClosed>(&entry.fact);
  return closed != nullptr && !closed->by_proxy ? closed : nullptr;
}

bool is_alert(const Entry& entry) {
  const auto* observation = std::get_if<parser::Observation>(&entry.fact);
  return observation != nullptr && std::holds_alternative<parser::Alert>(*observation);
}

/// ", then FIN": how the leg of `entries[index]` ended after it.
std::string ending_after(std::span<const Entry> entries, std::size_t index) {
  for (const Entry& later : entries.subspan(index + 1)) {
    if (later.leg != entries[index].leg) continue;
    if (is_alert(later)) return {};
    if (const LegClosed* closed = own_closing(later)) {
      return fmt::format(", then {}", ending_verb(closed->how));
    }
  }
  return {};
}

std::string alert_text(const parser::Alert& alert) {
  if (!alert.description) return "an encrypted alert, told by its length";
  const bool fatal = alert.level == parser::alert_level::fatal;
  return fmt::format("{}alert {} {} ({})", alert.encrypted ? "encrypted " : "",
                     fatal ? "fatal" : "warning", name_or_id(*alert.description),
                     alert.description->value);
}

bool is_close_notify(const parser::Alert& alert) {
  return alert.description && alert.description->value == 0;
}

bool is_http_of(const Entry& entry, Leg side) {
  const auto* observation = std::get_if<parser::Observation>(&entry.fact);
  return observation != nullptr && entry.leg == side &&
         std::holds_alternative<parser::Shared<parser::PlainHttp>>(*observation);
}

bool is_dialogue_in(const Entry& entry, parser::Protocol protocol) {
  const auto* observation = std::get_if<parser::Observation>(&entry.fact);
  const auto* dialogue =
      observation ? std::get_if<parser::Shared<parser::Dialogue>>(observation) : nullptr;
  return dialogue != nullptr && (*dialogue)->protocol == protocol;
}

std::string first_bytes_text(const parser::FirstBytes& first) {
  const std::string_view bytes(reinterpret_cast<const char*>(first.bytes.data()), first.count);
  return fmt::format("first bytes: {}  \"{}\"", id(first.protocol), escape_ascii(bytes));
}

std::string reason_text(const ProxyClosing& closing) {
  switch (closing.reason) {
    case ProxyReason::handshake_timeout:
      return fmt::format("gives up: no handshake within {} s (--handshake-timeout)",
                         closing.limit.count());
    case ProxyReason::idle_timeout:
      return fmt::format("gives up: nothing said for {} s (--idle-timeout)", closing.limit.count());
    case ProxyReason::shutdown:
      return "closes: it is being shut down";
    case ProxyReason::resources:
      return "closes: out of descriptors or memory";
    case ProxyReason::server_certificate:
      return "refuses the server's certificate (--bad-server-cert): " +
             escape_again(closing.detail);
    case ProxyReason::not_terminable:
      return "cannot end this TLS: " + escape_again(closing.detail);
    case ProxyReason::flood:
      return "gives up: " + escape_again(closing.detail);
    case ProxyReason::tls_failure:
      return "cannot go on: " + escape_again(closing.detail);
    case ProxyReason::policy:
      return "refuses: " + escape_again(closing.detail);
    case ProxyReason::no_credentials:
      return "asked for a user and a password: " + escape_again(closing.detail);
    case ProxyReason::no_target:
      return "knows no target: " + escape_again(closing.detail);
    case ProxyReason::own_page:
      return "answers with a page of its own";
    case ProxyReason::plain_http:
      return "answers with a page of its own, plain HTTP being wrong here: " +
             escape_again(closing.detail);
  }
  return {};
}

std::string_view connect_error_text(ConnectError error) {
  switch (error) {
    case ConnectError::refused:
      return "refused the connection";
    case ConnectError::timeout:
      return "did not answer";
    case ConnectError::dns:
      return "the name does not resolve";
    case ConnectError::unreachable:
      return "cannot be reached";
    case ConnectError::own_listener:
      return "is this proxy's own listener";
    case ConnectError::not_allowed:
      return "is an address that no client may reach through this proxy";
    case ConnectError::upstream_unreachable:
      return "(--via) cannot be reached";
    case ConnectError::upstream_silent:
      return "(--via) did not answer in time";
    case ConnectError::upstream_refused:
      return "(--via) opened no connection to the server";
    case ConnectError::upstream_authentication:
      return "(--via) wants a user and a password";
  }
  return {};
}

std::string minted_text(const LeafMinted& minted) {
  std::string line = "shows a certificate of its own, ";
  switch (minted.plan->issuer) {
    case certs::MintIssuer::interception_ca:
      line += "issued by its CA";
      break;
    case certs::MintIssuer::untrusted_ca:
      line += "issued by its CA that nobody trusts, as the server's is not trusted";
      break;
    case certs::MintIssuer::itself:
      line += "self-signed as the server's";
      break;
  }
  if (minted.added_names.empty()) return line;
  return line + ", with the name " +
         list(minted.added_names, 4, [](const std::string& name) { return shown(name); }) +
         " added";
}

/// "2026-03-01 12:00:00 UTC", by which other logs are searched.
std::string clock_text(Time time) {
  const TimeText text(time);
  const std::string_view whole = text;
  constexpr std::size_t date = std::string_view("2026-03-01").size();
  constexpr std::size_t clock = std::string_view("12:00:00").size();
  return fmt::format("{} {} UTC", whole.substr(0, date), whole.substr(date + 1, clock));
}

/// One overload for each fact that has a line.
class FactReader {
 public:
  FactReader(const Timeline& timeline, std::size_t index, Detail detail)
      : entries_(timeline.entries()),
        index_(index),
        detail_(detail),
        who_(id(party(timeline.scope(), entries_[index].leg))) {}

  using Line = std::optional<FactText>;

  Line operator()(const Represented& represented) const {
    return FactText{who_, "speaks for " + escape_again(represented.peer) + " (PROXY header)"};
  }

  Line operator()(const Connected& connected) const {
    if (detail_ == Detail::brief) return {};
    std::string line = "connected to " + connected.address;
    if (!connected.local.empty()) line += " from " + connected.local;
    if (connected.took) {
      const std::chrono::duration<double, std::milli> took = *connected.took;
      line += fmt::format(" in {:.1f} ms", took.count());
    }
    return FactText{who_, line + ", at " + clock_text(entries_[index_].time)};
  }

  Line operator()(const ConnectFailed& failed) const {
    std::string line = failed.address.empty() ? "" : failed.address + ' ';
    line += connect_error_text(failed.error);
    if (!failed.detail.empty()) line += fmt::format(" ({})", escape_again(failed.detail));
    return FactText{who_, line, true};
  }

  Line operator()(const ChainSeen& seen) const {
    return certificate_text(seen, judgement_after(entries_, index_), entries_[index_].leg, who_);
  }

  Line operator()(const LeafMinted& minted) const {
    if (detail_ == Detail::brief && minted.plan->issuer == certs::MintIssuer::interception_ca)
      return {};
    return FactText{"proxy", minted_text(minted)};
  }

  Line operator()(const LegClosed& closed) const {
    if (detail_ == Detail::brief || closed.by_proxy) return {};
    const auto earlier = entries_.first(index_);
    const bool told = std::ranges::any_of(earlier, [&](const Entry& entry) {
      return entry.leg == entries_[index_].leg && is_alert(entry);
    });
    if (told) return {};
    return FactText{
        who_, fmt::format("{} after {}", ending_verb(closed.how), bytes_text(closed.bytes_in))};
  }

  Line operator()(const ProxyClosing& closing) const {
    return FactText{"proxy", reason_text(closing), closing.reason != ProxyReason::own_page};
  }

  Line operator()(const StillOpen&) const {
    return FactText{"", "still open when the observation ended"};
  }

  Line operator()(const parser::Observation& observation) const {
    return std::visit(*this, observation);
  }

  Line operator()(const parser::FirstBytes& first) const {
    const bool told_better =
        first.protocol == parser::Protocol::tls || first.protocol == parser::Protocol::silent ||
        std::ranges::any_of(entries_, [&](const Entry& entry) {
          return is_http_of(entry, entries_[index_].leg) || is_dialogue_in(entry, first.protocol);
        });
    if (told_better) return {};
    return FactText{who_, first_bytes_text(first)};
  }

  Line operator()(const parser::Shared<parser::Dialogue>& dialogue) const {
    if (dialogue->with_proxy && !dialogue->target.empty()) {
      return FactText{who_, fmt::format("asks the proxy for {} ({})", shown(dialogue->target),
                                        id(dialogue->protocol))};
    }
    const bool known = dialogue->protocol != parser::Protocol::unknown;
    std::string line =
        known ? fmt::format("{} in clear, {} lines", id(dialogue->protocol), dialogue->lines.size())
              : fmt::format("{} turns in clear, in a protocol that is not known",
                            dialogue->lines.size());
    if (!dialogue->target.empty()) line += ", for " + shown(dialogue->target);
    return FactText{who_, line};
  }

  Line operator()(const parser::Shared<parser::PlainHttp>& http) const {
    const bool is_request = http->status == 0;
    std::string line =
        is_request ? fmt::format("plain HTTP: {} {}", shown(http->method), shown(http->target))
                   : fmt::format("plain HTTP: status {}", http->status);
    if (!http->server.empty()) {
      line += fmt::format("  {}: {}", is_request ? "Host" : "Server", shown(http->server));
    }
    return FactText{who_, line};
  }

  Line operator()(const parser::Shared<parser::ClientHello>& hello) const {
    return FactText{who_, client_hello_text(*hello, detail_)};
  }

  Line operator()(const parser::Shared<parser::ServerHello>& hello) const {
    return FactText{who_, server_hello_text(*hello)};
  }

  Line operator()(const parser::Shared<parser::CertificateRequest>& request) const {
    return FactText{who_, certificate_request_text(*request)};
  }

  Line operator()(const parser::Alert& alert) const {
    if (is_close_notify(alert) && !alert.encrypted && detail_ == Detail::brief) return {};
    if (detail_ == Detail::brief && !alert.description) return {};
    const bool bad = alert.level != parser::alert_level::warning;
    return FactText{who_, alert_text(alert) + ending_after(entries_, index_), bad};
  }

  Line operator()(const parser::HandshakeDone& done) const {
    if (detail_ == Detail::brief) return {};
    const std::chrono::duration<double, std::milli> took =
        entries_[index_].time - entries_.front().time;
    return FactText{"both", fmt::format("handshake done after {:.1f} ms{}", took.count(),
                                        done.inferred ? ", as far as lengths tell" : "")};
  }

  Line operator()(const parser::Malformed& malformed) const {
    return FactText{who_,
                    fmt::format("malformed {}: {} at byte {}", escape_again(malformed.what),
                                escape_again(malformed.field), malformed.offset),
                    true};
  }

  Line operator()(const parser::Incomplete& incomplete) const {
    if (incomplete.missing != 0) {
      return FactText{who_, fmt::format("{} bytes are missing inside {}", incomplete.missing,
                                        escape_again(incomplete.what))};
    }
    return FactText{who_, fmt::format("ends inside {}", escape_again(incomplete.what))};
  }

  template <class NoLine>
  Line operator()(const NoLine&) const {
    return {};
  }

 private:
  std::span<const Entry> entries_;
  std::size_t index_;
  Detail detail_;
  std::string_view who_;
};

}  // namespace

std::optional<FactText> fact_text(const Timeline& timeline, std::size_t index, Detail detail) {
  return std::visit(FactReader(timeline, index, detail), timeline.entries()[index].fact);
}

std::string target_text(const Target& target) {
  const bool is_ipv6 = target.host.find(':') != std::string::npos;
  const std::string host = elided(escape_ascii(target.host));
  return is_ipv6 ? fmt::format("[{}]:{}", host, target.port)
                 : fmt::format("{}:{}", host, target.port);
}

std::optional<Handshake> handshake(const Timeline& timeline) {
  for (const Entry& entry : timeline.entries()) {
    const auto* observation = std::get_if<parser::Observation>(&entry.fact);
    const auto* done =
        observation != nullptr ? std::get_if<parser::HandshakeDone>(observation) : nullptr;
    if (done != nullptr)
      return Handshake{entry.time - timeline.entries().front().time, done->resumed};
  }
  return {};
}

}  // namespace legible::proxy
