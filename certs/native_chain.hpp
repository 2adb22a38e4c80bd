#pragma once

#include <memory>
#include <span>

#include "certs/certificate.hpp"

struct mbedtls_x509_crt;

namespace legible::certs {

/// The chain, leaf first, as mbedTLS's TLS wants it. Throws std::runtime_error when mbedTLS cannot
/// read one of them.
std::shared_ptr<mbedtls_x509_crt> native_chain(std::span<const Certificate> chain);

}  // namespace legible::certs
