#include "certs/unsent_issuer.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "certs/name_match.hpp"

namespace legible::certs {
namespace {

bool contains_ignoring_case(std::string_view text, std::string_view word) {
  for (std::size_t at = 0; at + word.size() <= text.size(); ++at) {
    if (equal_ignoring_case(text.substr(at, word.size()), word)) return true;
  }
  return false;
}

}  // namespace

UnsentIssuer unsent_issuer(const Certificate& certificate) {
  // A root is its own issuer.
  if (const auto& above = certificate.authority_issuer) {
    return *above == certificate.issuer ? UnsentIssuer::root : UnsentIssuer::intermediate;
  }
  static constexpr std::array<std::string_view, 4> below_a_root{"intermediate", "issuing",
                                                                "subordinate", "sub ca"};
  const std::string_view name = certificate.issuer.common_name;
  if (contains_ignoring_case(name, "root")) return UnsentIssuer::root;
  return std::ranges::any_of(below_a_root,
                             [&](auto word) { return contains_ignoring_case(name, word); })
             ? UnsentIssuer::intermediate
             : UnsentIssuer::unknown;
}

}  // namespace legible::certs
