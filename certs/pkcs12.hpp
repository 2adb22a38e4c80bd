#pragma once
// PKCS#12 files (RFC 7292): keys with their certificates, and truststores. By OpenSSL's libcrypto,
// which a build may lack: mbedTLS has none.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certs/certificate.hpp"
#include "certs/private_key.hpp"

namespace legible::certs {

struct Pkcs12Content {
  std::optional<PrivateKey> key;
  std::vector<Certificate> certificates;  ///< in no order
};

/// Does this look like a PKCS#12 file, rather than another DER?
bool is_pkcs12(std::string_view file);

/// "OpenSSL 3.0.19 ...". Empty: this build can neither read nor write them, and the functions below
/// throw std::runtime_error.
std::string_view pkcs12_library();

/// Throws std::runtime_error with one line: no such file, another password (an empty one is none),
/// or an encryption (RC2-40 of old tools) that libcrypto's legacy provider is missing for.
Pkcs12Content read_pkcs12(std::string_view file, const std::string& password);

struct TrustedCertificate {
  std::string alias;
  std::span<const std::uint8_t> der;
};

/// A truststore for Java, which takes a certificate for trusted only when an attribute says so, and
/// for whoever reads PKCS#12. Nothing in it is secret: the password is for the MAC.
std::vector<std::uint8_t> write_pkcs12_truststore(std::span<const TrustedCertificate> certificates,
                                                  const std::string& password);

}  // namespace legible::certs
