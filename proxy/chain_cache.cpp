#include "proxy/chain_cache.hpp"

#include <chrono>
#include <utility>

namespace legible::proxy {
namespace {

// Dates are judged too, so that an answer must not outlive the minute it was true in.
constexpr std::chrono::minutes judgement_lifetime{1};

bool is_worth_keeping(const parser::CertificateMessage& message) {
  std::size_t total = 0;
  for (const auto& der : message.chain) total += der.size();
  return total <= ChainCache::largest_kept;
}

bool is_worth_keeping(const std::vector<certs::Certificate>& chain) {
  std::size_t total = 0;
  for (const certs::Certificate& certificate : chain) total += certificate.der.size();
  return total <= ChainCache::largest_kept;
}

ParsedChain parse_anew(const parser::CertificateMessage& message) {
  auto chain = std::make_shared<std::vector<certs::Certificate>>();
  chain->reserve(message.chain.size());
  for (const auto& der : message.chain) chain->push_back(certs::read_certificate(der));
  return chain;
}

std::string key_of(const parser::CertificateMessage& message) {
  std::string key;
  for (const auto& der : message.chain) {
    const std::size_t length = der.size();
    key.append(reinterpret_cast<const char*>(&length), sizeof length);
    key.append(der.begin(), der.end());
  }
  return key;
}

std::string key_of(const std::vector<certs::Certificate>& chain, parser::Side of,
                   const std::string& name) {
  std::string key{of == parser::Side::server ? 's' : 'c'};
  for (const certs::Certificate& certificate : chain) {
    key.append(certificate.sha256.begin(), certificate.sha256.end());
  }
  return key += name;
}

}  // namespace

ChainCache::ChainCache(std::shared_ptr<const certs::TrustStore> server_trust,
                       std::shared_ptr<const certs::TrustStore> client_trust)
    : server_trust_(std::move(server_trust)), client_trust_(std::move(client_trust)) {}

ParsedChain ChainCache::parse(const parser::CertificateMessage& message) {
  if (!is_worth_keeping(message)) return parse_anew(message);
  const std::string key = key_of(message);
  if (const ParsedChain* known = chains_.find(key)) return *known;
  return chains_.put(key, parse_anew(message));
}

std::shared_ptr<const certs::Judgement> ChainCache::judge(const ParsedChain& chain, parser::Side of,
                                                          const std::string& name,
                                                          certs::Seconds now) {
  const bool server = of == parser::Side::server;
  const auto& trust = server ? server_trust_ : client_trust_;
  if (!trust || chain->empty()) return nullptr;

  const std::string key = key_of(*chain, of, name);
  const Judged* known = judgements_.find(key);
  if (known && known->at <= now && now < known->at + judgement_lifetime) return known->judgement;

  certs::JudgeRequest request;
  request.chain = *chain;
  request.trust = trust.get();
  if (!name.empty()) request.name = name;
  request.purpose = server ? certs::Purpose::server : certs::Purpose::client;
  request.now = now;
  auto judgement = std::make_shared<const certs::Judgement>(certs::judge(request));
  if (!is_worth_keeping(*chain)) return judgement;
  return judgements_.put(key, {std::move(judgement), now}).judgement;
}

}  // namespace legible::proxy
