#include "proxy/legs/interception.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proxy/net/socket_address.hpp"
#include "proxy/record/exported_keys.hpp"
#include "proxy/text/glob.hpp"

namespace legible::proxy {
namespace {

bool is_address(std::string_view host) {
  return SocketAddress::from_numeric(std::string(host), 0).has_value();
}

const HostRule* rule_for(const InterceptionSettings& settings, std::string_view host) {
  const auto rule = std::ranges::find_if(
      settings.rules, [&](const HostRule& each) { return matches_glob(each.glob, host); });
  return rule == settings.rules.end() ? nullptr : &*rule;
}

}  // namespace

void InterceptionSettings::intercept_under(std::shared_ptr<certs::LeafCache> shown) {
  tls::prepare_library();
  leaves = std::move(shown);
  memory = std::make_shared<InterceptionMemory>();
  const auto begin_sessions = [](HostSettings& settings) {
    settings.tickets = std::make_shared<tls::TicketKeyCache>();
    settings.sessions = std::make_shared<tls::SessionCache>();
  };
  begin_sessions(everywhere);
  for (HostException& exception : exceptions) begin_sessions(exception.settings);
}

const HostException* InterceptionSettings::exception_for(std::string_view host) const {
  const auto found = std::ranges::find_if(
      exceptions, [&](const HostException& each) { return matches_glob(each.glob, host); });
  return found == exceptions.end() ? nullptr : &*found;
}

const HostSettings& InterceptionSettings::settings_for(std::string_view host) const {
  const HostException* exception = exception_for(host);
  return exception ? exception->settings : everywhere;
}

namespace {

struct WantedMode {
  Mode mode;  ///< may be `automatic`
  std::string why;
};

/// What the settings say, and where.
WantedMode wanted_mode(const InterceptionSettings& settings, std::string_view host) {
  const auto word = [](Mode mode) {
    return mode == Mode::relay ? "relay" : mode == Mode::intercept ? "intercept" : "auto";
  };
  if (const HostRule* rule = rule_for(settings, host)) {
    return {rule->mode, fmt::format("--{} {}", word(rule->mode), rule->glob)};
  }
  const HostException* exception = settings.exception_for(host);
  if (exception && exception->mode) {
    return {*exception->mode,
            fmt::format("mode {} of host {}", word(*exception->mode), exception->glob)};
  }
  return {settings.mode, fmt::format("--mode {}", word(settings.mode))};
}

bool offers_nts(const parser::ClientHello& hello) {
  return std::ranges::find(hello.alpn, nts_key_establishment) != hello.alpn.end();
}

}  // namespace

ModeChoice choose_mode(const InterceptionSettings& settings, const FirstFlight& flight) {
  auto [wanted, why] = wanted_mode(settings, flight.host());
  const HostSettings& host = settings.settings_for(flight.host());
  if (wanted == Mode::relay) return {Mode::relay, std::move(why)};
  if (!flight.hello && flight.lack == FirstFlight::Lack::silence) {
    // What is refused to a client that speaks is refused to one that waits.
    const bool strict =
        wanted == Mode::intercept && host.bad_server_certificate == BadServerCertificate::refuse;
    return {strict ? Mode::intercept : Mode::relay, why + ": the client waits for the server",
            false, !strict};
  }
  const bool plain_http = flight.lack == FirstFlight::Lack::plain_http;
  if (!flight.hello && (plain_http || flight.lack == FirstFlight::Lack::no_tls)) {
    return {Mode::relay, why + ": the client's first bytes are no TLS", false, true,
            plain_http && wanted == Mode::intercept};
  }
  // Taken off, it would not do to the server what it does directly.
  if (flight.lack == FirstFlight::Lack::proxy_header) {
    return {Mode::relay, why +
                             ": a PROXY header comes first, which --accept-proxy-protocol does "
                             "not cover"};
  }
  // What the server says to it is what counts.
  if (flight.lack == FirstFlight::Lack::broken_hello) {
    return {Mode::relay, why + (flight.hello ? ": the client's hello breaks a rule"
                                             : ": the client's hello is broken, or not whole")};
  }
  if (wanted == Mode::intercept) return {Mode::intercept, std::move(why)};

  std::string why_not =
      flight.hello ? obstacle(host, *flight.hello) : "its hello is longer than --max-hello";
  if (why_not.empty() && offers_nts(*flight.hello)) {
    why_not = "NTS (RFC 8915) takes its keys from one TLS connection between client and server";
  }
  if (!why_not.empty()) {
    return {Mode::relay, fmt::format("{}: seen, cannot be terminated: {}", why, why_not)};
  }
  if (const auto broken = settings.memory->recall(flight.client, flight.host())) {
    return {Mode::relay, fmt::format("{}: intercepted, this client's last connection to this host "
                                     "failed ({})",
                                     why, id(*broken))};
  }
  return {Mode::intercept, std::move(why), true};
}

std::string obstacle(const HostSettings& settings, const parser::ClientHello& hello) {
  std::string on_client_leg = tls::narrow(hello, settings.client_limits).obstacle;
  return on_client_leg.empty() ? tls::narrow(hello, settings.server_limits).obstacle
                               : on_client_leg;
}

ServerNames server_names(const HostSettings& settings, const parser::ClientHello& hello,
                         std::string_view target_host, FoundBy found_by) {
  std::string name = settings.server_name;
  const bool fixed = found_by == FoundBy::option;
  if (name.empty() && fixed && !is_address(target_host)) name = target_host;
  if (name.empty()) name = hello.sni;
  // RFC 6066 section 3: an address is no server name.
  if (name.empty()) return {{}, std::string(target_host)};
  return {is_address(name) ? std::string() : name, name};
}

}  // namespace legible::proxy
