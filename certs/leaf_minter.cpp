#include "certs/leaf_minter.hpp"

#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>

#include <algorithm>
#include <stdexcept>

#include "certs/der_reader.hpp"
#include "certs/der_writer.hpp"
#include "certs/native_chain.hpp"

namespace legible::certs {
namespace {

using std::chrono::days;

// A leaf whose validity was cut is made anew this long before its end.
constexpr days renewal{1};
constexpr std::size_t longest_name = 253;

constexpr std::uint16_t bits(std::initializer_list<KeyUsage> usages) {
  unsigned all = 0;
  for (const KeyUsage usage : usages) all |= static_cast<unsigned>(usage);
  return static_cast<std::uint16_t>(all);
}

/// At most `longest_validity` of it, with the moment in it that is nearest to now.
Validity cut(Validity whole, Seconds now) {
  static constexpr auto longest = LeafMinter::longest_validity;
  if (whole.not_after - whole.not_before <= longest) return whole;
  const Seconds nearest = std::clamp(now, whole.not_before, whole.not_after);
  const Seconds begin =
      std::clamp(nearest - longest / 2, whole.not_before, whole.not_after - longest);
  return {begin, begin + longest};
}

Validity around(Seconds now) {
  return {now - days{1}, now - days{1} + LeafMinter::longest_validity};
}

bool contains(Validity validity, Seconds now) {
  return validity.not_before <= now && now <= validity.not_after;
}

Validity validity_of(const Certificate& original, const MirrorPlan& plan, Seconds now) {
  if (!original.not_before || !original.not_after) return around(now);
  Validity whole{*original.not_before, *original.not_after};
  if (plan.repaired && !contains(whole, now)) return around(now);
  if (plan.issuers_not_before) {
    whole.not_before = std::max(whole.not_before, *plan.issuers_not_before);
  }
  if (plan.issuers_not_after) {
    whole.not_after = std::min(whole.not_after, *plan.issuers_not_after);
    // An issuer that ended before the leaf began: the end is what the client is to see.
    const bool contradiction = whole.not_after <= whole.not_before;
    if (contradiction) whole.not_before = whole.not_after - LeafMinter::longest_validity;
  }
  return cut(whole, now);
}

/// What a server's key of this family may be used for (RFC 3279 section 2.3.1, RFC 5480 section 3).
std::uint16_t fit_usage(std::uint16_t original, KeyFamily family) {
  using enum KeyUsage;
  const std::uint16_t possible =
      family == KeyFamily::rsa
          ? bits({digital_signature, non_repudiation, key_encipherment, data_encipherment})
          : bits({digital_signature, non_repudiation, key_agreement});
  return static_cast<std::uint16_t>((original & possible) | bits({digital_signature}));
}

void set_usage(CertificateProfile& profile, const Certificate& original,
               const MintRequest& request) {
  const MirrorPlan& plan = request.plan;
  if (original.key_usage) {
    profile.key_usage =
        plan.keep_key_usage ? *original.key_usage : fit_usage(*original.key_usage, request.family);
  }
  const auto& purposes = original.extended_key_usage;
  const bool for_servers = std::ranges::find(purposes, "serverAuth") != purposes.end();
  const auto raw = original.bytes(original.eku_extension);
  if (raw.empty() || (plan.repaired && !for_servers)) {
    profile.extended_key_usage = {"serverAuth"};
  } else {
    profile.extensions.push_back({"2.5.29.37", false, {raw.begin(), raw.end()}});
  }
}

/// What can be a host's name: others are not worth a certificate's space (RFC 1035 section 2.3.4).
bool is_sensible(std::string_view name) { return !name.empty() && name.size() <= longest_name; }

/// `elements`: GeneralNames as they are; the further ones go behind them.
void set_names(CertificateProfile& profile, std::span<const std::uint8_t> elements,
               std::span<const SubjectAltName> further) {
  const auto names = der::concatenate(std::vector<std::uint8_t>(elements.begin(), elements.end()),
                                      write_general_names(further));
  if (names.empty()) return;
  // RFC 5280 section 4.2.1.6: critical where there is no other name.
  const bool critical = profile.subject == write_name("");
  profile.extensions.push_back({"2.5.29.17", critical, der::sequence(names)});
}

CertificateProfile mirrored(const MintRequest& request) {
  const Certificate& original = *request.original;
  CertificateProfile profile;
  profile.subject = original.subject.der.empty() ? write_name("") : original.subject.der;
  profile.validity = validity_of(original, request.plan, request.now);
  profile.basic_constraints = BasicConstraints{};
  if (request.plan.version_1) profile.version = 1;
  set_usage(profile, original, request);

  std::vector<SubjectAltName> further;
  if (request.plan.add_names) {
    for (const std::string& name : request.names) {
      if (is_sensible(name) && !matches_name(original, name)) further.push_back(host_name(name));
    }
  }
  const auto names = DerReader(original.bytes(original.san_extension)).next(tag::sequence);
  set_names(profile, names ? names->content : std::span<const std::uint8_t>(), further);
  return profile;
}

/// A server of mbedTLS does not present a leaf whose usage forbids it; whether the client accepts
/// it is what is to be seen. What is sent are the bytes, not these flags.
void present_whatever_its_usage(mbedtls_x509_crt& leaf) {
  leaf.MBEDTLS_PRIVATE(ext_types) &=
      ~(MBEDTLS_X509_EXT_KEY_USAGE | MBEDTLS_X509_EXT_EXTENDED_KEY_USAGE);
}

/// See `MintedLeaf::usable_until`.
Seconds end_of_use(const Validity& validity, const MintRequest& request) {
  if (!contains(validity, request.now)) return Seconds::max();
  const bool is_original_end = request.original->not_after == validity.not_after;
  return is_original_end ? validity.not_after : validity.not_after - renewal;
}

}  // namespace

LeafMinter::LeafMinter(InterceptionCa ca, Seconds now)
    : ca_(std::move(ca)), trust_(TrustStore::from_pem(ca_.certificates_pem())), untrusted_(now) {}

MintedLeaf LeafMinter::mint(const MintRequest& request) const {
  MintedLeaf minted = carry_out(request);
  if (request.plan.shows_good || !is_good(minted, request)) return minted;
  MintRequest under_untrusted = request;
  MirrorPlan& plan = under_untrusted.plan;
  plan.issuer = MintIssuer::untrusted_ca;
  plan.send_issuer = true;
  plan.not_carried.insert(plan.not_carried.end(), plan.carried.begin(), plan.carried.end());
  plan.carried.clear();
  return carry_out(under_untrusted);
}

MintedLeaf LeafMinter::carry_out(const MintRequest& request) const {
  const CertificateProfile profile = mirrored(request);
  const PrivateKey& key = leaf_key(request.family);
  MintedLeaf minted{{}, key, nullptr, request.plan, end_of_use(profile.validity, request)};
  switch (request.plan.issuer) {
    case MintIssuer::interception_ca: {
      const SigningCa& signer = ca_.signer(request.family);
      minted.chain.push_back(issue(profile, key, signer.ca).certificate);
      minted.chain.insert(minted.chain.end(), signer.sent.begin(), signer.sent.end());
      break;
    }
    case MintIssuer::untrusted_ca: {
      const CertifiedKey& signer = untrusted_.signer(request.family);
      minted.chain.push_back(issue(profile, key, signer).certificate);
      if (request.plan.send_issuer) minted.chain.push_back(signer.certificate);
      break;
    }
    case MintIssuer::itself:
      minted.chain.push_back(self_sign(profile, key).certificate);
      break;
  }
  minted.native = native_chain(minted.chain);
  present_whatever_its_usage(*minted.native);
  return minted;
}

bool LeafMinter::is_good(const MintedLeaf& minted, const MintRequest& request) const {
  JudgeRequest question;
  question.chain = minted.chain;
  question.trust = trust_.get();
  question.name = request.judged_name;
  question.now = request.now;
  return judge(question).ok;
}

void LeafMinter::make_keys() const {
  for (const KeyFamily family : {KeyFamily::ec, KeyFamily::rsa}) {
    leaf_key(family);
    untrusted_.signer(family);
  }
}

const PrivateKey& LeafMinter::leaf_key(KeyFamily family) const {
  const bool rsa = family == KeyFamily::rsa;
  LazyKey& lazy = rsa ? rsa_ : ec_;
  std::call_once(lazy.once,
                 [&] { lazy.key = PrivateKey::generate(rsa ? KeyType::rsa_2048 : KeyType::p256); });
  return *lazy.key;
}

}  // namespace legible::certs
