#include "proxy/trust_files.hpp"

namespace legible::proxy {

using certs::TrustStore;

namespace {

std::shared_ptr<const TrustStore> with_lists(std::shared_ptr<const TrustStore> anchors,
                                             const std::string& revocations) {
  return revocations.empty() ? anchors : anchors->with_crl_file(revocations);
}

}  // namespace

std::shared_ptr<const TrustStore> TrustFiles::load_server() const {
  return with_lists(server.empty() ? TrustStore::system() : TrustStore::from_file(server),
                    revocations);
}

std::shared_ptr<const TrustStore> TrustFiles::load_client() const {
  if (client.empty()) return nullptr;
  return with_lists(TrustStore::from_file(client), revocations);
}

}  // namespace legible::proxy
