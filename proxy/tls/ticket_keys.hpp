#pragma once
// Session tickets for clients (RFC 5077, RFC 8446 section 4.6.1).

#include <memory>
#include <mutex>
#include <string>

#include "certs/least_recently_used.hpp"

struct mbedtls_ssl_ticket_context;

namespace legible::proxy::tls {

/// The keys that seal the tickets of sessions with one certificate. Thread-safe.
class TicketKeys {
 public:
  /// Throws std::runtime_error.
  TicketKeys();
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  mbedtls_ssl_ticket_context* native() const { return context_.get(); }

 private:
  std::unique_ptr<mbedtls_ssl_ticket_context> context_;
};

/// Keys of its own for each certificate that clients are shown: a client that has accepted one
/// resumes with that one only, and never skips the judgement of another. Bounded, least recently
/// used goes first; with its keys its tickets are void. For the process; thread-safe.
class TicketKeyCache {
 public:
  static constexpr std::size_t capacity = 1024;

  /// `certificate`: the SHA-256 of the leaf.
  std::shared_ptr<TicketKeys> keys_for(const std::string& certificate);

 private:
  std::mutex lock_;
  certs::LeastRecentlyUsed<std::string, std::shared_ptr<TicketKeys>> keys_{capacity};
};

}  // namespace legible::proxy::tls
