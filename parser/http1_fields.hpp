#pragma once
// The fields by which HTTP/1 is framed and routed: RFC 9112 sections 3.2 and 6.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "parser/http_flags.hpp"

namespace legible::parser {

/// What is odd about those of one head, which receivers may read in more than one way.
class Http1FieldCheck {
 public:
  void add(std::string_view name, std::string_view value);

  /// Of a whole head of this version.
  HttpFlags of_request(std::uint8_t major, std::uint8_t minor) const;
  HttpFlags of_response(std::uint8_t major, std::uint8_t minor) const;

 private:
  void add_length(std::string_view value);
  void add_transfer_encoding(std::string_view value);

  std::uint32_t lengths_ = 0;
  std::uint32_t transfer_encodings_ = 0;
  std::uint32_t hosts_ = 0;
  bool chunked_is_last_ = false;
  HttpFlags flags_;
};

/// Calls `take` with each element of a comma-separated list (RFC 9110 section 5.6.1), without the
/// whitespace around it.
void for_each_element(std::string_view list, const auto& take) {
  constexpr std::string_view space = " \t";
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    element.remove_prefix(std::min(element.find_first_not_of(space), element.size()));
    element.remove_suffix(element.size() - 1 - element.find_last_not_of(space));
    if (!element.empty()) take(element);
  }
}

}  // namespace legible::parser
