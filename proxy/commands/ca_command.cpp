#include "proxy/commands/ca_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <vector>

#include "certs/ca_directory.hpp"
#include "proxy/commands/ca_export.hpp"
#include "proxy/commands/ca_text.hpp"
#include "proxy/commands/standard_streams.hpp"
#include "proxy/options/ca_options.hpp"
#include "proxy/options/key_files.hpp"

namespace legible::proxy {
namespace {

using certs::SigningCa;

std::string exported(std::span<const SigningCa> signers, CaForm form) {
  if (form != CaForm::pem && ::isatty(STDOUT_FILENO) == 1) {
    throw std::runtime_error("what is exported is binary, and standard output is a terminal");
  }
  return export_ca(signers, form);
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
  const CaPlace place{chosen, files.certificates, files.keys, [&](const SigningCa* signer) {
                        return ca_export_command(options.directory, signer);
                      }};
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
