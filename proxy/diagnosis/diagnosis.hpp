#pragma once
// Timeline → verdict, as a pure function: no clock, no socket, no memory between calls.

#include <chrono>
#include <cstdint>
#include <optional>

#include "proxy/diagnosis/verdict.hpp"
#include "proxy/record/timeline.hpp"

namespace legible::proxy {

/// What was seen before of the same client address, server and SNI. Bounded, and empty for a first
/// connection and offline.
struct History {
  std::uint32_t connections = 0;           ///< seen before, in all
  std::uint32_t empty_closes = 0;          ///< of these, closed without a byte
  std::optional<double> interval_seconds;  ///< of a regular repetition
  std::uint32_t recent_hellos = 0;         ///< in the last 10 s
  std::uint32_t recent_distinct_hellos = 0;
  std::uint32_t largest_successful_hello = 0;               ///< bytes; 0: none succeeded
  std::optional<parser::ProtocolVersion> failed_offer;      ///< highest of the last that failed
  std::optional<parser::ProtocolVersion> successful_offer;  ///< highest of the last that succeeded
  std::optional<parser::ProtocolVersion> agreed_version;    ///< what the server chose in that one
  /// Since this very kind of hello led to a finished handshake.
  std::optional<std::chrono::microseconds> since_success;

  /// Intercept: the client went on with a certificate of the proxy's CA, from any server; and from
  /// this one.
  bool accepted_proxy_authority = false;
  bool accepted_proxy_authority_here = false;

  /// It comes back at a fixed interval, as monitors do.
  bool regular() const { return connections >= 2 && interval_seconds.has_value(); }
  /// More hellos, and more different ones, than any client needs.
  bool scanning() const { return recent_hellos >= 10 && recent_distinct_hellos >= 5; }
};

/// The verdict on one connection.
Verdict diagnose(const Timeline& timeline, const History& history = {});

/// The verdict on an intercepted connection, of which each leg is a conversation of its own.
Verdict diagnose_intercepted(const Timeline& client_leg, const Timeline& server_leg,
                             const History& history = {});

/// Might the intercepted connection of this verdict work without interception? `shown`: how the
/// server's certificate was, null when it was not.
bool broken_by_interception(const Verdict& verdict, const certs::MirrorPlan* shown = nullptr);

}  // namespace legible::proxy
