#include "certs/pkcs12.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include <memory>
#include <stdexcept>

#include "certs/crypto/libcrypto.hpp"
#include "certs/pem.hpp"
#include "certs/wiped.hpp"

namespace legible::certs {
namespace {

using crypto::Owned;

void free_certificates(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }
void free_bags(STACK_OF(PKCS12_SAFEBAG) * stack) {
  sk_PKCS12_SAFEBAG_pop_free(stack, PKCS12_SAFEBAG_free);
}
void free_safes(STACK_OF(PKCS7) * stack) { sk_PKCS7_pop_free(stack, PKCS7_free); }

using OwnedPkcs12 = Owned<PKCS12, PKCS12_free>;

/// Algorithms of our own choice, whatever the process has loaded: the old ones too, for files of
/// old tools. Null without the legacy provider's module.
class Library {
 public:
  Library()
      : context_(OSSL_LIB_CTX_new()),
        default_(OSSL_PROVIDER_load(context_.get(), "default")),
        legacy_(OSSL_PROVIDER_load(context_.get(), "legacy")) {
    ERR_clear_error();
  }
  OSSL_LIB_CTX* get() const { return context_.get(); }
  bool has_legacy() const { return legacy_ != nullptr; }

 private:
  Owned<OSSL_LIB_CTX, OSSL_LIB_CTX_free> context_;
  Owned<OSSL_PROVIDER, OSSL_PROVIDER_unload> default_;
  Owned<OSSL_PROVIDER, OSSL_PROVIDER_unload> legacy_;
};

template <class T>
T* require(T* made) {
  if (made == nullptr) throw std::runtime_error("libcrypto cannot make a PKCS#12 file");
  return made;
}

void require(int result) {
  if (result != 1) throw std::runtime_error("libcrypto cannot make a PKCS#12 file");
}

/// What `i2d`, an encoder of libcrypto, makes of the object.
template <class T, class Encoder>
std::vector<std::uint8_t> encode(const T* object, Encoder i2d) {
  unsigned char* der = nullptr;
  const int size = i2d(object, &der);
  if (size < 0) throw std::runtime_error("libcrypto cannot encode what it read");
  std::vector<std::uint8_t> bytes(der, der + size);
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  return bytes;
}

PrivateKey read_key(EVP_PKEY* key) {
  const Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free> info(EVP_PKEY2PKCS8(key));
  if (!info) throw std::runtime_error("its private key is of a kind that cannot be used here");
  const Wiped der(encode(info.get(), i2d_PKCS8_PRIV_KEY_INFO));
  const Wiped pem(write_pem("PRIVATE KEY", *der));
  return PrivateKey::from_pem(*pem);
}

[[noreturn]] void refuse_content(const Library& library) {
  const unsigned long error = ERR_peek_error();
  ERR_clear_error();
  if (!library.has_legacy() || ERR_GET_REASON(error) == ERR_R_UNSUPPORTED) {
    throw std::runtime_error(
        "its encryption is not known to this machine's libcrypto (old files need its legacy "
        "provider); convert it where it was made: openssl pkcs12 -legacy -in FILE -out FILE.pem");
  }
  throw std::runtime_error("a PKCS#12 file whose content cannot be read");
}

}  // namespace

std::string_view pkcs12_library() { return OpenSSL_version(OPENSSL_VERSION); }

Pkcs12Content read_pkcs12(std::string_view file, const std::string& password) {
  const Library library;
  PKCS12* bound = PKCS12_init_ex(NID_pkcs7_data, library.get(), nullptr);
  const auto* at = reinterpret_cast<const unsigned char*>(file.data());
  // A failure frees what was bound.
  const OwnedPkcs12 store(d2i_PKCS12(&bound, &at, static_cast<long>(file.size())));
  if (!store) {
    ERR_clear_error();
    throw std::runtime_error("not a whole PKCS#12 file");
  }
  // Some tools take no password for an empty one, others for none (RFC 7292 appendix B.1).
  const char* used = password.c_str();
  if (PKCS12_mac_present(store.get()) == 1 &&
      PKCS12_verify_mac(store.get(), used, static_cast<int>(password.size())) != 1) {
    if (!password.empty()) throw std::runtime_error("the password does not fit the PKCS#12 file");
    if (PKCS12_verify_mac(store.get(), nullptr, 0) != 1) {
      throw PasswordNeeded("the PKCS#12 file needs a password");
    }
    used = nullptr;
  }

  EVP_PKEY* key_found = nullptr;
  X509* leaf_found = nullptr;
  STACK_OF(X509)* others_found = nullptr;
  if (PKCS12_parse(store.get(), used, &key_found, &leaf_found, &others_found) != 1) {
    refuse_content(library);
  }
  const Owned<EVP_PKEY, EVP_PKEY_free> key(key_found);
  const Owned<X509, X509_free> leaf(leaf_found);
  const Owned<STACK_OF(X509), free_certificates> others(others_found);

  Pkcs12Content content;
  if (key) content.key = read_key(key.get());
  if (leaf) content.certificates.push_back(read_certificate(encode(leaf.get(), i2d_X509)));
  for (int i = 0; others && i < sk_X509_num(others.get()); ++i) {
    content.certificates.push_back(
        read_certificate(encode(sk_X509_value(others.get(), i), i2d_X509)));
  }
  return content;
}

std::vector<std::uint8_t> write_pkcs12_truststore(std::span<const TrustedCertificate> certificates,
                                                  const std::string& password) {
  // Oracle's attribute "trusted key usage", and the value that stands for every usage.
  static constexpr const char* trusted_usage = "2.16.840.1.113894.746875.1.1";
  const Owned<ASN1_OBJECT, ASN1_OBJECT_free> any_usage(OBJ_txt2obj("2.5.29.37.0", 1));

  STACK_OF(PKCS12_SAFEBAG)* made_bags = nullptr;
  Owned<STACK_OF(PKCS12_SAFEBAG), free_bags> bags;
  for (const TrustedCertificate& trusted : certificates) {
    const auto* at = trusted.der.data();
    const Owned<X509, X509_free> certificate(
        require(d2i_X509(nullptr, &at, static_cast<long>(trusted.der.size()))));
    PKCS12_SAFEBAG* bag = require(PKCS12_add_cert(&made_bags, certificate.get()));
    if (!bags) bags.reset(made_bags);
    require(PKCS12_add_friendlyname_utf8(bag, trusted.alias.c_str(), -1));
    // With a length of -1 an object is expected at the address.
    require(PKCS12_add1_attr_by_txt(bag, trusted_usage, V_ASN1_OBJECT,
                                    reinterpret_cast<const unsigned char*>(any_usage.get()), -1));
  }
  // Certificates are public: not encrypted, and with the MAC that every reader knows.
  static constexpr int not_encrypted = -1;
  STACK_OF(PKCS7)* made_safes = nullptr;
  const int added = PKCS12_add_safe(&made_safes, bags.get(), not_encrypted, 0, password.c_str());
  const Owned<STACK_OF(PKCS7), free_safes> safes(made_safes);
  require(added);
  const OwnedPkcs12 store(require(PKCS12_add_safes(safes.get(), 0)));
  require(PKCS12_set_mac(store.get(), password.c_str(), -1, nullptr, 0, PKCS12_DEFAULT_ITER,
                         EVP_sha1()));
  return encode(store.get(), i2d_PKCS12);
}

}  // namespace legible::certs
