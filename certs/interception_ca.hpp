#pragma once
// The authorities under which leaves are minted: this installation's own, and one that nobody
// trusts, for servers that nobody should trust either.

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certs/issuer.hpp"

namespace legible::certs {

/// What a client must be able to verify. Leaf and issuer are of one family where there is a choice.
enum class KeyFamily : std::uint8_t { ec, rsa };

/// One key of a CA, and what a server under it sends behind its own certificate.
struct SigningCa {
  CertifiedKey ca;
  std::vector<Certificate> sent;  ///< in order; empty below a root, which the client has
};

/// The CA that clients are told to trust. A value; signing with it is thread-safe.
class InterceptionCa {
 public:
  /// What else than the CAs' own certificates a PEM text may hold.
  enum class Others : std::uint8_t {
    refused,
    issuers,  ///< those above the CA: they are sent with each leaf, but for roots
  };

  /// Two roots, EC P-256 and RSA-2048, both named after the same random number: no two
  /// installations have a CA of the same name. Takes a few tenths of a second.
  static InterceptionCa make(Seconds now);

  /// The CA of these PEM texts: each private key with the certificate that belongs to it. Throws
  /// std::runtime_error with one line when they do not belong together, or when a certificate may
  /// not sign a server's (RFC 5280 sections 4.2.1.3, 4.2.1.9, 4.2.1.12) or is out of date.
  static InterceptionCa from_pem(std::string_view certificates, std::string_view keys,
                                 Others others, Seconds now);

  /// The one of this family, else the one that there is.
  const SigningCa& signer(KeyFamily family) const;
  /// One, or EC and RSA.
  std::span<const SigningCa> signers() const { return signers_; }

  std::string certificates_pem() const;  ///< of the CAs, without what is sent beside
  std::string keys_pem() const;          ///< private keys, unencrypted

 private:
  std::vector<SigningCa> signers_;
};

/// A CA that no client trusts: new in each process, never written. Its name says what it is for.
/// Its keys are made when they are first wanted; thread-safe.
class UntrustedCa {
 public:
  explicit UntrustedCa(Seconds now) : now_(now) {}

  const CertifiedKey& signer(KeyFamily family) const;

 private:
  struct Lazy {
    std::once_flag once;
    std::optional<CertifiedKey> ca;
  };

  Seconds now_;
  mutable Lazy ec_;
  mutable Lazy rsa_;
};

}  // namespace legible::certs
