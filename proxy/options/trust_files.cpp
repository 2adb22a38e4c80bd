#include "proxy/options/trust_files.hpp"

#include <utility>

namespace legible::proxy {

using certs::TrustStore;

namespace {

std::shared_ptr<const TrustStore> with_lists(std::shared_ptr<const TrustStore> anchors,
                                             const std::vector<std::string>& revocations) {
  for (const std::string& path : revocations) anchors = anchors->with_crl_file(path);
  return anchors;
}

}  // namespace

std::shared_ptr<const TrustStore> TrustFiles::load_server() const {
  return with_lists(server.empty() ? TrustStore::system() : TrustStore::from_files(server),
                    revocations);
}

std::shared_ptr<const TrustStore> TrustFiles::load_client() const {
  if (client.empty()) return nullptr;
  return with_lists(TrustStore::from_files(client), revocations);
}

}  // namespace legible::proxy
