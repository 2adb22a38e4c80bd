#pragma once
// Certificates parsed and chains judged once: connections to the same server share the result.

#include <memory>
#include <string>
#include <vector>

#include "certs/certificate.hpp"
#include "certs/chain_judge.hpp"
#include "certs/least_recently_used.hpp"
#include "parser/observation.hpp"

namespace legible::proxy {

using ParsedChain = std::shared_ptr<const std::vector<certs::Certificate>>;

/// Bounded, least recently used goes first. One for each thread.
class ChainCache {
 public:
  static constexpr std::size_t capacity = 256;
  /// Chains that are larger (few are, of honest servers) are not kept: 256 of them would be much.
  static constexpr std::size_t largest_kept = 16 * 1024;

  /// Anchors for server chains and for client chains; null: not judged.
  ChainCache(std::shared_ptr<const certs::TrustStore> server_trust,
             std::shared_ptr<const certs::TrustStore> client_trust);

  ParsedChain parse(const parser::CertificateMessage& message);

  /// Judges the chain of `of` for `name` (empty: no name is checked) at `now`; null when there are
  /// no anchors for that side. The answer is kept for a minute of `now`.
  std::shared_ptr<const certs::Judgement> judge(const ParsedChain& chain, parser::Side of,
                                                const std::string& name, certs::Seconds now);

 private:
  struct Judged {
    std::shared_ptr<const certs::Judgement> judgement;
    certs::Seconds at;
  };

  std::shared_ptr<const certs::TrustStore> server_trust_;
  std::shared_ptr<const certs::TrustStore> client_trust_;
  certs::LeastRecentlyUsed<std::string, ParsedChain> chains_{capacity};  ///< by the chain's DER
  certs::LeastRecentlyUsed<std::string, Judged> judgements_{capacity};   ///< by hashes and name
};

}  // namespace legible::proxy
