#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "certs/chain_judge.hpp"

namespace legible::proxy {

/// The anchors by which chains are judged; null: they are not. Shared by all loops.
struct TrustSettings {
  /// For the hosts that a pattern covers.
  struct Exception {
    std::string glob;
    std::shared_ptr<const certs::TrustStore> server;
  };

  std::shared_ptr<const certs::TrustStore> server;
  std::shared_ptr<const certs::TrustStore> client;
  std::vector<Exception> exceptions;  ///< the first that matches wins

  /// By which the chain of a server is judged whom the client asks for as `host`.
  const certs::TrustStore* for_server(std::string_view host) const;
};

}  // namespace legible::proxy
