#include "proxy/ca_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <vector>

#include "certs/ca_directory.hpp"
#include "certs/pkcs12.hpp"
#include "proxy/ca_options.hpp"
#include "proxy/ca_text.hpp"
#include "proxy/key_files.hpp"
#include "proxy/standard_streams.hpp"

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

std::string exported(std::span<const SigningCa> signers, CaForm form) {
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
  if (form != CaForm::pem && ::isatty(STDOUT_FILENO) == 1) {
    throw std::runtime_error("what is exported is binary, and standard output is a terminal");
  }
  return bytes;
}

void carry_out(const CaOptions& options) {
  const CaKeyFiles source{.directory = options.directory, .certificate = {}, .key = {}};
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const bool made = !source.is_there();
  const certs::InterceptionCa ca = source.load(now);
  if (made && options.action == CaOptions::Action::show) {
    complain("legible ca: made a new CA in {}", source.used_directory().string());
  }

  std::vector<SigningCa> chosen;
  std::ranges::copy_if(ca.signers(), std::back_inserter(chosen), [&](const SigningCa& signer) {
    return !options.family || signer.ca.key.is_rsa() == (*options.family == certs::KeyFamily::rsa);
  });
  if (chosen.empty()) throw std::runtime_error("the CA has no key of that kind");

  if (options.action == CaOptions::Action::export_certificates) {
    return print_out(exported(chosen, options.form));
  }
  const certs::CaFiles files(source.used_directory());
  const CaPlace place{chosen, files.certificates, files.keys,
                      options.directory.empty()
                          ? "legible ca export"
                          : "legible ca export --ca-dir " + shell_word(options.directory)};
  print_out(options.json ? ca_json(place) : ca_text(place));
}

}  // namespace

int ca_command(int argc, char** argv) {
  const auto parsed = parse_ca_options(argc, argv);
  if (const auto* help = std::get_if<HelpText>(&parsed)) {
    print_out(help->text);
    return 0;
  }
  if (const auto* error = std::get_if<UsageError>(&parsed)) {
    complain("legible ca: {}", error->message);
    return 2;
  }
  try {
    carry_out(std::get<CaOptions>(parsed));
    return 0;
  } catch (const std::exception& error) {
    complain("legible ca: {}", error.what());
    return 1;
  }
}

}  // namespace legible::proxy
