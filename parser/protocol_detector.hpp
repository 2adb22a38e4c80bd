#pragma once
// What a direction's first bytes are. A pure function of at most 32 bytes.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "parser/observation.hpp"
#include "parser/tls_types.hpp"

namespace legible::parser {

/// No more than this many bytes are ever needed to decide.
inline constexpr std::size_t detection_bytes = 32;

/// True for a protocol of text lines that an upgrade command turns into TLS: SMTP (RFC 3207), IMAP
/// (RFC 9051), POP3 (RFC 2595), FTP (RFC 4217).
bool is_line_protocol(Protocol protocol);

/// Names what `from` sent first. `first` is what has come of its stream, from its first byte;
/// bytes beyond detection_bytes are not looked at. `peer` is what the other side was found to
/// speak, or unknown: some answers (SOCKS, PostgreSQL's `S`) mean nothing by themselves.
///
/// Returns nothing while more bytes could still tell, never with detection_bytes of them or, when
/// the stream has `ended`, with any. A decision, once made, is the same for every longer `first`.
/// Never returns silent.
///
/// A record header of any of the content types 20 to 24 and major version 3 is `tls`, whatever its
/// length field says: what is wrong with it is for the TLS decoder to tell. So is a stream that
/// ended after the content type.
std::optional<Protocol> detect_protocol(Side from, std::span<const std::uint8_t> first,
                                        Protocol peer = Protocol::unknown, bool ended = false);

/// Of a client whose first bytes are `tls`: they are, or begin, no ClientHello, as far as `first`
/// reaches.
bool begins_without_hello(std::span<const std::uint8_t> first);

}  // namespace legible::parser
