#pragma once
// What a peer sent is made harmless once, the same way in text, in JSON and in verdicts.

#include <string>
#include <string_view>

namespace legible::proxy {

/// SNI and ALPN: each byte outside 0x20 to 0x7e, and the backslash, becomes `\xNN`.
std::string escape_ascii(std::string_view raw);

/// Names of certificates, headers, dialogues: valid printable UTF-8 stays; controls, C1, bidi and
/// other invisible format characters, line and paragraph separators, private use and noncharacters,
/// invalid bytes and the backslash become `\xNN` byte by byte.
std::string escape_utf8(std::string_view raw);

/// For a text that was put together from escaped parts: as escape_utf8, but a backslash stays. What
/// is harmless already is not changed, so a sink may apply it to any text without escaping twice.
std::string escape_again(std::string_view text);

}  // namespace legible::proxy
