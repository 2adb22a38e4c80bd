#pragma once
// What `legible ca show` says. Pure.

#include <filesystem>
#include <span>
#include <string>

#include "certs/interception_ca.hpp"

namespace legible::proxy {

/// A CA, and where it lives.
struct CaPlace {
  std::span<const certs::SigningCa> signers;
  std::filesystem::path certificates;
  std::filesystem::path keys;
  /// The command that exports it, for a shell: "legible ca export", with --ca-dir where it is
  /// needed.
  std::string export_command;
};

/// The name under which stores keep the certificate: "legible-ec" or "legible-rsa".
std::string ca_alias(const certs::SigningCa& signer);

/// A word of a shell's command line, quoted where it must be.
std::string shell_word(const std::string& word);

/// For people: subjects, fingerprints, dates, files, and how each kind of client learns to trust
/// it.
std::string ca_text(const CaPlace& place);

/// One JSON object: `certificates` (array of {`subject`, `key`, `not_before`, `not_after`,
/// `sha256`, `sha1`}), `certificates_file`, `keys_file`.
std::string ca_json(const CaPlace& place);

}  // namespace legible::proxy
