#pragma once
// What is presented when a server asks for a client certificate.

#include <memory>
#include <string>
#include <vector>

#include "certs/certificate.hpp"
#include "certs/private_key.hpp"

struct mbedtls_x509_crt;

namespace legible::certs {

struct ClientCredential {
  std::vector<Certificate> chain;  ///< leaf first, each followed by its issuer
  PrivateKey key;
  std::shared_ptr<mbedtls_x509_crt> native;  ///< the chain, for mbedTLS's TLS
};

/// From a PEM file with the certificates, in any order, and the key in it or in a file of its own;
/// or from a PKCS#12 file, where no key file is given. Encrypted keys need the password; an empty
/// one is none. Throws PasswordNeeded, or another std::runtime_error, with one line that names the
/// file.
ClientCredential read_client_credential(const std::string& certificate_file,
                                        const std::string& key_file, const std::string& password);

}  // namespace legible::certs
