#pragma once
// Certificates parsed and chains judged once: connections to the same server share the result.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "certs/certificate.hpp"
#include "certs/chain_judge.hpp"
#include "certs/least_recently_used.hpp"
#include "parser/observation.hpp"
#include "proxy/record/trust_settings.hpp"

namespace legible::proxy {

using ParsedChain = std::shared_ptr<const std::vector<certs::Certificate>>;

/// Bounded, least recently used goes first. One for each thread.
class ChainCache {
 public:
  static constexpr std::size_t capacity = 256;
  /// Chains that are larger (few are, of honest servers) are not kept: 256 of them would be much.
  static constexpr std::size_t largest_kept = 16 * 1024;

  explicit ChainCache(TrustSettings trust) : trust_(std::move(trust)) {}

  ParsedChain parse(const parser::CertificateMessage& message);

  /// What a server's chain is judged for.
  struct ServerNames {
    std::string_view host;  ///< whom the client asks for: it decides about the anchors
    std::string_view name;  ///< that the certificate must be for; empty: none is checked
  };

  /// Both judge at `now`, and give null when there are no anchors for that side. The answer is kept
  /// for a minute of `now`.
  std::shared_ptr<const certs::Judgement> judge_server(const ParsedChain& chain,
                                                       const ServerNames& names,
                                                       certs::Seconds now);
  std::shared_ptr<const certs::Judgement> judge_client(const ParsedChain& chain,
                                                       certs::Seconds now);
  /// What `judge_client` finds revoked in a chain of the proxy's own, and nothing else of it: by
  /// whom this proxy's clients are trusted says nothing of whom its servers trust, but what is
  /// revoked is so for everybody. Null when nothing is.
  std::shared_ptr<const certs::Judgement> judge_own(const ParsedChain& chain, certs::Seconds now);

 private:
  struct Judged {
    std::shared_ptr<const certs::Judgement> judgement;
    certs::Seconds at;
  };

  std::shared_ptr<const certs::Judgement> judge(certs::JudgeRequest request,
                                                const ParsedChain& chain);

  const TrustSettings trust_;
  certs::LeastRecentlyUsed<std::string, ParsedChain> chains_{capacity};  ///< by the chain's DER
  certs::LeastRecentlyUsed<std::string, Judged> judgements_{capacity};   ///< by all that was asked
};

}  // namespace legible::proxy
