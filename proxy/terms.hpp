#pragma once
// The terms of a verdict besides its cause, with their meanings.

#include <span>
#include <string_view>

namespace legible::proxy {

struct Term {
  std::string_view kind;  ///< the verdict's field: "phase", "closer", ...
  std::string_view id;
  std::string_view meaning;
};

/// All terms, grouped by kind, in the order of the enumerations of proxy/verdict.hpp.
std::span<const Term> all_terms();

}  // namespace legible::proxy
