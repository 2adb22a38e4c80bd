#pragma once
// The terms of a verdict besides its cause, and those of its report, with their meanings.

#include <span>
#include <string_view>

namespace legible::proxy {

struct Term {
  std::string_view kind;  ///< the field or option that has it: "phase", "closer", ...
  std::string_view id;
  std::string_view meaning;
};

/// All terms, grouped by kind: those of the enumerations of proxy/diagnosis/verdict.hpp in their
/// order, then the words of options and of reports.
std::span<const Term> all_terms();

}  // namespace legible::proxy
