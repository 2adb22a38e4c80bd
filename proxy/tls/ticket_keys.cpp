#include "proxy/tls/ticket_keys.hpp"

#include <mbedtls/ssl_ticket.h>

#include <chrono>
#include <stdexcept>

#include "certs/random.hpp"

namespace legible::proxy::tls {
namespace {

constexpr std::chrono::seconds lifetime = std::chrono::hours(2);

}  // namespace

TicketKeys::TicketKeys() : context_(std::make_unique<mbedtls_ssl_ticket_context>()) {
  mbedtls_ssl_ticket_init(context_.get());
  const int error = mbedtls_ssl_ticket_setup(context_.get(), certs::random_bytes, nullptr,
                                             MBEDTLS_CIPHER_AES_256_GCM,
                                             static_cast<std::uint32_t>(lifetime.count()));
  if (error != 0) {
    mbedtls_ssl_ticket_free(context_.get());
    throw std::runtime_error("mbedTLS: no keys for session tickets");
  }
}

TicketKeys::~TicketKeys() { mbedtls_ssl_ticket_free(context_.get()); }

std::shared_ptr<TicketKeys> TicketKeyCache::keys_for(const std::string& certificate) {
  const std::scoped_lock lock(lock_);
  if (const auto* known = keys_.find(certificate)) return *known;
  return keys_.put(certificate, std::make_shared<TicketKeys>());
}

}  // namespace legible::proxy::tls
