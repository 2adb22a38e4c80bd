#include "proxy/interception.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proxy/glob.hpp"
#include "proxy/socket_address.hpp"

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
  tickets = std::make_shared<tls::TicketKeyCache>();
  sessions = std::make_shared<tls::SessionCache>();
  memory = std::make_shared<InterceptionMemory>();
}

ModeChoice choose_mode(const InterceptionSettings& settings, const FirstFlight& flight) {
  const HostRule* rule = rule_for(settings, flight.host());
  const Mode wanted = rule ? rule->mode : settings.mode;
  std::string why =
      rule ? fmt::format("--{} {}", wanted == Mode::relay ? "relay" : "intercept", rule->glob)
           : fmt::format("--mode {}", wanted == Mode::relay       ? "relay"
                                      : wanted == Mode::intercept ? "intercept"
                                                                  : "auto");
  if (wanted == Mode::relay) return {Mode::relay, std::move(why)};
  if (!flight.hello && flight.lack == FirstFlight::Lack::silence) {
    // What is refused to a client that speaks is refused to one that waits.
    const bool strict = wanted == Mode::intercept &&
                        settings.bad_server_certificate == BadServerCertificate::refuse;
    return {strict ? Mode::intercept : Mode::relay, why + ": the client waits for the server"};
  }
  if (!flight.hello && flight.lack == FirstFlight::Lack::no_tls) {
    return {Mode::relay, why + ": the client's first bytes are no TLS"};
  }
  // What the server says to it is what counts.
  if (!flight.hello && flight.lack == FirstFlight::Lack::broken_hello) {
    return {Mode::relay, why + ": the client's hello is broken, or not whole"};
  }
  if (wanted == Mode::intercept) return {Mode::intercept, std::move(why)};

  const std::string why_not =
      flight.hello ? obstacle(settings, *flight.hello) : "its hello is longer than --max-hello";
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

std::string obstacle(const InterceptionSettings& settings, const parser::ClientHello& hello) {
  std::string on_client_leg = tls::narrow(hello, settings.client_limits).obstacle;
  return on_client_leg.empty() ? tls::narrow(hello, settings.server_limits).obstacle
                               : on_client_leg;
}

ServerNames server_names(const InterceptionSettings& settings, const parser::ClientHello& hello,
                         std::string_view target_host) {
  std::string name = settings.server_name;
  if (name.empty() && !is_address(target_host)) name = target_host;
  if (name.empty()) name = hello.sni;
  // RFC 6066 section 3: an address is no server name.
  if (name.empty()) return {{}, std::string(target_host)};
  return {is_address(name) ? std::string() : name, name};
}

}  // namespace legible::proxy
