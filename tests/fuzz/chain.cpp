// Any bytes as two certificates, judged with the second sent and with it trusted: what cannot be
// read is never good. The first two octets are the length of the first certificate.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "certs/chain_judge.hpp"
#include "certs/pem.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace legible::certs;
  if (size < 2) return 0;
  const std::span<const std::uint8_t> rest(data + 2, size - 2);
  const std::size_t cut = std::min(rest.size(), static_cast<std::size_t>(data[0]) << 8 | data[1]);
  const std::vector<Certificate> chain = {read_certificate(rest.first(cut)),
                                          read_certificate(rest.subspan(cut))};
  JudgeRequest request{.chain = chain,
                       .name = "partner.example",
                       .now = Seconds(std::chrono::seconds(1'800'000'000))};
  if (judge(request).ok) std::abort();

  if (!chain[1].error.empty()) return 0;
  const auto trust = TrustStore::from_pem(write_pem("CERTIFICATE", chain[1].der));
  request.trust = trust.get();
  if (judge(request).ok && !chain[0].error.empty()) std::abort();
  return 0;
}
