#pragma once
// What every user of OpenSSL's libcrypto needs.

#include <openssl/types.h>

#include <memory>

namespace legible::crypto {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

/// Owns an object that libcrypto's function `Free` frees.
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freed<Free>>;

/// Algorithms of the default provider, whatever the machine's openssl.cnf says. Lives as long as
/// the process: so may what is fetched from it. Null: no memory.
OSSL_LIB_CTX* libcrypto_context() noexcept;

}  // namespace legible::crypto
