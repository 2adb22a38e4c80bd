#pragma once
// A real TLS 1.2 and 1.3 endpoint for the lab: mbedTLS over a blocking socket.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certs/private_key.hpp"
#include "parser/tls_types.hpp"
#include "proxy/lab/blocking_socket.hpp"

namespace legible::proxy::lab {

/// A certificate chain, leaf first, and the leaf's private key.
struct Identity {
  std::vector<std::vector<std::uint8_t>> chain;  ///< DER
  certs::PrivateKey key;
};

enum class PeerCheck : std::uint8_t {
  none,      ///< the peer's certificate is not asked for (server) or not judged (client)
  required,  ///< no good certificate, no connection
};

struct TlsPeerOptions {
  parser::ProtocolVersion lowest = parser::tls12;
  parser::ProtocolVersion highest = parser::tls13;
  std::vector<int> suites;                         ///< in order of preference; empty: all
  std::vector<std::uint16_t> groups;               ///< likewise
  std::vector<std::uint16_t> signature_schemes;    ///< likewise; TLS 1.3 numbers
  const Identity* identity = nullptr;              ///< must outlive the peer
  std::vector<std::vector<std::uint8_t>> trusted;  ///< anchors, DER
  PeerCheck check = PeerCheck::none;
  bool list_authorities = true;          ///< server: name the anchors when asking
  std::vector<std::uint8_t> pinned;      ///< client: the only leaf that it takes, DER; empty: any
  std::string server_name;               ///< client: SNI and the name to verify
  std::vector<std::string> known_names;  ///< server: other SNI gets alert 112
  bool sni_required = false;             ///< server: no SNI gets alert 112
  bool hello_in_two_records = false;     ///< client: RFC 8446 section 5.1 allows it
  std::vector<std::string> alpn;
};

class TlsPeer {
 public:
  /// `socket` must outlive the peer. Throws std::runtime_error when the options do not fit.
  TlsPeer(BlockingSocket& socket, parser::Side side, TlsPeerOptions options);
  ~TlsPeer();

  /// A point of the handshake at which a peer may leave.
  enum class Flight : std::uint8_t {
    server_first,  ///< ServerHello to ServerHelloDone, in TLS 1.3 to Finished
    client_second  ///< what the client answers
  };
  /// Runs the handshake until that flight has been read, or sent, and stops there.
  bool handshake_through(Flight flight);

  /// Runs the handshake. When it fails, the alert that the protocol wants has been sent.
  bool handshake();

  bool write(std::string_view text);
  /// Application data that holds nothing. False when the peer no longer takes anything.
  bool write_empty_record();
  /// True when application data came.
  bool read();
  void close_notify();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace legible::proxy::lab
