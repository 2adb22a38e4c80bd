#pragma once
// What is odd about an HTTP message: the shapes by which requests are smuggled past one of two
// parsers that disagree. Flagged, never judged: what is relayed stays as it is.

#include <array>
#include <cstdint>
#include <string_view>

namespace legible::parser {

enum class HttpFlag : std::uint8_t {
  // How the head of an HTTP/1 message is written: RFC 9112 sections 2.2 and 5.
  bare_lf,                   ///< a line of the head ends in LF alone
  bare_cr,                   ///< a CR that no LF follows
  space_before_colon,        ///< in a field's name, or behind it
  space_before_first_field,  ///< the line after the start line begins with whitespace
  obs_fold,                  ///< a field that goes on in the next line
  control_character,         ///< NUL or another one, in the head

  // How HTTP/1 is framed: RFC 9112 section 6.
  content_length_and_transfer_encoding,
  several_content_lengths,      ///< alike or not
  bad_content_length,           ///< no plain number
  several_transfer_encodings,   ///< in several fields
  unknown_transfer_encoding,    ///< `chunked` is not the last coding, or one has no meaning
  transfer_encoding_in_http10,  ///< RFC 9112 section 6.1: its framing is not to be trusted
  chunk_extensions,
  several_hosts,
  no_host,               ///< HTTP/1.1 without Host
  unsolicited_response,  ///< no request waited for it

  // HTTP/2: RFC 9113 section 8; what an HTTP/1 server behind would take for framing.
  content_length_mismatch,    ///< of DATA there was more or less than Content-Length says
  connection_specific_field,  ///< Connection, Transfer-Encoding and their like
  line_break_in_field,        ///< CR, LF or NUL
  uppercase_field_name,
  odd_pseudo_field,  ///< unknown, repeated, or behind other fields
};

inline constexpr std::size_t http_flags = 21;

/// The name of the flag in events.
constexpr std::string_view id(HttpFlag flag) {
  constexpr std::array<std::string_view, http_flags> names{
      "bare-lf",
      "bare-cr",
      "space-before-colon",
      "space-before-first-field",
      "obs-fold",
      "control-character",
      "content-length-and-transfer-encoding",
      "several-content-lengths",
      "bad-content-length",
      "several-transfer-encodings",
      "unknown-transfer-encoding",
      "transfer-encoding-in-http-1.0",
      "chunk-extensions",
      "several-hosts",
      "no-host",
      "unsolicited-response",
      "content-length-mismatch",
      "connection-specific-field",
      "line-break-in-field",
      "uppercase-field-name",
      "odd-pseudo-field",
  };
  return names[static_cast<std::size_t>(flag)];
}

/// A set of flags.
class HttpFlags {
 public:
  void set(HttpFlag flag) { bits_ |= bit(flag); }
  void set(HttpFlags others) { bits_ |= others.bits_; }
  bool has(HttpFlag flag) const { return (bits_ & bit(flag)) != 0; }
  bool none() const { return bits_ == 0; }
  bool operator==(const HttpFlags&) const = default;

  /// Calls `take` with each flag of the set, in the order of the enumeration.
  void for_each(const auto& take) const {
    for (std::size_t i = 0; i < http_flags; ++i) {
      if (has(static_cast<HttpFlag>(i))) take(static_cast<HttpFlag>(i));
    }
  }

 private:
  static constexpr std::uint32_t bit(HttpFlag flag) { return 1u << static_cast<unsigned>(flag); }
  std::uint32_t bits_ = 0;
};

}  // namespace legible::parser
