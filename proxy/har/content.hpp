#pragma once
// A message's content as an archive shows it.

#include <cstdint>
#include <string>

#include "parser/http_message.hpp"

namespace legible::proxy::har {

struct ShownContent {
  std::string text;  ///< UTF-8, or base64
  bool base64 = false;
  std::uint64_t size = 0;  ///< without codings, as far as it is known
  bool size_known = true;  ///< nothing was cut
  std::string comment;     ///< what is missing or could not be decoded; empty: nothing
};

/// Decoded if its Content-Encoding can be undone, else as it was sent.
ShownContent show_content(const parser::HttpMessage& message, bool dropped);

}  // namespace legible::proxy::har
