#pragma once
// Where the interception CA lives: made on this machine, at first use, readable by its owner alone.

#include <filesystem>
#include <string>

#include "certs/interception_ca.hpp"

namespace legible::certs {

/// The files of a CA's directory.
struct CaFiles {
  std::filesystem::path certificates;  ///< ca.pem
  std::filesystem::path keys;          ///< ca-key.pem, 0600

  explicit CaFiles(const std::filesystem::path& directory)
      : certificates(directory / "ca.pem"), keys(directory / "ca-key.pem") {}
};

/// $XDG_DATA_HOME/legible, else ~/.local/share/legible (XDG Base Directory Specification). Throws
/// std::runtime_error when there is no home.
std::filesystem::path default_ca_directory();

/// The CA of this directory, which is made (0700) with it where there is none yet. Processes that
/// do so at the same time end with the same CA. Throws std::runtime_error with one line that names
/// the file: a key that others can read, one file without the other, files that do not belong
/// together or cannot be used. What is there is never replaced.
InterceptionCa open_ca_directory(const std::filesystem::path& directory, Seconds now);

/// A CA of one's own: its certificate, with those above it if it is no root, and its key, which
/// `password` decrypts where it is encrypted. Throws likewise.
InterceptionCa read_own_ca(const std::string& certificate_file, const std::string& key_file,
                           Seconds now, const std::string& password = {});

}  // namespace legible::certs
