#pragma once
// The interception CA's certificates in the forms that clients take.

#include <cstdint>
#include <span>
#include <string>

#include "certs/interception_ca.hpp"

namespace legible::proxy {

enum class CaForm : std::uint8_t { pem, der, pkcs12 };

/// The certificates, without private keys: PEM or DER one after the other, or a PKCS#12 truststore
/// with the password that Java's own have, "changeit".
std::string export_ca(std::span<const certs::SigningCa> signers, CaForm form);

/// The command of this program that exports the CA in that directory (empty: the usual one): see
/// CaPlace::export_command.
std::string ca_export_command(const std::string& directory, const certs::SigningCa* signer);

}  // namespace legible::proxy
