#pragma once

#include "proxy/capture/key_log_decryptor.hpp"
#include "proxy/tls/live_secrets.hpp"

namespace legible::proxy {

/// The secrets of one leg that is ended here, and what they open.
struct LegSecrets {
  explicit LegSecrets(tls::KeyLogSink* key_log) : live(key_log) {}
  LegSecrets(const LegSecrets&) = delete;
  LegSecrets& operator=(const LegSecrets&) = delete;

  tls::LiveSecrets live;
  capture::KeyLogDecryptor decryptor{live, capture::KeyLogDecryptor::Thoroughness::alerts};
};

}  // namespace legible::proxy
