#pragma once
// A request, what came of it, and the connection that carried both: what an archive's entry tells.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "parser/http_message.hpp"
#include "proxy/record/event_sink.hpp"

namespace legible::proxy::har {

/// What a leg's TLS has agreed on.
struct LegTls {
  parser::ProtocolVersion version;
  parser::CipherSuite cipher;
};

struct ConnectionFacts {
  ConnectionId id = 0;
  std::string target;  ///< its name or address
  std::uint16_t target_port = 0;
  std::string server;                        ///< address:port; empty before it is reached
  std::array<std::optional<LegTls>, 2> tls;  ///< by leg; none: plain text
};

/// RST_STREAM: who gave the stream up, and why.
struct StreamReset {
  Leg from;
  parser::Http2Error error;
};

struct Exchange {
  ConnectionFacts connection;
  std::optional<parser::HttpRequest> request;
  std::optional<parser::HttpResponse> response;  ///< the final one, or a 101
  std::optional<StreamReset> reset;
  bool bodies_dropped = false;  ///< for want of memory

  std::size_t reserved = 0;  ///< of the memory for exchanges: ExchangeTaker
};

/// Roughly what a message keeps in memory.
std::size_t memory_of(const parser::HttpMessage& message);

}  // namespace legible::proxy::har
