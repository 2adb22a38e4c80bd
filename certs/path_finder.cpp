#include "certs/path_finder.hpp"

#include <algorithm>

#include "certs/distinguished_name.hpp"

namespace legible::certs {
namespace {

/// The key identifiers say that this is another key of an issuer of that name. A hint only: a
/// signature that verifies is stronger.
bool key_ids_differ(const Certificate& subject, const Certificate& issuer) {
  return !subject.authority_key_id.empty() && !issuer.subject_key_id.empty() &&
         subject.authority_key_id != issuer.subject_key_id;
}

}  // namespace

PathFinder::PathFinder(std::span<const Certificate> sent, const Anchors* anchors)
    : anchors_(anchors) {
  sent = sent.first(std::min(sent.size(), certificate_limit));
  sent_.reserve(sent.size());
  for (const Certificate& certificate : sent) {
    sent_.push_back({&certificate, canonical_name(certificate.subject.der),
                     anchors != nullptr && anchors->contains(certificate)});
  }
}

void PathFinder::search(const std::function<bool(const CertificatePath&)>& visit) {
  if (sent_.empty()) return;
  visit_ = &visit;
  path_.steps.push_back({sent_.front().certificate});
  sent_.front().in_path = true;
  extend(sent_.front());
}

bool PathFinder::extend(const SentCertificate& current) {
  if (current.is_anchor) return finish(PathEnd::anchor);
  const Certificate& certificate = *current.certificate;
  const std::vector<Issuer> issuers = issuers_of(current);
  const bool only_bad = issuers.empty() || issuers.front().check == SignatureCheck::bad;
  if (only_bad && certificate.self_issued() && !key_ids_differ(certificate, certificate)) {
    path_.steps.back().signature =
        check(certificate, certificate).value_or(SignatureCheck::unknown);
    return finish(PathEnd::self_signed);
  }
  if (issuers.empty()) return finish(PathEnd::unknown_issuer);
  for (const Issuer& issuer : issuers) {
    if (issuer.check == SignatureCheck::bad && !only_bad) break;
    path_.steps.back().signature = issuer.check;
    path_.steps.push_back({issuer.certificate});
    bool done = false;
    if (issuer.sent == nullptr) {
      done = finish(PathEnd::anchor);
    } else {
      issuer.sent->in_path = true;
      done = extend(*issuer.sent);
      issuer.sent->in_path = false;
    }
    path_.steps.pop_back();
    if (done) return true;
  }
  return false;
}

bool PathFinder::finish(PathEnd end) {
  path_.end = end;
  return (*visit_)(path_) || ++paths_ >= path_limit;
}

std::vector<PathFinder::Issuer> PathFinder::issuers_of(const SentCertificate& current) {
  const Certificate& certificate = *current.certificate;
  const std::string name = canonical_name(certificate.issuer.der);
  std::vector<Issuer> issuers;
  const auto consider = [&](const Certificate& issuer, SentCertificate* sent) {
    const auto result = check(certificate, issuer);
    if (!result) return;
    if (*result != SignatureCheck::good && key_ids_differ(certificate, issuer)) return;
    // The better first; of equals the anchors, which are considered first.
    const auto place = std::ranges::upper_bound(issuers, *result, {}, &Issuer::check);
    issuers.insert(place, {&issuer, sent, *result});
  };
  if (anchors_ != nullptr) {
    for (const Certificate* anchor : anchors_->find(name)) consider(*anchor, nullptr);
  }
  for (SentCertificate& sent : sent_) {
    // An anchor that was sent too has been considered above.
    if (sent.in_path || sent.is_anchor || sent.subject != name) continue;
    if (sent.certificate->der == certificate.der) continue;
    consider(*sent.certificate, &sent);
  }
  return issuers;
}

std::optional<SignatureCheck> PathFinder::check(const Certificate& subject,
                                                const Certificate& issuer) {
  const auto known = std::ranges::find_if(checked_, [&](const Checked& done) {
    return done.subject == &subject && done.issuer == &issuer;
  });
  if (known != checked_.end()) return known->result;
  if (checked_.size() >= signature_limit) return std::nullopt;
  const SignatureCheck result = check_signature(
      subject.bytes(subject.signed_part), subject.bytes(subject.signature_algorithm),
      subject.bytes(subject.signature_value), issuer.bytes(issuer.public_key_info));
  checked_.push_back({&subject, &issuer, result});
  return result;
}

}  // namespace legible::certs
