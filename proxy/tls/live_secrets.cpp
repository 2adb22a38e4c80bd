#include "proxy/tls/live_secrets.hpp"

#include <fmt/format.h>

#include "parser/hex.hpp"

namespace legible::proxy::tls {

void LiveSecrets::add(const capture::SecretLabel& label, const capture::ClientRandom& random,
                      std::span<const std::uint8_t> secret) {
  (secrets_.*label.secret).assign(secret);
  known_ = true;
  if (key_log_ == nullptr) return;
  key_log_->write_secret(
      fmt::format("{} {} {}\n", label.name, parser::hex(random), parser::hex(secret)));
}

}  // namespace legible::proxy::tls
