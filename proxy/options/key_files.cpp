#include "proxy/options/key_files.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <stdexcept>

#include "certs/ca_directory.hpp"
#include "certs/files.hpp"
#include "certs/wiped.hpp"

namespace legible::proxy {
namespace {

using Password = certs::Wiped<std::string>;

Password first_line(const std::string& path) {
  const certs::Wiped text(certs::read_file(path));
  Password line(text->substr(0, text->find_first_of("\r\n")));
  if (line->empty()) throw std::runtime_error(path + ": its first line, the password, is empty");
  return line;
}

Password password_of(const std::string& file, const char* variable) {
  if (!file.empty()) return first_line(file);
  const char* from_environment = std::getenv(variable);
  return from_environment == nullptr ? Password() : Password(from_environment);
}

}  // namespace

std::filesystem::path CaKeyFiles::used_directory() const {
  return directory.empty() ? certs::default_ca_directory() : std::filesystem::path(directory);
}

bool CaKeyFiles::is_there() const {
  return !certificate.empty() || std::filesystem::exists(certs::CaFiles(used_directory()).keys);
}

certs::InterceptionCa CaKeyFiles::load(certs::Seconds now) const {
  if (!certificate.empty()) {
    return certs::read_own_ca(certificate, key, now,
                              *password_of(password, "LEGIBLE_CA_KEY_PASSWORD"));
  }
  return certs::open_ca_directory(used_directory(), now);
}

std::optional<certs::ClientCredential> ClientKeyFiles::load() const {
  if (certificate.empty()) return std::nullopt;
  try {
    return certs::read_client_credential(certificate, key,
                                         *password_of(password, "LEGIBLE_CLIENT_KEY_PASSWORD"));
  } catch (const certs::PasswordNeeded& error) {
    throw std::runtime_error(fmt::format(
        "{} (--client-key-password-file FILE, or LEGIBLE_CLIENT_KEY_PASSWORD in the environment)",
        error.what()));
  }
}

}  // namespace legible::proxy
