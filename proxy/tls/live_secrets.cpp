#include "proxy/tls/live_secrets.hpp"

#include <fmt/format.h>

#include "certs/wiped.hpp"
#include "parser/hex.hpp"

namespace legible::proxy::tls {

void LiveSecrets::add(const capture::SecretLabel& label, const capture::ClientRandom& random,
                      std::span<const std::uint8_t> secret) {
  (secrets_.*label.secret).assign(secret);
  known_ = true;
  if (key_log_ == nullptr) return;
  const certs::Wiped text(parser::hex(secret));
  const certs::Wiped line(fmt::format("{} {} {}\n", label.name, parser::hex(random), *text));
  key_log_->write_secret(*line);
}

}  // namespace legible::proxy::tls
