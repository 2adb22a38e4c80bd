#pragma once
// Which event ended the connection? The first terminal one; what comes after it is an echo. OpenSSL
// answers an early FIN with decode_error, GnuTLS with unexpected_message, JSSE with
// handshake_failure: none of these is ever the cause.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "proxy/diagnosis/verdict.hpp"
#include "proxy/record/timeline.hpp"

namespace legible::proxy::diagnosis {

struct PrimaryEvent {
  std::size_t index = 0;  ///< entries before it are what the closer had seen and said
  Time time{};
  std::uint64_t number = 0;  ///< its place among the entries of both legs
  Closer closer = Closer::nobody;
  std::optional<Leg> leg;
  bool client_had_left = false;  ///< and what decided is the server's answer to its flight
  Mechanism mechanism = Mechanism::still_open;
  std::optional<VerdictAlert> alert;
  /// How the same side ended its stream, if it did so within `own_close_window` of its alert.
  std::optional<parser::StreamEnd> followed_by;
  /// Since the last thing that either side or the network did.
  std::chrono::microseconds silence{};
  /// Since the last thing that the other side did: the closer may have said something itself.
  std::chrono::microseconds since_other{};

  bool by(Closer side) const { return closer == side; }
  /// The number of a readable alert that ended the connection.
  std::optional<int> alert_number() const;
  /// An alert was sent whose content could not be read.
  bool unreadable() const { return mechanism == Mechanism::alert_encrypted; }
};

/// A stack decides in milliseconds; whoever waited this long before closing ran into a timer.
inline constexpr std::chrono::milliseconds shortest_timer{1000};

/// A FIN or RST this soon after an alert of the same side belongs to it.
inline constexpr std::chrono::milliseconds own_close_window{50};

/// Bytes: what is longer is no goodbye (a tear-down's last words, close_notify), but data.
inline constexpr std::uint64_t longest_goodbye = 1024;

PrimaryEvent find_primary_event(const Timeline& timeline);

}  // namespace legible::proxy::diagnosis
