#include "proxy/record/chain_cache.hpp"

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <vector>

#include "certs/certificate_profile.hpp"
#include "certs/issuer.hpp"

namespace {

using namespace legible;

/// A message with one certificate of this many bytes, which no parser can read.
parser::CertificateMessage message(std::size_t size, std::uint8_t filling = 0) {
  return {{std::vector<std::uint8_t>(size, filling)}};
}

}  // namespace

TEST_CASE("connections that saw the same chain share it") {
  proxy::ChainCache cache({});
  const auto first = cache.parse(message(1000));
  CHECK(cache.parse(message(1000)) == first);
  CHECK(cache.parse(message(1000, 1)) != first);
}

TEST_CASE("a chain of unusual size is parsed, and not kept") {
  proxy::ChainCache cache({});
  const auto huge = message(proxy::ChainCache::largest_kept + 1);
  const auto first = cache.parse(huge);
  REQUIRE(first->size() == 1);
  CHECK(first->front().der == huge.chain.front());
  CHECK(cache.parse(huge) != first);
}

TEST_CASE("a chain is judged by the anchors of the host that was asked for") {
  using namespace std::chrono_literals;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const certs::Validity validity{now - 1h, now + 1h};
  const certs::CertifiedKey root =
      certs::self_sign(certs::ca_profile("CN=Private Root", validity),
                       certs::PrivateKey::generate(certs::KeyType::p256));
  const auto leaf_key = certs::PrivateKey::generate(certs::KeyType::p256);
  const std::string names[] = {"a.partner.example"};
  const certs::CertifiedKey leaf =
      certs::issue(certs::server_profile("CN=leaf", validity, names), leaf_key, root);

  proxy::TrustSettings trust;
  trust.server = certs::TrustStore::from_pem(
      certs::self_sign(certs::ca_profile("CN=Another Root", validity), leaf_key).certificate_pem());
  trust.exceptions = {{"*.partner.example", certs::TrustStore::from_pem(root.certificate_pem())},
                      {"a.*", nullptr}};
  proxy::ChainCache cache(trust);
  const auto chain = cache.parse({{leaf.certificate.der}});
  const auto is_good = [&](std::string_view host) {
    const auto judgement = cache.judge_server(chain, {host, "a.partner.example"}, now);
    REQUIRE(judgement);
    return judgement->ok;
  };
  CHECK(is_good("A.partner.example"));
  CHECK_FALSE(is_good("10.0.0.1"));
  CHECK(is_good("b.partner.example"));
  CHECK_FALSE(cache.judge_server(chain, {"a.elsewhere", "a.partner.example"}, now));
  CHECK_FALSE(cache.judge_client(chain, now));
}

TEST_CASE("of a certificate of the proxy's own only its revocation is judged") {
  using namespace std::chrono_literals;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const certs::Validity validity{now - 1h, now + 1h};
  const auto authority = [&](std::string_view subject) {
    return certs::self_sign(certs::ca_profile(subject, validity),
                            certs::PrivateKey::generate(certs::KeyType::p256));
  };
  const certs::CertifiedKey root = authority("CN=Root");
  const certs::CertifiedKey leaf =
      certs::issue(certs::client_profile("CN=gateway", validity),
                   certs::PrivateKey::generate(certs::KeyType::p256), root);
  const std::vector<std::vector<std::uint8_t>> serials{leaf.certificate.serial};
  const auto trusted = certs::TrustStore::from_pem(root.certificate_pem());
  const auto judged = [&](std::shared_ptr<const certs::TrustStore> anchors) {
    proxy::TrustSettings trust;
    trust.client = std::move(anchors);
    proxy::ChainCache cache(trust);
    return cache.judge_own(cache.parse({{leaf.certificate.der}}), now);
  };
  const auto revoked =
      judged(trusted->with_crl_pem(certs::crl_pem(certs::issue_crl(root, serials, validity))));
  REQUIRE(revoked);
  CHECK_FALSE(revoked->ok);
  REQUIRE(revoked->problems.size() == 1);
  CHECK(revoked->problems.front().id == certs::ProblemId::revoked);
  CHECK_FALSE(judged(trusted));
  CHECK_FALSE(judged(certs::TrustStore::from_pem(authority("CN=Another").certificate_pem())));
  CHECK_FALSE(judged(nullptr));
}
