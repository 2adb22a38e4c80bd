#include <openssl/bn.h>
#include <openssl/err.h>

#include "certs/crypto/libcrypto.hpp"
#include "certs/crypto/modular_power.hpp"

namespace legible::crypto {
namespace {

using OwnedNumber = Owned<BIGNUM, BN_clear_free>;

OwnedNumber read(std::span<const std::uint8_t> bytes) {
  OwnedNumber number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  if (number) BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  return number;
}

}  // namespace

bool modular_power(std::span<const std::uint8_t> base, std::span<const std::uint8_t> exponent,
                   std::span<const std::uint8_t> modulus, std::span<std::uint8_t> result) noexcept {
  const Owned<BN_CTX, BN_CTX_free> context(BN_CTX_new_ex(libcrypto_context()));
  const OwnedNumber a = read(base);
  const OwnedNumber e = read(exponent);
  const OwnedNumber m = read(modulus);
  const OwnedNumber power(BN_new());
  const bool done = context && a && e && m && power &&
                    BN_mod_exp_mont_consttime(power.get(), a.get(), e.get(), m.get(), context.get(),
                                              nullptr) == 1 &&
                    BN_bn2binpad(power.get(), result.data(), static_cast<int>(result.size())) >= 0;
  if (!done) ERR_clear_error();
  return done;
}

}  // namespace legible::crypto
