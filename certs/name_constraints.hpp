#pragma once
// Name constraints (RFC 5280 section 4.2.1.10), enforced whether critical or not.

#include <cstddef>
#include <optional>
#include <string>

#include "certs/certificate.hpp"

namespace legible::certs {

struct NameViolation {
  std::string expected;   ///< "within DNS:example", "not within IP:10.0.0.0/8", ...
  std::string presented;  ///< the name that is out of bounds
};

/// The comparisons that one judgement may spend: names and subtrees are the peer's to multiply.
inline constexpr std::size_t name_comparison_limit = 100'000;

/// The first name of `certificate` that `constraints` do not allow. DNS names, addresses and
/// directory names are compared; a constrained name of another kind is a violation, since nobody
/// here can say that it is none. Without a dNSName the common name of a leaf counts as one.
/// `budget` goes down with each comparison; used up, it is a violation as well.
std::optional<NameViolation> find_violation(const Certificate& certificate, bool is_leaf,
                                            const Certificate& constraining, std::size_t& budget);

}  // namespace legible::certs
