#include "proxy/diagnosis/key_exchange_signature.hpp"

#include <algorithm>
#include <vector>

#include "certs/signature.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

using namespace alert_number;
using certs::SignatureCheck;

/// Of TLS 1.2. What came before it signed with MD5 and SHA-1 at once, without saying so.
SignatureCheck check_key_exchange(const Facts& facts) {
  const auto* exchange = facts.server_key_exchange;
  const auto* leaf = facts.server().leaf();
  if (!exchange || !exchange->scheme || exchange->signature.empty() || !leaf) {
    return SignatureCheck::unknown;
  }
  std::vector<std::uint8_t> content(facts.hello->random.begin(), facts.hello->random.end());
  const auto append = [&](const auto& bytes) {
    content.insert(content.end(), bytes.begin(), bytes.end());
  };
  append(facts.server_hello->random);
  append(exchange->parameters);
  return certs::check_signature(content, exchange->scheme->value, exchange->signature,
                                leaf->bytes(leaf->public_key_info));
}

/// It was the certificate that was altered, or made wrongly.
bool certificate_is_forged(const Facts& facts) {
  const auto* judged = facts.server().judged;
  return judged && judged->judgement &&
         std::ranges::find(judged->judgement->problems, certs::ProblemId::bad_signature,
                           &certs::Problem::id) != judged->judgement->problems.end();
}

/// What stacks say of a signature: JSSE handshake_failure, rustls bad_certificate, Go
/// unexpected_message, most decrypt_error; wolfSSL, BearSSL and old Node nothing at all.
bool may_be_about_signature(const Situation& situation) {
  return situation.bare_close() || situation.alert_is(decrypt_error) ||
         situation.alert_is(handshake_failure) || situation.alert_is(bad_certificate) ||
         situation.alert_is(unexpected_message) || situation.alert_is(illegal_parameter) ||
         situation.alert_is(internal_error);
}

}  // namespace

Answer signature_refused(const Situation& situation) {
  Finding finding;
  finding.cause = Cause::server_cert_key_mismatch;
  finding.confidence = Confidence::high;
  switch (check_key_exchange(situation.facts)) {
    case SignatureCheck::good:
      return std::nullopt;
    case SignatureCheck::bad:
      if (!may_be_about_signature(situation) || certificate_is_forged(situation.facts)) {
        return std::nullopt;
      }
      finding.raise().with(
          "the signature over the server's key exchange does not verify by the key of its "
          "certificate");
      break;
    case SignatureCheck::unknown: {
      const bool is_signed =
          situation.facts.server_key_exchange != nullptr || situation.facts.tls13();
      // In TLS 1.3 Go's would be encrypted.
      const bool go = situation.alert_is(unexpected_message) &&
                      situation.client_stack == Stack::go && !situation.facts.tls13();
      if (!is_signed || !(situation.alert_is(decrypt_error) || go)) return std::nullopt;
      finding.with(
          "the client says that the server's signature over the key exchange does not verify");
      break;
    }
  }
  finding.or_else(Cause::handshake_altered, "it fails for every server behind one network path");
  return finding;
}

}  // namespace legible::proxy::diagnosis
