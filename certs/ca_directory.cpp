#include "certs/ca_directory.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <stdexcept>

#include "certs/files.hpp"
#include "certs/wiped.hpp"

namespace legible::certs {
namespace {

namespace fs = std::filesystem;

/// A link that leads nowhere is there too: something was meant by it.
bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

/// Both files are written before either gets its name. The key comes first: who sees the
/// certificate can rely on it.
void write(const InterceptionCa& ca, const CaFiles& files) {
  const Wiped keys_pem(ca.keys_pem());
  StagedFile keys(files.keys, *keys_pem, Readers::owner);
  StagedFile certificates(files.certificates, ca.certificates_pem(), Readers::everyone);
  keys.publish();
  certificates.publish();
}

void make_if_none(const fs::path& directory, const CaFiles& files, Seconds now) {
  if (is_there(files.keys) && is_there(files.certificates)) return;
  make_private_directory(directory);
  const FileLock lock(directory / "ca.lock");
  const bool has_keys = is_there(files.keys);
  const bool has_certificates = is_there(files.certificates);
  if (!has_keys && !has_certificates) return write(InterceptionCa::make(now), files);
  if (has_keys && has_certificates) return;
  const fs::path& there = has_keys ? files.keys : files.certificates;
  const fs::path& missing = has_keys ? files.certificates : files.keys;
  throw std::runtime_error(
      fmt::format("{} is there without {}: put that back, or remove both to have a new CA made",
                  there.string(), missing.string()));
}

InterceptionCa read(const fs::path& certificates, const fs::path& keys, const std::string& password,
                    InterceptionCa::Others others, Seconds now) {
  Wiped keys_pem(read_private_file(keys));
  const std::string certificates_pem = read_file(certificates);
  try {
    if (!password.empty()) keys_pem = Wiped(PrivateKey::from_pem(*keys_pem, password).pem());
    return InterceptionCa::from_pem(certificates_pem, *keys_pem, others, now);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(
        fmt::format("{}, {}: {}", certificates.string(), keys.string(), error.what()));
  }
}

}  // namespace

fs::path default_ca_directory() {
  // The specification wants relative paths to be ignored.
  const char* data = std::getenv("XDG_DATA_HOME");
  if (data != nullptr && fs::path(data).is_absolute()) return fs::path(data) / "legible";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    throw std::runtime_error("no home directory for the CA: neither XDG_DATA_HOME nor HOME is set");
  }
  return fs::path(home) / ".local" / "share" / "legible";
}

InterceptionCa open_ca_directory(const fs::path& directory, Seconds now) {
  const CaFiles files(directory);
  make_if_none(directory, files, now);
  return read(files.certificates, files.keys, {}, InterceptionCa::Others::refused, now);
}

InterceptionCa read_own_ca(const std::string& certificate_file, const std::string& key_file,
                           Seconds now, const std::string& password) {
  return read(certificate_file, key_file, password, InterceptionCa::Others::issuers, now);
}

}  // namespace legible::certs
