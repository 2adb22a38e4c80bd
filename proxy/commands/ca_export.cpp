#include "proxy/commands/ca_export.hpp"

#include <vector>

#include "certs/pkcs12.hpp"
#include "proxy/commands/ca_text.hpp"

namespace legible::proxy {
namespace {

using certs::SigningCa;

// Java's own: every truststore has a password, and this one is no secret.
constexpr const char* truststore_password = "changeit";

std::string truststore(std::span<const SigningCa> signers) {
  std::vector<certs::TrustedCertificate> trusted;
  for (const SigningCa& signer : signers) {
    trusted.push_back({ca_alias(signer), signer.ca.certificate.der});
  }
  const auto der = certs::write_pkcs12_truststore(trusted, truststore_password);
  return {der.begin(), der.end()};
}

}  // namespace

std::string export_ca(std::span<const SigningCa> signers, CaForm form) {
  std::string bytes;
  switch (form) {
    case CaForm::pem:
      for (const SigningCa& signer : signers) bytes += signer.ca.certificate_pem();
      break;
    case CaForm::der:
      for (const SigningCa& signer : signers) {
        const auto& der = signer.ca.certificate.der;
        bytes.append(der.begin(), der.end());
      }
      break;
    case CaForm::pkcs12:
      bytes = truststore(signers);
      break;
  }
  return bytes;
}

std::string ca_export_command(const std::string& directory, const SigningCa* signer) {
  std::string command = "legible ca export";
  if (!directory.empty()) command += " --ca-dir " + shell_word(directory);
  if (signer == nullptr) return command + " --form p12";
  return command + (signer->ca.key.is_rsa() ? " --key rsa" : " --key ec");
}

}  // namespace legible::proxy
