#pragma once
// Which alerts end a connection.

#include <optional>

#include "parser/server_hello.hpp"

namespace legible::parser {

/// Is the alert an error, after which the connection is over? Up to TLS 1.2 its level tells (RFC
/// 5246 section 7.2). In TLS 1.3 the level says nothing: all alerts but close_notify and
/// user_canceled are errors (RFC 8446 section 6). `version` is the server's choice; nothing before
/// that is known.
constexpr bool is_error(AlertLevel level, AlertDescription description,
                        std::optional<ProtocolVersion> version) {
  constexpr AlertDescription close_notify{0};
  constexpr AlertDescription user_canceled{90};
  if (!version || !is_tls13_like(*version)) return level == alert_level::fatal;
  return description != close_notify && description != user_canceled;
}

}  // namespace legible::parser
