#pragma once
// Short ways to ask an entry what it holds.

#include <variant>

#include "proxy/record/timeline.hpp"

namespace legible::proxy::diagnosis {

/// The entry's observation of this type, or null.
template <class T>
const T* observed(const Entry& entry) {
  const auto* observation = std::get_if<parser::Observation>(&entry.fact);
  return observation ? std::get_if<T>(observation) : nullptr;
}

/// The same for observations that are held by shared pointer.
template <class T>
const T* shared(const Entry& entry) {
  const auto* held = observed<parser::Shared<T>>(entry);
  return held ? held->get() : nullptr;
}

}  // namespace legible::proxy::diagnosis
