#pragma once
// What is to be intercepted, and how.

#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/chain_judge.hpp"
#include "certs/leaf_cache.hpp"
#include "parser/client_hello.hpp"
#include "proxy/legs/first_flight.hpp"
#include "proxy/legs/interception_memory.hpp"
#include "proxy/tls/live_secrets.hpp"
#include "proxy/tls/narrowed_offer.hpp"
#include "proxy/tls/session.hpp"
#include "proxy/tls/session_cache.hpp"
#include "proxy/tls/ticket_keys.hpp"
#include "proxy/ways/own_pages.hpp"

namespace legible::proxy {

enum class Mode : std::uint8_t {
  relay,
  intercept,
  automatic,  ///< intercept what can be intercepted, relay the rest
};

/// An exception to the mode, for the hosts that a pattern covers.
struct HostRule {
  std::string glob;  ///< `*` stands for any characters, `?` for one; case does not count
  Mode mode = Mode::relay;
};

enum class BadServerCertificate : std::uint8_t {
  mirror,  ///< the client is shown the same defect
  refuse,
  accept,  ///< the client is shown a good certificate
};

enum class AskClientCertificate : std::uint8_t {
  mirror,  ///< when the server asks the proxy
  never,
  always,
};

/// How connections to a host are intercepted. Shared by all loops.
struct HostSettings {
  BadServerCertificate bad_server_certificate = BadServerCertificate::mirror;
  AskClientCertificate ask_client_certificate = AskClientCertificate::mirror;
  std::string server_name;  ///< SNI and name to verify on the server leg; empty: see server_names()
  std::shared_ptr<const tls::Credential> client_credential;  ///< for servers that ask; null: none
  tls::LegLimits client_limits;
  tls::LegLimits server_limits;
  /// Of both legs' sessions: none is resumed under other settings than it was made under. Null
  /// where nothing is intercepted.
  std::shared_ptr<tls::TicketKeyCache> tickets;
  std::shared_ptr<tls::SessionCache> sessions;
};

/// What is different for the hosts that a pattern covers.
struct HostException {
  std::string glob;
  std::optional<Mode> mode;  ///< none: as everywhere
  HostSettings settings;
};

/// Shared by all loops.
struct InterceptionSettings {
  Mode mode = Mode::relay;
  std::vector<HostRule> rules;  ///< the first that matches wins, before any exception's mode
  HostSettings everywhere;
  std::vector<HostException> exceptions;     ///< the first that matches wins
  std::shared_ptr<certs::LeafCache> leaves;  ///< null: nothing is ever intercepted
  /// The making of their keys, which the first clients should not wait for. Ends with the last
  /// copy.
  std::shared_future<void> leaf_keys;
  std::shared_ptr<InterceptionMemory> memory;
  tls::KeyLogSink* key_log = nullptr;
  OwnPages pages;  ///< where clients fetch the CA

  /// Sets what all loops share anew, for the exceptions that are there, too. Throws
  /// std::runtime_error.
  void intercept_under(std::shared_ptr<certs::LeafCache> shown);

  /// Some connections are not relayed.
  bool active() const { return leaves != nullptr; }

  /// Null: the host is none of the exceptions.
  const HostException* exception_for(std::string_view host) const;
  const HostSettings& settings_for(std::string_view host) const;
};

/// What is done with a connection, and why, for the `target` event.
struct ModeChoice {
  Mode mode = Mode::relay;  ///< never `automatic`
  std::string reason;
  bool automatic = false;  ///< chosen by `auto`, which learns from what happens
  bool until_tls = false;  ///< relayed for lack of TLS: a dialogue may lead to it
  /// Plain HTTP: if the server turns out to speak TLS, the client gets a page of the proxy's.
  bool explains_tls = false;
};

/// `settings.mode`, with `automatic` settled: interception where the client's first flight allows
/// it.
ModeChoice choose_mode(const InterceptionSettings& settings, const FirstFlight& flight);

/// Why a client's TLS cannot be ended here, as a clause: what it offers, cut to what both legs may
/// have, leaves nothing. Empty when it can.
std::string obstacle(const HostSettings& settings, const parser::ClientHello& hello);

/// The names on the server leg: what is sent as SNI (empty: nothing) and what the certificate must
/// be for.
struct ServerNames {
  std::string sni;
  std::string verified;
};
/// A fixed target's own name stands for whatever the client asks for; where clients choose, their
/// word counts.
ServerNames server_names(const HostSettings& settings, const parser::ClientHello& hello,
                         std::string_view target_host, FoundBy found_by);

}  // namespace legible::proxy
