#pragma once
// The verdict: which side closed a connection, on which leg, in which phase, how, why, on what
// evidence, how sure, and what to do. docs/verdicts.md defines every id.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parser/observation.hpp"
#include "proxy/causes/cause.hpp"
#include "proxy/record/timeline.hpp"

namespace legible::proxy {

enum class Outcome : std::uint8_t { ok, not_tls, aborted, failed };

/// The last state reached by messages forwarded before the terminal event.
enum class Phase : std::uint8_t {
  server_connect,
  pre_hello,
  client_hello,
  hello_retry,
  server_hello,
  server_auth,
  client_auth,
  key_exchange,
  post_handshake,
  established,
  renegotiation,
  closing,
};

enum class Closer : std::uint8_t { client, server, proxy, nobody, ambiguous };

enum class Mechanism : std::uint8_t {
  alert_fatal,
  alert_encrypted,
  alert_warning,
  close_notify,
  fin,
  rst,
  plaintext_reply,
  app_refusal,
  timeout,
  connect_failed,
  still_open,
  proxy_abort,
};

enum class Confidence : std::uint8_t { low, medium, high, certain };

/// The ids of events and docs: "failed", "client-hello", "alert-fatal", ...
std::string_view id(Outcome value);
std::string_view id(Phase value);
std::string_view id(Closer value);
std::string_view id(Mechanism value);
std::string_view id(Confidence value);

/// The alert that the verdict rests on.
struct VerdictAlert {
  Leg leg;
  Party from;
  std::optional<parser::AlertLevel> level;
  std::optional<parser::AlertDescription> description;
  bool encrypted = false;
};

struct Alternative {
  Cause cause;
  std::string distinguish;  ///< what would tell it apart
};

/// Two texts, one for each side of the connection.
struct BothSides {
  std::string client;
  std::string server;
};

/// What to do, and where.
struct Hints {
  std::string client;
  std::string server;
  std::string proxy;
};

/// One leg's own annotation.
struct LegSummary {
  Phase reached = Phase::pre_hello;
  std::optional<parser::ProtocolVersion> version;
  std::optional<parser::CipherSuite> cipher;
  std::optional<Closer> closed_by;
  std::optional<Mechanism> mechanism;
  std::optional<VerdictAlert> alert;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

/// Texts hold values that peers sent already escaped (proxy/text/escape.hpp).
struct Verdict {
  Outcome outcome = Outcome::failed;
  std::optional<Leg> leg;  ///< of the first terminal event
  Closer closer = Closer::nobody;
  Phase phase = Phase::pre_hello;
  Mechanism mechanism = Mechanism::still_open;
  Cause cause = Cause::unknown;
  Confidence confidence = Confidence::low;
  std::optional<VerdictAlert> alert;
  std::vector<std::string> evidence;
  std::vector<Alternative> alternatives;
  std::string title;    ///< the cause as a clause, in the words that fit this connection
  std::string summary;  ///< who closed, and the title
  Hints hint;
  BothSides logs;
  std::optional<std::string> masking;
  std::optional<std::string> insertion;
  bool maybe_middlebox = false;
  bool relaying_helps = true;  ///< where interception is why
  LegSummary client;
  LegSummary server;
};

}  // namespace legible::proxy
