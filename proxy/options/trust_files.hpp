#pragma once

#include <memory>
#include <string>
#include <vector>

#include "certs/chain_judge.hpp"

namespace legible::proxy {

/// The files by which chains are judged, as options name them; those of one kind add up. Empty: not
/// given.
struct TrustFiles {
  std::vector<std::string> server;  ///< anchors for server chains; else the system's
  std::vector<std::string> client;  ///< anchors for client chains; without, they are not judged
  std::vector<std::string> revocations;  ///< revocation lists, for both

  /// Both throw std::runtime_error with one line that names the file.
  std::shared_ptr<const certs::TrustStore> load_server() const;
  std::shared_ptr<const certs::TrustStore> load_client() const;  ///< null when not given
};

}  // namespace legible::proxy
