#pragma once

#include <span>

#include "certs/interception_ca.hpp"
#include "proxy/ways/own_pages.hpp"

namespace legible::proxy {

/// The CA for clients to fetch through the proxy: `/` tells each kind of client how it learns to
/// trust it, `/ca.pem`, `/ca.p12` (a truststore) and `/legible-ec.pem`, `.crt` (DER) and the like
/// are the files.
OwnPages ca_pages(std::span<const certs::SigningCa> signers);

}  // namespace legible::proxy
