#include "certs/path_checks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "certs/name_match.hpp"
#include "certs/unsent_issuer.hpp"
#include "parser/hex.hpp"

namespace legible::certs {
namespace {

constexpr unsigned smallest_rsa_key = 2048;
constexpr unsigned smallest_ec_key = 224;

std::string key_text(const PublicKey& key) {
  if (!key.curve.empty()) return fmt::format("{} {}", key.algorithm, key.curve);
  if (key.bits == 0) return key.algorithm;
  return fmt::format("{} {}", key.algorithm, key.bits);
}

std::string key_usage_text(std::uint16_t usage) {
  static constexpr std::string_view names[] = {
      "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
      "keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly"};
  std::vector<std::string_view> set;
  for (std::size_t bit = 0; bit < std::size(names); ++bit) {
    if ((usage >> bit & 1) != 0) set.push_back(names[bit]);
  }
  return fmt::format("keyUsage {}",
                     set.empty() ? "without a bit" : fmt::format("{}", fmt::join(set, ", ")));
}

bool allows_purpose(const Certificate& certificate, std::string_view purpose) {
  const auto& purposes = certificate.extended_key_usage;
  return !certificate.has_extended_key_usage ||
         std::ranges::find(purposes, purpose) != purposes.end() ||
         std::ranges::find(purposes, "anyExtendedKeyUsage") != purposes.end();
}

}  // namespace

std::vector<Problem> PathChecks::run() {
  for (std::size_t depth = 0; depth < path_.steps.size(); ++depth) {
    check_form(depth);
    check_dates(depth);
    check_key(depth);
    check_signature_of(depth);
    check_purpose(depth);
    if (depth == 0) check_name();
    if (depth > 0) {
      check_authority(depth);
      check_path_length(depth);
    }
    check_name_constraints(depth);
    check_revocation(depth);
  }
  check_end();
  return std::move(problems_);
}

void PathChecks::check_form(std::size_t depth) {
  const Certificate& c = certificate(depth);
  if (!c.error.empty()) {
    report(ProblemId::bad_signature, depth, "a well-formed certificate", c.error);
  } else if (c.version != 3) {
    report(ProblemId::x509_v1, depth, "X.509 v3", fmt::format("X.509 v{}", c.version));
  }
  if (!c.unknown_critical_extensions.empty()) {
    report(ProblemId::unknown_critical_extension, depth, "critical extensions that are known",
           fmt::format("{}", fmt::join(c.unknown_critical_extensions, ", ")));
  }
}

void PathChecks::check_dates(std::size_t depth) {
  const Certificate& c = certificate(depth);
  if (c.not_before && request_.now < *c.not_before) {
    report(ProblemId::not_yet_valid, depth, "notBefore not after " + rfc3339(request_.now),
           rfc3339(*c.not_before));
  }
  if (c.not_after && request_.now > *c.not_after) {
    report(ProblemId::expired, depth, "notAfter after " + rfc3339(request_.now),
           rfc3339(*c.not_after));
  }
}

void PathChecks::check_key(std::size_t depth) {
  const Certificate& c = certificate(depth);
  const bool is_rsa = c.key.algorithm == "RSA" || c.key.algorithm == "RSA-PSS";
  const bool is_finite_field = is_rsa || c.key.algorithm == "DSA";
  if (is_finite_field && c.key.bits < smallest_rsa_key) {
    report(ProblemId::weak_key, depth,
           fmt::format("{} of at least {} bits", c.key.algorithm, smallest_rsa_key),
           key_text(c.key));
  } else if (c.key.algorithm == "EC" && c.key.bits != 0 && c.key.bits < smallest_ec_key) {
    report(ProblemId::weak_key, depth, fmt::format("EC of at least {} bits", smallest_ec_key),
           key_text(c.key));
  }
  // The key of an issuer has been used for the signature below, where it counts.
  if (depth == 0 && !is_known_key(c.bytes(c.public_key_info))) {
    report(ProblemId::unknown_algorithm, depth, "a key that can be judged here", key_text(c.key));
  }
}

void PathChecks::check_signature_of(std::size_t depth) {
  if (is_anchor(depth)) return;
  const Certificate& c = certificate(depth);
  // The signature of a root above others vouches for nothing.
  const bool is_root = depth > 0 && is_last(depth) && path_.end == PathEnd::self_signed;
  if (!is_root && has_weak_hash(c.bytes(c.signature_algorithm))) {
    report(ProblemId::weak_signature, depth, "SHA-256 or better", c.signature);
  }
  switch (path_.steps[depth].signature) {
    case SignatureCheck::good:
      break;
    case SignatureCheck::bad:
      report(ProblemId::bad_signature, depth, "a signature by the key of " + c.issuer.text,
             c.signature + " that does not verify");
      break;
    case SignatureCheck::unknown: {
      const Certificate& issuer = is_last(depth) ? c : certificate(depth + 1);
      report(ProblemId::unknown_algorithm, depth, "a signature that can be verified here",
             fmt::format("{} by {}", c.signature, key_text(issuer.key)));
      break;
    }
  }
}

void PathChecks::check_authority(std::size_t depth) {
  const Certificate& c = certificate(depth);
  if (!c.basic_constraints || !c.basic_constraints->ca) {
    report(ProblemId::not_a_ca, depth, "basicConstraints CA:TRUE",
           c.basic_constraints ? "CA:FALSE" : "no basicConstraints");
  }
  if (!c.allows(KeyUsage::key_cert_sign)) {
    report(ProblemId::not_a_ca, depth, "keyUsage keyCertSign", key_usage_text(*c.key_usage));
  }
}

void PathChecks::check_path_length(std::size_t depth) {
  const Certificate& c = certificate(depth);
  if (!c.basic_constraints || !c.basic_constraints->path_length) return;
  // RFC 5280 section 6.1.4 (l): self-issued intermediates do not count.
  const auto below = std::span(path_.steps).subspan(1, depth - 1);
  const auto count = std::ranges::count_if(
      below, [](const PathStep& step) { return !step.certificate->self_issued(); });
  if (static_cast<std::size_t>(count) > *c.basic_constraints->path_length) {
    report(ProblemId::path_too_long, depth,
           fmt::format("at most {} intermediates below", *c.basic_constraints->path_length),
           fmt::format("{}", count));
  }
}

void PathChecks::check_name_constraints(std::size_t depth) {
  // RFC 5280 section 6.1.3 (b): self-issued certificates are exempt, unless it is the last one.
  if (depth > 0 && certificate(depth).self_issued()) return;
  for (std::size_t above = depth + 1; above < path_.steps.size(); ++above) {
    const Certificate& constraining = certificate(above);
    if (!constraining.has_name_constraints) continue;
    auto violation =
        find_violation(certificate(depth), depth == 0, constraining, name_comparisons_);
    if (!violation) continue;
    report(ProblemId::name_constraint, depth,
           fmt::format("{}, by {}", violation->expected, constraining.subject.text),
           std::move(violation->presented));
  }
}

void PathChecks::check_purpose(std::size_t depth) {
  const Certificate& c = certificate(depth);
  const std::string_view purpose =
      request_.purpose == Purpose::server ? "serverAuth" : "clientAuth";
  if (!allows_purpose(c, purpose)) {
    report(ProblemId::wrong_usage, depth, fmt::format("extendedKeyUsage {}", purpose),
           fmt::format("extendedKeyUsage {}", fmt::join(c.extended_key_usage, ", ")));
  }
  if (depth == 0 && !c.allows(KeyUsage::digital_signature)) {
    report(ProblemId::wrong_usage, depth, "keyUsage digitalSignature",
           key_usage_text(*c.key_usage));
  }
}

void PathChecks::check_name() {
  if (!request_.name) return;
  const auto common_name = request_.common_name_counts ? CommonName::counts : CommonName::ignored;
  if (matches_name(certificate(0), *request_.name, common_name)) return;
  report(ProblemId::name_mismatch, 0, *request_.name, names_text(certificate(0)));
}

void PathChecks::check_revocation(std::size_t depth) {
  if (request_.trust == nullptr || is_last(depth)) return;
  const Certificate& c = certificate(depth);
  const Certificate& issuer = certificate(depth + 1);
  for (const auto& crl : request_.trust->impl().crls) {
    if (crl->issuer() != c.issuer || !crl->lists(c.serial)) continue;
    if (!issuer.allows(KeyUsage::crl_sign) ||
        crl->check_signature_by(issuer) != SignatureCheck::good) {
      continue;
    }
    report(ProblemId::revoked, depth, "a serial number that is on no revocation list",
           fmt::format("{}, on the list of {}", parser::hex(c.serial), c.issuer.text));
    return;
  }
}

void PathChecks::check_end() {
  if (path_.end == PathEnd::anchor) return;
  const std::size_t depth = path_.steps.size() - 1;
  const Certificate& last = certificate(depth);
  if (path_.end == PathEnd::self_signed) {
    report(depth == 0 ? ProblemId::self_signed : ProblemId::untrusted_root, depth,
           depth == 0 ? "a certificate that another one issued" : "a root that is trusted",
           fmt::format("{}, its own issuer", last.subject.text));
    return;
  }
  const bool is_root = unsent_issuer_is_root();
  report(is_root ? ProblemId::untrusted_root : ProblemId::missing_intermediate, depth,
         is_root ? "a root that is trusted" : "the issuer's certificate, sent or trusted",
         fmt::format("{} issued by {}", last.subject.text, last.issuer.text));
}

/// Is the issuer that was not sent a root, which need not be sent, rather than an intermediate?
bool PathChecks::unsent_issuer_is_root() const {
  switch (unsent_issuer(*path_.steps.back().certificate)) {
    case UnsentIssuer::root:
      return true;
    case UnsentIssuer::intermediate:
      return false;
    case UnsentIssuer::unknown:
      break;
  }
  return path_.steps.size() > 1;
}

void PathChecks::report(ProblemId id, std::size_t depth, std::string expected,
                        std::string presented) {
  problems_.push_back({id, std::move(expected), std::move(presented), static_cast<int>(depth)});
}

}  // namespace legible::certs
