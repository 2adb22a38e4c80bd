#pragma once
// The three outcomes of decoding: a value, more bytes are needed, or the bytes break a rule.

#include <cstddef>
#include <string_view>
#include <variant>

namespace legible::parser {

/// The structure is not whole yet.
struct NeedMore {};

/// The bytes break a rule.
struct DecodeError {
  std::string_view field;  ///< static text: the grammar's name of the field
  std::size_t offset = 0;  ///< of the offending byte, from the start of what was decoded

  bool operator==(const DecodeError&) const = default;
};

template <class T>
using DecodeResult = std::variant<T, NeedMore, DecodeError>;

}  // namespace legible::parser
