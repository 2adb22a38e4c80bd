#pragma once
// What `legible ca show` says. Pure.

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certs/interception_ca.hpp"

namespace legible::proxy {

/// A CA, and where it lives.
struct CaPlace {
  std::span<const certs::SigningCa> signers;
  std::filesystem::path certificates;
  std::filesystem::path keys;
  /// The command, for a shell, that writes to standard output the certificate of one signer in PEM,
  /// or (null) a PKCS#12 truststore with all.
  std::function<std::string(const certs::SigningCa*)> export_command;
};

/// How one kind of client learns to trust the CA: who, and lines for a shell.
struct CaRecipe {
  std::string_view who;
  std::string commands;
};
std::vector<CaRecipe> ca_recipes(const CaPlace& place);

/// The name under which stores keep the certificate: "legible-ec" or "legible-rsa".
std::string ca_alias(const certs::SigningCa& signer);

/// The SHA-256 and SHA-1 digests of a certificate, as people compare them: "AB:CD:...".
struct CaFingerprints {
  std::string sha256;
  std::string sha1;
};
CaFingerprints fingerprints(const certs::Certificate& certificate);

/// A word of a shell's command line, quoted where it must be.
std::string shell_word(const std::string& word);

/// For people: subjects, fingerprints, dates, files, and how each kind of client learns to trust
/// it.
std::string ca_text(const CaPlace& place);

/// One JSON object: `certificates` (array of {`subject`, `key`, `not_before`, `not_after`,
/// `sha256`, `sha1`}), `certificates_file`, `keys_file`.
std::string ca_json(const CaPlace& place);

}  // namespace legible::proxy
