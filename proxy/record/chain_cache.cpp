#include "proxy/record/chain_cache.hpp"

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

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

std::string key_of(const certs::JudgeRequest& request) {
  std::string key{request.purpose == certs::Purpose::server ? 's' : 'c'};
  const auto trust = reinterpret_cast<std::uintptr_t>(request.trust);
  key.append(reinterpret_cast<const char*>(&trust), sizeof trust);
  for (const certs::Certificate& certificate : request.chain) {
    key.append(certificate.sha256.begin(), certificate.sha256.end());
  }
  return key += request.name.value_or("");
}

}  // namespace

ParsedChain ChainCache::parse(const parser::CertificateMessage& message) {
  if (!is_worth_keeping(message)) return parse_anew(message);
  const std::string key = key_of(message);
  if (const ParsedChain* known = chains_.find(key)) return *known;
  return chains_.put(key, parse_anew(message));
}

std::shared_ptr<const certs::Judgement> ChainCache::judge_server(const ParsedChain& chain,
                                                                 const ServerNames& names,
                                                                 certs::Seconds now) {
  certs::JudgeRequest request;
  request.trust = trust_.for_server(names.host);
  if (!names.name.empty()) request.name = names.name;
  request.purpose = certs::Purpose::server;
  request.now = now;
  return judge(request, chain);
}

std::shared_ptr<const certs::Judgement> ChainCache::judge_client(const ParsedChain& chain,
                                                                 certs::Seconds now) {
  certs::JudgeRequest request;
  request.trust = trust_.client.get();
  request.purpose = certs::Purpose::client;
  request.now = now;
  return judge(request, chain);
}

std::shared_ptr<const certs::Judgement> ChainCache::judge_own(const ParsedChain& chain,
                                                              certs::Seconds now) {
  const auto whole = judge_client(chain, now);
  if (!whole || !whole->find(certs::ProblemId::revoked)) return nullptr;
  auto revoked = std::make_shared<certs::Judgement>(*whole);
  std::erase_if(revoked->problems, [](const certs::Problem& problem) {
    return problem.id != certs::ProblemId::revoked;
  });
  return revoked;
}

std::shared_ptr<const certs::Judgement> ChainCache::judge(certs::JudgeRequest request,
                                                          const ParsedChain& chain) {
  if (request.trust == nullptr || chain->empty()) return nullptr;
  request.chain = *chain;
  const std::string key = key_of(request);
  const Judged* known = judgements_.find(key);
  if (known && known->at <= request.now && request.now < known->at + judgement_lifetime) {
    return known->judgement;
  }
  auto judgement = std::make_shared<const certs::Judgement>(certs::judge(request));
  if (!is_worth_keeping(*chain)) return judgement;
  return judgements_.put(key, {std::move(judgement), request.now}).judgement;
}

}  // namespace legible::proxy
