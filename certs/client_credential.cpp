#include "certs/client_credential.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "certs/file_form.hpp"
#include "certs/files.hpp"
#include "certs/native_chain.hpp"
#include "certs/pkcs12.hpp"
#include "certs/wiped.hpp"

namespace legible::certs {
namespace {

/// What else people have such things in, and how it becomes what can be read here.
void refuse_other_forms(std::string_view file) {
  const FileForm form = form_of(file);
  if (form == FileForm::java_keystore) {
    throw std::runtime_error(
        "a Java keystore; convert it with: keytool -importkeystore -srckeystore FILE -destkeystore "
        "FILE.p12 -deststoretype pkcs12");
  }
  if (form != FileForm::pem) {
    throw std::runtime_error(
        "neither PEM nor PKCS#12; DER becomes PEM with: openssl x509 -inform "
        "der -in FILE, or openssl pkey -inform der -in FILE");
  }
}

PrivateKey read_key(std::string_view file, const std::string& password) {
  if (is_pkcs12(file)) {
    const auto key = read_pkcs12(file, password).key;
    if (!key) throw std::runtime_error("no private key in it");
    return *key;
  }
  refuse_other_forms(file);
  if (file.find("PRIVATE KEY-----") == file.npos) throw std::runtime_error("no private key in it");
  return PrivateKey::from_pem(file, password);
}

std::vector<Certificate> read_certificates(std::string_view file, const std::string& password) {
  if (is_pkcs12(file)) return read_pkcs12(file, password).certificates;
  refuse_other_forms(file);
  return read_pem_certificates(file);
}

/// RFC 5246 section 7.4.2: each certificate is followed by its issuer's. Those that lead nowhere
/// from the leaf are left out. Empty when no certificate belongs to the key.
std::vector<Certificate> in_order(std::vector<Certificate> certificates, const PrivateKey& key) {
  const auto owned = key.public_key_info();
  auto next = std::ranges::find_if(certificates, [&](const Certificate& certificate) {
    return std::ranges::equal(certificate.bytes(certificate.public_key_info), owned);
  });
  std::vector<Certificate> chain;
  while (next != certificates.end()) {
    if (!next->error.empty()) throw std::runtime_error("malformed certificate: " + next->error);
    chain.push_back(std::move(*next));
    certificates.erase(next);
    if (chain.back().self_issued()) break;
    next = std::ranges::find_if(certificates, [&](const Certificate& certificate) {
      return certificate.subject == chain.back().issuer;
    });
  }
  return chain;
}

/// Runs `read` so that what it throws names the file.
template <class Read>
auto naming(const std::string& path, const Read& read) {
  try {
    return read();
  } catch (const PasswordNeeded& error) {
    throw PasswordNeeded(fmt::format("{}: {}", path, error.what()));
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("{}: {}", path, error.what()));
  }
}

}  // namespace

ClientCredential read_client_credential(const std::string& certificate_file,
                                        const std::string& key_file, const std::string& password) {
  const std::string& key_path = key_file.empty() ? certificate_file : key_file;
  const Wiped key_text(read_file(key_path));
  const Wiped certificate_text(read_file(certificate_file));
  PrivateKey key = naming(key_path, [&] { return read_key(*key_text, password); });
  auto chain = naming(certificate_file, [&] {
    return in_order(read_certificates(*certificate_text, password), key);
  });
  if (chain.empty()) {
    throw std::runtime_error(
        key_path == certificate_file
            ? certificate_file + ": no certificate belongs to the private key"
            : fmt::format("{} and {} do not belong together", certificate_file, key_path));
  }
  auto native = naming(certificate_file, [&] { return native_chain(chain); });
  return {std::move(chain), std::move(key), std::move(native)};
}

}  // namespace legible::certs
