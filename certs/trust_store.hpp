#pragma once
// Inside of TrustStore, for the judge and for tests.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "certs/chain_judge.hpp"
#include "certs/crl.hpp"

namespace legible::certs {

/// Trust anchors, found by subject.
class Anchors {
 public:
  explicit Anchors(std::vector<Certificate> certificates);

  std::size_t size() const { return certificates_.size(); }
  /// `subject`: a canonical name.
  std::vector<const Certificate*> find(const std::string& subject) const;
  bool contains(const Certificate& certificate) const;

 private:
  std::vector<Certificate> certificates_;
  std::unordered_multimap<std::string, std::size_t> by_subject_;
};

struct TrustStore::Impl {
  std::shared_ptr<const Anchors> anchors;
  std::vector<std::shared_ptr<const Crl>> crls;
  bool system = false;
};

/// The anchors of `chosen` (SSL_CERT_FILE; null or empty: none), else of the first bundle that can
/// be read. Unlike a file of the user's, a bundle may hold certificates that cannot be read.
std::vector<Certificate> read_system_anchors(const char* chosen,
                                             std::span<const char* const> bundles);

}  // namespace legible::certs
