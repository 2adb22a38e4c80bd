// No connection to the server came about: who said no, and to whom.

#include <fmt/format.h>

#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"

namespace legible::proxy::diagnosis {
namespace {

/// The packets did not leave the proxy's machine.
void no_way_from_here(Finding& finding) {
  finding.title = "the proxy's machine has no way to the server: no route, or no right to send";
  finding.with("its own system said so before a packet was sent; of the server it tells nothing");
  finding.to_do.client =
      "Nothing, if it reaches the server without the proxy; else the same as for the proxy.";
  finding.to_do.server = "Nothing: it was not asked.";
  finding.to_do.proxy =
      "Mend the machine's network (ip route get ADDRESS), or run the proxy where the client is.";
}

/// --transparent: the rule of the firewall takes in the proxy's own packets too.
void redirected_to_itself(const ConnectFailed& failed, Finding& finding) {
  finding.title = failed.detail;
  finding.with("the proxy met its own connection to the server again, as a client's");
  finding.to_do.client = "Nothing: its own connection was redirected as it should be.";
  finding.to_do.server = "Nothing: it was not reached.";
  finding.to_do.proxy =
      "Run it as a user of its own, and leave that user's packets out of the rule (nft: meta skuid "
      "!= legible; iptables: -m owner ! --uid-owner legible).";
}

/// A name is known, or not, where it is looked up.
void not_found_from_here(const ConnectFailed& failed, Finding& finding) {
  if (!failed.here) {
    return static_cast<void>(finding.with(
        "a name server said that there is no such name or no address; another one, or the "
        "client's own hosts file, may know it"));
  }
  finding.title = "the proxy's machine could not look up the server's name";
  finding.with("its name service gave no answer: whether the name exists is not known");
  finding.to_do.server = "Nothing: it was not asked.";
  finding.to_do.proxy =
      "Mend the machine's name service (/etc/resolv.conf; getent hosts NAME), or give the server's "
      "address: --to ADDRESS:PORT, or the table [hosts] of a configuration file.";
}

}  // namespace

Answer connect_failure(const Situation& situation) {
  const ConnectFailed* failed = situation.facts.connect_failed;
  if (!failed) return std::nullopt;
  Finding finding;
  finding.confidence = Confidence::certain;
  const std::string where =
      failed->address.empty() ? target_text(situation.facts) : failed->address;
  switch (failed->error) {
    case ConnectError::refused:
      finding.cause = Cause::tcp_refused;
      finding.with(fmt::format("connecting to {} was answered with RST", where));
      break;
    case ConnectError::timeout:
      finding.cause = Cause::tcp_connect_timeout;
      finding.with(fmt::format("connecting to {} got no answer", where));
      break;
    case ConnectError::unreachable:
      finding.cause = Cause::tcp_connect_timeout;
      finding.confidence = Confidence::high;
      finding.with(fmt::format("{} cannot be reached: {}", where, quoted(failed->detail)));
      if (failed->here) no_way_from_here(finding);
      break;
    case ConnectError::dns:
      finding.cause = Cause::name_not_resolved;
      finding.with(
          fmt::format("on the proxy's machine the name of {} could not be turned into an "
                      "address: {}",
                      target_text(situation.facts), quoted(failed->detail)));
      not_found_from_here(*failed, finding);
      break;
    case ConnectError::own_listener:
      finding.cause = Cause::proxy_policy;
      if (!failed->detail.empty()) {
        redirected_to_itself(*failed, finding);
        break;
      }
      finding.with(
          fmt::format("--to {} leads to {}, which is this proxy's own listener: give the "
                      "server's address (--to IP:PORT)",
                      target_text(situation.facts), where));
      break;
    case ConnectError::not_allowed:
      finding.cause = Cause::proxy_policy;
      finding.with(fmt::format(
          "{} leads to {}, a link-local or unspecified address, which is refused where clients "
          "choose the target, unless --allow-to names it",
          target_text(situation.facts), where));
      break;
    case ConnectError::upstream_unreachable:
      finding.cause = Cause::upstream_proxy_unreachable;
      finding.with(fmt::format("--via {}: {}", where, quoted(failed->detail)));
      break;
    case ConnectError::upstream_silent:
      finding.cause = Cause::upstream_proxy_silent;
      finding.with(fmt::format("asked for {}, the proxy {} gave {}", target_text(situation.facts),
                               where, quoted(failed->detail)));
      finding.or_else(Cause::tcp_connect_timeout,
                      "that proxy still waits for the server: its log says so, or an error comes "
                      "after a longer --connect-timeout");
      break;
    case ConnectError::upstream_refused:
      finding.cause = Cause::upstream_proxy_refused;
      finding.title = fmt::format("{}: {}", describe(finding.cause).title, quoted(failed->detail));
      finding.with(fmt::format("asked for {}, the proxy {} answered {}",
                               target_text(situation.facts), where, quoted(failed->detail)));
      break;
    case ConnectError::upstream_authentication:
      finding.cause = Cause::upstream_proxy_auth_required;
      finding.with(fmt::format("the proxy {} answered {}", where, quoted(failed->detail)));
      break;
  }
  const bool asked_proxy_first = situation.facts.dialogue && !situation.facts.hello;
  if (situation.timeline.flow(Leg::client).bytes > 0 && !asked_proxy_first) {
    finding.with("no byte of the client's could be handed on");
  }
  return finding;
}

}  // namespace legible::proxy::diagnosis
