#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "certs/least_recently_used.hpp"
#include "parser/client_hello.hpp"
#include "proxy/diagnosis/diagnosis.hpp"
#include "proxy/record/timeline.hpp"

namespace legible::proxy {

/// What one connection adds to the history.
struct PastConnection {
  Time accepted{};
  bool empty = false;                                  ///< the client sent nothing
  const parser::ClientHello* hello = nullptr;          ///< null when none was whole
  std::optional<parser::ProtocolVersion> agreed = {};  ///< set when the handshake was finished
  /// Intercept: the client sent data after it was shown a certificate of the proxy's CA.
  bool accepted_proxy_authority = false;
};

/// What was seen before of the same client address, server and SNI; bounded in the number of such
/// triples and in what is kept of each. Whether a client accepted the proxy's CA is kept for its
/// address alone, bounded too. For all threads: one lock for each connection that ends.
class ConnectionHistory {
 public:
  static constexpr std::size_t capacity = 4096;

  /// What is known before `connection` of `client` (an address without port) and `server` (a
  /// host); then adds it.
  History recall_and_add(const std::string& client, const std::string& server,
                         const PastConnection& connection);

 private:
  struct Hello {
    Time time{};
    std::uint64_t fingerprint = 0;
  };
  struct Partner {
    History totals;  ///< without what is computed for each recall
    Time last{};
    std::array<double, 4> intervals{};  ///< seconds between the last connections
    std::array<Hello, 32> hellos{};     ///< the last ones, as a ring
    Hello successful{};                 ///< the last one that led to a finished handshake
    std::uint32_t hellos_seen = 0;
  };

  /// `seen` is the connection's hello; its fingerprint means nothing where there was none.
  static History recall(const Partner& partner, const PastConnection& connection, Hello seen);
  static void add(Partner& partner, const PastConnection& connection, Hello seen);

  struct Accepted {};

  std::mutex mutex_;
  certs::LeastRecentlyUsed<std::string, Partner> partners_{capacity};
  certs::LeastRecentlyUsed<std::string, Accepted> trusting_clients_{capacity};
};

}  // namespace legible::proxy
