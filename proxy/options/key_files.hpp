#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "certs/client_credential.hpp"
#include "certs/interception_ca.hpp"

namespace legible::proxy {

/// Where the interception CA comes from, as options name it. Empty: not given.
struct CaKeyFiles {
  std::string directory;    ///< --ca-dir; else the usual one
  std::string certificate;  ///< --ca-cert, a CA of one's own: goes before the directory
  std::string key;          ///< --ca-key
  /// --ca-key-password-file, as with a client's; else LEGIBLE_CA_KEY_PASSWORD.
  std::string password{};

  std::filesystem::path used_directory() const;
  /// Nothing is to be made: one's own, or one that was made before.
  bool is_there() const;
  /// Made at first use, unless it is one's own. Throws std::runtime_error with one line that names
  /// the file.
  certs::InterceptionCa load(certs::Seconds now) const;
};

/// What is presented to servers that ask for a certificate, as options name it. Empty: not given.
struct ClientKeyFiles {
  std::string certificate;  ///< --client-cert; without, nothing is presented
  std::string key;          ///< --client-key; else it is in the same file
  /// --client-key-password-file: its first line is the password. Without, it is taken from the
  /// environment (LEGIBLE_CLIENT_KEY_PASSWORD): a command line can be read by others.
  std::string password;

  /// Throws std::runtime_error with one line that names the file, and never the password.
  std::optional<certs::ClientCredential> load() const;
};

}  // namespace legible::proxy
