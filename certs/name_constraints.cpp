#include "certs/name_constraints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "certs/distinguished_name.hpp"
#include "certs/name_match.hpp"
#include "parser/hex.hpp"

namespace legible::certs {
namespace {

using Kind = SubjectAltName::Kind;

std::string_view kind_text(Kind kind) {
  switch (kind) {
    case Kind::dns:
      return "DNS";
    case Kind::ip:
      return "IP";
    case Kind::uri:
      return "URI";
    case Kind::email:
      return "email";
    case Kind::directory:
      return "DirName";
    case Kind::other:
      break;
  }
  return "otherName";
}

/// A name to be judged: its text, and for addresses and directory names the encoding.
struct JudgedName {
  Kind kind;
  std::string_view value;
  std::span<const std::uint8_t> encoded;
};

bool is_within_dns(std::string_view name, std::string_view base) {
  if (base.empty()) return true;
  if (name.ends_with('.')) name.remove_suffix(1);
  if (base.starts_with('.')) {
    return name.size() > base.size() &&
           equal_ignoring_case(name.substr(name.size() - base.size()), base);
  }
  if (name.size() < base.size()) return false;
  const std::size_t start = name.size() - base.size();
  return equal_ignoring_case(name.substr(start), base) && (start == 0 || name[start - 1] == '.');
}

/// "*.example" stands for every one-label child, "secret.example" among them.
bool wildcard_reaches(std::string_view name, std::string_view base) {
  if (!name.starts_with("*.")) return false;
  if (base.starts_with('.')) base.remove_prefix(1);
  const std::size_t dot = base.find('.');
  return dot != base.npos && equal_ignoring_case(base.substr(dot), name.substr(1));
}

bool is_within_network(std::span<const std::uint8_t> address,
                       std::span<const std::uint8_t> network) {
  if (network.size() != 2 * address.size()) return false;
  for (std::size_t i = 0; i < address.size(); ++i) {
    if (((address[i] ^ network[i]) & network[address.size() + i]) != 0) return false;
  }
  return true;
}

enum class Relation : std::uint8_t { outside, within, not_known };

Relation relate(const JudgedName& name, const Subtree& subtree, const Certificate& constraining,
                bool excluding) {
  if (subtree.has_distances) return Relation::not_known;
  const auto base = constraining.bytes(subtree.base.raw);
  const auto relation = [](bool within) { return within ? Relation::within : Relation::outside; };
  switch (name.kind) {
    case Kind::dns:
      return relation(is_within_dns(name.value, subtree.base.value) ||
                      (excluding && wildcard_reaches(name.value, subtree.base.value)));
    case Kind::ip: {
      const bool sound = (name.encoded.size() == 4 || name.encoded.size() == 16) &&
                         (base.size() == 8 || base.size() == 32);
      return sound ? relation(is_within_network(name.encoded, base)) : Relation::not_known;
    }
    case Kind::directory:
      return relation(canonical_name(name.encoded).starts_with(canonical_name(base)));
    case Kind::uri:
    case Kind::email:
    case Kind::other:
      break;
  }
  return Relation::not_known;
}

class Constraints {
 public:
  Constraints(const Certificate& constraining, std::size_t& budget)
      : constraining_(constraining), budget_(budget) {}

  std::optional<NameViolation> check(const JudgedName& name) {
    const auto violation = [&](std::string expected) {
      return NameViolation{std::move(expected),
                           fmt::format("{}:{}", kind_text(name.kind), name.value)};
    };
    const NameConstraints& constraints = constraining_.name_constraints;
    for (const Subtree& subtree : constraints.excluded) {
      if (!spend()) return violation("fewer names and constraints");
      if (subtree.base.kind != name.kind) continue;
      const Relation relation = relate(name, subtree, constraining_, true);
      if (relation == Relation::outside) continue;
      return violation((relation == Relation::within ? "not within " : "certainly not within ") +
                       subtree_text(subtree));
    }
    bool constrained = false;
    std::string allowed;
    for (const Subtree& subtree : constraints.permitted) {
      if (!spend()) return violation("fewer names and constraints");
      if (subtree.base.kind != name.kind) continue;
      if (relate(name, subtree, constraining_, false) == Relation::within) return std::nullopt;
      if (constrained && allowed.size() < 200) allowed += " or ";
      if (allowed.size() < 200) allowed += subtree_text(subtree);
      constrained = true;
    }
    if (constrained) return violation("within " + allowed);
    return std::nullopt;
  }

 private:
  bool spend() {
    if (budget_ == 0) return false;
    --budget_;
    return true;
  }

  std::string subtree_text(const Subtree& subtree) const {
    if (subtree.base.kind != Kind::ip) {
      return fmt::format("{}:{}", kind_text(subtree.base.kind), subtree.base.value);
    }
    return "IP:" + parser::hex(constraining_.bytes(subtree.base.raw));
  }

  const Certificate& constraining_;
  std::size_t& budget_;
};

bool looks_like_host_name(std::string_view text) {
  return text.find('.') != text.npos && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.' || c == '*' || c == '_';
         });
}

}  // namespace

std::optional<NameViolation> find_violation(const Certificate& certificate, bool is_leaf,
                                            const Certificate& constraining, std::size_t& budget) {
  static constexpr std::size_t empty_name_size = 2;
  Constraints constraints(constraining, budget);
  if (certificate.subject.der.size() > empty_name_size) {
    if (auto violation = constraints.check(
            {Kind::directory, certificate.subject.text, certificate.subject.der})) {
      return violation;
    }
  }
  for (const SubjectAltName& san : certificate.sans) {
    if (auto violation = constraints.check({san.kind, san.value, certificate.bytes(san.raw)})) {
      return violation;
    }
  }
  const std::string& common_name = certificate.subject.common_name;
  if (is_leaf && !has_dns_name(certificate) && looks_like_host_name(common_name)) {
    return constraints.check({Kind::dns, common_name, {}});
  }
  return std::nullopt;
}

}  // namespace legible::certs
